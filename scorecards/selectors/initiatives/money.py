"""What initiatives cost, exactly: shared out equally, added up by currency, never across."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from scorecards.models import Initiative


@dataclass(frozen=True)
class Money:
    """Planned and spent amounts of one currency; None where nobody has said any."""

    currency: str
    planned: Fraction | None = None
    spent: Fraction | None = None

    @staticmethod
    def share(
        planned: Decimal | None, spent: Decimal | None, currency: str, parts: int = 1
    ) -> "Money":
        """One of so many equal parts of a budget."""
        return Money(
            currency,
            None if planned is None else Fraction(planned) / parts,
            None if spent is None else Fraction(spent) / parts,
        )

    @staticmethod
    def of(row: Initiative, parts: int = 1) -> "Money":
        """One of so many equal parts of an initiative's budget."""
        return Money.share(row.budget_planned, row.budget_spent, row.currency, parts)


def total(amounts: Iterable[Money]) -> list[Money]:
    """Sums of what is known, one for each currency, in the order of their codes.

    >>> half = Money("EUR", Fraction(5), None)
    >>> total([half, Money("USD", None, Fraction(1)), half, Money("EUR")])[0].planned
    Fraction(10, 1)
    """
    sums: dict[str, Money] = {}
    for money in amounts:
        if money.planned is None and money.spent is None:
            continue
        so_far = sums.get(money.currency, Money(money.currency))
        sums[money.currency] = Money(
            money.currency,
            _plus(so_far.planned, money.planned),
            _plus(so_far.spent, money.spent),
        )
    return [sums[currency] for currency in sorted(sums)]


def _plus(so_far: Fraction | None, more: Fraction | None) -> Fraction | None:
    return so_far if more is None else (so_far or Fraction(0)) + more
