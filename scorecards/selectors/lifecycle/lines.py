"""A unit's scorecards in a list, and what a board says of one that is not the running one."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count, Max, OuterRef, Subquery
from django.db.models.functions import Coalesce

from calculations.periods import Period
from organizations.access import Access, Action
from organizations.models import Organization
from organizations.selectors import UnitNode
from scorecards.links import board_href, scorecards_href
from scorecards.models import Objective, Scorecard, ScorecardQuerySet
from scorecards.selectors.editions.lines import moment_text, start_label
from scorecards.selectors.viewing import Viewing

DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class ScorecardLine:
    """A scorecard of a unit, and what its reader may do with it."""

    code: str
    name: str
    version: int
    state: str  # draft, active, archived
    state_text: str  # "Draft", "Active", "Begins 2027-01", "Until 2026-12", "Archived"
    from_text: str  # "2026-01", the period in which it begins; "" for a draft
    until_text: str  # the last period in which it holds; "" where it has no end
    objectives: int
    kpis: int
    edited_text: str  # when somebody last changed any of it
    href: str  # its board
    can_come_back: bool = False


@dataclass(frozen=True)
class LifeLine:
    """What a board says of a scorecard that is not simply the running one."""

    state: str  # draft, archived, or "" for an active one
    note: str  # above the board
    empty: str  # in its place where it does not hold in the period
    list_href: str
    latest_href: str  # the board in its last period, or in the first to come


def scorecard_lines(access: Access, unit: UnitNode) -> tuple[ScorecardLine, ...]:
    """Drafts first, for those who may edit, then the latest; by a fixed number of statements."""
    organization = access.organization
    may_edit = access.can(Action.EDIT_STRUCTURE, unit.id)
    known = Scorecard.objects.live().filter(unit_id=unit.id)
    shown = known if may_edit else known.exclude(status=Scorecard.State.DRAFT)
    rows = sorted(counted(shown), key=_latest_first)
    last = next((row for row in rows if row.starts_on), None)
    return tuple(_line(organization, unit, row, is_last=row is last) for row in rows)


def counted(rows: ScorecardQuerySet) -> list[Scorecard]:
    """With `n_objectives`, `n_kpis` and `edited_at`."""
    live = Objective.objects.live().filter(scorecard=OuterRef("pk")).order_by()
    objectives = live.values("scorecard").annotate(n=Count("pk")).values("n")
    measured = live.filter(kpi_links__deleted_at=None, kpi_links__isnull=False)
    kpis = measured.values("scorecard").annotate(n=Count("kpi_links__kpi", distinct=True))
    own = Scorecard.history.filter(id=OuterRef("pk")).order_by().values("id")
    beneath = Objective.history.filter(scorecard=OuterRef("pk")).order_by().values("scorecard")
    return list(
        rows.annotate(
            n_objectives=Coalesce(Subquery(objectives), 0),
            n_kpis=Coalesce(Subquery(kpis.values("n")), 0),
            own_edit=Subquery(own.annotate(at=Max("history_date")).values("at")),
            part_edit=Subquery(beneath.annotate(at=Max("history_date")).values("at")),
        )
    )


def _latest_first(row: Scorecard) -> tuple[int, int, int]:
    start = row.starts_on.toordinal() if row.starts_on else 0
    return (0 if row.starts_on is None else 1, -start, -row.pk)


def _line(
    organization: Organization, unit: UnitNode, row: Scorecard, *, is_last: bool
) -> ScorecardLine:
    edits = [row.own_edit, row.part_edit]  # type: ignore[attr-defined]
    return ScorecardLine(
        code=row.code,
        name=row.name,
        version=row.version,
        state=row.status,
        state_text=state_text(organization, row),
        from_text=start_label(organization, row.starts_on) if row.starts_on else "",
        until_text=start_label(organization, row.ends_on - DAY) if row.ends_on else "",
        objectives=row.n_objectives,  # type: ignore[attr-defined]
        kpis=row.n_kpis,  # type: ignore[attr-defined]
        edited_text=moment_text(organization, max((e for e in edits if e), default=None)),
        href=own_href(organization, unit, row),
        can_come_back=row.ends_on is not None and is_last,
    )


def own_href(organization: Organization, unit: UnitNode, row: Scorecard) -> str:
    """The scorecard's board: of an ended one in its last period."""
    today = organization.today()
    if row.status == Scorecard.State.ACTIVE and row.holds_on(today):
        return board_href(organization.code, unit.code)
    label = _last_label(organization, row) if row.ends_on and row.ends_on <= today else None
    return board_href(organization.code, unit.code, label, scorecard=row.code)


def state_text(organization: Organization, row: Scorecard) -> str:
    """The state as people say it on that day."""
    today = organization.today()
    if row.starts_on is None:
        return "Draft"
    if row.starts_on > today:
        return f"Begins {start_label(organization, row.starts_on)}"
    if row.ends_on is None:
        return "Active"
    if row.ends_on > today:
        return f"Active until {start_label(organization, row.ends_on - DAY)}"
    return "Archived"


def life_line(access: Access, unit: UnitNode, row: Scorecard, viewing: Viewing) -> LifeLine | None:
    """None where the running scorecard is shown in a period in which it holds."""
    organization, period = access.organization, viewing.period
    last_day = organization.calendar.end(period) - DAY
    today = organization.today()
    has_ended = row.ends_on is not None and row.ends_on <= today
    is_running = row.status == Scorecard.State.ACTIVE and row.holds_on(last_day)
    if is_running or (viewing.at is not None and not viewing.scorecard):
        return None
    latest = board_href(organization.code, unit.code)
    if has_ended:
        label = _last_label(organization, row, period)
        latest = board_href(organization.code, unit.code, label, scorecard=viewing.scorecard)
    return LifeLine(
        state="" if row.status == Scorecard.State.ACTIVE else row.status,
        note=_note(organization, row, viewing),
        empty=_empty(organization, row, last_day),
        list_href=scorecards_href(organization.code, unit.code),
        latest_href=latest,
    )


def _last_label(organization: Organization, row: Scorecard, like: Period | None = None) -> str:
    """The last period that was over when the scorecard ended, as long as that one."""
    calendar = organization.calendar
    frequency = like.frequency if like else organization.frequencies[0]
    assert row.ends_on is not None
    last = calendar.shift(calendar.period(frequency, row.ends_on), -1)
    return calendar.label(last)


def _note(organization: Organization, row: Scorecard, viewing: Viewing) -> str:
    if row.starts_on is None:
        return (
            f"“{row}” is a draft: it counts nowhere yet, and only those who may edit it see it."
            " Its scores are what they would be."
        )
    if row.ends_on is None:
        return ""
    until = start_label(organization, row.ends_on - DAY)
    if row.ends_on > organization.today():
        return f"“{row}” holds until {until}."
    since = start_label(organization, row.starts_on)
    return f"“{row}” is archived: it held from {since} until {until}."


def _empty(organization: Organization, row: Scorecard, last_day: dt.date) -> str:
    if row.starts_on and row.starts_on > last_day:
        since = start_label(organization, row.starts_on)
        return f"“{row}” begins in {since}: choose a newer period."
    if row.ends_on and row.ends_on <= last_day:
        until = start_label(organization, row.ends_on - DAY)
        return f"“{row}” ended with {until}: choose an earlier period."
    return ""


@dataclass(frozen=True)
class UnitScorecard:
    """A line in the list of all units' scorecards."""

    unit_name: str
    unit_href: str  # the unit's scorecards
    name: str
    href: str
    state: str
    state_text: str
    from_text: str
    until_text: str


def all_scorecard_lines(access: Access) -> list[UnitScorecard]:
    """Those that the reader sees, by unit from the top down, the latest first; one statement."""
    of_unit: dict[int, list[Scorecard]] = defaultdict(list)
    for row in Scorecard.objects.live().filter(organization=access.organization):
        of_unit[row.unit_id].append(row)
    return [
        _unit_scorecard(access.organization, node, row)
        for node, _ in access.tree.depth_first()
        if node.id in of_unit and access.sees(node.id)
        for row in sorted(of_unit[node.id], key=_latest_first)
        if row.starts_on or access.can(Action.EDIT_STRUCTURE, node.id)
    ]


def _unit_scorecard(organization: Organization, node: UnitNode, row: Scorecard) -> UnitScorecard:
    return UnitScorecard(
        unit_name=node.name,
        unit_href=scorecards_href(organization.code, node.code),
        name=row.name,
        href=own_href(organization, node, row),
        state=row.status,
        state_text=state_text(organization, row),
        from_text=start_label(organization, row.starts_on) if row.starts_on else "",
        until_text=start_label(organization, row.ends_on - DAY) if row.ends_on else "",
    )
