"""What anybody may read of a board that is published, and who has published what."""
