"""The mathematics of scores: pure functions on numpy arrays and plain values."""
