"""Stored scores: right, current, and reached by every change."""

import datetime as dt

import pytest
import time_machine

from calculations.scoring import Status
from kpis.models import Change, Measurement
from kpis.services.measurements import delete_measurement
from organizations.access import user_access
from scorecards.models import ScoreSheet
from scorecards.services import refresh as refreshing
from scorecards.services.refresh import rebuild_scores, refresh_scores
from tests.worlds import World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

TODAY = dt.datetime(2026, 5, 4, 12, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _today() -> object:
    with time_machine.travel(TODAY, tick=True):
        yield


def sheet(world: World, unit: str, frequency: str, start: str) -> ScoreSheet:
    return ScoreSheet.objects.get(
        scorecard=world.scorecards[unit], frequency=frequency, period_start=start
    )


def refresh(world: World) -> int:
    return refresh_scores(organization_id=world.organization.pk)


def test_scores_reach_the_root(acme: World) -> None:
    acme.record("revenue", "sales", {"2026-01-01": 90})
    acme.record("defects", "sales", {"2026-01-01": 5})
    refresh(acme)
    january = sheet(acme, "sales", "month", "2026-01-01")
    assert january.detail["kpis"]["revenue"] == {
        "score": 75,
        "coverage": 1,
        "status": Status.BELOW_TARGET,
        "value": 90,
    }
    assert january.detail["objectives"]["grow"]["score"] == 75
    assert january.score == pytest.approx(0.6 * 75 + 0.4 * 100)
    top = sheet(acme, "acme", "month", "2026-01-01")
    assert top.detail["objectives"]["improve"]["score"] == 100
    assert top.score == pytest.approx(0.6 * 75 + 0.4 * 100)


def test_missing_children_are_left_out_and_coverage_says_so(acme: World) -> None:
    acme.record("revenue", "sales", {"2026-01-01": 100})
    refresh(acme)
    quarter = sheet(acme, "sales", "quarter", "2026-01-01")
    grow = quarter.detail["objectives"]["grow"]
    # Revenue has 1 of 3 months (weight 3), NPS nothing (weight 1): coverage (3 · 1/3 + 0) / 4.
    assert grow["score"] == 100
    assert grow["coverage"] == pytest.approx(0.25)
    assert quarter.detail["kpis"]["revenue"]["status"] == Status.INSUFFICIENT_DATA


def test_a_correction_is_refreshed_and_the_rest_is_left_alone(acme: World) -> None:
    acme.record("revenue", "sales", {"2026-01-01": 100, "2026-02-01": 100})
    refresh(acme)
    before = sheet(acme, "sales", "month", "2026-02-01")
    acme.record("revenue", "sales", {"2026-01-01": 80})
    # January, its quarter and its year, of three scorecards.
    assert refresh(acme) == 9
    assert sheet(acme, "sales", "month", "2026-01-01").detail["kpis"]["revenue"]["score"] == 50
    assert sheet(acme, "sales", "month", "2026-02-01").version == before.version
    assert not Change.objects.filter(organization=acme.organization).exists()
    assert refresh(acme) == 0


def test_a_deleted_value_is_missing_again(acme: World) -> None:
    acme.record("revenue", "sales", {"2026-01-01": 100})
    refresh(acme)
    access = user_access(acme.users["alice"], "acme")
    assert access
    delete_measurement(access=access, measurement=Measurement.objects.get())
    refresh(acme)
    assert sheet(acme, "sales", "month", "2026-01-01").score is None


def test_becoming_due_changes_coverage_without_a_write(acme: World) -> None:
    acme.record("revenue", "sales", {"2026-05-01": 100})
    acme.record("defects", "sales", {"2026-04-01": 1})
    refresh(acme)
    may = sheet(acme, "sales", "month", "2026-05-01")
    assert may.detail["objectives"]["improve"]["coverage"] is None
    assert may.turns_stale_on == dt.date(2026, 6, 1)
    with time_machine.travel(dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)):
        refresh(acme)
        may = sheet(acme, "sales", "month", "2026-05-01")
        assert may.detail["objectives"]["improve"]["coverage"] == 0
        assert sheet(acme, "sales", "month", "2026-06-01").score is None


def test_scores_do_not_depend_on_how_many_periods_are_computed_together(
    acme: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for start, value in (("2026-01-01", 97.3), ("2026-02-01", 13.7), ("2026-04-01", 88.8)):
        acme.record("revenue", "sales", {start: value})
        acme.record("defects", "sales", {start: value / 7})
    refresh(acme)
    columns = ["scorecard_id", "frequency", "period_start", "score", "coverage", "detail"]
    together = list(ScoreSheet.objects.order_by("pk").values(*columns))
    monkeypatch.setattr(refreshing, "SHEETS_AT_ONCE", 1)
    calls: list[tuple[int, int]] = []
    organization_id = acme.organization.pk
    rebuild_scores(organization_id=organization_id, progress=lambda *told: calls.append(told))
    assert list(ScoreSheet.objects.order_by("pk").values(*columns)) == together
    assert calls == [(n + 1, len(calls)) for n in range(len(calls))]


def test_incremental_equals_full(acme: World) -> None:
    for step, value in enumerate((97.3, 101.1, 88.8, 13.7)):
        acme.record("revenue", "sales", {f"2026-0{step + 1}-01": value, "2026-01-01": value / 3})
        acme.record("defects", "sales", {f"2026-0{step + 1}-01": value / 7})
        refresh(acme)
    columns = ["scorecard_id", "frequency", "period_start", "score", "coverage", "detail"]
    incremental = list(ScoreSheet.objects.order_by("pk").values(*columns))
    rebuild_scores(organization_id=acme.organization.pk)
    assert list(ScoreSheet.objects.order_by("pk").values(*columns)) == incremental
