"""The list of initiatives: what its address asks for, and the lines in the order of their need."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from calculations.money import sums_by_currency
from organizations.access import Access, Action
from scorecards.links import initiative_href
from scorecards.models import Initiative
from scorecards.selectors.formats import money_text
from scorecards.selectors.shapes import Link
from scorecards.selectors.viewing import AsOf

from .reading import ServedObjective, ToldInitiative

VIEWS = {"": "List", "timeline": "Timeline", "costs": "Costs"}
# In the order of their need.
STATES = tuple(Initiative.State(name) for name in ("running", "planned", "done", "stopped"))
LONGEST = 200


@dataclass(frozen=True)
class Asked:
    """What of the list is asked for, by codes; empty texts ask for nothing."""

    unit: str = ""
    status: str = ""
    owner: str = ""
    objective: str = ""
    late: str = ""
    view: str = ""

    @property
    def filters(self) -> dict[str, str]:
        """What narrows the list."""
        return {name: text for name, text in self.said.items() if name != "view"}

    @property
    def said(self) -> dict[str, str]:
        """What an address says of it."""
        return {name: text for name, text in self.__dict__.items() if text}


@dataclass(frozen=True)
class MilestoneLine:
    """A milestone in a list; state: done, late, open."""

    name: str
    due_on: str
    done_on: str
    state: str


@dataclass(frozen=True)
class InitiativeLine:
    """One initiative in the list, ready to print."""

    code: str
    name: str
    href: str
    unit: str
    owner: str
    starts_text: str
    ends_text: str
    status: str
    percent_done: int
    planned_text: str
    spent_text: str
    currency: str
    milestones: tuple[MilestoneLine, ...]
    milestones_text: str  # "2 of 5"; "" where there are none
    late_text: str  # "" where nothing is late
    overspent_text: str
    objectives: tuple[Link, ...]
    unseen_text: str  # what it serves beyond what the reader sees


@dataclass(frozen=True)
class Summary:
    """What the lines say together; amounts by currency."""

    count: int
    open: int
    late: int
    overspent: int
    budgets: tuple[tuple[str, str], ...]  # (spent, planned with its currency)


def asked_list(query: Mapping[str, str]) -> Asked:
    """What an address asks for; a view that there is not is the list."""
    texts = {name: query.get(name, "").replace("\x00", "")[:LONGEST] for name in Asked().__dict__}
    return Asked(**{**texts, "view": texts["view"] if texts["view"] in VIEWS else ""})


def matching(
    access: Access, initiatives: Iterable[ToldInitiative], asked: Asked
) -> list[ToldInitiative]:
    """Those that the address asks for, what needs attention first."""
    unit = access.visible_unit(asked.unit) if asked.unit else None
    if asked.unit and unit is None:
        return []
    beneath = {node.id for node in access.tree.beneath(unit.id)} if unit else None
    found = [
        each
        for each in initiatives
        if (beneath is None or each.unit.id in beneath) and _matches(each, asked)
    ]
    return sorted(found, key=_need)


def _matches(each: ToldInitiative, asked: Asked) -> bool:
    return (
        asked.status in ("", each.row.status)
        and asked.owner in ("", each.owner.code if each.owner else None)
        and (not asked.objective or asked.objective in {served.key for served in each.objectives})
        and (not asked.late or each.is_late)
    )


def _need(each: ToldInitiative) -> tuple[int, dt.date, str, int]:
    """Late first, the longest late of them at the top; then overspent, running, planned, over."""
    row = each.row
    if each.late_since is not None:
        return 0, each.late_since, row.name, row.pk
    if row.is_open and row.is_overspent:
        return 1, row.ends_on or dt.date.max, row.name, row.pk
    rank = 2 + STATES.index(Initiative.State(row.status))
    return rank, row.ends_on or dt.date.max, row.name, row.pk


def line(access: Access, each: ToldInitiative, as_of: AsOf | None = None) -> InitiativeLine:
    row = each.row
    return InitiativeLine(
        code=row.code,
        name=row.name,
        href=initiative_href(
            access.organization.code, row.code, as_of=as_of.text if as_of else None
        ),
        unit=each.unit.name,
        owner=each.owner.name if each.owner else "",
        starts_text=day_text(row.starts_on),
        ends_text=day_text(row.ends_on),
        status=row.status,
        percent_done=row.percent_done,
        planned_text=money_text(row.budget_planned),
        spent_text=money_text(row.budget_spent),
        currency=row.currency,
        milestones=_milestones(each),
        milestones_text=_milestones_text(each),
        late_text=late_text(each),
        overspent_text=overspent_text(row),
        objectives=objective_links(each.objectives),
        unseen_text=unseen_text(each),
    )


def day_text(day: dt.date | None) -> str:
    return day.isoformat() if day else ""


def _milestones(each: ToldInitiative) -> tuple[MilestoneLine, ...]:
    return tuple(
        MilestoneLine(
            name=milestone.name,
            due_on=milestone.due_on.isoformat(),
            done_on=day_text(milestone.done_on),
            state=each.state(milestone),
        )
        for milestone in each.milestones
    )


def _milestones_text(each: ToldInitiative) -> str:
    return f"{each.done_milestones} of {len(each.milestones)}" if each.milestones else ""


def late_text(each: ToldInitiative) -> str:
    """What is late: its end, or milestones; "" where nothing is."""
    parts = []
    if each.row.is_overdue(each.today) and each.row.ends_on:
        days = (each.today - each.row.ends_on).days
        parts.append(f"{days} day{'' if days == 1 else 's'} past its end")
    if late := each.late_milestones:
        parts.append(f"{late} milestone{'' if late == 1 else 's'} late")
    return ", ".join(parts)


def overspent_text(row: Initiative) -> str:
    if not row.is_overspent or row.budget_spent is None or row.budget_planned is None:
        return ""
    return f"{money_text(row.budget_spent - row.budget_planned, row.currency)} over budget"


def objective_links(objectives: Iterable[ServedObjective]) -> tuple[Link, ...]:
    return tuple(
        Link(each.name, each.href if each.is_active else None, each.unit.name)
        for each in objectives
    )


def unseen_text(each: ToldInitiative) -> str:
    """What it serves where the reader does not see; never by name."""
    unseen = each.n_served - len(each.objectives)
    if not unseen:
        return ""
    more = "more " if each.objectives else ""
    return f"{unseen} {more}that you may not see"


def summary(initiatives: Sequence[ToldInitiative]) -> Summary:
    budgets = sums_by_currency(each.money() for each in initiatives)
    return Summary(
        count=len(initiatives),
        open=sum(each.row.is_open for each in initiatives),
        late=sum(each.is_late for each in initiatives),
        overspent=sum(each.row.is_overspent for each in initiatives),
        budgets=tuple(
            (money_text(money.spent), money_text(money.planned, money.currency))
            for money in budgets
        ),
    )


# --- What the list can be narrowed to


@dataclass(frozen=True)
class Choice:
    """One way to narrow the list; depth: of a unit in the tree."""

    value: str
    label: str
    is_chosen: bool = False
    depth: int = 0


@dataclass(frozen=True)
class Choices:
    """What the list can be narrowed to: only what some initiative that the reader sees has."""

    units: tuple[Choice, ...]
    statuses: tuple[Choice, ...]
    owners: tuple[Choice, ...]
    objectives: tuple[Choice, ...]


def choices(access: Access, initiatives: Sequence[ToldInitiative], asked: Asked) -> Choices:
    asked_unit = access.visible_unit(asked.unit)
    ids = {each.unit.id for each in initiatives} | ({asked_unit.id} if asked_unit else set())
    above = {node.id for unit_id in ids for node in access.tree.line(unit_id)}
    owners = {each.owner.code: each.owner.name for each in initiatives if each.owner}
    served = {each.key: each for one in initiatives for each in one.objectives}
    return Choices(
        units=tuple(
            Choice(node.code, node.name, node.code == asked.unit, depth)
            for node, depth in access.tree.depth_first()
            if node.id in above and access.sees(node.id)
        ),
        statuses=tuple(
            Choice(state.value, state.label, state.value == asked.status) for state in STATES
        ),
        owners=tuple(
            Choice(code, name, code == asked.owner)
            for code, name in sorted(owners.items(), key=lambda item: (item[1].lower(), item[0]))
        ),
        objectives=tuple(
            Choice(key, f"{each.unit.name}: {each.name}", key == asked.objective)
            for key, each in sorted(
                served.items(), key=lambda item: (item[1].unit.name, item[1].name)
            )
        ),
    )


def may_add(access: Access) -> bool:
    """Whether the reader may edit structure at any unit."""
    return any(access.can(Action.EDIT_STRUCTURE, unit_id) for unit_id in access.roles)
