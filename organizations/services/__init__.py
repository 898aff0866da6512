"""Writes in organizations: units, people, roles, tokens, deletion."""
