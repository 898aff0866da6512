"""The page on which a scorecard's structure is edited."""
