"""A small organization in which everything hangs together, for laws that must hold for any of them.

Its tree: top › north › ops › crew and desk › ann, an individual; and top › south › shop. KPIs
are rolled up, weighted, computed in two layers, carried forward, and measured by week and quarter.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from calculations.aggregation import TimeRule
from kpis.models import KPI, Assignment
from kpis.services.library import assign_kpi, define_kpi
from kpis.services.measurements import record_measurements
from kpis.services.resolution import RowToRecord
from kpis.services.targets import set_target
from organizations.access import Access
from organizations.models import Organization, Unit
from organizations.services.people import create_organization, create_person
from organizations.services.structure import create_unit
from scorecards.models import Objective, Scorecard
from scorecards.services.editions import activate_scorecard
from scorecards.services.structure import (
    add_objective,
    add_perspective,
    align,
    create_scorecard,
    link_kpi,
)

START = dt.date(2026, 1, 1)
TODAY = dt.datetime(2026, 5, 4, 12, tzinfo=dt.UTC)

TREE: dict[str, tuple[str, str | None]] = {
    "top": ("corporate", None),
    "north": ("division", "top"),
    "south": ("division", "top"),
    "ops": ("department", "north"),
    "shop": ("team", "south"),
    "crew": ("team", "ops"),
    "desk": ("team", "ops"),
    "ann": ("individual", "desk"),
}
LIBRARY: dict[str, dict[str, Any]] = {
    "orders": {"time_rule": "sum", "unit_rule": "sum", "grace_days": 5},
    "staff": {"time_rule": "last", "frequency": "quarter", "carry_forward": 1},
    "mood": {"time_rule": "mean", "unit_rule": "mean", "weighting": "staff"},
    "visits": {"time_rule": "sum", "frequency": "week", "grace_days": 3},
    "late": {"time_rule": "last", "carry_forward": 2, "direction": "lower"},
    "rate": {"time_rule": "mean", "unit_rule": "formula", "formula": "orders / visits"},
    "pace": {"time_rule": "mean", "formula": "rate - prev(rate) + rolling(visits, 6) / 50"},
}
MEASURED = {
    "orders": ("top", "north", "south", "ops", "shop", "crew", "desk", "ann"),
    "staff": ("north", "ops", "shop", "crew", "desk", "ann"),
    "mood": ("top", "north", "ops", "shop", "crew", "desk", "ann"),
    "visits": ("ops", "north", "top"),
    "late": ("north", "top"),
    "rate": ("ops", "north", "top"),
    "pace": ("ops", "top"),
}
LINKS: dict[tuple[str, str], Mapping[str, float]] = {
    ("top", "sell"): {"orders": 3, "mood": 1},
    ("top", "run"): {"late": 1},
    ("top", "plan"): {"pace": 2, "rate": 1},
    ("north", "sell"): {"orders": 1, "mood": 2},
    ("north", "run"): {"late": 1},
    ("north", "plan"): {"rate": 1},
    ("ops", "sell"): {"orders": 1, "mood": 1},
    ("ops", "run"): {"visits": 1, "staff": 1, "pace": 0.5},
}
ALIGNMENTS = (
    ("ops", "run", "north", "run", 0.7),
    ("north", "run", "top", "run", 1.1),
    ("north", "run", "top", "sell", 0.0),
    ("ops", "run", "top", "sell", 0.3),
)
TARGETS: tuple[tuple[str, str, float, float], ...] = (
    ("orders", "top", 60, 110),
    ("orders", "ops", 10, 33),
    ("mood", "top", 20, 60),
    ("mood", "desk", 10, 40),
    ("visits", "ops", 5, 9.5),
    ("staff", "ops", 3, 7),
    ("late", "north", 9, 4),
    ("late", "top", 8, 2),
    ("rate", "top", 0.5, 1.9),
    ("pace", "ops", 0.2, 1.3),
    ("pace", "top", 0.1, 0.9),
)

# The fiscal year's first month, and the reporting frequencies.
CALENDARS: tuple[tuple[int, list[str]], ...] = (
    (1, ["month", "quarter", "year"]),
    (1, ["month", "quarter"]),
    (4, ["month", "half"]),
    (2, ["quarter", "year"]),
    (1, ["week", "quarter"]),
)
FORMULAS = {
    "rate": (
        "orders / visits",
        "orders / prev(visits, 2)",
        "ytd(orders) / rolling(visits, 3)",
        "coalesce(staff, orders)",
        "avg(orders, late) - rolling(mood, 2)",
    ),
    "pace": (
        "rate - prev(rate) + rolling(visits, 6) / 50",
        "ytd(rate)",
        "rolling(rate, 2) + mood",
        "prev(rate, 3) * staff",
        "if(rate > 2, prev(orders), coalesce(ytd(mood), late))",
    ),
}
# What else KPIs may be defined to be: (codes, field, values).
CHOICES: tuple[tuple[tuple[str, ...], str, tuple[Any, ...]], ...] = (
    (("rate",), "formula", FORMULAS["rate"]),
    (("pace",), "formula", FORMULAS["pace"]),
    (("orders", "visits", "late"), "time_rule", tuple(TimeRule)),
    (("orders", "late"), "unit_rule", ("own", "sum")),
    (("rate",), "unit_rule", ("own", "mean", "formula")),
    (("orders", "pace"), "inherits_target", (True, False)),
    (("late", "staff", "visits", "mood"), "carry_forward", (0, 1, 3)),
    (("orders", "visits"), "grace_days", (0, 20)),
    (("mood",), "weighting", (None, "staff", "orders")),
)


def build(code: str = "law") -> Organization:
    """The structure, as drafts: no value, no target, no score yet."""
    organization = create_organization(code=code, name="Law & Daughters")
    ann = create_person(organization=organization, code="ann", name="Ann Example")
    units: dict[str, Unit] = {}
    for unit, (kind, parent) in TREE.items():
        units[unit] = create_unit(
            organization=organization,
            code=unit,
            name=unit.title(),
            kind=kind,
            parent=units[parent] if parent else None,
            person=ann if kind == "individual" else None,
        )
    kpis: dict[str, KPI] = {}
    for kpi, fields in LIBRARY.items():
        weighting = fields.get("weighting")
        about = fields | ({"weighting": kpis[weighting]} if weighting else {})
        kpis[kpi] = define_kpi(organization=organization, code=kpi, name=kpi.title(), **about)
        for unit in MEASURED[kpi]:
            if not Assignment.objects.live().filter(kpi=kpis[kpi], unit=units[unit]).exists():
                assign_kpi(kpi=kpis[kpi], unit=units[unit])
    _add_scorecards(units, kpis)
    return organization


def _add_scorecards(units: Mapping[str, Unit], kpis: Mapping[str, KPI]) -> None:
    objectives: dict[tuple[str, str], Objective] = {}
    for (unit, objective), weights in LINKS.items():
        scorecard = Scorecard.objects.filter(unit=units[unit]).first() or create_scorecard(
            unit=units[unit], code=f"{unit}_card", name=f"{unit.title()} plan"
        )
        perspective = add_perspective(
            scorecard=scorecard, code=f"for_{objective}", name=objective.title(), weight=1.5
        )
        added = add_objective(perspective=perspective, code=objective, name=objective.title())
        objectives[unit, objective] = added
        for kpi, weight in weights.items():
            link_kpi(objective=added, kpi=kpis[kpi], weight=weight)
    for lower, supporting, upper, supported, weight in ALIGNMENTS:
        align(
            objective=objectives[lower, supporting],
            supported=objectives[upper, supported],
            weight=weight,
        )


def everything(organization: Organization) -> Access:
    """Sees and may do all."""
    return Access(organization=organization, roles={}, is_unbound=True)


def assignment(organization: Organization, kpi: str, unit: str) -> Assignment | None:
    found: Assignment | None = (
        Assignment.objects.live()
        .filter(organization=organization, kpi__code=kpi, unit__code=unit)
        .select_related("kpi__organization", "unit")
        .first()
    )
    return found


def push(organization: Organization, rows: list[tuple[str, str, dt.date, float]]) -> None:
    """Record values by the days in their periods; rows that are refused are left out."""
    record_measurements(
        access=everything(organization),
        rows=[
            RowToRecord(kpi=kpi, unit=unit, period=day.isoformat(), value=value)
            for kpi, unit, day, value in rows
        ],
        is_atomic=False,
    )


def fill(organization: Organization) -> None:
    """Targets, some months of values with gaps, and every scorecard active from the start on."""
    for kpi, unit, red_flag, target in TARGETS:
        found = assignment(organization, kpi, unit)
        assert found
        set_target(assignment=found, valid_from=START, red_flag=red_flag, target=target)
    rows = []
    for n, day in enumerate(START + dt.timedelta(days=7 * week) for week in range(17)):
        rows += [("visits", unit, day, n % 5 + len(unit) / 3) for unit in ("ops", "north")]
        if n % 4 == 0:
            month = START + dt.timedelta(days=31 * (n // 4))
            leaves = [(kpi, unit) for unit in ("shop", "crew", "ann") for kpi in ("orders", "mood")]
            places = [("late", "north"), *leaves][: 7 - n // 8]
            rows += [(k, u, month, (n + 7) * len(u) / 3.7) for k, u in places]
    rows += [
        ("staff", unit, START, len(unit) * 1.1) for unit in ("ops", "shop", "crew", "desk", "ann")
    ]
    push(organization, rows)
    for unit in ("ops", "north", "top"):
        scorecard = Scorecard.objects.get(organization=organization, unit__code=unit)
        activate_scorecard(scorecard=scorecard, valid_from=START)
