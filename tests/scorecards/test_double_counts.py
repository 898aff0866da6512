"""What counts already may not count again as a contribution."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError

from kpis.models import KPI, KPIInput
from scorecards.models import ObjectiveKPI
from scorecards.services.structure import NodeChange, align, change_structure, link_kpi
from tests.worlds import NOW, World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


def rolling(world: World, kpi: str, rule: str, **fields: Any) -> None:
    KPI.objects.filter(pk=world.kpis[kpi].pk).update(unit_rule=rule, **fields)


def fed(world: World, kpi: str, *inputs: str, formula: str = "x") -> None:
    KPI.objects.filter(pk=world.kpis[kpi].pk).update(formula=formula)
    for code in inputs:
        KPIInput.objects.create(
            organization=world.organization, kpi=world.kpis[kpi], input=world.kpis[code]
        )


def contribution(world: World, weight: float) -> None:
    row = world.objectives["sales", "grow"].supports.get()
    key = "contribution.grow.sales_scorecard.grow"
    change = NodeChange(row.version, {"weight": weight})
    change_structure(scorecard=world.scorecards["emea"], changes={key: change})


@pytest.mark.parametrize("rule", ["sum", "mean"])
def test_a_kpi_that_rolls_up_is_no_contribution_too(acme: World, rule: str) -> None:
    contribution(acme, 0)
    rolling(acme, "revenue", rule)
    with pytest.raises(ValidationError) as refusal:
        contribution(acme, 1)
    told = refusal.value.message_dict["contribution.grow.sales_scorecard.grow.weight"][0]
    assert told == (
        "“Revenue” of “Grow Sales” already rolls up into “Revenue” of “Grow EMEA”: counted as a"
        " contribution too, it would count twice. Give the contribution of “Grow Sales” the weight"
        " 0 (context only)."
    )
    rolling(acme, "revenue", "own")
    contribution(acme, 1)


@pytest.mark.parametrize(
    ("rules", "formulas", "is_refused"),
    [
        ({"share": "sum"}, {"share": ["defects"], "defects": ["nps"]}, True),
        ({"share": "own", "nps": "sum"}, {"share": ["nps"]}, True),
        ({"share": "sum"}, {"share": ["defects"]}, False),
        ({"share": "own"}, {"share": ["nps"]}, False),
    ],
)
def test_inputs_of_a_formula_that_rolls_up_are_no_contribution_too(
    acme: World, rules: dict[str, str], formulas: dict[str, list[str]], is_refused: bool
) -> None:
    """EMEA's share is computed from what Sales counts as NPS."""
    contribution(acme, 0)
    link_kpi(objective=acme.objectives["emea", "grow"], kpi=acme.kpis["share"])
    for kpi, inputs in formulas.items():
        fed(acme, kpi, *inputs)
    for kpi, rule in rules.items():
        rolling(acme, kpi, rule)
    if not is_refused:
        contribution(acme, 1)
        return
    with pytest.raises(
        ValidationError, match="“Nps” of “Grow Sales” already rolls up into “Share”"
    ):
        contribution(acme, 1)


def test_a_kpi_that_only_weighs_a_mean_does_not_count_twice(acme: World) -> None:
    contribution(acme, 0)
    link_kpi(objective=acme.objectives["emea", "grow"], kpi=acme.kpis["share"])
    rolling(acme, "share", "mean", weighting=acme.kpis["nps"])
    fed(acme, "share", "nps", formula="")
    contribution(acme, 1)


def test_aligning_and_linking_refuse_to_count_twice(acme: World) -> None:
    rolling(acme, "defects", "sum")
    with pytest.raises(ValidationError, match="would count twice"):
        link_kpi(objective=acme.objectives["emea", "improve"], kpi=acme.kpis["defects"])
    assert not ObjectiveKPI.objects.filter(objective=acme.objectives["emea", "improve"]).exists()
    link_kpi(objective=acme.objectives["emea", "improve"], kpi=acme.kpis["defects"], weight=0)
    below, above = acme.objectives["sales", "improve"], acme.objectives["acme", "improve"]
    link_kpi(objective=above, kpi=acme.kpis["defects"])
    with pytest.raises(ValidationError, match="weight 0"):
        align(objective=below, supported=above, weight=1)
    assert align(objective=below, supported=above).weight == 0


def test_giving_a_context_kpi_a_weight_is_refused_where_it_would_count_twice(acme: World) -> None:
    rolling(acme, "defects", "sum")
    emea = acme.scorecards["emea"]
    link_kpi(objective=acme.objectives["emea", "improve"], kpi=acme.kpis["defects"], weight=0)
    changes = {"kpi.improve.defects": NodeChange(1, {"weight": 1})}
    with pytest.raises(ValidationError) as refusal:
        change_structure(scorecard=emea, changes=changes)
    assert list(refusal.value.message_dict) == ["kpi.improve.defects.weight"]
