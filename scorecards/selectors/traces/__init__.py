"""Why a score or a value is what it is, down to the raw values."""
