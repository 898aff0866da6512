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
    # 36 months at three units and 24 imported ones.
    assert told[1:5] == ["acknowledged 132", "stored 132", "lost 0", "duplicated 0"]
    assert "findings 0" in told
