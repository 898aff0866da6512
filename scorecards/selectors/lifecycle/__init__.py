"""The life of scorecards as people read it: which there are, since when, and what deeds mean."""
