"""Tables that people take out: what is in them, and how they are written into files."""
