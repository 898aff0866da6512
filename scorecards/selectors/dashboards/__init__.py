"""Dashboards: which ones a reader opens, and what their panels show them."""
