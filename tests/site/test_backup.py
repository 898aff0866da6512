"""A backup holds everything, goes into either database, and is never restored by halves."""

import datetime as dt
import os
import stat
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from organizations.models import Organization, User
from scorecard_site import archive
from scorecard_site.archive import DamagedArchive
from scorecard_site.backup import RestorationRefused, restore_backup, write_backup
from scorecards.models import EvidenceFile
from scorecards.services.commentaries import say_commentary
from scorecards.services.evidence import Upload
from tests.prepared import copy_sqlite_schema
from tests.worlds import World

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]
ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def file(acme: World, rival: World, tmp_path: Path) -> Path:
    say_commentary(
        scorecard=acme.scorecards["sales"],
        objective="grow",
        period=acme.organization.calendar.parse_label("2026-01"),
        text="The picture tells.",
        by=acme.users["alice"],
        files=[Upload("picture.png", b"\x89PNG\r\n\x1a\n" + bytes(range(256)))],
    )
    path = tmp_path / "backup.zip"
    write_backup(path=path)
    return path


def everything() -> dict[str, list[bytes]]:
    return {each._meta.label: list(archive.lines_of(each)) for each in archive.stored_models()}


def test_a_restored_database_is_equal_row_by_row(file: Path) -> None:
    before = everything()
    Organization.objects.filter(code="acme").update(name="Something else")
    User.objects.create_user(email="late@example.com", password="long enough")
    restore_backup(path=file, replace=True)
    after = everything()
    assert after == before
    assert sum(map(len, after.values())) > 100
    assert len(after["organizations.Organization"]) == 2
    assert bytes(EvidenceFile.objects.get().content).endswith(bytes(range(256)))


def test_histories_are_in_and_sessions_are_not(file: Path) -> None:
    models = set(everything())
    assert any("Historical" in each for each in models)
    assert not models & archive.LEFT_OUT


def test_keys_go_on_after_those_restored(file: Path) -> None:
    restore_backup(path=file, replace=True)
    highest = User.objects.order_by("-pk").values_list("pk", flat=True)[0]
    assert User.objects.create_user(email="new@example.com", password="long enough").pk > highest


def test_the_file_is_for_its_owner_alone(file: Path) -> None:
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.glob("*.part")) == []


def test_a_database_with_rows_is_refused(file: Path) -> None:
    with pytest.raises(RestorationRefused, match="--replace"):
        restore_backup(path=file)


def test_an_empty_database_needs_no_leave(file: Path) -> None:
    before = everything()
    call_command("flush", verbosity=0, interactive=False)
    restore_backup(path=file)
    assert everything() == before


def rewritten(file: Path, **members: bytes | None) -> Path:
    """A copy of the archive with members replaced, or left out when None."""
    target = file.with_name("changed.zip")
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = members.get(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return target


USERS = "tables/organizations.User.jsonl"


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({USERS: b""}, "rows of organizations.User are not those"),
        ({USERS: None}, "list of files"),
        ({archive.MANIFEST: None}, "no readable manifest"),
        ({archive.MANIFEST: b"{}"}, "no readable manifest"),
        ({archive.MANIFEST_DIGEST: b"0" * 64}, "manifest was changed"),
    ],
)
def test_a_changed_archive_touches_nothing(
    file: Path, members: dict[str, Any], sentence: str
) -> None:
    before = everything()
    with pytest.raises(DamagedArchive, match=sentence):
        restore_backup(path=rewritten(file, **members), replace=True)
    assert everything() == before


@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_part_of_an_archive_touches_nothing(file: Path, share: float) -> None:
    before = everything()
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(DamagedArchive, match="not a backup"):
        restore_backup(path=file, replace=True)
    assert everything() == before


def test_a_flipped_byte_touches_nothing(file: Path) -> None:
    before = everything()
    content = bytearray(file.read_bytes())
    with zipfile.ZipFile(file) as opened:
        member = opened.getinfo(USERS)
    content[member.header_offset + 100] ^= 0xFF
    file.write_bytes(bytes(content))
    with pytest.raises(DamagedArchive):
        restore_backup(path=file, replace=True)
    assert everything() == before


def test_another_state_of_migrations_is_refused(file: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(archive, "applied_migrations", lambda: ["kpis.0001_initial"])
    with pytest.raises(RestorationRefused, match="restore it with the version that wrote it"):
        restore_backup(path=file, replace=True)


def test_a_failure_half_way_changes_nothing(file: Path, monkeypatch: Any) -> None:
    before = everything()
    monkeypatch.setattr("scorecard_site.backup._reset_sequences", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        restore_backup(path=file, replace=True)
    assert everything() == before


def test_the_backup_of_one_database_goes_into_the_other(file: Path, tmp_path: Path) -> None:
    """Into a fresh SQLite file and, from there, back into this database."""
    before = everything()
    second = tmp_path / "second.zip"
    copy_sqlite_schema(tmp_path / "other.sqlite3")
    other = f"sqlite:///{tmp_path / 'other.sqlite3'}"
    for command in (["restore", str(file)], ["backup", str(second)]):
        manage(command, DATABASE_URL=other, VAR_DIR=str(tmp_path))
    with zipfile.ZipFile(second) as opened:
        manifest = msgspec.json.decode(opened.read(archive.MANIFEST), type=archive.Manifest)
    assert manifest.database == "sqlite"
    restore_backup(path=second, replace=True)
    assert everything() == before


def test_the_commands_say_what_they_did(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("restore", str(file), replace=True)
    assert "verified" in capsys.readouterr().out
    with pytest.raises(CommandError, match="name a new file"):
        call_command("backup", str(file))
    with pytest.raises(CommandError, match="not empty"):
        call_command("restore", str(file))


@pytest.mark.parametrize(
    ("value", "same"),
    [
        ({"b": 1, "a": [-0.0]}, {"b": 1, "a": [0.0]}),
        (10**20, 1e20),
        (2**53, 2**53),
        (None, None),
        ({"x": {"y": True}}, {"x": {"y": True}}),
    ],
)
def test_free_json_is_written_as_every_database_returns_it(value: Any, same: Any) -> None:
    assert repr(archive.canonical_json(value)) == repr(same)


def test_times_keep_their_microseconds(acme: World, tmp_path: Path) -> None:
    moment = dt.datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=dt.UTC)
    User.objects.filter(pk=acme.users["alice"].pk).update(last_login=moment)
    write_backup(path=tmp_path / "times.zip")
    restore_backup(path=tmp_path / "times.zip", replace=True)
    assert User.objects.get(pk=acme.users["alice"].pk).last_login == moment
    assert connection.vendor in {"postgresql", "sqlite"}


def manage(command: list[str], **environment: str) -> None:
    subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env={**os.environ, **environment},
        check=True,
        timeout=120,
    )
