"""Targets: one KPI's list, and the grid over units and periods."""
