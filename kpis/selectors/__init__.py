"""Reads in kpis: values and targets as arrays, and the figures of KPIs made of them."""
