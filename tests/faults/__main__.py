"""`python -m tests.faults --rounds 20`: break everything, and count what is lost.

Ends with 1 where an acknowledged value is not stored, something was done twice, or
verify_integrity finds anything. `make chaos ROUNDS=20` runs it.
"""

import argparse
import os
import sys
import time
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
    world, secret = built()
    from tests.faults.pushing import Ledger, Pusher
    from tests.faults.rounds import Round, findings, stored

    ledger = Ledger()
    processes = Processes(servers.folder / "var")
    try:
        for number in range(1, rounds + 1):
            began = time.monotonic()
            Round(number, world, servers, processes).run(Pusher(processes.port, secret, ledger))
            print(f"round {number}: {time.monotonic() - began:.1f} s", flush=True)
    except BaseException:
        print(processes.logs(), file=sys.stderr)
        raise
    finally:
        processes.stop()
    kept = stored()
    lost = ledger.acknowledged - kept.keys()
    doubled = [said for said, times in kept.items() if times > 1]
    found = findings()
    print(f"acknowledged {len(ledger.acknowledged)}")
    print(f"stored {len(kept)}")
    print(f"lost {len(lost)}")
    print(f"duplicated {len(doubled)}")
    print(f"sent again {ledger.repeated}, without an answer {ledger.unanswered} times")
    print(f"findings {len(found)}")
    for each in [*sorted(lost)[:20], *doubled[:20], *found]:
        print(f"  {each}")
    return 1 if lost or doubled or found else 0


def built() -> tuple["World", str]:
    """Both worlds in the database of this installation, and a token to push with."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "scorecard_site.settings"
    import django

    django.setup()
    from tests import worlds
    from tests.servers import tune_settings

    tune_settings()
    worlds.build()
    world = worlds.loaded("acme")
    return world, world.token("measurements:write")[1]


if __name__ == "__main__":
    sys.exit(main())
