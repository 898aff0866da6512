"""Why a value is not taken: a code for programs, a sentence for people."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row was not stored; `field` is the part of the row at fault, "" for the whole."""

    index: int
    code: str
    detail: str
    field: str = ""


class Refused(Exception):
    """A row is wrong: the code for programs, the sentence for people."""

    def __init__(self, code: str, detail: str, field: str = "") -> None:
        super().__init__(detail)
        self.code, self.detail, self.field = code, detail, field

    def at(self, index: int) -> Refusal:
        """The refusal of the row in that place."""
        return Refusal(index, self.code, self.detail, self.field)


def is_code(text: str) -> bool:
    """Whether the text can be a code at all; others never reach the database."""
    return len(text) <= 50 and text.isascii() and text.replace("_", "a").isalnum()


def quoted(text: str) -> str:
    """The text as a sentence may repeat it: printable and short."""
    printable = text if text.isprintable() else ascii(text)[1:-1]
    return f'"{printable[:60]}{"…" if len(printable) > 60 else ""}"'
