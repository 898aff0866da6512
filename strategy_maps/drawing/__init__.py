"""The strategy map as a picture: pure functions from what it tells to where everything stands."""
