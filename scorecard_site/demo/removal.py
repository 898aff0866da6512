"""Deleting an organization wholly: every row of every table that belongs to it."""

from graphlib import TopologicalSorter

from django.apps import apps
from django.db import models, transaction

from organizations.models import Organization

Model = type[models.Model]


@transaction.atomic
def remove_organization(organization: Organization) -> int:
    """Delete the organization with all that it owns, history and revisions too.

    Whoever points at a row goes before it. The rows are not collected one by one, so that nothing
    of it is written to the histories again. Returns how many rows were deleted.
    """
    count = 0
    for model in tables_of_organizations():
        rows = model._base_manager.filter(organization_id=organization.pk)
        count += rows._raw_delete(rows.db)
    Organization.history.filter(id=organization.pk).delete()
    rows = Organization.objects.filter(pk=organization.pk)
    return count + rows._raw_delete(rows.db)


def tables_of_organizations() -> list[Model]:
    """Every model with a field `organization`, those that point at others first."""
    owned = [model for model in apps.get_models() if _belongs(model)]
    order: TopologicalSorter[Model] = TopologicalSorter()
    for model in owned:
        order.add(model, *(one for one in owned if one is not model and model in _targets(one)))
    return list(order.static_order())


def _belongs(model: Model) -> bool:
    return any(
        field.name == "organization" and field.related_model is Organization
        for field in model._meta.concrete_fields
    )


def _targets(model: Model) -> set[object]:
    return {field.related_model for field in model._meta.concrete_fields if field.is_relation}
