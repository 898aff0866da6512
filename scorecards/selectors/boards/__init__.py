"""A scorecard for one period, and the organization's overview."""
