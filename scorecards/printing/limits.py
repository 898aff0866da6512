"""How much the process that sets documents may take.

Apart from its own module: whoever asks it need not load what it sets with.
"""

MEMORY = 2 * 1024**3  # bytes of addresses; most of them are threads' and are never touched
SECONDS = 120  # of computing
MOST_BYTES = 20 * 1024**2  # of a file
