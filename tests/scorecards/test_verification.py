"""Stored scores against a full recomputation, by the commands that operators run."""

import datetime as dt
import io
from collections.abc import Iterator

import pytest
import time_machine
from django.core.management import CommandError, call_command

from kpis.models import Change
from scorecards.models import ScoreSheet
from scorecards.services.refresh import refresh_scores
from scorecards.services.verification import verify_scores
from tests.worlds import World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

TODAY = dt.datetime(2026, 5, 4, 12, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(TODAY, tick=True):
        yield


@pytest.fixture
def refreshed(acme: World) -> World:
    acme.record("revenue", "sales", {f"2026-0{month}-01": 97.3 / month for month in (1, 2, 3)})
    acme.record("defects", "sales", {"2026-01-01": 7.7})
    refresh_scores(organization_id=acme.organization.pk)
    return acme


def run(command: str, *arguments: str) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command(command, *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_fresh_scores_equal_a_full_recomputation(refreshed: World) -> None:
    out, err = run("verify_scores", "--organization", "acme")
    count = ScoreSheet.objects.filter(organization=refreshed.organization).count()
    assert f"acme: {count} score sheets compared, 0 differ; 0 wait" in out
    assert "periods" in err


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("score", 12.5),
        ("coverage", 0.123),
        ("status", 3),
        ("on_target", 99),
        ("detail", {}),
        ("turns_stale_on", dt.date(2031, 1, 1)),
    ],
)
def test_every_column_is_compared(refreshed: World, column: str, value: object) -> None:
    sheet = ScoreSheet.objects.get(
        scorecard=refreshed.scorecards["emea"], frequency="quarter", period_start="2026-01-01"
    )
    ScoreSheet.objects.filter(pk=sheet.pk).update(**{column: value})
    out = io.StringIO()
    with pytest.raises(CommandError, match="1 score sheets differ"):
        call_command("verify_scores", stdout=out, stderr=io.StringIO())
    assert f"emea_scorecard, 2026-Q1: {column}" in out.getvalue()
    run("rebuild_scores")
    assert "0 differ" in run("verify_scores")[0]


def test_the_smallest_difference_counts(refreshed: World) -> None:
    sheet = ScoreSheet.objects.filter(score__isnull=False).first()
    assert sheet
    assert sheet.score
    ScoreSheet.objects.filter(pk=sheet.pk).update(score=sheet.score * (1 - 1e-15))
    assert verify_scores(organization_id=refreshed.organization.pk).differences


def test_what_waits_for_a_refresh_is_told_apart(refreshed: World) -> None:
    refreshed.record("revenue", "sales", {"2026-02-01": 1})
    assert Change.objects.exists()
    found = verify_scores(organization_id=refreshed.organization.pk)
    # February, its quarter and its year, of three scorecards.
    assert (found.stale, found.differences) == (9, ())
    assert refresh_scores(organization_id=refreshed.organization.pk) == 9


def test_rebuilding_tells_how_far_it_is(refreshed: World) -> None:
    out, err = run("rebuild_scores", "--organization", "acme")
    assert "score sheets computed." in out
    lines = err.strip().splitlines()
    assert lines[-1] == "acme: 8 of 8 periods"


def test_a_bar_grows_on_a_terminal(refreshed: World) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    err = Terminal()
    call_command("rebuild_scores", stdout=io.StringIO(), stderr=err)
    assert "\r" in err.getvalue()
    assert "8/8\n" in err.getvalue()


@pytest.mark.parametrize("command", ["rebuild_scores", "verify_scores"])
def test_an_unknown_organization_is_named(acme: World, command: str) -> None:
    with pytest.raises(CommandError, match='no organization "nowhere"'):
        run(command, "--organization", "nowhere")
