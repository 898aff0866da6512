"""Editions: what a scorecard's structure was or would be, and what changed in it."""
