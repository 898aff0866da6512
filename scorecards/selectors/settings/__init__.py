"""Reads for the first start of an installation, and for an organization's settings."""
