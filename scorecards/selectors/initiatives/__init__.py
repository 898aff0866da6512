"""What is done about it: initiatives as a list, over time, by cost, and each on its own page."""
