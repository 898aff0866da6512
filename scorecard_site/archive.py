"""The archive of a backup: one zip file with a manifest and the rows of every table as JSON lines.

The lines are the same whichever database they come from (columns by name, times in UTC, rows by
key, JSON with sorted keys), so that one digest per table proves a restoration on another one.
"""

import base64
import datetime as dt
import hashlib
import tomllib
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Self

import msgspec
import orjson
from django.apps import apps
from django.conf import settings
from django.db import connection, models
from django.db.migrations.recorder import MigrationRecorder

FORMAT = 1
MANIFEST, MANIFEST_DIGEST = "manifest.json", "manifest.sha256"
CHUNK_ROWS, CHUNK_FILES = 2000, 4
# What sessions and the operators' log hold is worth nothing elsewhere.
LEFT_OUT = {"sessions.Session", "admin.LogEntry", "organizations.AccessStamp"}
# JSON beyond this is a float: PostgreSQL writes 1e300 with all its digits, as if an integer.
EXACT_INTEGERS = 2**53


class DamagedArchive(Exception):
    """The file is not a whole, unchanged backup; the text says what is wrong with it."""


class Table(msgspec.Struct, frozen=True):
    """What an archive says about one table."""

    model: str
    columns: list[str]
    rows: int
    sha256: str

    @property
    def member(self) -> str:
        """The name of the table's file in the archive."""
        return f"tables/{self.model}.jsonl"


class Manifest(msgspec.Struct, frozen=True):
    """What an archive says about itself."""

    format: int
    version: str
    created_at: dt.datetime
    database: str
    migrations: list[str]
    tables: list[Table]

    @classmethod
    def of_now(cls, tables: list[Table]) -> Self:
        """The manifest of an archive written from the current database."""
        return cls(
            format=FORMAT,
            version=app_version(),
            created_at=dt.datetime.now(dt.UTC),
            database=connection.vendor,
            migrations=applied_migrations(),
            tables=tables,
        )


class Digest:
    """Counts lines and hashes them on their way."""

    def __init__(self) -> None:
        self.rows = 0
        self._sha256 = hashlib.sha256()

    def add(self, line: bytes) -> bytes:
        """Take one line into account and hand it on."""
        self.rows += 1
        self._sha256.update(line)
        return line

    def table(self, model: type[models.Model]) -> Table:
        """The entry in the manifest for the lines so far."""
        columns = [field.attname for field in stored_fields(model)]
        return Table(model._meta.label, columns, self.rows, self._sha256.hexdigest())


def stored_models() -> list[type[models.Model]]:
    """Every model whose rows belong in a backup, histories and many-to-many tables included."""
    every = apps.get_models(include_auto_created=True)
    wanted = (each for each in every if each._meta.managed and not each._meta.proxy)
    return sorted(
        (each for each in wanted if each._meta.label not in LEFT_OUT),
        key=lambda model: model._meta.label,
    )


def stored_fields(model: type[models.Model]) -> list[Any]:
    """The columns of a model's own table that are not computed by the database."""
    return [each for each in model._meta.local_concrete_fields if not each.generated]


def lines_of(model: type[models.Model]) -> Iterator[bytes]:
    """The table's rows in the order of their keys, a line of JSON each."""
    fields = stored_fields(model)
    canonical = [position for position, each in enumerate(fields) if is_json(each)]
    rows = model._base_manager.order_by("pk").values_list(*(each.attname for each in fields))
    for row in rows.iterator(chunk_size=chunk_rows(model)):
        yield encoded(list(row), canonical)


def chunk_rows(model: type[models.Model]) -> int:
    """How many rows are in memory at once: few where each may be a whole file."""
    holds_files = any(isinstance(each, models.BinaryField) for each in stored_fields(model))
    return CHUNK_FILES if holds_files else CHUNK_ROWS


def encoded(row: list[Any], canonical: Iterable[int]) -> bytes:
    """One row as a line; the columns named in canonical hold free JSON."""
    for position in canonical:
        row[position] = canonical_json(row[position])
    options = orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS
    return orjson.dumps(row, default=_as_text, option=options)


def canonical_json(value: Any) -> Any:
    """The value as every database gives it back: no negative zero, no huge integers.

    >>> canonical_json({"a": [-0.0, 10**20, 7]})
    {'a': [0.0, 1e+20, 7]}
    """
    if isinstance(value, dict):
        return {key: canonical_json(each) for key, each in value.items()}
    if isinstance(value, list):
        return [canonical_json(each) for each in value]
    if isinstance(value, float):
        return value + 0.0
    if isinstance(value, int) and abs(value) > EXACT_INTEGERS:
        return float(value)
    return value


def objects_of(
    model: type[models.Model], columns: list[str], lines: Iterable[bytes]
) -> Iterator[models.Model]:
    """The rows of a table's lines as unsaved objects."""
    by_name = {each.attname: each for each in stored_fields(model)}
    fields = [by_name[each] for each in columns]
    for line in lines:
        values = orjson.loads(line)
        yield model(
            **{
                field.attname: value if is_json(field) else field.to_python(value)
                for field, value in zip(fields, values, strict=True)
            }
        )


def write_archive(file: IO[bytes]) -> Manifest:
    """Write every table and, last, the manifest that vouches for them."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        manifest = Manifest.of_now([_write_table(archive, each) for each in stored_models()])
        text = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
        archive.writestr(MANIFEST, text)
        archive.writestr(MANIFEST_DIGEST, hashlib.sha256(text).hexdigest())
    return manifest


def verified_manifest(archive: zipfile.ZipFile) -> Manifest:
    """The manifest, once it and every line it vouches for have been found unchanged."""
    manifest = _manifest(archive)
    expected = {each.member for each in manifest.tables} | {MANIFEST, MANIFEST_DIGEST}
    if set(archive.namelist()) != expected:
        raise DamagedArchive("Its list of files is not the one that was written.")
    for table in manifest.tables:
        _verify_table(archive, table)
    return manifest


def table_lines(archive: zipfile.ZipFile, table: Table) -> Iterator[bytes]:
    """The lines of one table, read bit by bit."""
    with archive.open(table.member) as member:
        yield from member


def digest_of(lines: Iterable[bytes]) -> Digest:
    """Count and hash all lines."""
    digest = Digest()
    for line in lines:
        digest.add(line)
    return digest


def applied_migrations() -> list[str]:
    """The migrations that the database has, as app.name."""
    applied: Mapping[tuple[str, str], object] = MigrationRecorder(connection).applied_migrations()
    return sorted(f"{app}.{name}" for app, name in applied)


def app_version() -> str:
    """The version of the product."""
    project = tomllib.loads((Path(settings.BASE_DIR) / "pyproject.toml").read_text())
    return str(project["project"]["version"])


def is_json(field: Any) -> bool:
    """Whether the column holds free JSON."""
    return isinstance(field, models.JSONField)


def _write_table(archive: zipfile.ZipFile, model: type[models.Model]) -> Table:
    digest = Digest()
    name = f"tables/{model._meta.label}.jsonl"
    with archive.open(name, "w", force_zip64=True) as member:
        for line in lines_of(model):
            member.write(digest.add(line))
    return digest.table(model)


def _manifest(archive: zipfile.ZipFile) -> Manifest:
    try:
        text = archive.read(MANIFEST)
        digest = archive.read(MANIFEST_DIGEST).decode()
        manifest = msgspec.json.decode(text, type=Manifest)
    except (KeyError, zipfile.BadZipFile, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise DamagedArchive("It holds no readable manifest.") from error
    if hashlib.sha256(text).hexdigest() != digest:
        raise DamagedArchive("Its manifest was changed.")
    if manifest.format != FORMAT:
        raise DamagedArchive(f"It has format {manifest.format}; this version reads {FORMAT}.")
    return manifest


def _verify_table(archive: zipfile.ZipFile, table: Table) -> None:
    try:
        digest = digest_of(table_lines(archive, table))
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError) as error:
        raise DamagedArchive(f"The rows of {table.model} cannot be read.") from error
    if (digest.rows, digest._sha256.hexdigest()) != (table.rows, table.sha256):
        raise DamagedArchive(f"The rows of {table.model} are not those that were written.")


def _as_text(value: Any) -> str:
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode()
    return str(value)
