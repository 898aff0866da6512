"""What is said now is said once, and after what was said before."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Count, F, OuterRef, Q, Subquery, Window
from django.db.models.functions import Lead

from kpis.models import Measurement, MeasurementRevision, Target, TargetRevision
from organizations.models import Organization

from .borders import APPS, is_tenant
from .findings import NAMED, Finding, Looked

# Who waits for another's transaction has taken its time before: by so much may two change places.
SLACK = dt.timedelta(minutes=2)


def unique_keys(organizations: list[Organization]) -> Looked:
    """One current row for each key: every unique key of every table, asked of the rows."""
    keys = list(_unique_keys())
    found = (finding for model, key in keys for finding in _twice(model, key, organizations))
    return Looked.over("unique keys", found, count=len(keys))


def _unique_keys() -> Iterator[tuple[Any, models.UniqueConstraint]]:
    for app in APPS:
        for model in apps.get_app_config(app).get_models():
            for key in model._meta.constraints:
                if isinstance(key, models.UniqueConstraint) and key.fields and is_tenant(model):
                    yield model, key


def _twice(
    model: Any, key: models.UniqueConstraint, organizations: list[Organization]
) -> Iterator[Finding]:
    known = Q(**{f"{name}__isnull": False for name in key.fields})  # nulls are all different
    rows = model._base_manager.filter(key.condition or Q(), known, organization__in=organizations)
    twice = rows.order_by().values(*key.fields).annotate(times=Count("pk")).filter(times__gt=1)
    for row in twice[:NAMED]:
        where = ", ".join(f"{name} {row[name]}" for name in key.fields)
        yield Finding(
            "said-twice",
            f"{model._meta.label} has {row['times']} current rows for {where} ({key.name}).",
        )


def revisions(organizations: list[Organization]) -> Looked:
    """What was superseded is older than what superseded it, revision by revision."""
    kinds = (
        (MeasurementRevision, Measurement, "period_start", "recorded_at"),
        (TargetRevision, Target, "valid_from", "said_at"),
    )
    rows = [kind[0]._base_manager.filter(organization__in=organizations) for kind in kinds]
    found = (
        finding
        for (_, current, key, said), old in zip(kinds, rows, strict=True)
        for finding in _out_of_order(old, current, key, said)
    )
    return Looked.over("revisions", found, count=sum(each.count() for each in rows))


def _out_of_order(old: Any, current: Any, key: str, said: str) -> Iterator[Finding]:
    order = [F(said).asc(), F("superseded_at").asc(), F("pk").asc()]
    following = Window(Lead(said), partition_by=["assignment_id", key], order_by=order)
    now = current._base_manager.filter(
        Q(deleted_at=None) if current is Target else Q(),
        **{"assignment": OuterRef("assignment"), key: OuterRef(key)},
    )
    chain = old.annotate(following=following, now=Subquery(now.values(said)[:1]))
    is_late = Q(superseded_at__gt=F("following") + SLACK) | Q(superseded_at__gt=F("now") + SLACK)
    for row in chain.filter(is_late).order_by("pk")[:NAMED]:
        yield Finding(
            "revision-late",
            f"{row._meta.label} {row.pk} was superseded at {row.superseded_at:%Y-%m-%d %H:%M:%S},"
            " after what superseded it was said.",
        )


def histories(organizations: list[Organization]) -> Looked:
    """Every edited row has a history, and its last entry is of the version that the row has."""
    tables = [
        model
        for app in APPS
        for model in apps.get_app_config(app).get_models()
        if hasattr(model, "history") and is_tenant(model) and hasattr(model, "version")
    ]
    found = (finding for model in tables for finding in _behind(model, organizations))
    return Looked.over("tables with histories", found, count=len(tables))


def _behind(model: Any, organizations: list[Organization]) -> Iterator[Finding]:
    entries = model.history.filter(id=OuterRef("pk")).order_by("-version")
    rows = model._base_manager.filter(organization__in=organizations)
    rows = rows.annotate(told=Subquery(entries.values("version")[:1]))
    behind = rows.filter(Q(told=None) | ~Q(told=F("version"))).order_by("pk")
    for row in behind[:NAMED]:
        yield Finding(
            "history-behind",
            f"{model._meta.label} {row.pk} is at version {row.version}, and its history"
            f" {'ends with ' + str(row.told) if row.told else 'is empty'}.",
        )
