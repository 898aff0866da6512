"""How much memory the processes that read files may take, in bytes.

Apart from those processes' own modules: whoever asks them need not load what they read with.
"""

SPREADSHEET_MEMORY = 1024**3
JSON_MEMORY = 512 * 1024**2
