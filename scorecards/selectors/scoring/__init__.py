"""The scores of sheets: what they are computed from, and what people said instead."""
