"""verify_integrity finds one defect of each kind, planted behind everybody's back."""

import datetime as dt
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, models, transaction
from django.utils import timezone

from kpis.models import KPI, Assignment, Change, KPIInput, MeasurementRevision
from organizations.models import ClosedPeriod, Job, Organization, Unit
from scorecard_site.integrity.background import background
from scorecard_site.integrity.borders import borders, references
from scorecard_site.integrity.findings import Check
from scorecard_site.integrity.graphs import cycle_in, graphs
from scorecard_site.integrity.keeping import closings, files, reports
from scorecard_site.integrity.verification import CHECKS, scores
from scorecard_site.integrity.versions import histories, revisions, unique_keys
from scorecards.models import (
    Alignment,
    Edition,
    Evidence,
    Import,
    ReportedSheet,
    Scorecard,
    ScoreSheet,
)
from scorecards.services.closing import close_period
from scorecards.services.commentaries import say_commentary
from scorecards.services.evidence import Upload
from scorecards.services.refresh import refresh_scores
from strategy_maps.models import CausalLink
from tests.strategy_maps.mapped_world import mapped
from tests.worlds import World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(64)


@pytest.fixture
def sound(acme: World, rival: World) -> Iterator[World]:
    """Values, one of them corrected, a closed month, a sentence with a picture; all is well."""
    january = acme.organization.calendar.parse_label("2026-01")
    for value in (90, 95):
        acme.record("revenue", "sales", {"2026-01-01": value})
    say_commentary(
        scorecard=acme.scorecards["sales"],
        objective="grow",
        period=january,
        text="The picture tells.",
        by=acme.users["alice"],
        files=[Upload("picture.png", PICTURE)],
    )
    for world in (acme, rival):
        refresh_scores(organization_id=world.organization.pk)
    close_period(unit=acme.units["sales"], period=january, note="As shown.")
    with transaction.atomic():
        yield acme
        transaction.set_rollback(True)


def change(model: Any, values: dict[str, Any], **which: Any) -> None:
    """An UPDATE of rows of the model, as no service of ours would make it."""
    assert model._base_manager.filter(**which).update(**values) > 0


def foreign_organization(acme: World) -> None:
    theirs = Unit.objects.get(organization__code="rival", code="emea")
    change(Assignment, {"unit": theirs}, kpi__code="nps", organization=acme.organization)


def missing_row(acme: World) -> None:
    change(Unit, {"parent_id": 10**9}, pk=acme.units["apac"].pk)


def units_in_a_circle(acme: World) -> None:
    change(Unit, {"parent": acme.units["sales"]}, pk=acme.units["emea"].pk)


def formulas_in_a_circle(acme: World) -> None:
    one, other = acme.kpis["revenue"], acme.kpis["nps"]
    for kpi, needed in ((one, other), (other, one)):
        KPIInput.objects.create(organization=acme.organization, kpi=kpi, input=needed)


def alignments_in_a_circle(acme: World) -> None:
    low, high = acme.objectives["sales", "grow"], acme.objectives["emea", "grow"]
    row = Alignment.objects.get(objective=low, supported=high)
    row.pk, row.objective, row.supported = None, high, low
    row._state.adding = True
    models.Model.save_base(row, raw=True)


def links_in_a_circle(acme: World) -> None:
    mapped(acme)
    change(CausalLink, {"cause": acme.objectives["sales", "grow"]}, effect__code="fix")


def stray_link(acme: World) -> None:
    mapped(acme)
    change(CausalLink, {"effect": acme.objectives["emea", "grow"]}, effect__code="grow")


def two_current_editions(acme: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX edition_one_current_per_start")
    row = Edition.objects.filter(scorecard=acme.scorecards["sales"]).latest("pk")
    row.pk = None
    row.save(force_insert=True)


def late_revision(acme: World) -> None:
    late = timezone.now() + dt.timedelta(days=1)
    change(MeasurementRevision, {"superseded_at": late}, organization=acme.organization)


def history_behind(acme: World) -> None:
    change(KPI, {"name": "Renamed", "version": 9}, pk=acme.kpis["nps"].pk)


def report_missing(acme: World) -> None:
    ReportedSheet.objects.filter(organization=acme.organization).delete()


def report_differs(acme: World) -> None:
    change(ReportedSheet, {"score": 12.5}, scorecard=acme.scorecards["sales"])


def orphan_file(acme: World) -> None:
    Evidence.objects.filter(organization=acme.organization).delete()


def score_differs(acme: World) -> None:
    month = {"frequency": "month", "period_start": "2026-01-01"}
    change(ScoreSheet, {"score": 1}, scorecard=acme.scorecards["sales"], **month)


def left_import(acme: World) -> None:
    Import.objects.create(
        organization=acme.organization,
        number=1,
        file_name="values.csv",
        size=1,
        content=b"x",
        state=Import.State.APPLYING,
        lease_until=timezone.now() - dt.timedelta(minutes=6),
        created_by=acme.users["carol"],
    )


def left_job(acme: World) -> None:
    Job.objects.create(
        organization=acme.organization,
        kind="anything",
        state=Job.State.RUNNING,
        lease_until=timezone.now() - dt.timedelta(minutes=6),
    )


def old_change(acme: World) -> None:
    Change.objects.create(
        organization=acme.organization,
        assignment=acme.assignment("nps", "sales"),
        first_start=dt.date(2026, 1, 1),
        created_at=timezone.now() - dt.timedelta(hours=2),
    )


def stale_sheet(acme: World) -> None:
    change(ScoreSheet, {"is_stale": True, "refreshed_at": None}, scorecard__unit__code="sales")


PLANTED: dict[Callable[[World], None], tuple[Check, str]] = {
    foreign_organization: (borders, "foreign-organization"),
    missing_row: (references, "missing-row"),
    units_in_a_circle: (graphs, "cycle"),
    formulas_in_a_circle: (graphs, "cycle"),
    alignments_in_a_circle: (graphs, "cycle"),
    links_in_a_circle: (graphs, "cycle"),
    stray_link: (graphs, "stray-link"),
    two_current_editions: (unique_keys, "said-twice"),
    late_revision: (revisions, "revision-late"),
    history_behind: (histories, "history-behind"),
    report_missing: (closings, "report-missing"),
    report_differs: (reports, "report-differs"),
    orphan_file: (files, "orphan-file"),
    score_differs: (scores, "score-differs"),
    left_import: (background, "stuck"),
    left_job: (background, "stuck"),
    old_change: (background, "stuck"),
    stale_sheet: (background, "stuck"),
}


def test_all_is_well_where_nothing_was_planted(
    sound: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ClosedPeriod.objects.standing().exists()
    assert Scorecard.objects.active().exists()
    out = StringIO()
    call_command("verify_integrity", stdout=out)
    told = out.getvalue()
    assert "Everything is as it must be." in told
    assert "1 closed periods: no findings" in told
    assert "1 files of evidence: no findings" in told


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_a_planted_defect_is_found(sound: World, plant: Callable[[World], None]) -> None:
    check, code = PLANTED[plant]
    plant(sound)
    found = check(list(Organization.objects.all())).findings
    assert {finding.code for finding in found} == {code}
    assert str(found[0]).startswith(f"[{code}] ")


def test_every_check_has_its_defect() -> None:
    assert {check for check, _ in PLANTED.values()} == set(CHECKS)


def test_the_command_ends_with_a_failure_and_says_what(sound: World) -> None:
    orphan_file(sound)
    left_job(sound)
    out = StringIO()
    with pytest.raises(CommandError, match="2 findings"):
        call_command("verify_integrity", patience=0, stdout=out)
    assert "[orphan-file] EvidenceFile" in out.getvalue()
    assert "is a worker running?" in out.getvalue()
    with pytest.raises(CommandError, match="There is no organization"):
        call_command("verify_integrity", organization="nowhere")


def test_a_cycle_is_told_as_a_way_around() -> None:
    assert cycle_in([(1, 2), (2, 3), (3, 4)]) == []
    assert set(cycle_in([(1, 2), (2, 3), (3, 1), (4, 1)])) == {1, 2, 3}
