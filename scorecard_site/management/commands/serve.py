"""`manage.py serve`: the whole product in one terminal, without any other server."""

import hashlib
import os
import socket
import sys
import urllib.error
import urllib.request
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from organizations.models import Organization
from organizations.services.first_start import is_new_installation
from scorecard_site.supervisor import Supervisor

HOST = "127.0.0.1"


class Command(BaseCommand):
    """Prepares database and static files, then runs web server and worker until Ctrl-C."""

    help = "Runs web server and worker on this computer; PORT chooses the port (8000)."

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare, start, say where, wait, stop."""
        port = chosen_port(os.environ.get("PORT", "8000"))
        require_free(port)
        self.prepare()
        # At a terminal only what wants attention, unless more is asked for.
        # Threads that each keep memory of their own would hold megabytes that nobody uses.
        env = {"LOG_LEVEL": "WARNING", "MALLOC_ARENA_MAX": "2", **os.environ}
        with Supervisor() as supervisor:
            supervisor.start("The web server", web_command(port), env=env)
            supervisor.start("The worker", worker_command(), env=env)
            if supervisor.wait_until(lambda: is_answering(port)):
                self.announce(port)
            reason = supervisor.wait()
            self.stdout.write("Stopping …")
        if reason:
            raise CommandError(f"{reason}, so everything was stopped. Its messages are above.")
        self.stdout.write("Stopped. Everything is kept for the next start.")

    def prepare(self) -> None:
        """Bring database and static files up to this version; load the demo once."""
        call_command("migrate", verbosity=0, interactive=False)
        collect_static()
        if settings.DEMO and not Organization.objects.exists():
            # Keeps pandas out of every start but the first.
            from scorecard_site.demo.loader import load_demo

            self.stdout.write("Loading the demo organization …")
            load_demo(say=self.stdout.write)
        # The children open their own connections.
        connections.close_all()

    def announce(self, port: int) -> None:
        """Where it answers, and who can sign in."""
        self.stdout.write(f"\nLine of Sight answers at http://{HOST}:{port}/\n")
        if settings.DEMO:
            from scorecard_site.demo.people import demo_people

            for person in demo_people():
                self.stdout.write(f"  {person.role:14} {person.email:34} {person.password}")
        elif is_new_installation():
            self.stdout.write("  Open it to become its first administrator.")
            connections.close_all()
        self.stdout.write("\nCtrl-C stops it.\n")
        self.stdout.flush()


def collect_static() -> None:
    """Collect and compress the static files, unless none has changed since the last time."""
    stamp = settings.STATIC_ROOT / "collected"
    present = static_fingerprint()
    if stamp.exists() and stamp.read_text() == present:
        return
    call_command("collectstatic", verbosity=0, interactive=False)
    stamp.write_text(present)


def static_fingerprint() -> str:
    """A digest of the names, sizes and times of all static files."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in sorted(finder.list([]), key=lambda found: found[0]):
            status = os.stat(storage.path(name))
            digest.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def chosen_port(text: str) -> int:
    """The port as a number, or a sentence."""
    if text.isdecimal() and 0 < int(text) < 2**16:
        return int(text)
    raise CommandError(f"PORT is {text!r}: set it to a number from 1 to 65535, like PORT=8001.")


def require_free(port: int) -> None:
    """Fail before anything is started when the port is taken or not ours to take."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} cannot be used ({error.strerror}): stop the program that uses it, "
                f"or choose another port, like PORT={min(port + 1, 65535)}."
            ) from error


def web_command(port: int) -> list[str]:
    """Gunicorn, on this computer only."""
    config = settings.BASE_DIR / "scorecard_site" / "gunicorn_conf.py"
    gunicorn = [sys.executable, "-m", "gunicorn", "--config", str(config)]
    return [*gunicorn, "--chdir", str(settings.BASE_DIR), "--bind", f"{HOST}:{port}"]


def worker_command() -> list[str]:
    """One process that works and keeps the time: the filesystem queue wants no more."""
    celery = [sys.executable, "-m", "celery", "--quiet", "--app", "scorecard_site"]
    celery += ["--workdir", str(settings.BASE_DIR)]
    options = ["--pool", "threads", "--concurrency", "4", "--beat", "--loglevel", "WARNING"]
    return [*celery, "worker", *options, "--without-gossip", "--without-mingle"]


def is_answering(port: int) -> bool:
    """Whether the web server says that it is alive."""
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
