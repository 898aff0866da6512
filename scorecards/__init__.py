"""What is wanted: scorecards, objectives, initiatives, and stored scores."""
