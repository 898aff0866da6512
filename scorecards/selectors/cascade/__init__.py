"""Handing an objective down to the units beneath: what stands there, and what was chosen."""
