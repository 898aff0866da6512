"""Start-up checks: a site that would run insecurely says what to do and does not start.

Commands and workers run them as Django does; the web server through `refuse_insecure_start`.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register, run_checks
from django.core.exceptions import ImproperlyConfigured

from organizations.services.outgoing.addresses import named_networks

SECRET_KEY_LENGTH = 50
SECRET_KEY_DISTINCT = 10
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
NETWORK_FILE_SYSTEMS = {
    *("9p", "afs", "ceph", "cifs", "fuse.glusterfs", "fuse.s3fs", "fuse.sshfs"),
    *("glusterfs", "lustre", "ncpfs", "nfs", "nfs4", "smb3", "smbfs"),
}
MOUNTS = Path("/proc/mounts")


def refuse_insecure_start() -> None:
    """Raise with every sentence that the security checks have to say."""
    errors = [each for each in run_checks(tags=[Tags.security]) if each.is_serious()]
    if errors:
        raise ImproperlyConfigured("\n".join(str(each.msg) for each in errors))


@register(Tags.security)
def check_secret_key(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A public site needs a secret key of its owner's, long enough not to be guessed."""
    key = settings.SECRET_KEY
    is_strong = len(key) >= SECRET_KEY_LENGTH and len(set(key)) >= SECRET_KEY_DISTINCT
    if not settings.PUBLIC or (is_strong and not key.startswith("django-insecure-")):
        return []
    return [
        Error(
            f"SECRET_KEY is missing, well known or shorter than {SECRET_KEY_LENGTH} characters, "
            "while ALLOWED_HOSTS makes this site public: set SECRET_KEY to a long random text "
            "(openssl rand -base64 48) and keep it secret.",
            id="scorecard_site.E001",
        )
    ]


@register(Tags.security)
def check_debug(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A public site never shows its insides."""
    if not (settings.PUBLIC and settings.DEBUG):
        return []
    return [
        Error(
            "DEBUG is on while ALLOWED_HOSTS makes this site public, so that every error would "
            "show settings and data to strangers: remove DEBUG, or unset ALLOWED_HOSTS to work "
            "on this computer only.",
            id="scorecard_site.E002",
        )
    ]


@register(Tags.security)
def check_redis(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """A Redis that others can reach asks for a password."""
    if not is_open_redis(settings.REDIS_URL):
        return []
    return [
        Error(
            "REDIS_URL names a server on the network without a password, so that anyone who "
            "reaches it could start tasks here: set requirepass on that server and write "
            "REDIS_URL as redis://:PASSWORD@HOST:6379/0.",
            id="scorecard_site.E003",
        )
    ]


@register(Tags.security)
def check_sqlite_folder(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """SQLite's locks do not hold on network file systems: the file would be damaged."""
    database = settings.DATABASES["default"]
    if database["ENGINE"] != "django.db.backends.sqlite3" or not MOUNTS.exists():
        return []
    kind = file_system(Path(database["NAME"]), MOUNTS.read_text().splitlines())
    if kind not in NETWORK_FILE_SYSTEMS:
        return []
    return [
        Error(
            f"The SQLite database {database['NAME']} lies on a network file system ({kind}), "
            "where its locks do not hold and data would be lost: move it to a local disk with "
            "VAR_DIR, or use PostgreSQL by DATABASE_URL.",
            id="scorecard_site.E004",
        )
    ]


@register(Tags.security)
def check_outgoing_networks(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """A network that is misspelt would stop every source and webhook, or allow another one."""
    try:
        named_networks()
    except ValueError as refusal:
        return [
            Error(
                f"OUTGOING_NETWORKS cannot be read: {refusal}. Write networks with commas between "
                "them, such as 10.20.0.0/16,192.168.7.15/32.",
                id="scorecard_site.E005",
            )
        ]
    return []


def is_open_redis(url: str) -> bool:
    """Whether the URL leads to another computer without showing a password."""
    parts = urlsplit(url)
    is_remote = bool(parts.hostname) and parts.hostname not in LOOPBACK
    return is_remote and not parts.password


def file_system(path: Path, mounts: Iterable[str]) -> str:
    """The type of the file system that holds path, by the lines of /proc/mounts.

    >>> file_system(Path("/data/x"), ["/dev/sda1 / ext4 rw 0 0", "host:/d /data nfs4 rw 0 0"])
    'nfs4'
    """
    resolved, found = path.resolve(), ("", "")
    for line in mounts:
        _, folder, kind, *_ = line.split(" ")
        folder = folder.replace(r"\040", " ")
        # Of several mounts on one folder, the last covers the others.
        if resolved.is_relative_to(folder) and len(folder) >= len(found[0]):
            found = (folder, kind)
    return found[1]
