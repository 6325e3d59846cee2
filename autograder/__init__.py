"""From an authored assignment to marks in a gradebook, through nbgrader."""
