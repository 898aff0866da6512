"""Bad rows, one for each database constraint."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction

BadRow = Callable[[], Any]


def constraint_names(app: str) -> set[str]:
    """Every constraint that the app's models declare."""
    return {
        constraint.name
        for model in apps.get_app_config(app).get_models()
        for constraint in model._meta.constraints
    }


def assert_refused(name: str, bad_row: BadRow) -> None:
    """The database itself refuses the row, for the reason of that name."""
    try:
        with transaction.atomic():
            bad_row()
    except IntegrityError as error:
        refusal = error
    else:
        pytest.fail(f"{name} accepts a bad row")
    if connection.vendor == "postgresql":
        assert name in str(refusal)


def altered(row: models.Model, **values: Any) -> BadRow:
    """Changing the stored row past its services."""
    return lambda: row._meta.base_manager.filter(pk=row.pk).update(**values)


def copied(row: models.Model, **values: Any) -> BadRow:
    """Storing the row a second time, with other values where given."""

    def store() -> None:
        copy = row.__class__(
            **{
                field.attname: getattr(row, field.attname)
                for field in row._meta.concrete_fields
                if not field.primary_key
            }
        )
        for name, value in values.items():
            setattr(copy, name, value)
        copy.save(force_insert=True)

    return store


def names(table: Iterable[tuple[str, BadRow]]) -> set[str]:
    return {name for name, _ in table}
