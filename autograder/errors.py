"""The one kind of error that the commands report as a line instead of a traceback."""


class AutograderError(Exception):
    """Something that the user can put right; the message says what is wrong, where, and what to do."""
