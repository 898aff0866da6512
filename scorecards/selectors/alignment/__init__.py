"""How objectives hang together over the units: as a matrix, as a tree, and where it has gaps."""
