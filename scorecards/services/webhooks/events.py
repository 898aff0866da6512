"""What is announced: values that were recorded, statuses that changed, periods that were closed."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from calculations.periods import Calendar, Frequency, Period
from calculations.scoring import STATUS_NAMES
from kpis.models import Change, Measurement
from organizations.models import ClosedPeriod, Organization
from scorecards.models import Scorecard, ScoreSheet, Webhook
from scorecards.selectors.scoring.sheet_contents import ComputedSheet

from .announcing import Happening, announce, listeners, webhooks_at_work

Event = Webhook.Event
# A value and the note of its change are written in one transaction, the value first.
SLACK = dt.timedelta(seconds=1)


# --- Values


def announce_values(
    organization: Organization, at_work: Iterable[Webhook], change_ids: Sequence[int]
) -> None:
    """Tell of the values whose noted changes are being brought into the scores.

    A value that was replaced before anybody looked is told as it stands. Targets and definitions
    change without values, and are not told.
    """
    webhooks = listeners(at_work, Event.VALUE_RECORDED)
    if webhooks and change_ids:
        changes = list(Change.objects.filter(pk__in=change_ids))
        happenings = _values(organization.calendar, changes)
        announce(organization, webhooks, Event.VALUE_RECORDED, "values", happenings)


def _values(calendar: Calendar, changes: Sequence[Change]) -> Iterator[Happening]:
    noted: dict[int, list[Change]] = {}
    for change in changes:
        noted.setdefault(change.assignment_id, []).append(change)
    since = min(change.created_at for change in changes) - SLACK
    rows = Measurement.objects.filter(assignment_id__in=noted, recorded_at__gte=since)
    about = rows.select_related("assignment__kpi", "assignment__unit", "user", "token")
    for row in about.order_by("assignment_id", "period_start"):
        if any(_notes(change, row) for change in noted[row.assignment_id]):
            yield Happening(row.assignment.unit_id, _value(calendar, row))


def _notes(change: Change, row: Measurement) -> bool:
    is_within = change.first_start <= row.period_start and (
        change.last_start is None or row.period_start <= change.last_start
    )
    return is_within and change.created_at - SLACK <= row.recorded_at <= change.created_at


def _value(calendar: Calendar, row: Measurement) -> dict[str, Any]:
    kpi = row.assignment.kpi
    period = calendar.period(Frequency(kpi.frequency), row.period_start)
    return {
        "kpi": kpi.code,
        "unit": row.assignment.unit.code,
        "period": calendar.label(period),
        "value": row.value,
        "note": row.note,
        "recorded_at": row.recorded_at,
        "recorded_by": row.recorded_by,
    }


# --- Statuses


def stored_statuses(
    organization: Organization, places: Iterable[tuple[int, Period]]
) -> dict[tuple[int, Period], dict[str, Any]]:
    """What sheets say before they are computed again; those that never were say nothing."""
    wanted = set(places)
    rows = ScoreSheet.objects.filter(organization=organization, refreshed_at__isnull=False)
    rows = rows.filter(scorecard_id__in={pk for pk, _ in wanted})
    names = ("scorecard_id", "frequency", "period_start", "status", "detail")
    found = rows.in_periods({period for _, period in wanted}).values_list(*names)
    return {
        (pk, Period(Frequency(frequency), start)): _parts(detail, {"status": status})
        for pk, frequency, start, status, detail in found
    }


def announce_statuses(
    organization: Organization,
    webhooks: Sequence[Webhook],
    before: Mapping[tuple[int, Period], Mapping[str, Any]],
    computed: Iterable[ComputedSheet],
) -> None:
    """Tell which scorecards, objectives and KPIs have another status than they were shown with."""
    if not webhooks:
        return
    differing = [
        (sheet, parts)
        for sheet in computed
        if (parts := _differing(before.get((sheet.scorecard_id, sheet.period), {}), sheet))
    ]
    about = Scorecard.objects.filter(pk__in={sheet.scorecard_id for sheet, _ in differing})
    named = {pk: rest for pk, *rest in about.values_list("pk", "code", "unit_id", "unit__code")}
    happenings = []
    for sheet, parts in differing:
        code, unit_id, unit = named[sheet.scorecard_id]
        label = organization.calendar.label(sheet.period)
        place = {"unit": unit, "scorecard": code, "period": label}
        happenings += [Happening(unit_id, place | part) for part in parts]
    announce(organization, webhooks, Event.STATUS_CHANGED, "changes", happenings)


def _parts(detail: Mapping[str, Any], scorecard: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """What has a status, by kind and code."""
    return {
        "scorecard": {"": scorecard},
        "objective": detail["objectives"],
        "kpi": detail["kpis"],
    }


def _differing(before: Mapping[str, Any], sheet: ComputedSheet) -> list[dict[str, Any]]:
    if not before:
        return []
    scorecard = {name: sheet.fields[name] for name in ("status", "score", "coverage")}
    return [
        {"of": kind, "code": code, "from": STATUS_NAMES[old], "to": STATUS_NAMES[node["status"]]}
        | {"score": node["score"], "coverage": node["coverage"]}
        for kind, nodes in _parts(sheet.fields["detail"], scorecard).items()
        for code, node in nodes.items()
        if (old := before[kind].get(code, {}).get("status")) not in (None, node["status"])
    ]


# --- Closings


def announce_closing(closing: ClosedPeriod) -> None:
    """Tell that a period was closed for a unit and all beneath."""
    organization = closing.organization
    period = Period(Frequency(closing.frequency), closing.period_start)
    item = {
        "unit": closing.unit.code,
        "period": organization.calendar.label(period),
        "closed_at": closing.closed_at,
        "note": closing.note,
    }
    webhooks = listeners(webhooks_at_work(organization), Event.PERIOD_CLOSED)
    happening = Happening(closing.unit_id, item)
    announce(organization, webhooks, Event.PERIOD_CLOSED, "periods", [happening])
