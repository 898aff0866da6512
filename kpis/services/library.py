"""KPIs and where they are measured."""

import datetime as dt
from typing import Any

from django.db import transaction

from kpis.models import KPI, Assignment
from organizations.models import Organization, Person, Unit
from organizations.services.structure import created, require_same_organization


@transaction.atomic
def define_kpi(*, organization: Organization, code: str, name: str, **fields: Any) -> KPI:
    """A new definition in the organization's library."""
    require_same_organization(organization.pk, fields.get("owner"))
    return created(KPI(organization=organization, code=code, name=name, **fields))


@transaction.atomic
def assign_kpi(
    *,
    kpi: KPI,
    unit: Unit,
    responsible: Person | None = None,
    starts_on: dt.date | None = None,
    ends_on: dt.date | None = None,
) -> Assignment:
    """The KPI is measured at the unit from now on; from a day to a day (exclusive) if given."""
    require_same_organization(kpi.organization_id, unit, responsible)
    return created(
        Assignment(
            organization_id=kpi.organization_id,
            kpi=kpi,
            unit=unit,
            responsible=responsible,
            starts_on=starts_on,
            ends_on=ends_on,
        )
    )
