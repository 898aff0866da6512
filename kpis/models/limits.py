"""Bounds that the database keeps too."""

# Values and targets are finite: no larger than this either way, so never infinite, never NaN.
VALUE_LIMIT = 1e18
