"""An organization made for measuring: as many units, KPIs and months as wanted, always the same."""

import datetime as dt
import random
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec
from django.db import transaction
from django.utils import timezone

from calculations.periods import Frequency
from kpis.models import KPI, Assignment, Measurement, Target
from organizations.models import ApiToken, Organization, Role, Unit, User
from organizations.services.people import create_organization, grant_role
from organizations.services.tokens import issue_token
from scorecards.models import (
    Alignment,
    Edition,
    Objective,
    ObjectiveKPI,
    Perspective,
    Scorecard,
)
from scorecards.selectors.editions.reading import packed_structure

PERSPECTIVES = ("financial", "customer", "process", "learning")
KPIS_AN_OBJECTIVE = 2
RULES = ("sum", "mean", "last")
SEED = 20260101


@dataclass(frozen=True)
class Size:
    """Units in three levels; every unit has a scorecard with that many KPIs, measured monthly."""

    divisions: int
    teams: int  # in each division
    kpis: int
    months: int

    @property
    def units(self) -> int:
        return 1 + self.divisions + self.divisions * self.teams

    @property
    def values(self) -> int:
        return self.units * self.kpis * self.months


@dataclass(frozen=True)
class Row:
    """A value to push: by codes for the API, by id for bare SQL."""

    assignment_id: int
    kpi: str
    unit: str
    start: dt.date
    value: float


@dataclass(frozen=True)
class Synthetic:
    """What the measurements need of the organization."""

    organization: Organization
    size: Size
    user: User
    token: ApiToken
    secret: str

    @cached_property
    def rows(self) -> list[Row]:
        """One value for every assignment and month, in no order, as they might come in."""
        random_of = random.Random(SEED)  # noqa: S311
        assignments = (
            Assignment.objects.filter(organization=self.organization)
            .order_by("pk")
            .values_list("pk", "kpi__code", "unit__code")
        )
        rows = [
            Row(pk, kpi, unit, start, round(random_of.uniform(20, 140), 2))
            for pk, kpi, unit in assignments
            for start in months(self.organization, self.size.months)
        ]
        random_of.shuffle(rows)
        return rows

    def body(self, rows: list[Row], more: float = 0.0) -> bytes:
        """The rows as the API takes them; every value greater by `more`."""
        return msgspec.json.encode(
            [
                {
                    "kpi": row.kpi,
                    "unit": row.unit,
                    "period": f"{row.start:%Y-%m}",
                    "value": row.value + more,
                }
                for row in rows
            ]
        )

    def fill(self) -> None:
        """Store every value, without the product's help."""
        now = timezone.now()
        Measurement.objects.bulk_create(
            Measurement(
                organization=self.organization,
                assignment_id=row.assignment_id,
                period_start=row.start,
                value=row.value,
                recorded_at=now,
                user=self.user,
            )
            for row in sorted(self.rows, key=lambda row: (row.assignment_id, row.start))
        )


def months(organization: Organization, count: int) -> list[dt.date]:
    """First days of the last months that are over, oldest first."""
    calendar, today = organization.calendar, organization.today()
    running = calendar.period(Frequency.MONTH, today)
    return [calendar.shift(running, -n).start for n in range(count, 0, -1)]


@transaction.atomic
def build(code: str, size: Size) -> Synthetic:
    """The organization with its structure, its targets, a member and a token; without values."""
    organization = create_organization(code=code, name=f"Organization {code}")
    units = _units(organization, size)
    kpis = _kpis(organization, size)
    _assignments(organization, units, kpis, months(organization, size.months)[0])
    start = months(organization, size.months)[0]
    _scorecards(organization, units, kpis, start)
    editions(organization, start)
    user, token, secret = joined(organization, units[0])
    return Synthetic(organization, size, user, token, secret)


def joined(organization: Organization, root: Unit) -> tuple[User, ApiToken, str]:
    """A member who may do everything, and a token with its secret."""
    user = User.objects.create_user(
        f"{organization.code}@example.org", None, name=organization.code.title()
    )
    grant_role(user=user, unit=root, role=Role.ADMINISTRATOR)
    token, secret = issue_token(
        organization=organization,
        name="bench",
        scopes=["measurements:read", "measurements:write", "structure:read"],
        created_by=user,
    )
    return user, token, secret


def _units(organization: Organization, size: Size) -> list[Unit]:
    """Level by level, as foreign keys need it."""
    root = Unit(organization=organization, code="whole", name="Whole", kind="corporate")
    divisions = [
        Unit(
            organization=organization,
            code=f"division_{i}",
            name=f"Division {i}",
            kind="division",
            parent=root,
            position=i,
        )
        for i in range(size.divisions)
    ]
    teams = [
        Unit(
            organization=organization,
            code=f"team_{i}_{j}",
            name=f"Team {i}.{j}",
            kind="team",
            parent=division,
            position=j,
        )
        for i, division in enumerate(divisions)
        for j in range(size.teams)
    ]
    for level in ([root], divisions, teams):
        Unit.objects.bulk_create(level)
    return [root, *divisions, *teams]


def _kpis(organization: Organization, size: Size) -> list[KPI]:
    return list(
        KPI.objects.bulk_create(
            KPI(
                organization=organization,
                code=f"kpi_{i}",
                name=f"KPI number {i}",
                unit_of_measure="%",
                decimals=1,
                direction="lower" if i % 3 == 0 else "higher",
                time_rule=RULES[i % len(RULES)],
                natural_minimum=0,
            )
            for i in range(size.kpis)
        )
    )


def _assignments(
    organization: Organization, units: list[Unit], kpis: list[KPI], start: dt.date
) -> None:
    """Every KPI at every unit, each with a target for the whole time."""
    assignments = Assignment.objects.bulk_create(
        Assignment(organization=organization, kpi=kpi, unit=unit) for unit in units for kpi in kpis
    )
    now = timezone.now()
    Target.objects.bulk_create(
        Target(
            organization=organization,
            assignment=assignment,
            valid_from=start,
            said_at=now,
            red_flag=100 if assignment.kpi.direction == "lower" else 60,
            target=60 if assignment.kpi.direction == "lower" else 100,
        )
        for assignment in assignments
    )


def _scorecards(
    organization: Organization, units: list[Unit], kpis: list[KPI], start: dt.date
) -> None:
    """The same structure everywhere; every objective counts in its like one level up."""
    about: dict[str, Any] = {"organization": organization}
    holds: dict[str, Any] = {"status": "active", "starts_on": start, **about}
    scorecards = Scorecard.objects.bulk_create(
        Scorecard(unit=unit, code=f"{unit.code}_card", name=unit.name, **holds) for unit in units
    )
    perspectives = Perspective.objects.bulk_create(
        Perspective(
            scorecard=scorecard, code=code, name=code.title(), weight=25, position=i, **about
        )
        for scorecard in scorecards
        for i, code in enumerate(PERSPECTIVES)
    )
    of_scorecard = {
        scorecard.pk: perspectives[i * 4 : i * 4 + 4] for i, scorecard in enumerate(scorecards)
    }
    starts = range(0, len(kpis), KPIS_AN_OBJECTIVE)
    objectives = Objective.objects.bulk_create(
        Objective(
            scorecard=scorecard,
            perspective=of_scorecard[scorecard.pk][i % 4],
            code=f"objective_{i}",
            name=f"Objective number {i}",
            position=i,
            **about,
        )
        for scorecard in scorecards
        for i in range(len(starts))
    )
    ObjectiveKPI.objects.bulk_create(
        ObjectiveKPI(objective=objective, kpi=kpi, weight=1 + i, position=i, **about)
        for n, objective in enumerate(objectives)
        for i, kpi in enumerate(kpis[starts[n % len(starts)] :][:KPIS_AN_OBJECTIVE])
    )
    _alignments(organization, units, objectives)


def _alignments(organization: Organization, units: list[Unit], objectives: list[Objective]) -> None:
    by_place = {(o.scorecard.unit_id, o.code): o for o in objectives}
    parent_of: dict[int, Any] = {unit.pk: unit.parent_id for unit in units}
    Alignment.objects.bulk_create(
        Alignment(
            organization=organization,
            objective=objective,
            supported=by_place[parent_of[unit_id], code],
            weight=1,
        )
        for (unit_id, code), objective in by_place.items()
        if parent_of[unit_id] is not None
    )


def editions(organization: Organization, start: dt.date) -> None:
    """The structure of every scorecard as it stands, valid from that day."""
    Edition.objects.bulk_create(
        Edition(
            organization=organization,
            scorecard=scorecard,
            valid_from=start,
            content=msgspec.to_builtins(packed_structure(scorecard, start)),
        )
        for scorecard in Scorecard.objects.filter(organization=organization)
    )
