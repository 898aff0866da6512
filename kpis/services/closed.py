"""Closed periods: what may not change any more without a reason, and how that is said."""

import datetime as dt
import unicodedata
from collections.abc import Callable
from functools import cached_property

from calculations.periods import Frequency, Period
from organizations.models import ClosedPeriod, Organization
from organizations.selectors import Closings, UnitTree, standing_closings, unit_tree
from organizations.services.locks import lock_closings

from .refusals import Refused

TEXT_LENGTH = 1000
UNFOLDED = 4  # one character may be written as up to four that make it up


class ClosedPlaces:
    """What is closed where, each unit and period looked up once.

    The closings are read with the first question, the tree only where there are any. To be asked
    within the transaction that writes: no period is closed between the answer and its end.
    """

    def __init__(
        self, organization: Organization, tree: Callable[[], UnitTree] | None = None
    ) -> None:
        self.organization = organization
        self._read_tree = tree or (lambda: unit_tree(organization))
        self._known: dict[tuple[int, str, dt.date], ClosedPeriod | None] = {}

    @cached_property
    def closings(self) -> Closings:
        lock_closings(self.organization.pk)
        return standing_closings(self.organization)

    @cached_property
    def tree(self) -> UnitTree:
        return self._read_tree()

    def covering(self, unit_id: int, period: Period) -> ClosedPeriod | None:
        """The closing that covers the period at the unit."""
        if not self.closings:
            return None
        key = (unit_id, period.frequency, period.start)
        if key not in self._known:
            self._known[key] = self.closings.covering(self.tree.line(unit_id), period)
        return self._known[key]

    def reached(
        self, unit_id: int, frequency: Frequency, first: dt.date, end: dt.date | None
    ) -> ClosedPeriod | None:
        """The first closing at the unit that covers a period with its start in [first, end).

        end None: whatever comes after.
        """
        calendar = self.organization.calendar
        line = self.tree.line(unit_id) if self.closings else []
        standing = [closing for node in line for closing in self.closings.by_unit.get(node.id, ())]
        for closing in sorted(standing, key=lambda each: each.period_start):
            if closing.period.frequency.is_finer_than(frequency):
                continue
            starts = [part.start for part in calendar.parts(closing.period, frequency)]
            if any(first <= start and (end is None or start < end) for start in starts):
                return closing
        return None

    def sentence(self, closing: ClosedPeriod, sees: Callable[[int], bool] | None = None) -> str:
        """What is closed and what to do; sees: whether the reader may know of the unit."""
        label = self.organization.calendar.label(closing.period)
        may_name = sees is None or sees(closing.unit_id)
        unit = f'"{self.tree.by_id[closing.unit_id].code}"' if may_name else "a unit above"
        return (
            f"{label} is closed at {unit}; give a reason to restate it, or have the period opened"
            " again."
        )


def checked_text(text: str | None, name: str) -> str | None:
    """A note or a reason in the form in which it is stored; raises Refused."""
    if text is None:
        return None
    too_long = Refused("invalid_text", f"A {name} has at most {TEXT_LENGTH} characters.", name)
    # Before the text is normalized: that takes time in the square of its length at worst.
    if len(text) > UNFOLDED * TEXT_LENGTH:
        raise too_long
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise Refused("invalid_text", f"The {name} holds a character that cannot be stored.", name)
    text = unicodedata.normalize("NFC", text)
    if len(text) > TEXT_LENGTH:
        raise too_long
    return text


def checked_reason(reason: str | None) -> str | None:
    """The reason of a restatement; a blank one is none. Raises Refused."""
    return (checked_text(reason, "reason") or "").strip() or None
