"""Saving a definition together with the units where it is measured."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from kpis.models import KPI
from kpis.services.library import assign_kpi, change_kpi, define_kpi
from organizations.models import Organization, Unit, User
from scorecards.models import Objective

from .adding import append_kpi


@transaction.atomic
def define_kpi_at(
    *, organization: Organization, code: str, units: Iterable[Unit], fields: Mapping[str, Any]
) -> KPI:
    """A new definition, measured at the units from now on; at none it is a library item."""
    kpi = define_kpi(organization=organization, code=code, **fields)
    for unit in units:
        assign_kpi(kpi=kpi, unit=unit)
    return kpi


@transaction.atomic
def define_kpi_for(
    *,
    objective: Objective,
    code: str,
    units: Iterable[Unit],
    fields: Mapping[str, Any],
    valid_from: dt.date | None = None,
    by: User | None = None,
) -> KPI:
    """As `define_kpi_at`, and counted by the objective from then on, at whose unit it is measured.

    Raises ValidationError as `append_kpi` does: then nothing is defined.
    """
    organization, own = objective.organization, objective.scorecard.unit
    others = [unit for unit in units if unit != own]
    kpi = define_kpi_at(organization=organization, code=code, units=others, fields=fields)
    append_kpi(objective=objective, kpi=kpi, valid_from=valid_from, by=by)
    return kpi


@transaction.atomic
def change_kpi_at(
    *, kpi: KPI, by: User | None, version: int, units: Iterable[Unit], fields: Mapping[str, Any]
) -> KPI:
    """The definition changed, and measured at these units too; StaleVersion as `change_kpi`."""
    kpi = change_kpi(kpi=kpi, by=by, version=version, **fields)
    for unit in units:
        assign_kpi(kpi=kpi, unit=unit)
    return kpi
