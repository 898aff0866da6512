"""Acme with something of every kind of record."""

import datetime as dt
from typing import Any

from calculations.periods import Frequency, Period
from kpis.services.library import assign_kpi, define_kpi
from kpis.services.process_changes import declare_process_change
from kpis.services.targets import set_target
from organizations.access import Access, user_access
from organizations.models import Organization
from scorecards.selectors.records import ALL_KINDS, Key, Record, records_of
from scorecards.services.closing import close_period
from scorecards.services.initiatives import add_initiative
from scorecards.services.structure import add_objective, add_theme, create_scorecard
from scorecards.services.structure import add_perspective as add_part
from strategy_maps.services.links import add_link
from strategy_maps.services.places import place_objective
from tests.worlds import World

Everything = dict[str, list[Record]]


def furnished(acme: World) -> World:
    """With a formula, a range and a curve, a theme, a draft, an initiative with milestones."""
    sales, ada = acme.units["sales"], acme.people["ada"]
    margin = define_kpi(
        organization=acme.organization,
        code="margin",
        name="Margin",
        formula="revenue - defects",
        owner=ada,
        benchmark=12.5,
        benchmark_source="The trade, 2025",
        answers={"owned": {"answer": "no", "note": "Nobody yet: ask Ada."}},
    )
    assign_kpi(kpi=margin, unit=sales, responsible=ada, starts_on=dt.date(2026, 1, 1))
    moisture = define_kpi(
        organization=acme.organization, code="moisture", name="Moisture", direction="range"
    )
    held = assign_kpi(kpi=moisture, unit=sales)
    figures: dict[str, Any] = {"red_low": 1, "target_low": 2, "target_high": 4, "red_high": 6.5}
    set_target(assignment=held, valid_from=dt.date(2026, 1, 1), **figures)
    set_target(assignment=held, valid_from=dt.date(2026, 6, 1), curve=[[0, 50], [3, 100]])
    _furnish_scorecards(acme)
    declare_process_change(
        assignment=acme.assignment("revenue", "sales"),
        day=dt.date(2026, 3, 1),
        note="New tills: #2",
    )
    objective = acme.objectives["sales", "improve"]
    add_initiative(
        unit=sales,
        name="Quality circle",
        code="circle",
        owner=ada,
        description="Each Monday:\n- what broke\n- what we learn",
        budget_planned="1200.50",
        currency="EUR",
        objectives=[objective],
        milestones=[
            ("Review", dt.date(2026, 3, 1), dt.date(2026, 3, 2)),
            ("Review", dt.date(2026, 9, 1), None),
        ],
    )
    return acme


def _furnish_scorecards(acme: World) -> None:
    sales = acme.scorecards["sales"]
    theme = add_theme(
        scorecard=sales, code="trust", name="Trust", description="Said: “yes”, and #1"
    )
    draft = create_scorecard(unit=acme.units["apac"], code="apac_next", name="APAC next")
    part = add_part(scorecard=draft, code="people", name="People", rule="worst")
    add_objective(perspective=part, code="learn", name="Learn", owner=acme.people["ada"])
    objective = acme.objectives["sales", "grow"]
    objective.theme = theme
    objective.save()
    improve, rating = acme.objectives["sales", "improve"], acme.kpis["rating"]
    add_link(cause=improve, effect=objective, is_inverse=True, lag_to=6, effect_kpi=rating)
    place_objective(objective=improve, x=0.1)


def operator(organization: Organization) -> Access:
    """As the commands do."""
    found = Organization.objects.get(pk=organization.pk)
    return Access(organization=found, roles={}, is_unbound=True)


def of(world: World, name: str) -> Access:
    """As somebody of the world."""
    access = user_access(world.users[name], world.organization.code)
    assert access is not None
    return access


def everything(organization: Organization) -> Everything:
    access = operator(organization)
    return {kind: records_of(access, kind) for kind in ALL_KINDS}


def record(organization: Organization, kind: str, *key: Any) -> Record | None:
    """The record as it stands; None where there is none."""
    found = {ALL_KINDS[kind].key_of(r): r for r in records_of(operator(organization), kind)}
    wanted: Key = key
    return found.get(wanted)


def closed(world: World, unit: str, first_month: str) -> None:
    """The month is closed for the unit and what is beneath."""
    period = Period(Frequency.MONTH, dt.date.fromisoformat(f"{first_month}-01"))
    close_period(unit=world.units[unit], period=period, by=world.users["root"])


# The beginnings of records, for tests to go on with.
TIE = {"scorecard": "sales_scorecard", "objective": "grow", "supported_objective": "grow"}
LAB = {"code": "lab", "name": "Lab", "kind": "team", "parent": "acme"}
KEY = {"kpi": "revenue", "unit": "sales"}
