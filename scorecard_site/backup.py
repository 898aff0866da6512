"""Backup and restoration of everything, from one database to the same or another kind."""

import os
import zipfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.management.color import no_style
from django.db import connection, models, transaction

from scorecard_site import archive
from scorecard_site.archive import DamagedArchive, Manifest, Table

# Written by migrate itself: their rows do not make a database anyone's.
MADE_BY_MIGRATE = {"contenttypes.ContentType", "auth.Permission"}


class RestorationRefused(Exception):
    """The archive is sound, but it must not or cannot go into this database."""


def write_backup(*, path: Path) -> Manifest:
    """Write a backup of one moment to path: all of it or no file at all."""
    partial = path.with_name(f"{path.name}.part")
    # It holds password hashes: for its owner alone.
    descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w+b") as file, transaction.atomic():
            _freeze_snapshot()
            manifest = archive.write_archive(file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return manifest


def restore_backup(*, path: Path, replace: bool = False) -> Manifest:
    """Put the rows of a backup into this database: all of them, or nothing changes.

    Raises DamagedArchive or RestorationRefused before anything is touched.
    """
    with opened(path) as file:
        manifest = archive.verified_manifest(file)
        _require_same_tables(manifest)
        with transaction.atomic():
            _require_empty_unless(replace=replace)
            _delete_everything()
            for table in manifest.tables:
                _insert_table(file, table)
            _reset_sequences()
            connection.check_constraints()
            _verify_everything(manifest)
    ContentType.objects.clear_cache()
    return manifest


def opened(path: Path) -> zipfile.ZipFile:
    """The archive, open for reading."""
    try:
        return zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise DamagedArchive("It is not a backup, or only a part of one.") from error


def occupied_models() -> Iterator[type[models.Model]]:
    """The models of which this database holds rows that people made."""
    for model in archive.stored_models():
        if model._meta.label not in MADE_BY_MIGRATE and model._base_manager.exists():
            yield model


def _freeze_snapshot() -> None:
    """Every statement of this transaction sees one moment; SQLite's does so by itself."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


def _require_same_tables(manifest: Manifest) -> None:
    if manifest.migrations != archive.applied_migrations():
        raise RestorationRefused(
            f"The backup was written by version {manifest.version} with other migrations than "
            "this database has: restore it with the version that wrote it, then upgrade."
        )
    ours = {each._meta.label: _columns(each) for each in archive.stored_models()}
    theirs = {each.model: sorted(each.columns) for each in manifest.tables}
    if ours != theirs:
        raise RestorationRefused("The backup's tables are not those of this version.")


def _columns(model: type[models.Model]) -> list[str]:
    return sorted(each.attname for each in archive.stored_fields(model))


def _require_empty_unless(*, replace: bool) -> None:
    occupied = next(occupied_models(), None)
    if occupied is not None and not replace:
        raise RestorationRefused(
            f"This database is not empty (it has rows of {occupied._meta.label}): restore into a "
            "new database, or add --replace to delete everything in this one first."
        )


def _delete_everything() -> None:
    """Foreign keys are checked at the end of the transaction: the order is of no matter."""
    for model in archive.stored_models():
        rows = model._base_manager.all()
        rows._raw_delete(rows.db)


def _insert_table(file: zipfile.ZipFile, table: Table) -> None:
    """Insert as the rows are: no default, no automatic time, no history entry is added."""
    model = _model(table)
    fields = archive.stored_fields(model)
    size = connection.ops.bulk_batch_size(fields, [None] * archive.chunk_rows(model))
    objects = archive.objects_of(model, table.columns, archive.table_lines(file, table))
    rows: Any = model._base_manager.all()
    while some := list(islice(objects, size)):
        rows._insert(some, fields=fields, using=rows.db, raw=True)


def _model(table: Table) -> type[models.Model]:
    return next(each for each in archive.stored_models() if each._meta.label == table.model)


def _reset_sequences() -> None:
    statements = connection.ops.sequence_reset_sql(no_style(), archive.stored_models())
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _verify_everything(manifest: Manifest) -> None:
    """Read every row back: the digests must be those of the archive."""
    for table in manifest.tables:
        model = _model(table)
        digest = archive.digest_of(archive.lines_of(model))
        if digest.table(model) != table:
            raise RestorationRefused(
                f"The rows of {table.model} did not arrive unchanged, so nothing was restored."
            )
