"""What students get: an assignment with all that it takes to work on it, as a zip and in two other ways."""
