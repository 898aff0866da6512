"""Loading the demonstration company's scorecards and their editions."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from organizations.models import Unit
from scorecards.models import (
    Alignment,
    Edition,
    Objective,
    ObjectiveKPI,
    Perspective,
    Scorecard,
    Theme,
)
from scorecards.services.editions import publish_edition
from scorecards.services.structure import NodeChange, change_structure

from . import company
from .dates import cascaded_on, reweighted_on
from .load_company import Company, morning, stored
from .load_sentences import load_early_scorecard
from .plans import ObjectivePlan, ScorecardPlan, weights
from .strategy import PERSPECTIVES, SCORECARDS, THEMES

# Units that got scorecards of their own only when those above had been kept for some time.
CASCADED = (Unit.Kind.TEAM, Unit.Kind.INDIVIDUAL)
NOTICE = dt.timedelta(days=12)  # from publishing a structure to its first day

Objectives = dict[tuple[str, str], Objective]  # by codes of unit and objective


def load_scorecards(loaded: Company) -> Objectives:
    """All scorecards as they came: from the top down to departments, then of teams and people.

    The corporate one was weighted anew in between.
    """
    above = [card for card in SCORECARDS if _kind(card) not in CASCADED]
    beneath = [card for card in SCORECARDS if _kind(card) in CASCADED]
    loading = _Loading(loaded)
    loading.add(above, loaded.first_day)
    for card in above:
        if card.was:
            _reweight(loaded, card, loading.scorecards[card.unit])
    load_early_scorecard(loaded)
    loading.add(beneath, cascaded_on(loaded.today))
    _date_editions(loaded)
    return loading.objectives


@dataclass
class _Loading:
    """The rows of scorecards so far, by code and by codes of unit and part."""

    loaded: Company
    scorecards: dict[str, Scorecard] = field(default_factory=dict)
    objectives: Objectives = field(default_factory=dict)

    def add(self, cards: Sequence[ScorecardPlan], valid_from: dt.date) -> None:
        """Store these scorecards and publish them with those above, which count them now."""
        loaded, at = self.loaded, morning(valid_from - NOTICE, self.loaded.now)
        scorecards = _stored_scorecards(loaded, cards, valid_from, at)
        perspectives = _stored_perspectives(loaded, cards, scorecards, at)
        themes = _stored_themes(loaded, scorecards, at)
        keys = [(card.unit, plan.code) for card in cards for plan in card.objectives]
        rows = [
            _objective(loaded, perspectives[card.unit, plan.perspective], themes, plan, position)
            for card in cards
            for position, plan in enumerate(card.objectives)
        ]
        self.scorecards |= scorecards
        self.objectives |= dict(zip(keys, stored(rows, at), strict=True))
        stored(_links(loaded, cards, self.objectives), at)
        stored(_alignments(loaded, cards, self.objectives), at)
        # From the top down where it was published before, so that nobody's is published twice.
        for scorecard in self.scorecards.values():
            publish_edition(scorecard=scorecard, valid_from=valid_from)


def _kind(card: ScorecardPlan) -> str:
    return company.BY_CODE[card.unit].kind


def _date_editions(loaded: Company) -> None:
    """Let each edition have been published shortly before its first day, whole at once.

    What was superseded while loading never stood by itself.
    """
    for edition in Edition.objects.filter(organization=loaded.organization).defer("content"):
        edition.created_at = morning(edition.valid_from - NOTICE, loaded.now)
        if edition.superseded_at:
            edition.superseded_at = edition.created_at
        edition.save(update_fields=["created_at", "superseded_at"])


def _stored_scorecards(
    loaded: Company, cards: Sequence[ScorecardPlan], starts_on: dt.date, at: dt.datetime
) -> dict[str, Scorecard]:
    rows = [
        Scorecard(
            organization=loaded.organization,
            unit=loaded.units[card.unit],
            code=card.unit,
            name=f"{company.BY_CODE[card.unit].name} scorecard",
            status=Scorecard.State.ACTIVE,
            starts_on=starts_on,
            is_capped=card.is_capped,
        )
        for card in cards
    ]
    return {row.code: row for row in stored(rows, at)}


def _stored_perspectives(
    loaded: Company,
    cards: Sequence[ScorecardPlan],
    scorecards: dict[str, Scorecard],
    at: dt.datetime,
) -> dict[tuple[str, str], Perspective]:
    rows = [
        Perspective(
            organization=loaded.organization,
            scorecard=scorecards[card.unit],
            code=code,
            name=PERSPECTIVES[code],
            weight=weight,
            position=position,
        )
        for card in cards
        for position, (code, weight) in enumerate(weights(card.was or card.perspectives).items())
    ]
    return {(row.scorecard.code, row.code): row for row in stored(rows, at)}


def _stored_themes(
    loaded: Company, scorecards: dict[str, Scorecard], at: dt.datetime
) -> dict[str, Theme]:
    """Those of the corporate scorecard, if it is among these."""
    scorecard = scorecards.get("corporate")
    if scorecard is None:
        return {}
    rows = [
        Theme(
            organization=loaded.organization,
            scorecard=scorecard,
            code=code,
            name=name,
            description=description,
        )
        for code, name, description in THEMES
    ]
    return {row.code: row for row in stored(rows, at)}


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


def _links(
    loaded: Company, cards: Sequence[ScorecardPlan], objectives: Objectives
) -> Iterator[ObjectiveKPI]:
    for card in cards:
        for plan in card.objectives:
            for position, (kpi, weight) in enumerate(weights(plan.kpis).items()):
                yield ObjectiveKPI(
                    organization=loaded.organization,
                    objective=objectives[card.unit, plan.code],
                    kpi=loaded.kpis[kpi],
                    weight=weight,
                    position=position,
                )


def _alignments(
    loaded: Company, cards: Sequence[ScorecardPlan], objectives: Objectives
) -> Iterator[Alignment]:
    for card in cards:
        for plan in card.objectives:
            for above, weight in weights(plan.supports).items():
                yield Alignment(
                    organization=loaded.organization,
                    objective=objectives[card.unit, plan.code],
                    supported=objectives[objective_key(above)],
                    weight=weight,
                )


def objective_key(written: str) -> tuple[str, str]:
    unit, code = written.split(".")
    return unit, code


def _reweight(loaded: Company, card: ScorecardPlan, scorecard: Scorecard) -> None:
    """The edition that is valid since the start of last year."""
    wanted = weights(card.perspectives)
    change_structure(
        scorecard=scorecard,
        changes={
            f"perspective.{row.code}": NodeChange(row.version, {"weight": wanted[row.code]})
            for row in scorecard.perspectives.all()
        },
        valid_from=reweighted_on(loaded.today),
        by=loaded.users["administrator"],
    )
