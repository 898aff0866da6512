"""Writes in scorecards: structure, editions, and the scores that follow from them."""
