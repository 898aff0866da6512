"""At the end: the lives of scorecards, and one edition of each whose structure was written."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable

from django.core.exceptions import ValidationError

from organizations.selectors import closings, unit_tree
from organizations.services.structure import StaleVersion
from scorecards.models import Scorecard
from scorecards.selectors.records import Key, Record
from scorecards.services.editions import activate_scorecard, period_start, publish_edition
from scorecards.services.lifecycle import archive_scorecard

from .rows import Rows
from .shapes import Change, Plan, Problem, refused_by

Place = tuple[str, Key]
STRUCTURE = ("scorecards", "perspectives", "themes", "objectives", "objective_kpis", "alignments")
DRAFT, ACTIVE, ARCHIVED = Scorecard.State.DRAFT, Scorecard.State.ACTIVE, Scorecard.State.ARCHIVED


def publish_touched(
    rows: Rows, plan: Plan, changes: Iterable[Change]
) -> dict[Place, list[Problem]]:
    """By the places of all changes of a scorecard that cannot be published, why not."""
    touched: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        if change.kind in STRUCTURE:
            touched[str(change.key[0])].append(change)
    standing = {code: each for code, each in touched.items() if rows.has("scorecards", code)}
    found: dict[Place, list[Problem]] = {}
    for code in sorted(standing, key=lambda code: _order(code, standing[code])):
        try:
            _publish(rows, plan, rows.get("scorecards", code), _wanted(standing[code]))
        except (ValidationError, StaleVersion) as refusal:
            found |= {change.place: [_problem(refusal)] for change in standing[code]}
    return found


def _problem(refusal: ValidationError | StaleVersion) -> Problem:
    if isinstance(refusal, ValidationError):
        return refused_by(refusal)
    return Problem("", str(refusal), "conflict")


def _wanted(changes: Iterable[Change]) -> Record | None:
    """What the record of the scorecard itself says, if it is among them."""
    return next((change.after for change in changes if change.kind == "scorecards"), None)


def _order(code: str, changes: Iterable[Change]) -> tuple[bool, dt.date, str]:
    """What ends makes room first, in the order of days."""
    wanted = _wanted(changes)
    if wanted is None or wanted["status"] != ARCHIVED:
        return True, dt.date.max, code
    return False, wanted["starts_on"] or dt.date.min, code


def _publish(rows: Rows, plan: Plan, row: Scorecard, wanted: Record | None) -> None:
    status = wanted["status"] if wanted else row.status
    if row.status == ARCHIVED or status == DRAFT:
        return
    said = wanted["starts_on"] if wanted else None
    start = said or plan.valid_from or _first_open(row)
    if row.status == DRAFT:
        activate_scorecard(scorecard=row, valid_from=start, by=rows.by)
    else:
        assert row.starts_on is not None
        begins_earlier = said is not None and said < row.starts_on
        later = max(plan.valid_from or _first_open(row), row.starts_on)
        publish_edition(scorecard=row, valid_from=said if begins_earlier else later, by=rows.by)
    if status == ARCHIVED and wanted:
        row = Scorecard.objects.get(pk=row.pk)
        archive_scorecard(scorecard=row, ends_on=wanted["ends_on"], by=rows.by)


def _first_open(row: Scorecard) -> dt.date:
    """The first day of the running period, or the first one at its unit that is not closed."""
    organization = row.organization
    running = period_start(organization, None)
    open_from = closings(organization).open_from(unit_tree(organization).line(row.unit_id))
    return max(running, open_from or running)
