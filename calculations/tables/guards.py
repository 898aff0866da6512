"""Text in files that spreadsheet programs open: never taken for a formula.

A text that begins like a formula is written with an apostrophe before it, which reading takes off
again; one that begins so already gets one more, so that every text comes back as it was.
"""

import re

_LIKE_A_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")


def guarded(text: str) -> str:
    """The text as it may stand in a file.

    >>> guarded("=1+1"), guarded("plain"), guarded("'=1")
    ("'=1+1", 'plain', "''=1")
    """
    return f"'{text}" if _LIKE_A_FORMULA.match(text) else text


def unguarded(text: str) -> str:
    """The text that was meant.

    >>> unguarded("'=1+1"), unguarded("'tis"), unguarded("=1")
    ('=1+1', "'tis", '=1')
    """
    is_guarded = text.startswith("'") and _LIKE_A_FORMULA.match(text)
    return text[1:] if is_guarded else text
