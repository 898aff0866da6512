"""Budgets, exactly: shared out in equal parts, added up by currency, never across currencies."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction


@dataclass(frozen=True)
class Money:
    """Planned and spent amounts of one currency; None where nobody has said any."""

    currency: str
    planned: Fraction | None = None
    spent: Fraction | None = None


def equal_share(
    planned: Decimal | None, spent: Decimal | None, currency: str, parts: int = 1
) -> Money:
    """One of so many equal parts of a budget, at least one; what nobody has said stays unsaid.

    >>> equal_share(Decimal(100), None, "EUR", parts=3)
    Money(currency='EUR', planned=Fraction(100, 3), spent=None)
    """
    return Money(
        currency,
        None if planned is None else Fraction(planned) / parts,
        None if spent is None else Fraction(spent) / parts,
    )


def sums_by_currency(amounts: Iterable[Money]) -> list[Money]:
    """Sums of what is known, one for each currency, in the order of their codes.

    >>> third = equal_share(Decimal(100), None, "EUR", parts=3)
    >>> sums_by_currency([third, Money("CHF", Fraction(5)), third, third, Money("USD")])
    ... # doctest: +NORMALIZE_WHITESPACE
    [Money(currency='CHF', planned=Fraction(5, 1), spent=None),
     Money(currency='EUR', planned=Fraction(100, 1), spent=None)]
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
