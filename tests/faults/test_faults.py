"""The short version of `make chaos`: every fault once, on real processes."""

import subprocess
import sys

from tests.conftest import ROOT


def test_nothing_acknowledged_is_lost_and_nothing_is_done_twice() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults", "--rounds", "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = done.stdout.splitlines()
    # 36 months at three units, a third of them three times; 24 imported ones; 17 of sources.
    assert told[1:5] == ["acknowledged 221", "stored 221", "lost 0", "duplicated 0"]
    assert told[5:9] == [
        "in another order 0",
        "refreshes 22, not ended as they should 0",
        "slots 5, not fired once 0",
        "findings 0",
    ]
