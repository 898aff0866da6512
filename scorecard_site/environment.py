"""Turns the few values of the environment into what Django and Celery want to read."""

import os
import secrets
from pathlib import Path
from typing import Any

# WAL lets readers go on while one writes; IMMEDIATE takes the write lock first, so that two
# writers wait for each other instead of failing with "database is locked" half-way.
SQLITE_OPTIONS: dict[str, Any] = {
    "timeout": 20,
    "transaction_mode": "IMMEDIATE",
    "init_command": ("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;"),
}


def database(parsed: dict[str, Any], *, pool_size: int, prepares: bool) -> dict[str, Any]:
    """The Django database of a parsed DATABASE_URL, with the options our code relies on.

    prepares: whether a statement that is asked again may be prepared (`prepared_cursor`).
    """
    if parsed["ENGINE"] == "django.db.backends.sqlite3":
        return {**parsed, "OPTIONS": {**SQLITE_OPTIONS, **parsed.get("OPTIONS", {})}}
    pool = {"min_size": 0, "max_size": pool_size, "timeout": 10} if pool_size else False
    threshold = 1 if prepares else None
    options = {"pool": pool, "prepare_threshold": threshold, **parsed.get("OPTIONS", {})}
    return {**parsed, "CONN_HEALTH_CHECKS": True, "OPTIONS": options}


def site_url(public_host: str, port: str) -> str:
    """The address of the site as its first public host has it, or on this computer.

    >>> site_url(".example.com", "8000"), site_url("", "8001")
    ('https://example.com', 'http://127.0.0.1:8001')
    """
    return f"https://{public_host.lstrip('.')}" if public_host else f"http://127.0.0.1:{port}"


def stored_secret_key(path: Path) -> str:
    """The secret key kept in path, made on first use and readable by its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(64))
    return path.read_text().strip()


def filesystem_queue(folder: Path) -> dict[str, str]:
    """Options of Celery's filesystem transport: it wants its folders to exist."""
    messages, control = folder / "messages", folder / "control"
    for each in (messages, control):
        each.mkdir(parents=True, exist_ok=True)
    return {
        "data_folder_in": str(messages),
        "data_folder_out": str(messages),
        "control_folder": str(control),
    }
