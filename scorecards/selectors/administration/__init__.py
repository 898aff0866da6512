"""What administrators read of units and people."""
