"""Loading the demonstration company's scorecards, their editions and its initiatives."""

import datetime as dt
from collections.abc import Iterator

from scorecards.models import (
    Alignment,
    Initiative,
    InitiativeObjective,
    Milestone,
    Objective,
    ObjectiveKPI,
    Perspective,
    Scorecard,
    Theme,
)
from scorecards.services.editions import publish_edition

from . import company
from .initiatives import INITIATIVES
from .load_company import Company, stored
from .plans import InitiativePlan, ObjectivePlan, ScorecardPlan, weights
from .strategy import PERSPECTIVES, SCORECARDS, THEMES

Objectives = dict[tuple[str, str], Objective]  # by codes of unit and objective


def load_scorecards(loaded: Company) -> Objectives:
    """All scorecards, valid since the first day; the corporate one was weighted anew since."""
    scorecards = _stored_scorecards(loaded)
    perspectives = _stored_perspectives(loaded, scorecards)
    themes = _stored_themes(loaded, scorecards["corporate"])
    keys = [(card.unit, plan.code) for card in SCORECARDS for plan in card.objectives]
    rows = stored(
        _objective(loaded, perspectives[card.unit, plan.perspective], themes, plan, position)
        for card in SCORECARDS
        for position, plan in enumerate(card.objectives)
    )
    objectives = dict(zip(keys, rows, strict=True))
    stored(_links(loaded, objectives))
    stored(_alignments(loaded, objectives))
    # From the bottom up, so that nobody above is published again for those beneath.
    for card in reversed(SCORECARDS):
        publish_edition(scorecard=scorecards[card.unit], valid_from=loaded.first_day)
    for card in SCORECARDS:
        if card.was:
            _reweight(loaded, card, scorecards[card.unit])
    return objectives


def load_initiatives(loaded: Company, objectives: Objectives) -> int:
    """All initiatives with what they serve and their milestones."""
    rows = stored(_initiative(loaded, plan) for plan in INITIATIVES)
    initiatives = list(zip(INITIATIVES, rows, strict=True))
    stored(
        InitiativeObjective(
            organization=loaded.organization, initiative=row, objective=objectives[_key(served)]
        )
        for plan, row in initiatives
        for served in weights(plan.serves)
    )
    stored(milestone for plan, row in initiatives for milestone in _milestones(loaded, plan, row))
    return len(rows)


def _stored_scorecards(loaded: Company) -> dict[str, Scorecard]:
    rows = stored(
        Scorecard(
            organization=loaded.organization,
            unit=loaded.units[card.unit],
            code=card.unit,
            name=f"{company.BY_CODE[card.unit].name} scorecard",
            status=Scorecard.State.ACTIVE,
            is_capped=card.is_capped,
        )
        for card in SCORECARDS
    )
    return {row.code: row for row in rows}


def _stored_perspectives(
    loaded: Company, scorecards: dict[str, Scorecard]
) -> dict[tuple[str, str], Perspective]:
    rows = stored(
        Perspective(
            organization=loaded.organization,
            scorecard=scorecards[card.unit],
            code=code,
            name=PERSPECTIVES[code],
            weight=weight,
            position=position,
        )
        for card in SCORECARDS
        for position, (code, weight) in enumerate(weights(card.was or card.perspectives).items())
    )
    return {(row.scorecard.code, row.code): row for row in rows}


def _stored_themes(loaded: Company, scorecard: Scorecard) -> dict[str, Theme]:
    rows = stored(
        Theme(
            organization=loaded.organization,
            scorecard=scorecard,
            code=code,
            name=name,
            description=description,
        )
        for code, name, description in THEMES
    )
    return {row.code: row for row in rows}


def _objective(
    loaded: Company,
    perspective: Perspective,
    themes: dict[str, Theme],
    plan: ObjectivePlan,
    position: int,
) -> Objective:
    scorecard = perspective.scorecard
    return Objective(
        organization=loaded.organization,
        scorecard=scorecard,
        perspective=perspective,
        theme=themes[plan.theme] if plan.theme else None,
        code=plan.code,
        name=plan.name,
        description=plan.description,
        owner=loaded.person(plan.owner) if plan.owner else loaded.lead(scorecard.code),
        weight=plan.weight,
        position=position,
        rule=plan.rule,
        is_capped=plan.is_capped,
    )


def _links(loaded: Company, objectives: Objectives) -> Iterator[ObjectiveKPI]:
    for card in SCORECARDS:
        for plan in card.objectives:
            for position, (kpi, weight) in enumerate(weights(plan.kpis).items()):
                yield ObjectiveKPI(
                    organization=loaded.organization,
                    objective=objectives[card.unit, plan.code],
                    kpi=loaded.kpis[kpi],
                    weight=weight,
                    position=position,
                )


def _alignments(loaded: Company, objectives: Objectives) -> Iterator[Alignment]:
    for card in SCORECARDS:
        for plan in card.objectives:
            for above, weight in weights(plan.supports).items():
                yield Alignment(
                    organization=loaded.organization,
                    objective=objectives[card.unit, plan.code],
                    supported=objectives[_key(above)],
                    weight=weight,
                )


def _key(written: str) -> tuple[str, str]:
    unit, code = written.split(".")
    return unit, code


def _reweight(loaded: Company, card: ScorecardPlan, scorecard: Scorecard) -> None:
    """The edition that is valid since the start of last year."""
    for perspective in scorecard.perspectives.all():
        perspective.weight = weights(card.perspectives)[perspective.code]
        perspective.version += 1
        perspective.save()
    publish_edition(
        scorecard=scorecard,
        valid_from=dt.date(loaded.today.year - 1, 1, 1),
        by=loaded.users["administrator"],
    )


def _initiative(loaded: Company, plan: InitiativePlan) -> Initiative:
    return Initiative(
        organization=loaded.organization,
        unit=loaded.units[plan.unit],
        code=plan.code,
        name=plan.name,
        description=plan.description,
        owner=loaded.person(plan.owner),
        status=plan.status,
        starts_on=_day(loaded.today, plan.starts),
        ends_on=_day(loaded.today, plan.ends, 28),
        percent_done=plan.percent,
        budget_planned=plan.planned,
        budget_spent=plan.spent,
        currency="EUR",
    )


def _milestones(
    loaded: Company, plan: InitiativePlan, initiative: Initiative
) -> Iterator[Milestone]:
    for name, due, done in plan.milestones:
        yield Milestone(
            organization=loaded.organization,
            initiative=initiative,
            name=name,
            due_on=_day(loaded.today, due, 20),
            done_on=None if done is None else _day(loaded.today, done, 17),
        )


def _day(today: dt.date, months: int, day: int = 1) -> dt.date:
    """A day of the month so many months from today's."""
    number = today.year * 12 + today.month - 1 + months
    return dt.date(number // 12, number % 12 + 1, day)
