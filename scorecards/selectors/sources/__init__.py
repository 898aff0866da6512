"""Pages of sources: how each stands, what its form asks, what a try brings."""
