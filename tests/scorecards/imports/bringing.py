"""Bringing files in, as a person and a worker do it together."""

from typing import Any

from organizations.access import Access, user_access
from scorecards.models import Import
from scorecards.models.table_import import unpacked
from scorecards.selectors.imports.tables import tables_in
from scorecards.services.imports.steps import apply_import, say_mapping, start_import, undo_import
from scorecards.services.imports.work import run_import
from tests.worlds import World


def access_of(world: World, name: str) -> Access:
    access = user_access(world.users[name], world.organization.code)
    assert access
    return access


def worked(row: Import) -> Import:
    """What a worker makes of it."""
    run_import(import_id=row.pk)
    row.refresh_from_db()
    return row


def read(access: Access, content: bytes | str, name: str = "file.csv", kind: str = "") -> Import:
    """The file after it was read."""
    data = content.encode() if isinstance(content, str) else content
    return worked(start_import(access=access, name=name, content=data, kind=kind))


def checked(access: Access, content: bytes | str, name: str = "file.csv", **about: Any) -> Import:
    """The file after its columns were taken as guessed, and its rows checked."""
    row = read(access, content, name, about.get("kind", ""))
    assert row.state == "mapping", row.said
    map_as(access, row, row.mapping, about.get("decimal", ""))
    return worked(row)


def map_as(access: Access, row: Import, mappings: list[list[str]], decimal: str = "") -> None:
    say_mapping(access=access, row=row, tables=tables_in(row), mappings=mappings, decimal=decimal)


def applied(row: Import, scope: str = "whole") -> Import:
    apply_import(row=row, attempt=row.attempt, scope=scope)
    return worked(row)


def undone(access: Access, row: Import) -> Import:
    undo_import(access=access, row=row)
    return worked(row)


def counts(row: Import) -> tuple[int, int, int, int]:
    return row.added, row.changed, row.unchanged, row.refused


def told(row: Import) -> dict[str, Any]:
    """What the page tells of it."""
    found: dict[str, Any] = unpacked(row.report)
    return found
