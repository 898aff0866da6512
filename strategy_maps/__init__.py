"""Why the strategy should work: cause-and-effect links, their drawing and their evidence."""
