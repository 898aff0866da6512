"""Closing a period: what is asked before, what is kept, and how it is shown after."""
