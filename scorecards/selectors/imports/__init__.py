"""Tables that people bring in: what they may hold, and the pages about them."""
