"""The page of one initiative, and that of all: what they show, ready to print."""

from collections.abc import Sequence
from dataclasses import dataclass

from organizations.access import Access, Action
from organizations.models import Organization
from scorecards.links import (
    initiative_edit_href,
    initiative_href,
    initiative_new_href,
    initiatives_href,
    timeline_href,
)
from scorecards.selectors.formats import money_text
from scorecards.selectors.history.latest import Save, latest_saves
from scorecards.selectors.shapes import Link
from scorecards.selectors.viewing import AsOf

from .costs import CostAmount, ScorecardCosts, cost_amount, scorecard_costs
from .lines import (
    VIEWS,
    Asked,
    Choices,
    InitiativeLine,
    Summary,
    choices,
    line,
    matching,
    may_add,
    summary,
)
from .reading import ToldInitiative, told_initiatives

PAGE_LENGTH = 200


@dataclass(frozen=True)
class MomentChoice:
    """The moment of which a page tells, as `_as_of.html` reads it; empty texts = now."""

    as_of: str
    as_of_text: str
    now_href: str
    today: str
    kept: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ListPage:
    """All initiatives that the address asks for, in one view of them."""

    asked: Asked
    views: tuple[Link, ...]  # detail="current" on the one that is shown
    summary: Summary
    lines: tuple[InitiativeLine, ...]
    costs: tuple[ScorecardCosts, ...]
    choices: Choices
    has_any: bool
    all_href: str
    chart_url: str
    previous_href: str | None
    next_href: str | None
    range_text: str  # "1 to 200 of 431"; "" where all fit
    new_href: str | None
    moment: MomentChoice


def list_page(access: Access, asked: Asked, as_of: AsOf | None = None, page: int = 1) -> ListPage:
    """What the list shows; a fixed number of statements."""
    code, text = access.organization.code, as_of.text if as_of else None
    every = told_initiatives(access, as_of)
    found = matching(access, every, asked)
    shown, page = page_of(found, page)
    around = {"as_of": text, **asked.said}

    def href(number: int) -> str | None:
        last = -(-len(found) // PAGE_LENGTH)
        return initiatives_href(code, **around, page=str(number)) if 1 <= number <= last else None

    has_costs, now_href = asked.view == "costs", initiatives_href(code, **asked.said)
    return ListPage(
        asked=asked,
        views=tuple(
            Link(
                label,
                initiatives_href(code, **{**around, "view": view}),
                "current" if view == asked.view else "",
            )
            for view, label in VIEWS.items()
        ),
        summary=summary(found),
        lines=tuple(line(access, each, as_of) for each in shown),
        costs=tuple(_costs(access, every, asked, as_of)) if has_costs else (),
        choices=choices(access, every, asked),
        has_any=bool(every),
        all_href=initiatives_href(code, as_of=text, view=asked.view),
        chart_url=timeline_href(code, **around, page=str(page) if page > 1 else None),
        previous_href=href(page - 1),
        next_href=href(page + 1),
        range_text=_range_text(page, len(shown), len(found)),
        new_href=_new_href(access, asked) if may_add(access) and not as_of else None,
        moment=_moment(access.organization, as_of, now_href, asked.said),
    )


def page_of(found: Sequence[ToldInitiative], page: int) -> tuple[Sequence[ToldInitiative], int]:
    """The initiatives on a page, and its number; one past the end shows the last."""
    last = max(1, -(-len(found) // PAGE_LENGTH))
    number = min(max(page, 1), last)
    return found[(number - 1) * PAGE_LENGTH : number * PAGE_LENGTH], number


def _range_text(page: int, shown: int, count: int) -> str:
    if shown == count:
        return ""
    first = (page - 1) * PAGE_LENGTH + 1
    return f"{first} to {first + shown - 1} of {count}"


def _costs(
    access: Access, every: list[ToldInitiative], asked: Asked, as_of: AsOf | None
) -> list[ScorecardCosts]:
    """Of the scorecards of the asked unit and beneath, whosever the initiatives are."""
    wherever = Asked(**{**asked.__dict__, "unit": ""})
    return scorecard_costs(access, matching(access, every, wherever), asked.unit, as_of)


def _new_href(access: Access, asked: Asked) -> str:
    unit = access.visible_unit(asked.unit) if asked.unit else None
    may = unit is not None and access.can(Action.EDIT_STRUCTURE, unit.id)
    return initiative_new_href(access.organization.code, asked.unit if may else None)


def _moment(
    organization: Organization, as_of: AsOf | None, now_href: str, kept: dict[str, str]
) -> MomentChoice:
    return MomentChoice(
        as_of=as_of.text if as_of else "",
        as_of_text=as_of.told(organization) if as_of else "",
        now_href=now_href,
        today=organization.today().isoformat(),
        kept=tuple(kept.items()),
    )


# --- One initiative


@dataclass(frozen=True)
class InitiativePage:
    """One initiative with all that belongs to it."""

    line: InitiativeLine
    unit_href: str  # the initiatives of its unit
    description: str
    cost: CostAmount | None
    share_text: str  # what each objective carries; "" where there is but one
    saves: tuple[Save, ...]
    has_older: bool
    version: int
    chart_url: str
    edit_href: str | None
    breadcrumbs: tuple[Link, ...]
    moment: MomentChoice


def initiative_page(
    access: Access, told: ToldInitiative, as_of: AsOf | None = None
) -> InitiativePage:
    """What the page shows; edit_href: None for those who may only read."""
    code, text = access.organization.code, as_of.text if as_of else None
    row = told.row
    saves, has_older = latest_saves(access, "initiative", row.code, as_of.at if as_of else None)
    may_edit = as_of is None and access.can(Action.EDIT_STRUCTURE, told.unit.id)
    money = told.money()
    is_said = money.planned is not None or money.spent is not None
    return InitiativePage(
        line=line(access, told, as_of),
        unit_href=initiatives_href(code, unit=told.unit.code, as_of=text),
        description=row.description,
        cost=cost_amount(money) if is_said else None,
        share_text=_share_text(told),
        saves=saves,
        has_older=has_older,
        version=row.version,
        chart_url=timeline_href(code, initiative=row.code, as_of=text),
        edit_href=initiative_edit_href(code, row.code) if may_edit else None,
        breadcrumbs=(
            Link("Initiatives", initiatives_href(code, as_of=text)),
            Link(told.unit.name, initiatives_href(code, unit=told.unit.code, as_of=text)),
            Link(row.name, None),
        ),
        moment=_moment(access.organization, as_of, initiative_href(code, row.code), {}),
    )


def _share_text(told: ToldInitiative) -> str:
    """That its budget is shared out equally, and how much each objective carries."""
    if told.n_served < 2 or told.row.budget_planned is None:
        return ""
    share = told.money(told.n_served)
    planned = money_text(share.planned, told.row.currency)
    return f"shared out equally among {told.n_served} objectives, {planned} planned for each"
