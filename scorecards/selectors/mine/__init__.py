"""What one person answers for, and why it matters."""
