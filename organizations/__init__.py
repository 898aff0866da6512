"""Who: tenants, the unit tree, people, roles, tokens."""
