"""`autograder doctor`: looks at a machine and at a course, and says what to do about what is wrong."""
