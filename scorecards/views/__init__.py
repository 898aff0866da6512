"""Pages: one function each, fetching and authorising in one call."""
