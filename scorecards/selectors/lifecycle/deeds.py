"""What activating or archiving a scorecard from a period on would mean, said before it is done."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from calculations.periods import Period
from organizations.access import Access
from organizations.models import Organization, StructureQuerySet
from organizations.selectors import UnitNode
from scorecards.models import Alignment, Objective, Scorecard
from scorecards.selectors.boards.board import breadcrumbs
from scorecards.selectors.editions.changes import HIDDEN
from scorecards.selectors.editions.lines import start_label
from scorecards.selectors.shapes import Link
from scorecards.selectors.structure.page import PeriodOption
from scorecards.selectors.structure.periods import consequences, current_period, first_open_day
from scorecards.selectors.viewing import PERIODS_A_YEAR

from .lines import DAY, state_text

MOST_PERIODS = 120
MOST_NAMED = 8


@dataclass(frozen=True)
class DeedPage:
    """A page that asks from which period on a deed shall hold, and says what it means."""

    deed: str  # activate, archive
    unit_code: str
    unit_name: str
    breadcrumbs: tuple[Link, ...]
    code: str
    name: str
    version: int
    state_text: str
    replaces: str  # the running scorecard whose place it takes; "" for none
    replaces_version: int
    periods: tuple[PeriodOption, ...]
    consequences: tuple[str, ...]
    problem: str = ""
    meanwhile: str = ""  # what the scorecard says now, where somebody changed it


def running_scorecard(unit: UnitNode, but: Scorecard) -> Scorecard | None:
    """The unit's active scorecard, if it is another one."""
    found: Scorecard | None = (
        Scorecard.objects.active().filter(unit_id=unit.id).exclude(pk=but.pk).first()
    )
    return found


def deed_periods(
    access: Access, unit: UnitNode, scorecard: Scorecard, running: Scorecard | None
) -> dict[str, Period]:
    """By label, the latest first: up to a year ahead, back to what is open and comes after.

    A scorecard holds for a period at least before it ends, and after the last one that ended.
    """
    organization, calendar = access.organization, access.organization.calendar
    now = current_period(organization)
    firsts = [first_open_day(access, unit) or calendar.shift(now, -MOST_PERIODS).start]
    begun = (scorecard.starts_on, running and running.starts_on)
    firsts += [calendar.end(calendar.period(now.frequency, day)) for day in begun if day]
    if scorecard.starts_on is None:
        ended = Scorecard.objects.published().filter(unit_id=unit.id).exclude(ends_on=None)
        firsts += ended.values_list("ends_on", flat=True)
    period = calendar.shift(now, PERIODS_A_YEAR[now.frequency])
    found: list[Period] = []
    while period.start >= max(firsts) and len(found) < MOST_PERIODS:
        found.append(period)
        period = calendar.shift(period, -1)
    return {calendar.label(each): each for each in found}


def deed_page(
    access: Access,
    unit: UnitNode,
    scorecard: Scorecard,
    deed: str,
    *,
    label: str = "",
    problem: str = "",
    meanwhile: str = "",
) -> DeedPage:
    """label: of the chosen period; problem: why the deed was refused."""
    organization = access.organization
    running = running_scorecard(unit, scorecard) if deed == "activate" else None
    periods = deed_periods(access, unit, scorecard, running)
    chosen = periods.get(label) or _default(organization, periods)
    said: tuple[str, ...] = ()
    if chosen is not None:
        means = _activation if deed == "activate" else _archiving
        said = (*means(access, scorecard, running, chosen), *_scores(access, unit, chosen))
    return DeedPage(
        deed=deed,
        unit_code=unit.code,
        unit_name=unit.name,
        breadcrumbs=breadcrumbs(access, unit, None),
        code=scorecard.code,
        name=scorecard.name,
        version=scorecard.version,
        state_text=state_text(organization, scorecard),
        replaces=running.name if running else "",
        replaces_version=running.version if running else 0,
        periods=_options(organization, periods, chosen),
        consequences=said,
        problem=problem,
        meanwhile=meanwhile,
    )


def _default(organization: Organization, periods: Mapping[str, Period]) -> Period | None:
    """The running period, or the earliest that may be chosen."""
    running = current_period(organization)
    earliest = min(periods.values(), key=lambda each: each.start, default=None)
    return running if running in periods.values() else earliest


def _options(
    organization: Organization, periods: Mapping[str, Period], chosen: Period | None
) -> tuple[PeriodOption, ...]:
    running = current_period(organization)
    return tuple(
        PeriodOption(label, "current" if period == running else "", period == chosen)
        for label, period in periods.items()
    )


def _scores(access: Access, unit: UnitNode, chosen: Period) -> tuple[str, ...]:
    return consequences(access.organization, (), chosen, first_open_day(access, unit))


def _activation(
    access: Access, draft: Scorecard, running: Scorecard | None, chosen: Period
) -> list[str]:
    said = []
    gained = {tie.supported_id: tie for tie in _ties_above(draft)}
    counted = _ties_above(running) if running else []
    passed = gained.keys() & {tie.supported_id for tie in counted}
    if running is not None:
        until = start_label(access.organization, chosen.start - DAY)
        said.append(
            f"“{running}” holds until {until}. Its boards, traces and reports stay readable in"
            " their periods."
        )
    if passed:
        n, come = len(passed), "comes" if len(passed) == 1 else "come"
        noun = "contribution" if n == 1 else "contributions"
        said.append(f"{n} {noun} to units above {come} from “{draft}” instead.")
    lost = [tie for tie in counted if tie.supported_id not in passed]
    said += _lost_sentences(access, lost)
    new = [tie for key, tie in gained.items() if key not in passed]
    said += _sentences(access, new, "begins to count the contribution of")
    if not Objective.objects.live().filter(scorecard=draft).exists():
        said.append("It has no objectives yet: its board stays empty until you add some.")
    return said


def _archiving(
    access: Access, scorecard: Scorecard, _running: Scorecard | None, chosen: Period
) -> list[str]:
    unit, since = scorecard.unit.name, start_label(access.organization, chosen.start)
    said = [
        f"{unit} has no scorecard from {since} on, until another one is activated. Before that,"
        " boards, traces and reports stay readable, and corrections still count."
    ]
    said += _lost_sentences(access, _ties_above(scorecard))
    beneath = _ties_beneath(scorecard)
    if beneath:
        noun = "objective" if len(beneath) == 1 else "objectives"
        said.append(
            f"{len(beneath)} {noun} beneath support this scorecard, and have nothing to support"
            " from then on."
        )
    return said


def _lost_sentences(access: Access, ties: Iterable[Alignment]) -> list[str]:
    return _sentences(access, ties, "loses the contribution of")


def _sentences(access: Access, ties: Iterable[Alignment], deed: str) -> list[str]:
    """One for each objective above; those that may not be seen are not named."""
    said = []
    for tie in ties:
        unit = access.tree.by_id.get(tie.supported.scorecard.unit_id)
        if unit is None or not access.sees(unit.id):
            above = HIDDEN.capitalize()
        else:
            above = f"“{tie.supported}” of {unit.name}"
        said.append(f"{above} {deed} “{tie.objective}” (weight {tie.weight:g}).")
    more = len(said) - MOST_NAMED
    return said[:MOST_NAMED] + ([f"And {more} more above."] if more > 0 else [])


def _ties_above(scorecard: Scorecard) -> list[Alignment]:
    """What counts in active scorecards above."""
    rows = _ties().filter(objective__scorecard=scorecard, weight__gt=0)
    return list(rows.filter(supported__scorecard__status=Scorecard.State.ACTIVE))


def _ties_beneath(scorecard: Scorecard) -> list[Alignment]:
    rows = _ties().filter(supported__scorecard=scorecard)
    return list(rows.filter(objective__scorecard__status=Scorecard.State.ACTIVE))


def _ties() -> StructureQuerySet:
    found: StructureQuerySet = (
        Alignment.objects.live()
        .filter(objective__deleted_at=None, supported__deleted_at=None)
        .select_related("objective", "supported__scorecard")
        .order_by("supported__scorecard__unit_id", "supported_id", "objective__position", "pk")
    )
    return found
