"""An insecure site says what to do and does not start."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from scorecard_site import checks

ROOT = Path(checks.__file__).resolve().parent.parent
STRONG = "x7Q-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2


@pytest.fixture
def public(settings: Settings) -> Settings:
    settings.PUBLIC = True
    settings.SECRET_KEY = STRONG
    return settings


def test_a_public_site_with_all_in_place_starts(public: Settings) -> None:
    checks.refuse_insecure_start()


@pytest.mark.parametrize("key", ["unset", STRONG[:49], "a" * 60, "django-insecure-" + STRONG])
def test_a_weak_secret_key_is_refused(public: Settings, key: str) -> None:
    public.SECRET_KEY = key
    [message] = checks.check_secret_key(None)
    assert message.id == "scorecard_site.E001"
    assert "openssl rand" in message.msg


def test_the_embedded_default_may_have_any_key(settings: Settings) -> None:
    settings.SECRET_KEY = "short"
    assert checks.check_secret_key(None) == []


@pytest.mark.parametrize("network", ["10.20.0.1/16", "intranet", "10.0.0.0/33"])
def test_networks_that_cannot_be_read_are_refused(settings: Settings, network: str) -> None:
    settings.OUTGOING_NETWORKS = ["192.168.7.15/32", network]
    [message] = checks.check_outgoing_networks(None)
    assert "10.20.0.0/16" in message.msg


def test_debug_is_refused_on_a_public_site_only(public: Settings) -> None:
    public.DEBUG = True
    with pytest.raises(ImproperlyConfigured, match="remove DEBUG"):
        checks.refuse_insecure_start()
    public.PUBLIC = False
    assert checks.check_debug(None) == []


@pytest.mark.parametrize(
    ("url", "is_open"),
    [
        ("", False),
        ("redis://127.0.0.1:6379/0", False),
        ("redis://localhost:6379/0", False),
        ("redis+socket:///run/redis.sock", False),
        ("redis://:secret@redis:6379/0", False),
        ("rediss://user:secret@redis.example.com", False),
        ("redis://redis:6379/0", True),
        ("redis://10.0.0.7", True),
        ("redis://user@10.0.0.7", True),
    ],
)
def test_an_open_redis_is_refused(settings: Settings, url: str, is_open: bool) -> None:
    settings.REDIS_URL = url
    messages = checks.check_redis(None)
    assert bool(messages) == is_open
    assert all("requirepass" in each.msg for each in messages)


MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
server:/export /srv/shared nfs4 rw 0 0
//nas/data /srv/with\\040space cifs rw 0 0
tmpfs /srv/shared/local tmpfs rw 0 0
"""


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("/home/site/db.sqlite3", ""),
        ("/srv/shared/db.sqlite3", "nfs4"),
        ("/srv/shared2/db.sqlite3", ""),
        ("/srv/with space/db.sqlite3", "cifs"),
        ("/srv/shared/local/db.sqlite3", ""),
    ],
)
def test_sqlite_on_a_network_file_system_is_refused(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    file: str,
    kind: str,
) -> None:
    (tmp_path / "mounts").write_text(MOUNTS)
    monkeypatch.setattr(checks, "MOUNTS", tmp_path / "mounts")
    database = settings.DATABASES["default"]
    monkeypatch.setitem(database, "ENGINE", "django.db.backends.sqlite3")
    monkeypatch.setitem(database, "NAME", file)
    messages = checks.check_sqlite_folder(None)
    assert [kind in each.msg and "VAR_DIR" in each.msg for each in messages] == [True] * bool(kind)


@pytest.mark.parametrize(
    "command",
    [
        ["manage.py", "migrate", "--plan"],
        ["-c", "import scorecard_site.wsgi"],
        ["-m", "celery", "--app", "scorecard_site", "worker", "--pool", "solo"],
    ],
    ids=["command", "web server", "worker"],
)
def test_nothing_starts_in_public_without_a_secret_key(command: list[str], tmp_path: Path) -> None:
    environment = {**os.environ, "ALLOWED_HOSTS": "scorecard.example.com"}
    environment |= {"VAR_DIR": str(tmp_path), "SECRET_KEY": ""}
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert "SECRET_KEY is missing" in done.stdout + done.stderr
    assert not (tmp_path / "secret_key").exists()
