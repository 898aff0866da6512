"""Reading what forms send, and saying what services refuse of it."""

from django.core.exceptions import ValidationError

LONGEST_NUMBER = 9  # digits


def whole_number(text: str) -> int:
    """The number; 0 for whatever is none."""
    is_number = text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER
    return int(text) if is_number else 0


def refused_fields(refusal: ValidationError) -> dict[str, str]:
    """What is wrong by field; what belongs to none by the empty name."""
    if not hasattr(refusal, "error_dict"):
        return {"": " ".join(refusal.messages)}
    found = {name: " ".join(texts) for name, texts in refusal.message_dict.items()}
    if "__all__" in found:
        found[""] = found.pop("__all__")
    return found
