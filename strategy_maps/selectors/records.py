"""Causal links as records, in tables, in the text and over the API; places by hand as well."""

from collections.abc import Iterator
from typing import Any

from django.db.models import OuterRef, Subquery

from kpis.models import Assignment
from organizations.access import Access
from scorecards.selectors.documents.layout import Section
from scorecards.selectors.records import Field, Form, Kind
from scorecards.selectors.records.reading import live_rows, standing
from scorecards.selectors.records.shapes import (
    choice_field,
    code_field,
    key_field,
    text_field,
    yes_no_field,
)
from strategy_maps.models import MOST_MONTHS, CausalLink, Position, Strength

STRENGTHS = {strength.name.lower(): strength for strength in Strength}


def _months(name: str, label: str) -> Field:
    return Field(name, label, form=Form.WHOLE, default=0, lowest=0, highest=MOST_MONTHS)


CAUSAL_LINKS = Kind(
    "causal_links",
    "Causal links",
    (
        key_field("scorecard", "Scorecard", "scorecards"),
        key_field("cause", "Cause"),
        key_field("effect", "Effect"),
        yes_no_field("is_inverse", "Lowers the effect", "Whether more of the cause means less."),
        choice_field("strength", "Expected strength", STRENGTHS, "moderate"),
        _months("lag_from", "Months at least"),
        _months("lag_to", "Months at most"),
        text_field("note", "Note", longest=2000),
        code_field("cause_kpi", "KPI of the cause", "kpis", "Compared instead of the score."),
        code_field("effect_kpi", "KPI of the effect", "kpis", "Compared instead of the score."),
    ),
    key=("scorecard", "cause", "effect"),
)
# Beneath the objective that is the cause.
LEADS_TO = Section(
    "leads_to", "causal_links", ("effect",), (("scorecard", "scorecard"), ("cause", "code"))
)

MAP_PLACES = Kind(
    "map_places",
    "Places on strategy maps",
    (
        key_field("scorecard", "Scorecard", "scorecards"),
        key_field("objective", "Objective"),
        Field(
            "place",
            "Place",
            "The share of the lane’s width, from its left edge.",
            Form.NUMBER,
            is_required=True,
            lowest=0,
            highest=1,
        ),
    ),
    key=("scorecard", "objective"),
)
# Beneath the scorecard.
PLACED = Section("map_places", "map_places", ("objective",), (("scorecard", "code"),), only="place")


def map_places(access: Access) -> Iterator[tuple[Any, ...]]:
    """Where somebody put objectives, of the scorecards that the reader sees; by one statement."""
    rows = Position.objects.filter(
        organization=access.organization,
        objective__deleted_at=None,
        objective__scorecard__unit_id__in=access.visible_unit_ids,
    )
    yield from standing(access, rows.order_by(), "objective").values_list(
        "objective__scorecard__code", "objective__code", "x"
    )


def causal_links(access: Access) -> Iterator[tuple[Any, ...]]:
    """Of the scorecards that the reader sees, by one statement.

    A KPI that the unit measures no more compares nothing, and is not told.
    """
    rows = standing(access, live_rows(access, CausalLink, "cause__scorecard__unit_id"), "cause")
    names = ("cause__scorecard__code", "cause__code", "effect__code", "is_inverse", "strength")
    more = ("lag_from", "lag_to", "note", _measured("cause_kpi"), _measured("effect_kpi"))
    words = {strength.value: word for word, strength in STRENGTHS.items()}
    found = rows.filter(effect__deleted_at=None).values_list(*names, *more)
    for scorecard, cause, effect, is_inverse, strength, *rest, by_cause, by_effect in found:
        said = (scorecard, cause, effect, is_inverse, words[strength], *rest)
        yield *said, by_cause or "", by_effect or ""


def _measured(name: str) -> Subquery:
    """The code of a link's KPI, where the scorecard's unit measures it."""
    there = Assignment.objects.live().filter(
        kpi=OuterRef(name), unit=OuterRef("cause__scorecard__unit")
    )
    return Subquery(there.values("kpi__code")[:1])
