"""Other systems that are told what happens: the list, and one with what it was told."""
