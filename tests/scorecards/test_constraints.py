"""Rows that the database itself refuses, whoever writes them."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction

from organizations.models import ClosedPeriod
from scorecards.models import (
    Assessment,
    Book,
    Commentary,
    Dashboard,
    Edition,
    Evidence,
    EvidenceFile,
    Import,
    Initiative,
    Objective,
    ObjectiveKPI,
    Panel,
    Perspective,
    ReminderChoice,
    ReportedSheet,
    Scorecard,
    ScoreSheet,
    Webhook,
    WebhookChannel,
)
from tests.worlds import NOW, START, World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


def an_import(world: World, **about: Any) -> Import:
    """A file that waits to be read, with what is said of it."""
    told = {"number": 1, "file_name": "x", "size": 1, "content": b"x", **about}
    return Import.objects.create(
        organization=world.organization, created_by=world.users["root"], **told
    )


def a_choice(world: World, rhythm: str) -> ReminderChoice:
    about = {"organization": world.organization, "user": world.users["bob"]}
    return ReminderChoice.objects.create(rhythm=rhythm, **about)


def a_webhook(world: World, **channel: Any) -> WebhookChannel:
    """Another system that is told what happens, with what is said of how it goes."""
    of = {"organization": world.organization}
    webhook = Webhook.objects.create(
        **of, code="crm", name="CRM", url="https://example.com", unit=world.units["acme"]
    )
    return WebhookChannel.objects.create(**of, webhook=webhook, sealed="x", **channel)


def a_book(world: World, **about: Any) -> Book:
    asked = {"organization": world.organization, "asked_by": world.users["bob"], "title": "Book"}
    chosen = {"units": ["sales"], "pages": ["board"], "period": "2026-Q1"}
    return Book.objects.create(**(asked | chosen | about))


BAD_ROWS: dict[str, Callable[[World], object]] = {
    "webhook_code_once": lambda w: [a_webhook(w) for _ in range(2)],
    "webhook_former_secret_ends": lambda w: a_webhook(w, former="x"),
    "import_number_once": lambda w: [an_import(w) for _ in range(2)],
    "import_done_is_a_part": lambda w: an_import(w, done=2, total=1),
    "import_ends_with_its_state": lambda w: an_import(w, state="done"),
    "reminder_chosen_once": lambda w: [a_choice(w, "daily") for _ in range(2)],
    "reminder_rhythm_is_known": lambda w: a_choice(w, "hourly"),
    "scorecard_code_once": lambda w: Scorecard.objects.create(
        organization=w.organization, unit=w.units["apac"], code="sales_scorecard", name="x"
    ),
    "scorecard_one_active_per_unit": lambda w: Scorecard.objects.create(
        organization=w.organization,
        unit=w.units["sales"],
        code="y",
        name="x",
        status="active",
        starts_on=dt.date(2026, 2, 1),
    ),
    "scorecard_one_start_per_unit": lambda w: Scorecard.objects.create(
        organization=w.organization,
        unit=w.units["sales"],
        code="y",
        name="x",
        status="archived",
        starts_on=START,
        ends_on=dt.date(2026, 2, 1),
    ),
    "scorecard_days_fit_its_state": lambda w: scorecard_with(w, status="draft"),
    "scorecard_ends_after_its_start": lambda w: scorecard_with(w, status="archived", ends_on=START),
    "perspective_code_once": lambda w: Perspective.objects.create(
        organization=w.organization, scorecard=w.scorecards["sales"], code="process", name="x"
    ),
    "perspective_weight_is_weight": lambda w: Perspective.objects.create(
        organization=w.organization, scorecard=w.scorecards["sales"], code="z", name="x", weight=-1
    ),
    "objective_weight_is_weight": lambda w: Objective.objects.filter(
        pk=w.objectives["sales", "grow"].pk
    ).update(weight=1e7),
    "objective_code_once": lambda w: Objective.objects.filter(
        pk=w.objectives["sales", "grow"].pk
    ).update(code="improve"),
    "objective_kpi_once": lambda w: ObjectiveKPI.objects.create(
        organization=w.organization,
        objective=w.objectives["sales", "grow"],
        kpi=w.kpis["revenue"],
    ),
    "alignment_not_with_itself": lambda w: w.objectives["sales", "grow"].supports.update(
        supported=w.objectives["sales", "grow"]
    ),
    "initiative_percent_at_most_100": lambda w: Initiative.objects.create(
        organization=w.organization, unit=w.units["emea"], code="i", name="i", percent_done=101
    ),
    "initiative_ends_after_its_start": lambda w: Initiative.objects.create(
        organization=w.organization,
        unit=w.units["emea"],
        code="i",
        name="i",
        starts_on=dt.date(2026, 2, 1),
        ends_on=dt.date(2026, 1, 1),
    ),
    "initiative_budget_not_negative": lambda w: Initiative.objects.create(
        organization=w.organization, unit=w.units["emea"], code="i", name="i", budget_spent=-1
    ),
    "edition_one_current_per_start": lambda w: Edition.objects.create(
        organization=w.organization,
        scorecard=w.scorecards["sales"],
        valid_from=START,
        content={},
    ),
    "sheet_score_is_an_index": lambda w: ScoreSheet.objects.filter(
        scorecard=w.scorecards["sales"]
    ).update(score=151),
    "sheet_coverage_is_a_share": lambda w: ScoreSheet.objects.filter(
        scorecard=w.scorecards["sales"]
    ).update(coverage=1.1),
}


def scorecard_with(world: World, **values: Any) -> int:
    changed: int = Scorecard.objects.filter(pk=world.scorecards["sales"].pk).update(**values)
    return changed


def commentary(world: World, **about: Any) -> Commentary:
    said: dict[str, Any] = {"objective": "grow", "frequency": "month", "period_start": START}
    said |= {"text": "So.", "said_at": NOW}
    said |= {"organization": world.organization, "scorecard": world.scorecards["sales"]}
    return Commentary.objects.create(**(said | about))


def evidence_file(world: World, **about: Any) -> EvidenceFile:
    row = {"sha256": "0" * 64, "size": 1, "content": b"x"}
    return EvidenceFile.objects.create(organization=world.organization, **(row | about))


def evidence(world: World, **about: Any) -> Evidence:
    known = Commentary.objects.first() or commentary(world)
    row = {"name": "a.txt", "media_type": "text/plain", "organization": world.organization}
    file = EvidenceFile.objects.first() or evidence_file(world)
    return Evidence.objects.create(commentary=known, file=file, **(row | about))


def assessment(world: World, **about: Any) -> Assessment:
    """One that is stored unless the database refuses it."""
    said: dict[str, Any] = {"node": "objective", "code": "grow", "frequency": "month"}
    said |= {"period_start": START, "status": "critical", "reason": "So.", "said_at": NOW}
    said |= {"organization": world.organization, "scorecard": world.scorecards["sales"]}
    return Assessment.objects.create(**(said | about))


def dashboard(world: World, **about: Any) -> Dashboard:
    row = {"organization": world.organization, "code": "d", "name": "d", "is_shared": True}
    return Dashboard.objects.create(**(row | {"unit": world.units["emea"]} | about))


def panel(world: World, **about: Any) -> Panel:
    of = Dashboard.objects.first() or dashboard(world)
    row = {"organization": world.organization, "dashboard": of, "number": 1, "position": 1}
    return Panel.objects.create(**(row | {"kind": "text"} | about))


def reported_sheet(world: World, **about: Any) -> ReportedSheet:
    period = {"frequency": "month", "period_start": START, "organization": world.organization}
    closing, _ = ClosedPeriod.objects.get_or_create(
        unit=world.units["sales"], **period, defaults={"closed_at": NOW}
    )
    said = {"closing": closing, "scorecard": world.scorecards["sales"], "reported_at": NOW}
    return ReportedSheet.objects.create(**(period | said | {"status": 3, "content": "{}"} | about))


BAD_ROWS |= {
    "assessment_once": lambda w: (assessment(w), assessment(w, status="on_target")),
    "assessment_names_its_node": lambda w: assessment(w, code=""),
    "assessment_has_a_reason": lambda w: assessment(w, reason=""),
    "assessment_status_is_a_verdict": lambda w: assessment(w, status="no_data"),
    "assessment_superseded_after_it_was_said": lambda w: assessment(
        w, superseded_at=NOW - dt.timedelta(seconds=1)
    ),
    "commentary_once": lambda w: (commentary(w), commentary(w, text="Otherwise.")),
    "commentary_names_its_objective": lambda w: commentary(w, objective=""),
    "commentary_says_something": lambda w: commentary(w, text=""),
    "commentary_superseded_after_it_was_said": lambda w: commentary(
        w, superseded_at=NOW - dt.timedelta(seconds=1)
    ),
    "evidence_file_once": lambda w: (evidence_file(w), evidence_file(w)),
    "evidence_file_size_within_bounds": lambda w: evidence_file(w, size=10_000_001),
    "evidence_name_once": lambda w: (evidence(w), evidence(w)),
    "evidence_has_a_name": lambda w: evidence(w, name=""),
    "dashboard_code_once": lambda w: (dashboard(w), dashboard(w)),
    "dashboard_of_a_person_or_a_unit": lambda w: dashboard(w, unit=None),
    "dashboard_of_a_unit_is_shared": lambda w: dashboard(w, is_shared=False),
    "panel_number_once": lambda w: (panel(w), panel(w)),
    "panel_number_from_1": lambda w: panel(w, number=0),
    "panel_width_is_known": lambda w: panel(w, width=5),
    "panel_height_is_known": lambda w: panel(w, height=4),
    "book_form_is_known": lambda w: a_book(w, form="doc"),
    "reported_sheet_once_per_closing": lambda w: (reported_sheet(w), reported_sheet(w)),
    "reported_score_is_an_index": lambda w: reported_sheet(w, score=150.1),
    "reported_coverage_is_a_share": lambda w: reported_sheet(w, coverage=-0.1),
}


@pytest.mark.parametrize("constraint", sorted(BAD_ROWS))
def test_the_database_refuses_bad_rows(acme: World, constraint: str) -> None:
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        BAD_ROWS[constraint](acme)
    # SQLite names the columns of a unique index instead of the index.
    assert constraint in str(refusal.value) or "UNIQUE" in str(refusal.value)
