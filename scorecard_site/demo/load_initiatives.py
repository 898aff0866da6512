"""Loading the demonstration company's initiatives as they went: planned, begun, step by step."""

import datetime as dt
from collections.abc import Iterable
from typing import TypeVar

from organizations.models import Structure
from scorecards.models import Initiative, InitiativeObjective, Milestone

from .initiatives import INITIATIVES
from .load_company import Company, morning, stored
from .load_scorecards import Objectives, objective_key
from .plans import InitiativePlan, weights

Row = TypeVar("Row", bound=Structure)

AHEAD = dt.timedelta(days=30)  # from writing an initiative down to its first day
LATELY = dt.timedelta(days=6)  # since somebody last said how far it is


def load_initiatives(loaded: Company, objectives: Objectives) -> int:
    """All initiatives with what they serve, their milestones, and their history."""
    for plan in INITIATIVES:
        _load(loaded, plan, objectives)
    return len(INITIATIVES)


def _load(loaded: Company, plan: InitiativePlan, objectives: Objectives) -> None:
    starts_on = _day(loaded.today, plan.starts)
    written_on = min(starts_on, loaded.today) - AHEAD
    [row] = _stored(loaded, [_planned(loaded, plan)], written_on)
    served = [objectives[objective_key(each)] for each in weights(plan.serves)]
    links = [
        InitiativeObjective(organization=loaded.organization, initiative=row, objective=objective)
        for objective in served
    ]
    _stored(loaded, links, written_on)
    milestones = _stored(loaded, _milestones(loaded, plan, row), written_on)
    if plan.status != Initiative.State.PLANNED:
        _said(loaded, row, starts_on, status=Initiative.State.RUNNING)
        _advance(loaded, plan, row, milestones)


def _advance(
    loaded: Company, plan: InitiativePlan, row: Initiative, milestones: list[Milestone]
) -> None:
    """Done milestone by milestone, each a step towards what has been reached by today."""
    done = [
        (_day(loaded.today, done, 17), milestone)
        for milestone, (_, _, done) in zip(milestones, plan.milestones, strict=True)
        if done is not None
    ]
    for number, (day, milestone) in enumerate(done, 1):
        share = number / (len(done) + 1)
        _said(loaded, milestone, day, done_on=day)
        _said(
            loaded,
            row,
            day,
            percent_done=round(plan.percent * share),
            budget_spent=round(plan.spent * share, -3),
        )
    is_over = plan.status != Initiative.State.RUNNING
    day = _day(loaded.today, plan.ends, 28) if is_over else loaded.today - LATELY
    last = max([day, *(day for day, _ in done)])
    _said(
        loaded,
        row,
        last,
        status=plan.status,
        percent_done=plan.percent,
        budget_spent=plan.spent,
    )


def _stored(loaded: Company, rows: Iterable[Row], day: dt.date) -> list[Row]:
    """The rows as the administrator wrote them down on that day."""
    rows = list(rows)
    for row in rows:
        row._history_user = loaded.users["administrator"]  # type: ignore[attr-defined]
    return stored(rows, morning(day, loaded.now))


def _said(loaded: Company, row: Structure, day: dt.date, **fields: object) -> None:
    """What the administrator said of the row on that day."""
    for name, value in fields.items():
        setattr(row, name, value)
    row.version += 1
    row._history_user = loaded.users["administrator"]  # type: ignore[attr-defined]
    row._history_date = min(morning(day, loaded.now), loaded.now)  # type: ignore[attr-defined]
    row.save()


def _planned(loaded: Company, plan: InitiativePlan) -> Initiative:
    return Initiative(
        organization=loaded.organization,
        unit=loaded.units[plan.unit],
        code=plan.code,
        name=plan.name,
        description=plan.description,
        owner=loaded.person(plan.owner),
        starts_on=_day(loaded.today, plan.starts),
        ends_on=_day(loaded.today, plan.ends, 28),
        budget_planned=plan.planned,
        budget_spent=0,
        currency="EUR",
    )


def _milestones(
    loaded: Company, plan: InitiativePlan, initiative: Initiative
) -> Iterable[Milestone]:
    for name, due, _ in plan.milestones:
        yield Milestone(
            organization=loaded.organization,
            initiative=initiative,
            name=name,
            due_on=_day(loaded.today, due, 20),
        )


def _day(today: dt.date, months: int, day: int = 1) -> dt.date:
    """A day of the month so many months from today's."""
    number = today.year * 12 + today.month - 1 + months
    return dt.date(number // 12, number % 12 + 1, day)
