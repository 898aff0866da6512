"""`python -m tests.with_servers <program> …`: run it with a throw-away PostgreSQL and Valkey.

Unlike those of the tests, this PostgreSQL writes durably, as one in production does: a bench that
compares with it must not compare with a database that promises less.
"""

import os
import subprocess
import sys
import tempfile
from typing import ClassVar

from tests.servers import Servers


class DurableServers(Servers):
    """The same servers, with PostgreSQL's own defaults for what is written when."""

    settings: ClassVar[dict[str, str]] = {}


def main(command: list[str]) -> int:
    """The program's exit code; whatever happens, nothing is left."""
    servers = DurableServers(with_postgres=True)
    try:
        servers.start()
        with tempfile.TemporaryDirectory(prefix="line-of-sight-var-") as folder:
            return subprocess.run(
                command, check=False, env=os.environ | {"VAR_DIR": folder}
            ).returncode
    finally:
        servers.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
