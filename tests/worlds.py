"""A small world that tests share: Acme with Alice, Bob and friends; Rival with Charlie.

Acme's tree: acme (corporate) › emea (division) › sales (team) › ada (individual).
"""

import datetime as dt
import pickle
from dataclasses import dataclass, field
from typing import Any

import time_machine

from kpis.models import KPI, Assignment
from kpis.services.library import assign_kpi, define_kpi
from kpis.services.measurements import record_values
from kpis.services.targets import set_target
from organizations.models import ApiToken, Organization, Person, Role, Unit, User
from organizations.services.people import (
    create_organization,
    create_person,
    grant_role,
)
from organizations.services.structure import create_unit
from organizations.services.tokens import issue_token
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
# The moment at which the worlds are built, and at which tests live unless they choose another.
NOW = dt.datetime(2026, 5, 4, 12, tzinfo=dt.UTC)
PASSWORD = "a long enough password"
CANARY = "zq7canary"  # stands in every text of the rival: it must appear in no answer of Acme's


@dataclass
class World:
    """What a test needs at hand; dictionaries are keyed by code."""

    organization: Organization
    units: dict[str, Unit] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    kpis: dict[str, KPI] = field(default_factory=dict)
    scorecards: dict[str, Scorecard] = field(default_factory=dict)
    objectives: dict[tuple[str, str], Objective] = field(default_factory=dict)

    def assignment(self, kpi: str, unit: str) -> Assignment:
        found: Assignment = Assignment.objects.live().get(
            organization=self.organization, kpi__code=kpi, unit__code=unit
        )
        return found

    def record(self, kpi: str, unit: str, values: dict[str, float], **about: Any) -> None:
        """Record values by the first days of their periods."""
        assignment = self.assignment(kpi, unit)
        rows = [
            (assignment.pk, dt.date.fromisoformat(start), value, None)
            for start, value in values.items()
        ]
        record_values(organization=self.organization, rows=rows, **about)

    def token(self, *scopes: str, name: str = "billing", **about: Any) -> tuple[ApiToken, str]:
        return issue_token(
            organization=self.organization,
            name=name,
            scopes=scopes or ("measurements:write", "measurements:read"),
            **about,
        )


_kept: dict[str, bytes] = {}


def kept(code: str) -> World:
    """The world of that organization as it was built, with rows of its own for each test."""
    if code not in _kept:
        _kept[code] = pickle.dumps(loaded(code))
    world: World = pickle.loads(_kept[code])
    return world


def loaded(code: str) -> World:
    """The world of that organization as it is stored."""
    organization = Organization.objects.get(code=code)
    mine = {"organization": organization}
    units = Unit.objects.filter(**mine)
    people = Person.objects.filter(**mine).select_related("user")
    objectives = Objective.objects.filter(**mine).select_related("scorecard__unit")
    return World(
        organization,
        units={unit.code: unit for unit in units},
        people={person.code: person for person in people},
        users={person.code: person.user for person in people if person.user},
        kpis={kpi.code: kpi for kpi in KPI.objects.filter(**mine)},
        scorecards={
            scorecard.unit.code: scorecard
            for scorecard in Scorecard.objects.filter(**mine).select_related("unit")
        },
        objectives={(o.scorecard.unit.code, o.code): o for o in objectives},
    )


def build() -> None:
    """Both worlds, once for all tests of a database."""
    with time_machine.travel(NOW, tick=True):
        acme()
        rival()


def acme() -> World:
    """A company with four levels, a scorecard on three of them, and a member of each role."""
    world = World(create_organization(code="acme", name="Acme"))
    _add_units(world)
    _add_members(world)
    _add_kpis(world)
    for unit in ("acme", "emea", "sales"):
        _add_scorecard(world, unit)
    _connect(world)
    for unit in ("acme", "emea", "sales"):
        activate_scorecard(scorecard=world.scorecards[unit], valid_from=START)
    return world


def rival() -> World:
    """Another organization with the same codes where it could be confused with Acme."""
    world = World(create_organization(code="rival", name=f"Rival {CANARY}"))
    world.units["rival"] = create_unit(
        organization=world.organization, code="rival", name=f"Rival {CANARY}", kind="corporate"
    )
    world.units["emea"] = create_unit(
        organization=world.organization,
        code="emea",
        name=f"EMEA {CANARY}",
        kind="division",
        parent=world.units["rival"],
    )
    _add_member(world, "charlie", Role.ADMINISTRATOR, "rival")
    world.kpis["secret_sauce"] = define_kpi(
        organization=world.organization, code="secret_sauce", name=f"Sauce {CANARY}"
    )
    assign_kpi(kpi=world.kpis["secret_sauce"], unit=world.units["emea"])
    _add_scorecard(world, "emea")
    objective = world.objectives["emea", "grow"]
    link_kpi(objective=objective, kpi=world.kpis["secret_sauce"])
    activate_scorecard(scorecard=world.scorecards["emea"], valid_from=START)
    return world


def _add_units(world: World) -> None:
    world.people["ada"] = create_person(
        organization=world.organization, code="ada", name="Ada Byron"
    )
    tree: list[tuple[str, str, str, str | None]] = [
        ("acme", "Acme", "corporate", None),
        ("emea", "EMEA", "division", "acme"),
        ("apac", "APAC", "division", "acme"),
        ("sales", "Sales", "team", "emea"),
        ("ada", "Ada Byron", "individual", "sales"),
    ]
    for position, (code, name, kind, parent) in enumerate(tree):
        world.units[code] = create_unit(
            organization=world.organization,
            code=code,
            name=name,
            kind=kind,
            parent=world.units[parent] if parent else None,
            person=world.people["ada"] if kind == "individual" else None,
            position=position,
        )


def _add_members(world: World) -> None:
    _add_member(world, "root", Role.ADMINISTRATOR, "acme")
    _add_member(world, "alice", Role.MANAGER, "emea")
    _add_member(world, "bob", Role.VIEWER, "sales")
    _add_member(world, "carol", Role.CONTRIBUTOR, "sales")


def _add_member(world: World, name: str, role: str, unit: str) -> None:
    user = User.objects.create_user(f"{name}@example.org", PASSWORD, name=name.title())
    world.users[name] = user
    world.people[name] = create_person(
        organization=world.organization, code=name, name=name.title(), user=user
    )
    grant_role(user=user, unit=world.units[unit], role=role)


def _add_kpis(world: World) -> None:
    library: dict[str, dict[str, Any]] = {
        "revenue": {"unit_of_measure": "k€", "time_rule": "sum"},
        "nps": {"time_rule": "last", "frequency": "quarter", "decimals": 1},
        "defects": {"direction": "lower", "time_rule": "sum", "natural_minimum": 0},
        "certified": {"value_kind": "yes_no", "time_rule": "last"},
        "rating": {
            "value_kind": "graded",
            "grades": [["A", 3], ["B", 2], ["C", 1]],
            "time_rule": "last",
        },
        "share": {
            "unit_of_measure": "%",
            "time_rule": "mean",
            "natural_minimum": 0,
            "natural_maximum": 100,
            "decimals": 1,
        },
    }
    for code, fields in library.items():
        world.kpis[code] = define_kpi(
            organization=world.organization, code=code, name=code.title(), **fields
        )
    for code in library:
        assign_kpi(kpi=world.kpis[code], unit=world.units["sales"])
    assign_kpi(kpi=world.kpis["revenue"], unit=world.units["emea"])
    assign_kpi(kpi=world.kpis["revenue"], unit=world.units["ada"])


def _add_scorecard(world: World, unit: str) -> None:
    scorecard = create_scorecard(
        unit=world.units[unit], code=f"{unit}_scorecard", name=f"{world.units[unit]} scorecard"
    )
    world.scorecards[unit] = scorecard
    financial = add_perspective(scorecard=scorecard, code="financial", name="Financial", weight=60)
    process = add_perspective(
        scorecard=scorecard, code="process", name="Internal process", weight=40, position=1
    )
    world.objectives[unit, "grow"] = add_objective(
        perspective=financial, code="grow", name=f"Grow {world.units[unit]}"
    )
    world.objectives[unit, "improve"] = add_objective(
        perspective=process, code="improve", name=f"Improve {world.units[unit]}"
    )


def _connect(world: World) -> None:
    """Targets at sales and EMEA; sales' objectives count in EMEA's, EMEA's in Acme's."""
    for kpi, weight in (("revenue", 3), ("nps", 1)):
        link_kpi(objective=world.objectives["sales", "grow"], kpi=world.kpis[kpi], weight=weight)
    link_kpi(objective=world.objectives["sales", "improve"], kpi=world.kpis["defects"])
    link_kpi(objective=world.objectives["emea", "grow"], kpi=world.kpis["revenue"])
    figures: dict[tuple[str, str], dict[str, Any]] = {
        ("revenue", "sales"): {"red_flag": 80, "target": 100},
        ("revenue", "emea"): {"red_flag": 800, "target": 1000},
        ("nps", "sales"): {"red_flag": 20, "target": 40},
        ("defects", "sales"): {"red_flag": 10, "target": 5},
    }
    for (kpi, unit), points in figures.items():
        set_target(assignment=world.assignment(kpi, unit), valid_from=START, **points)
    for lower, upper in (("sales", "emea"), ("emea", "acme")):
        for code in ("grow", "improve"):
            align(
                objective=world.objectives[lower, code],
                supported=world.objectives[upper, code],
                weight=1,
            )
