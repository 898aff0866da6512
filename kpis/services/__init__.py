"""Writes in kpis: the library, targets, and values."""
