"""What the figures say of causal links: the series that are compared, and the words for it."""
