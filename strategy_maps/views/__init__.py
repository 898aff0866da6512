"""Pages of the strategy map, for people."""
