"""Where a KPI is measured: its units, who answers for the values there, from when to when."""
