"""The board as it is edited in place."""
