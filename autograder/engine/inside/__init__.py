"""The part of the engine that also exists inside the jail; it imports nothing else of the project.

Students' code can read it and change it in its own process. Nothing that it says is trusted.
"""
