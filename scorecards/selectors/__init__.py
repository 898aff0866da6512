"""Reads in scorecards: computation, boards, traces, and what other pages show."""
