"""Beginning a scorecard with a starter: examples that are then made one's own."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

import msgspec
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from kpis.models import KPI
from kpis.services.library import define_kpi
from organizations.models import Unit, User
from organizations.selectors import closings, unit_tree
from organizations.services.first_start import FirstAdministrator, start_installation
from organizations.services.locks import lock_organization
from scorecards.models import Perspective, Scorecard
from scorecards.selectors.starters import (
    Starter,
    StarterKPI,
    StarterObjective,
    has_scorecard,
)
from scorecards.selectors.viewing import default_period

from .editions import activate_scorecard
from .structure import add_objective, add_perspective, create_scorecard, link_kpi

LONGEST_STEM = 44  # characters of a code that leave room for a number


@transaction.atomic
def start_scorecard(*, unit: Unit, starter: Starter, by: User | None = None) -> Scorecard:
    """The unit's scorecard as the starter has it, active at once, without targets and values.

    It is valid from the beginning of the fiscal year whose last period is just over, so that this
    year's values count. Codes that the organization has already get a number behind them. Raises
    ValidationError where the unit has a scorecard.
    """
    lock_organization(unit.organization_id)
    if has_scorecard(unit.pk):
        raise ValidationError(f"“{unit}” has a scorecard already: change that one.")
    scorecard = create_scorecard(
        unit=unit, code=_free_code(unit, f"{unit.code}_scorecard"), name=f"{unit.name} scorecard"
    )
    taken = set(_kpi_codes(unit))
    for position, plan in enumerate(starter.perspectives):
        perspective = add_perspective(
            scorecard=scorecard, code=plan.code, name=plan.name, position=position
        )
        for place, objective in enumerate(plan.objectives):
            _add_objective(perspective, objective, place, taken)
    return activate_scorecard(scorecard=scorecard, valid_from=_first_day(unit), by=by)


@transaction.atomic
def start_with(
    *, administrator: FirstAdministrator, starter: Starter, code: str, name: str, **settings: Any
) -> tuple[User, Unit]:
    """The first administrator with their organization and its corporate scorecard, all or nothing.

    Raises AlreadyStarted as `start_installation` does.
    """
    user, root = start_installation(administrator=administrator, code=code, name=name, **settings)
    start_scorecard(unit=root, starter=starter, by=user)
    return user, root


def _add_objective(
    perspective: Perspective, plan: StarterObjective, position: int, taken: set[str]
) -> None:
    objective = add_objective(
        perspective=perspective,
        code=plan.code,
        name=plan.name,
        description=plan.description,
        hint=plan.hint,
        position=position,
    )
    for place, kpi in enumerate(plan.kpis):
        link_kpi(objective=objective, kpi=_defined(perspective, kpi, taken), position=place)


def _defined(perspective: Perspective, plan: StarterKPI, taken: set[str]) -> KPI:
    fields = msgspec.structs.asdict(plan)
    code = _numbered(fields.pop("code"), taken)
    taken.add(code)
    return define_kpi(organization=perspective.organization, code=code, **fields)


def _kpi_codes(unit: Unit) -> Iterable[str]:
    live = KPI.objects.live().filter(organization_id=unit.organization_id)
    return live.values_list("code", flat=True)


def _free_code(unit: Unit, code: str) -> str:
    live = Scorecard.objects.live().filter(organization_id=unit.organization_id)
    return _numbered(code[:LONGEST_STEM], set(live.values_list("code", flat=True)))


def _numbered(code: str, taken: set[str]) -> str:
    """The code, with the first number behind it that makes it free.

    >>> _numbered("revenue", {"revenue", "revenue_2"})
    'revenue_3'
    """
    number, found = 2, code
    while found in taken:
        number, found = number + 1, f"{code}_{number}"
    return found


def _first_day(unit: Unit) -> dt.date:
    """The first day of the fiscal year of the period just over, or the first that is free.

    That is not closed, and on which no archived scorecard of the unit holds any more.
    """
    organization = unit.organization
    first = organization.calendar.fiscal_year_start(default_period(organization).start)
    line = unit_tree(organization).line(unit.pk)
    ended = Scorecard.objects.published().filter(unit=unit).aggregate(Max("ends_on"))
    return max(
        first, closings(organization).open_from(line) or first, ended["ends_on__max"] or first
    )
