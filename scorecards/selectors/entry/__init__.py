"""Entering values: the grid of a unit, and what somebody owes over all units."""
