"""What is measured: KPIs, targets, measurements."""
