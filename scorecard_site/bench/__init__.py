"""Measures the product's speed as ratios to what the database itself needs."""
