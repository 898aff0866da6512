"""Tags of the strategy map's pages."""
