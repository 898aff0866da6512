"""The commands: run `manage.py help` for the list."""
