"""Reads of strategy maps."""
