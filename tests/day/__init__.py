"""The class, the work and the downloads of the test that plays an instructor's whole day."""
