"""Writes of strategy maps: each deed holds the organization’s lock."""
