"""`python -m tests.faults --rounds 20`: break everything, and count what is lost.

Ends with 1 where an acknowledged value is not stored, something was done twice or never, or
verify_integrity finds anything; then the logs and the rows that are work to do are printed, too.
`make chaos ROUNDS=20` runs it.
"""

import argparse
import os
import sys
from typing import TYPE_CHECKING

from tests.faults.installation import BreakableServers, Processes

if TYPE_CHECKING:
    from tests.worlds import World


def main() -> int:
    """Rounds on one installation, one after the other."""
    options = argparse.ArgumentParser(prog="python -m tests.faults")
    options.add_argument("--rounds", type=int, default=1)
    rounds = options.parse_args().rounds
    servers = BreakableServers()
    try:
        servers.start()
        return run(servers, rounds)
    finally:
        servers.stop()


def run(servers: BreakableServers, rounds: int) -> int:
    """The exit code, after everything was told."""
    processes = Processes(servers.folder / "var")
    processes.start_all()  # while the worlds are built
    try:
        return run_on(servers, processes, rounds)
    finally:
        processes.stop()


def run_on(servers: BreakableServers, processes: Processes, rounds: int) -> int:
    worlds, secret = built()
    from tests.faults.accounts import Ended, Fired, account
    from tests.faults.answers import Answers
    from tests.faults.pushing import Ledger, Pusher
    from tests.faults.refreshing import Refreshing
    from tests.faults.rounds import Round, findings, stored
    from tests.faults.rows import told_rows

    ledger, answers = Ledger(), Answers()
    ended: list[Ended] = []
    fired: list[Fired] = []
    try:
        for number in range(1, rounds + 1):
            refreshing = Refreshing(number, worlds, answers)
            this = Round(number, worlds["acme"], (servers, processes), refreshing)
            this.run(Pusher(processes.port, secret, ledger))
            ended += refreshing.ended()
            fired += refreshing.fired()
            refreshing.retire()
            print(f"round {number}: {this.told()}", flush=True)
    except BaseException:
        print(processes.logs(), told_rows(ledger.versions), sep="\n", file=sys.stderr)
        raise
    found = account(ledger.versions, stored(), ended, fired, findings())
    print(*found.lines(), sep="\n")
    print(f"sent again {ledger.repeated}, without an answer {ledger.unanswered} times")
    for each in found.problems:
        print(f"  {each}")
    if found.problems:
        print(processes.logs(), told_rows(ledger.versions), sep="\n", file=sys.stderr)
    return 1 if found.problems else 0


def built() -> tuple[dict[str, "World"], str]:
    """Both worlds in the database of this installation, and a token to push with."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "scorecard_site.settings"
    import django

    django.setup()
    from tests import worlds
    from tests.servers import tune_settings

    tune_settings()
    worlds.build()
    both = {code: worlds.loaded(code) for code in ("acme", "rival")}
    return both, both["acme"].token("measurements:write")[1]


if __name__ == "__main__":
    sys.exit(main())
