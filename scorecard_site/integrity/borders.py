"""Every reference leads to a row that exists, in the organization of the row that refers."""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Exists, F, OuterRef

from organizations.models import Organization

from .findings import NAMED, Finding, Looked

APPS = ("organizations", "kpis", "scorecards", "strategy_maps")
Relation = tuple[type[models.Model], Any]


def borders(organizations: list[Organization]) -> Looked:
    """One statement for each relation between tables that have an organization, histories too."""
    relations = [each for each in all_relations() if is_tenant(each[1].related_model)]
    found = (finding for each in relations for finding in _across(each, organizations))
    return Looked.over("references within organizations", found, count=len(relations))


def references(organizations: list[Organization]) -> Looked:
    """One statement for each relation; histories may outlive rows.

    Those of revisions to people and tokens are guarded by nothing else: docs/decisions/0019.
    """
    relations = [
        each for each in all_relations() if each[1].db_constraint or not is_history(each[0])
    ]
    found = (finding for each in relations for finding in _dangling(each, organizations))
    return Looked.over("references to rows", found, count=len(relations))


def all_relations() -> Iterator[Relation]:
    """Every foreign key of every table that has an organization, that to it left out."""
    for app in APPS:
        for model in apps.get_app_config(app).get_models():
            if is_tenant(model):
                for field in model._meta.concrete_fields:
                    if isinstance(field, models.ForeignKey) and field.name != "organization":
                        yield model, field


def is_tenant(model: Any) -> bool:
    """Whether rows of the table belong to an organization."""
    return any(field.attname == "organization_id" for field in model._meta.concrete_fields)


def is_history(model: Any) -> bool:
    """Whether the table keeps what rows of another one said."""
    return hasattr(model, "history_type")


def _across(relation: Relation, organizations: list[Organization]) -> Iterator[Finding]:
    model, field = relation
    rows = model._base_manager.filter(organization__in=organizations)
    rows = rows.annotate(theirs=F(f"{field.name}__organization")).filter(theirs__isnull=False)
    rows = rows.exclude(theirs=F("organization")).order_by("pk")
    for pk, code in rows.values_list("pk", "organization__code")[:NAMED]:
        yield Finding(
            "foreign-organization",
            f'{model._meta.label} {pk} of "{code}" refers by {field.name} to a row of another'
            " organization.",
        )


def _dangling(relation: Relation, organizations: list[Organization]) -> Iterator[Finding]:
    model, field = relation
    target = field.related_model._base_manager.filter(pk=OuterRef(field.attname))
    rows = model._base_manager.filter(organization__in=organizations)
    rows = rows.exclude(**{field.attname: None}).exclude(Exists(target)).order_by("pk")
    for pk, code in rows.values_list("pk", "organization__code")[:NAMED]:
        yield Finding(
            "missing-row",
            f'{model._meta.label} {pk} of "{code}" refers by {field.name} to a row that is gone.',
        )
