"""Bringing tables in from files: reading, checking, applying and undoing, each in a worker."""
