"""How wide texts are, roughly, and where their lines break; without asking a browser."""

import unicodedata

# Widths of a bold sans-serif in hundredths of its size; wide rather than narrow, so that what is
# estimated to fit fits in whatever sans-serif the reader has.
_NARROW = dict.fromkeys("ijl|!.,:;'’‘`·", 36) | dict.fromkeys("()[]{} ", 42)
_MIDDLE = dict.fromkeys('frtI-–/\\"“”', 49) | dict.fromkeys("csxzvykJ?*", 64)
_BROAD = dict.fromkeys("mM%@", 103) | dict.fromkeys("wW—…&", 100)
WIDTHS = _NARROW | _MIDDLE | _BROAD
LOWER, UPPER, WIDE = 71, 77, 104
ELLIPSIS = "…"


def text_width(text: str, size: float) -> float:
    """The estimated width of a text in bold, in the units of its size.

    >>> text_width("", 12), round(text_width("Grow", 10), 1)
    (0.0, 29.7)
    """
    return sum(_width(sign) for sign in text) * size / 100


def _width(sign: str) -> int:
    if sign in WIDTHS:
        return WIDTHS[sign]
    if unicodedata.combining(sign):
        return 0
    if unicodedata.east_asian_width(sign) in "WF":
        return WIDE
    return UPPER if sign.isupper() else LOWER


def wrapped(text: str, size: float, width: float, most: int) -> tuple[str, ...]:
    """The text in at most that many lines; what does not fit is cut, and says so.

    >>> wrapped("Be the partner customers stay with", 10, 110, 3)
    ('Be the partner', 'customers stay', 'with')
    >>> wrapped("Be the partner customers stay with", 10, 110, 2)
    ('Be the partner', 'customers stay …')
    """
    lines = _lines(text.split(), size, width)
    if len(lines) <= most:
        return tuple(lines)
    kept = lines[: most - 1]
    return (*kept, shortened(" ".join(lines[most - 1 :]), size, width))


def _lines(words: list[str], size: float, width: float) -> list[str]:
    lines: list[str] = []
    for word in words:
        if lines and text_width(f"{lines[-1]} {word}", size) <= width:
            lines[-1] += f" {word}"
            continue
        lines += _pieces(word, size, width)
    return lines


def _pieces(word: str, size: float, width: float) -> list[str]:
    """A word that is wider than a line, cut wherever a line ends."""
    pieces = []
    while text_width(word, size) > width:
        pieces.append(_start(word, size, width))
        word = word[len(pieces[-1]) :]
    return [*pieces, word] if word else pieces


def _start(word: str, size: float, width: float) -> str:
    """As much of a word as fits, a letter at least."""
    kept = 1
    while kept < len(word) and text_width(word[: kept + 1], size) <= width:
        kept += 1
    return word[:kept]


def shortened(text: str, size: float, width: float) -> str:
    """The text, or as much of it as fits, before an ellipsis; at a space where there is one near.

    >>> shortened("Grow", 10, 50), shortened("Grow profitably", 10, 60)
    ('Grow', 'Grow …')
    """
    if text_width(text, size) <= width:
        return text
    start = _start(text, size, width - text_width(ELLIPSIS, size) - 1)
    cut = start.rfind(" ")
    return f"{start[: cut + 1]}{ELLIPSIS}" if cut >= len(start) / 2 - 1 else f"{start}{ELLIPSIS}"
