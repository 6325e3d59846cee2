"""What is fast, measured as ratios within one run."""
