"""Loading the demonstration company but for its scorecards.

Structure is stored in bulk with its history, because thousands of rows one by one would take
minutes; the tests check every row as the services would. Values go the way of every push.
"""

import datetime as dt
import zoneinfo
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db import transaction
from django.utils import timezone
from simple_history.utils import bulk_create_with_history

from calculations.periods import Frequency, Period
from kpis.models import KPI, Assignment, Target
from kpis.selectors.held_targets import held_targets
from kpis.services.library import define_kpi
from kpis.services.measurements import record_values
from kpis.services.target_plans import apply_plan, roll_over
from organizations.models import Organization, Person, Structure, Unit, User
from organizations.services.people import create_organization, grant_role

from . import company
from .happenings import NEW
from .judgements import judgement
from .library import KPIS
from .people import NAMES, UNIT_OF_ROLE, DemoPerson, demo_people, email_of
from .plans import KPIPlan, person_code
from .recordings import Batch, batches, restates
from .series import first_day
from .targets import sites, wanted

Row = TypeVar("Row", bound=Structure)


@dataclass
class Company:
    """What has been loaded so far, by code."""

    organization: Organization
    now: dt.datetime
    users: dict[str, User] = field(default_factory=dict)  # by role
    people: dict[str, Person] = field(default_factory=dict)
    units: dict[str, Unit] = field(default_factory=dict)
    kpis: dict[str, KPI] = field(default_factory=dict)
    assignments: dict[tuple[str, str], Assignment] = field(default_factory=dict)
    restatements: list[Batch] = field(default_factory=list)  # recorded once the quarter is closed

    @property
    def today(self) -> dt.date:
        return self.now.date()

    @property
    def first_day(self) -> dt.date:
        return first_day(self.today)

    @property
    def founded_at(self) -> dt.datetime:
        """When people, units and KPIs were written down: some weeks before the first value."""
        return morning(self.first_day - dt.timedelta(days=40), self.now)

    def person(self, name: str) -> Person:
        return self.people[person_code(name)]

    def lead(self, unit: str) -> Person:
        return self.person(company.BY_CODE[unit].lead)


@transaction.atomic
def load_company(*, say: Callable[[str], None]) -> Company:
    """Load everything but scorecards, or nothing if interrupted."""
    now = timezone.now().astimezone(zoneinfo.ZoneInfo(company.TIME_ZONE))
    loaded = Company(_organization(), now)
    _load_people(loaded)
    _load_units(loaded)
    say(f"{len(loaded.units)} units, {len(loaded.people)} people")
    _load_kpis(loaded)
    say(f"{len(loaded.kpis)} KPIs at {len(loaded.assignments)} places")
    say(f"{_load_targets(loaded)} targets")
    say(f"{_load_values(loaded)} values")
    return loaded


def stored(rows: Iterable[Row], at: dt.datetime | None = None) -> list[Row]:
    """The rows with their ids, stored together with the first page of their history."""
    rows = list(rows)
    return list(bulk_create_with_history(rows, type(rows[0]), default_date=at))


def morning(day: dt.date, now: dt.datetime) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(9, 15), now.tzinfo)


def _organization() -> Organization:
    return create_organization(
        code=company.CODE,
        name=company.NAME,
        mission=company.MISSION,
        vision=company.VISION,
        values=company.VALUES,
        time_zone=company.TIME_ZONE,
    )


def _load_people(loaded: Company) -> None:
    loaded.users = {person.role: _user(person) for person in demo_people()}
    user_of = {user.email: user for user in loaded.users.values()}
    people = [
        Person(
            organization=loaded.organization,
            code=person_code(name),
            name=name,
            email=email_of(name),
            user=user_of.get(email_of(name)),
        )
        for name in NAMES
    ]
    loaded.people = {person.code: person for person in stored(people, loaded.founded_at)}


def _user(person: DemoPerson) -> User:
    """The sign-in, taken over where an earlier load left it."""
    user = User.objects.filter(email=person.email).first()
    if user is None:
        return User.objects.create_user(person.email, person.password, name=person.name)
    user.name, user.is_active = person.name, True
    user.set_password(person.password)
    user.save()
    return user


def _load_units(loaded: Company) -> None:
    """Level by level, since a unit needs its parent's id."""
    level: list[str | None] = [None]
    while codes := [code for parent in level for code in company.CHILDREN.get(parent, ())]:
        units = stored((_unit(loaded, code) for code in codes), loaded.founded_at)
        loaded.units |= {unit.code: unit for unit in units}
        level = list(codes)
    for role, unit in UNIT_OF_ROLE.items():
        grant_role(user=loaded.users[role], unit=loaded.units[unit], role=role)


def _unit(loaded: Company, code: str) -> Unit:
    plan = company.BY_CODE[code]
    return Unit(
        organization=loaded.organization,
        code=code,
        name=plan.name,
        kind=plan.kind,
        parent=loaded.units[plan.parent] if plan.parent else None,
        person=loaded.lead(code) if plan.kind == Unit.Kind.INDIVIDUAL else None,
        position=company.UNITS.index(plan),
    )


def _load_kpis(loaded: Company) -> None:
    """Those that name others go one by one, so that their formulas are read and checked."""
    organization = loaded.organization
    plain = [plan for plan in KPIS if not plan.follows]
    rows = stored(
        (KPI(organization=organization, **_definition(loaded, plan)) for plan in plain),
        loaded.founded_at,
    )
    loaded.kpis = {kpi.code: kpi for kpi in rows}
    for plan in KPIS:
        if plan.follows:
            fields = _definition(loaded, plan) | {"formula": plan.formula}
            fields["weighting"] = loaded.kpis.get(plan.weighted_by)
            loaded.kpis[plan.code] = define_kpi(organization=organization, **fields)
    keys = [(plan.code, place.unit) for plan in KPIS for place in plan.places]
    assignments = stored((_assignment(loaded, *key) for key in keys), loaded.founded_at)
    loaded.assignments = dict(zip(keys, assignments, strict=True))


def _definition(loaded: Company, plan: KPIPlan) -> dict[str, Any]:
    return judgement(plan.code) | {
        "code": plan.code,
        "name": plan.name,
        "description": plan.description,
        "why_it_matters": plan.why_it_matters,
        "value_kind": plan.kind,
        "grades": [list(grade) for grade in plan.grades] or None,
        "unit_of_measure": plan.unit_of_measure,
        "decimals": plan.decimals,
        "natural_minimum": plan.low,
        "natural_maximum": plan.high,
        "direction": plan.direction,
        "frequency": plan.frequency,
        "grace_days": plan.grace,
        "time_rule": plan.time_rule,
        "timing": plan.timing,
        "unit_rule": plan.unit_rule,
        "carry_forward": plan.carry,
        "is_input": plan.is_input,
        "owner": loaded.lead(plan.places[0].unit),
    }


def _assignment(loaded: Company, kpi: str, unit: str) -> Assignment:
    return Assignment(
        organization=loaded.organization,
        kpi=loaded.kpis[kpi],
        unit=loaded.units[unit],
        responsible=loaded.lead(unit),
        starts_on=loaded.today.replace(day=1) if (kpi, unit) in NEW else None,
    )


def _load_targets(loaded: Company) -> int:
    """Every target was agreed some weeks before the year in which it holds."""
    calendar = loaded.organization.calendar
    targets = stored(
        (
            Target(
                organization=loaded.organization,
                assignment=loaded.assignments[site.key],
                valid_from=calendar.canonical_start(plan.frequency, day),
                said_at=_agreed_at(loaded, day.year),
                **figures,
            )
            for plan in KPIS
            for site in sites(plan)
            for day, figures in wanted(site, loaded.first_day.year, loaded.today.year)
        ),
        loaded.founded_at,
    )
    return len(targets) + sum(_roll_over(loaded, plan) for plan in KPIS if plan.grows != 1)


def _agreed_at(loaded: Company, year: int) -> dt.datetime:
    return dt.datetime(year - 1, 11, 28, 11, 0, tzinfo=loaded.now.tzinfo)


def _roll_over(loaded: Company, plan: KPIPlan) -> int:
    """Each November the next year's targets: this year's times the factor."""
    assignments = [loaded.assignments[site.key] for site in sites(plan) if site.has_target]
    count = 0
    for year in range(loaded.first_day.year, loaded.today.year):
        count += apply_plan(
            plan=roll_over(
                assignments=assignments,
                year=Period(Frequency.YEAR, dt.date(year, 1, 1)),
                factor=plan.grows,
                held=held_targets(assignments),
            ),
            by=loaded.users["administrator"],
        )
        next_year = Target.objects.filter(assignment__in=assignments, valid_from__year=year + 1)
        next_year.update(said_at=_agreed_at(loaded, year + 1))
    return count


def _load_values(loaded: Company) -> int:
    """Everything but what restates the closed quarter: that comes after the closing."""
    count = 0
    for batch in batches(loaded.now):
        later = [row for row in batch.rows if restates(row, batch.at, loaded.now)]
        if later:
            loaded.restatements.append(batch._replace(rows=later))
        first = [row for row in batch.rows if row not in later] if later else batch.rows
        if first:
            count += record_batch(loaded, batch._replace(rows=first))
    return count


def record_batch(loaded: Company, batch: Batch, reason: str | None = None) -> int:
    """Record what was said at one moment; returns how many values are new."""
    rows = [
        (loaded.assignments[said.key].pk, said.start, said.value, said.note) for said in batch.rows
    ]
    user = loaded.users[batch.role] if batch.role else None
    recorded = record_values(
        organization=loaded.organization, rows=rows, user=user, at=batch.at, reason=reason
    )
    return recorded.created
