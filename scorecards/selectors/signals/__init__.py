"""What the values of a KPI say by themselves: signals, and what is to come."""
