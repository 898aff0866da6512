"""What the objectives and perspectives of scorecards cost: the initiatives that serve them.

An initiative is shared out equally among all the objectives that it serves, also those that the
reader does not see, so that everybody reads the same share; what serves none belongs to no line.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from calculations.money import Money, sums_by_currency
from organizations.access import Access
from scorecards.models import Perspective, Scorecard
from scorecards.selectors.formats import money_text, share_text
from scorecards.selectors.viewing import AsOf

from .reading import ServedObjective, ToldInitiative, rows_at


@dataclass(frozen=True)
class CostAmount:
    """Sums in one currency, ready to print."""

    planned_text: str
    spent_text: str
    currency: str
    share_text: str  # of what is planned, that is spent
    is_overspent: bool


@dataclass(frozen=True)
class CostLine:
    """An objective, a perspective, a whole scorecard: its name and what is done for it."""

    kind: str  # scorecard, perspective, objective
    name: str
    href: str | None
    count: int  # of initiatives
    without_budget: int  # of these
    amounts: tuple[CostAmount, ...]


@dataclass(frozen=True)
class ScorecardCosts:
    """A scorecard's lines: itself, then each perspective with its objectives."""

    name: str
    unit: str
    lines: tuple[CostLine, ...]


Shares = list[tuple[ToldInitiative, Money]]


def scorecard_costs(
    access: Access,
    initiatives: Iterable[ToldInitiative],
    unit: str = "",
    as_of: AsOf | None = None,
) -> list[ScorecardCosts]:
    """Of every scorecard that some of the initiatives serve, at the unit and beneath if given.

    From the corporate unit down; two statements.
    """
    at = as_of.at if as_of else None
    node = access.visible_unit(unit) if unit else None
    beneath = {each.id for each in access.tree.beneath(node.id)} if node else None
    by_scorecard: dict[int, list[tuple[ServedObjective, ToldInitiative]]] = defaultdict(list)
    for each in initiatives:
        for served in each.objectives:
            if not unit or (beneath and served.unit.id in beneath):
                by_scorecard[served.scorecard_id].append((served, each))
    organization = access.organization
    scorecards = {row.pk: row for row in rows_at(Scorecard, organization, at)}
    perspectives = list(rows_at(Perspective, organization, at))
    places = {node.id: number for number, (node, _) in enumerate(access.tree.depth_first())}
    ordered = sorted(by_scorecard, key=lambda pk: (places[scorecards[pk].unit_id], pk))
    return [
        ScorecardCosts(
            name=scorecards[pk].name,
            unit=access.tree.by_id[scorecards[pk].unit_id].name,
            lines=tuple(_lines(scorecards[pk], perspectives, by_scorecard[pk])),
        )
        for pk in ordered
    ]


def _lines(
    scorecard: Scorecard,
    perspectives: Sequence[Perspective],
    served: Sequence[tuple[ServedObjective, ToldInitiative]],
) -> Iterable[CostLine]:
    shares: dict[ServedObjective, Shares] = defaultdict(list)
    for objective, each in served:
        shares[objective].append((each, each.money(each.n_served)))
    yield _line("scorecard", scorecard.name, None, [s for of in shares.values() for s in of])
    mine = [row for row in perspectives if row.scorecard_id == scorecard.pk]
    for perspective in sorted(mine, key=lambda row: (row.position, row.pk)):
        within = [one for one in shares if one.perspective_id == perspective.pk]
        if not within:
            continue
        together = [share for objective in within for share in shares[objective]]
        yield _line("perspective", perspective.name, None, together)
        for one in sorted(within, key=lambda one: (one.position, one.id)):
            href = one.href if one.is_active else None
            yield _line("objective", one.name, href, shares[one])


def _line(kind: str, name: str, href: str | None, shares: Shares) -> CostLine:
    initiatives = {each.row.pk: each.row for each, _ in shares}
    return CostLine(
        kind=kind,
        name=name,
        href=href,
        count=len(initiatives),
        without_budget=sum(row.budget_planned is None for row in initiatives.values()),
        amounts=cost_amounts(money for _, money in shares),
    )


def cost_amounts(amounts: Iterable[Money]) -> tuple[CostAmount, ...]:
    """The sums of the amounts, one for each currency."""
    return tuple(cost_amount(money) for money in sums_by_currency(amounts))


def cost_amount(money: Money) -> CostAmount:
    planned, spent = money.planned, money.spent
    return CostAmount(
        planned_text=money_text(planned),
        spent_text=money_text(spent),
        currency=money.currency,
        share_text=share_text(float(spent / planned)) if planned and spent is not None else "",
        is_overspent=planned is not None and spent is not None and spent > planned,
    )
