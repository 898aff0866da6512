"""What the page of a KPI says of its signals, its forecast and the changes of its process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from calculations.periods import Period
from kpis.models import KPI, ProcessChange
from organizations.access import Access, Action
from scorecards.links import process_changes_href
from scorecards.selectors.formats import number_text
from scorecards.selectors.signals.reading import has_signals
from scorecards.selectors.signals.words import (
    limit_text,
    limits_text,
    newest_text,
    signal_tone,
    too_few_text,
    too_few_to_forecast,
)

from .told import Told

NOT_OF_NUMBERS = "Signals and forecasts are of numbers: yes or no and grades have none."
KEPT_PERIODS = 36


@dataclass(frozen=True)
class SignalLine:
    """A row of the table of signals."""

    period: str
    value: str
    text: str
    tone: str  # better, worse, other


@dataclass(frozen=True)
class LimitsLine:
    """A row of the table of limits: of one stretch of the process."""

    since: str
    centre: str
    limits: str
    count: int


@dataclass(frozen=True)
class ComingLine:
    """A row of the table of what is to come."""

    period: str
    expected: str
    lower: str
    upper: str


@dataclass(frozen=True)
class ChangeLine:
    """A declared change; number: by which the form that takes it back names it."""

    period: str
    note: str
    told: str  # "declared 2026-05-04 by Alice"
    number: int
    version: int


@dataclass(frozen=True)
class ChangeForm:
    """The form that declares a change, with what was typed and what is wrong with it."""

    action: str
    unit_code: str
    viewed: str
    periods: tuple[str, ...]
    period: str
    note: str
    problems: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SignalPanel:
    """sentence: whether the newest value is a signal; tone: of it, "" where it is none."""

    sentence: str
    tone: str
    caution: str
    forecast: tuple[str, ...]
    no_forecast: str
    signals: tuple[SignalLine, ...]
    limits: tuple[LimitsLine, ...]
    coming: tuple[ComingLine, ...]
    changes: tuple[ChangeLine, ...]
    form: ChangeForm | None

    @property
    def marked(self) -> frozenset[str]:
        """The periods whose values are signals."""
        return frozenset(line.period for line in self.signals)


@dataclass(frozen=True)
class Typed:
    """What stands in the form already, and what is wrong with it."""

    period: str = ""
    note: str = ""
    problems: Mapping[str, str] = field(default_factory=dict)


NOTHING_TYPED = Typed()


def signal_panel(
    access: Access, of: Told, viewed: str, *, is_past: bool, typed: Typed = NOTHING_TYPED
) -> SignalPanel:
    """is_past: the page tells of a moment, and changes nothing."""
    assignment, reading = of.history.assignment, of.reading
    may = not is_past and access.can(Action.EDIT_STRUCTURE, assignment.unit_id)
    newest = reading.newest_signal
    return SignalPanel(
        sentence=_sentence(of),
        tone=signal_tone(assignment.kpi, newest) if newest else "",
        caution=_too_few(of),
        forecast=of.forecast_texts,
        no_forecast=_no_forecast(of),
        signals=_signals(of),
        limits=_limits(of),
        coming=_coming(of),
        changes=tuple(_change(of, row) for _, row in reversed(reading.changes)),
        form=change_form(access, of, viewed, typed) if may else None,
    )


def change_form(access: Access, of: Told, viewed: str, typed: Typed) -> ChangeForm:
    history = of.history
    periods = tuple(reversed(history.labels[-KEPT_PERIODS:]))
    return ChangeForm(
        action=process_changes_href(access.organization.code, history.assignment.kpi.code),
        unit_code=access.tree.by_id[history.assignment.unit_id].code,
        viewed=viewed,
        periods=periods if typed.period in ("", *periods) else (typed.period, *periods),
        period=typed.period or periods[0],
        note=typed.note,
        problems=typed.problems,
    )


def _is_changed(of: Told) -> bool:
    return of.reading.newest_segment.first > 0


def _sentence(of: Told) -> str:
    """Of the newest value; "" where its limits are not known."""
    reading, kpi = of.reading, of.history.assignment.kpi
    if not has_signals(kpi):
        return NOT_OF_NUMBERS
    newest, limits = reading.newest, reading.newest_segment.limits
    if newest is None or limits is None or newest < reading.newest_segment.first:
        return ""
    status = of.history.statuses[newest]
    return newest_text(kpi, reading.newest_signal, limits, of.label(newest), status)


def _too_few(of: Told) -> str:
    if not has_signals(of.history.assignment.kpi) or of.reading.newest is None:
        return ""
    return too_few_text(of.reading.newest_segment, is_changed=_is_changed(of))


def _no_forecast(of: Told) -> str:
    if of.forecast or not of.reading.segments or of.reading.newest is None:
        return ""
    return too_few_to_forecast(of.reading.newest_segment, is_changed=_is_changed(of))


def _signals(of: Told) -> tuple[SignalLine, ...]:
    """The newest first."""
    kpi: KPI = of.history.assignment.kpi
    return tuple(
        SignalLine(
            period=of.label(each.place),
            value=number_text(kpi, float(of.reading.values[each.place])),
            text=of.signal_text(each).removeprefix(of.label(each.place)).strip(),
            tone=signal_tone(kpi, each),
        )
        for each in reversed(of.reading.signals)
    )


def _limits(of: Told) -> tuple[LimitsLine, ...]:
    kpi = of.history.assignment.kpi
    return tuple(
        LimitsLine(
            since=of.label(part.first),
            centre=limit_text(kpi, part.limits, part.limits.centre),
            limits=limits_text(kpi, part.limits),
            count=part.count,
        )
        for part in reversed(of.reading.segments)
        if part.limits
    )


def _coming(of: Told) -> tuple[ComingLine, ...]:
    found, kpi = of.forecast, of.history.assignment.kpi
    if found is None:
        return ()
    look = found.outlook
    rows = zip(found.periods, look.expected, look.lower, look.upper, strict=True)
    return tuple(_coming_line(of, kpi, period, numbers) for period, *numbers in rows)


def _coming_line(of: Told, kpi: KPI, period: Period, numbers: Sequence[float]) -> ComingLine:
    texts = [number_text(kpi, float(number)) for number in numbers]
    return ComingLine(of.history.organization.calendar.label(period), *texts)


def _change(of: Told, row: ProcessChange) -> ChangeLine:
    organization = of.history.organization
    place = next(place for place, each in of.reading.changes if each is row)
    by = f" by {row.declared_by}" if row.declared_by else ""
    told = f"declared {organization.today(row.declared_at)}{by}"
    return ChangeLine(of.label(place), row.note, told, row.pk, row.version)
