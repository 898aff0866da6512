"""The demonstration company: it loads on both databases, is complete, valid and tells its story."""

import datetime as dt
from collections.abc import Iterator
from io import StringIO
from typing import Any

import numpy as np
import pandas as pd
import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db.models import Count, Sum
from pytest_django import DjangoDbBlocker, Settings

from calculations.aggregation import TimeRule
from calculations.periods import Frequency
from calculations.scoring import Status
from kpis.models import KPI, Assignment, Measurement, MeasurementRevision, Target
from kpis.services.targets import FIGURES, check_figures
from organizations.access import Access, Action, user_access
from organizations.models import Membership, Organization, Person, Unit, User
from organizations.services.people import create_organization
from scorecard_site.demo import company
from scorecard_site.demo.forces import monthly_forces
from scorecard_site.demo.judgements import BENCHMARKS, DOUBTS, UNASKED
from scorecard_site.demo.library import KPI_BY_CODE, KPIS
from scorecard_site.demo.loader import load_demo
from scorecard_site.demo.people import demo_people
from scorecard_site.demo.recordings import batches
from scorecard_site.demo.removal import (
    remove_organization,
    tables_of_organizations,
)
from scorecard_site.demo.series import company_series
from scorecards.models import (
    Alignment,
    Initiative,
    InitiativeObjective,
    Milestone,
    Objective,
    ObjectiveKPI,
    Perspective,
    Scorecard,
    ScoreSheet,
    Theme,
)
from scorecards.selectors.documents.writing import document_text
from scorecards.selectors.records import Record
from scorecards.services.organization_texts import planned_text

NOW = dt.datetime(2026, 11, 21, 14, 30, tzinfo=dt.UTC)
DAYS = ["2026-11-21", "2027-01-01", "2027-03-31", "2028-02-29", "2029-07-07"]
EMAILS = [person.email for person in demo_people()]
ROWS = (
    *(Person, Unit, Membership, KPI, Assignment, Target, Scorecard, Perspective, Theme),
    *(Objective, ObjectiveKPI, Alignment, Initiative, InitiativeObjective, Milestone),
)


@pytest.fixture(scope="module")
def loaded(own_database: Any, django_db_blocker: DjangoDbBlocker) -> Iterator[Organization]:
    """The company as loaded once for all tests of all modules."""
    with django_db_blocker.unblock():
        own_database.become("aldermoor", load)
        organization = Organization.objects.get(code=company.CODE)
    yield organization
    with django_db_blocker.unblock():
        own_database.restore()


def load() -> None:
    said: list[str] = []
    with time_machine.travel(NOW, tick=True):
        load_demo(say=said.append)


@pytest.fixture
def aldermoor(loaded: Organization, db: None) -> Iterator[Organization]:
    with time_machine.travel(NOW, tick=True):
        yield loaded


def both_databases(test: Any) -> Any:
    return pytest.mark.both_databases(pytest.mark.django_db(test))


# --- The generator, without a database


@pytest.mark.parametrize("today", DAYS)
def test_values_are_possible_and_reach_up_to_the_day(today: str) -> None:
    day = pd.Timestamp(today)
    for (code, _), values in company_series(day).items():
        kpi = KPI_BY_CODE[code]
        numbers = values.to_numpy()
        assert np.isfinite(numbers).all()
        assert kpi.low is None or numbers.min() >= kpi.low
        assert kpi.high is None or numbers.max() <= kpi.high
        assert np.allclose(numbers, np.round(numbers, kpi.decimals))
        assert values.index.is_unique
        if kpi.frequency in (Frequency.DAY, Frequency.WEEK, Frequency.MONTH):
            assert (day - values.index[-1]).days < 63
            assert (day - values.index[0]).days > 36 * 30


def test_values_are_the_same_each_time() -> None:
    first, second = batches(NOW), batches(NOW)
    assert first == second
    assert sum(len(batch.rows) for batch in first) > 20_000


def test_the_latest_chance_is_the_same_on_every_day() -> None:
    forces = [monthly_forces(pd.Timestamp(day)).to_numpy()[-36:] for day in DAYS]
    assert all((one == forces[0]).all() for one in forces)


def test_each_moment_names_a_value_once_and_none_is_of_the_future() -> None:
    for batch in batches(NOW):
        keys = [(row.key, row.start) for row in batch.rows]
        assert len(set(keys)) == len(keys)
        assert batch.at <= NOW
        assert all(row.start < batch.at.date() for row in batch.rows)


def test_causes_come_before_their_effects() -> None:
    forces = monthly_forces(pd.Timestamp("2026-11-21"))
    depths = [int(forces[name].tail(24).idxmin().month) for name in ("supply", "output", "promise")]
    assert depths == [10, 11, 12]


def test_the_whole_adds_up() -> None:
    series = company_series(pd.Timestamp("2026-11-21"))
    parts = sum(series["revenue", unit] for unit in ("products", "installation", "service"))
    assert np.allclose(parts, series["revenue", "corporate"])
    crews = [unit for unit in company.BY_CODE if unit.startswith("crews_")]
    assert (
        sum(series["installations", unit] for unit in crews)
        == series["installations", "installation"]
    ).all()


# --- What is loaded


@both_databases
def test_it_is_a_mid_size_company(aldermoor: Organization) -> None:
    units = Unit.objects.filter(organization=aldermoor)
    kinds = dict(units.values_list("kind").annotate(Count("pk")))
    assert kinds == {
        "corporate": 1, "division": 4, "department": 13, "team": 20, "individual": 8,
    }  # fmt: skip
    assert Person.objects.filter(organization=aldermoor).count() == 50
    assert Scorecard.objects.active().filter(organization=aldermoor).count() == units.count()
    assert KPI.objects.filter(organization=aldermoor).count() >= 120
    assert Measurement.objects.filter(organization=aldermoor).count() > 20_000
    assert Objective.objects.filter(scorecard__code="corporate").count() == 20
    assert Initiative.objects.filter(organization=aldermoor).count() >= 12


@both_databases
def test_every_row_passes_its_checks(aldermoor: Organization) -> None:
    for model in ROWS:
        relations = [field.name for field in model._meta.concrete_fields if field.is_relation]
        for row in model._base_manager.filter(organization=aldermoor):
            row.clean_fields(exclude=relations)
        histories = model.history.filter(organization=aldermoor)
        assert (
            histories.values("id").distinct().count()
            == model._base_manager.filter(organization=aldermoor).count()
        )


@both_databases
def test_every_target_could_have_been_set_by_hand(aldermoor: Organization) -> None:
    targets = Target.objects.filter(organization=aldermoor).select_related("assignment__kpi")
    for target in targets:
        kpi = target.assignment.kpi
        check_figures(kpi, {name: getattr(target, name) for name in FIGURES})
        frequency = Frequency(kpi.frequency)
        start = aldermoor.calendar.canonical_start(frequency, target.valid_from)
        assert target.valid_from == start


@both_databases
def test_every_alignment_goes_up_the_line(aldermoor: Organization) -> None:
    for alignment in Alignment.objects.filter(organization=aldermoor).select_related(
        "objective__scorecard", "supported__scorecard"
    ):
        line, above = [], company.BY_CODE[alignment.objective.scorecard.code].parent
        while above:
            line.append(above)
            above = company.BY_CODE[above].parent
        assert alignment.supported.scorecard.code in line


@both_databases
def test_every_form_of_a_kpi_appears(aldermoor: Organization) -> None:
    def used(field: str) -> set[Any]:
        return set(KPI.objects.filter(organization=aldermoor).values_list(field, flat=True))

    assert used("direction") == set(KPI.Direction)
    assert used("value_kind") == set(KPI.ValueKind)
    assert used("frequency") == set(Frequency)
    assert used("time_rule") == set(TimeRule)
    assert used("timing") == set(KPI.Timing)
    targets = Target.objects.filter(organization=aldermoor)
    for form in ("red_flag", "floor", "stretch", "baseline", "red_low", "curve"):
        assert targets.filter(**{f"{form}__isnull": False}).exists(), form
    assert targets.filter(target__isnull=False, red_flag=None).exists()
    shown = KPI.objects.filter(organization=aldermoor, value_kind="number", is_input=False)
    without = shown.exclude(assignments__targets__isnull=False)
    assert without.count() == 2


@both_databases
def test_every_kpi_and_objective_says_why(aldermoor: Organization) -> None:
    for kpi in KPI.objects.filter(organization=aldermoor):
        assert len(kpi.description) > 20
        assert len(kpi.why_it_matters) > 20
        assert kpi.owner
    for objective in Objective.objects.filter(organization=aldermoor):
        assert objective.description
        assert objective.owner
        assert objective.kpi_links.exists()


@both_databases
def test_every_individual_sees_the_line_up_to_the_corporate_strategy(
    aldermoor: Organization,
) -> None:
    above: dict[int, list[int]] = {}
    pairs = Alignment.objects.filter(organization=aldermoor)
    for objective, supported in pairs.values_list("objective_id", "supported_id"):
        above.setdefault(objective, []).append(supported)
    corporate = set(
        Objective.objects.filter(scorecard__unit__kind="corporate").values_list("pk", flat=True)
    )

    def reaches_the_top(objective: int) -> bool:
        return objective in corporate or any(map(reaches_the_top, above.get(objective, [])))

    individuals = Objective.objects.filter(scorecard__unit__kind="individual")
    assert individuals.values("scorecard").distinct().count() == 8
    assert all(reaches_the_top(pk) for pk in individuals.values_list("pk", flat=True))
    assert pairs.filter(weight=0).exists()
    assert pairs.filter(weight__gt=0).exists()


@both_databases
def test_history_has_corrections_gaps_and_remarks(aldermoor: Organization) -> None:
    revisions = MeasurementRevision.objects.filter(organization=aldermoor)
    assert revisions.count() > 50
    first = revisions.select_related("assignment")[0]
    now = Measurement.objects.get(assignment=first.assignment, period_start=first.period_start)
    assert now.value != first.value
    assert now.note
    assert now.recorded_at == first.superseded_at
    assert Measurement.objects.filter(organization=aldermoor, note__contains="Fire").exists()
    assert ScoreSheet.objects.filter(organization=aldermoor, coverage__lt=1).exists()


@both_databases
def test_initiatives_have_all_states_late_steps_and_one_overspent(aldermoor: Organization) -> None:
    initiatives = Initiative.objects.filter(organization=aldermoor)
    assert set(initiatives.values_list("status", flat=True)) == set(Initiative.State)
    overspent = [i.code for i in initiatives if (i.budget_spent or 0) > (i.budget_planned or 0)]
    assert overspent == ["second_board_maker"]
    late = Milestone.objects.filter(initiative__in=initiatives, due_on__lt=NOW.date(), done_on=None)
    assert late.exists()
    assert all(initiative.objective_links.exists() for initiative in initiatives)
    last_year = Initiative.history.as_of(NOW - dt.timedelta(days=365))
    then = {each.code: each for each in last_year.filter(organization=aldermoor)}
    now = {each.code: each for each in initiatives}
    assert 3 <= len(then) < len(now)
    assert all(each.percent_done < now[code].percent_done for code, each in then.items())


@both_databases
def test_four_people_can_sign_in(aldermoor: Organization) -> None:
    access = {}
    for person in demo_people():
        user = User.objects.get(email=person.email)
        assert user.check_password(person.password)
        access[person.role] = user_access(user, aldermoor.code)
    unit = dict(Unit.objects.filter(organization=aldermoor).values_list("code", "pk"))

    def can(role: str, action: Action, code: str) -> bool:
        return bool(access[role]) and access[role].can(action, unit[code])  # type: ignore[union-attr]

    assert can("administrator", Action.ADMINISTER, "corporate")
    assert can("manager", Action.EDIT_STRUCTURE, "crews_galway")
    assert not can("manager", Action.EDIT_STRUCTURE, "plant")
    assert can("contributor", Action.RECORD_VALUES, "marta_santos")
    assert not can("contributor", Action.RECORD_VALUES, "crews_dublin")
    assert not can("viewer", Action.RECORD_VALUES, "corporate")
    assert Person.objects.get(user__email="marta.santos@aldermoor.example").units.exists()


# --- The story


def corporate_quarters(organization: Organization) -> list[ScoreSheet]:
    """The corporate sheets of completed quarters, the last one last."""
    sheets = ScoreSheet.objects.filter(
        organization=organization, scorecard__code="corporate", frequency="quarter"
    ).order_by("period_start")
    return [sheet for sheet in sheets if sheet.period_start < dt.date(2026, 10, 1)]


def course(sheets: list[ScoreSheet], part: str, code: str) -> list[float]:
    return [sheet.detail[part][code]["score"] for sheet in sheets]


@both_databases
def test_the_leading_indicators_warn_before_the_money_does(aldermoor: Organization) -> None:
    sheets = corporate_quarters(aldermoor)[-5:]
    before, first, second, last = sheets[-4:]
    recent = [first, second, last]
    assert all(score < 100 for score in course(recent, "perspectives", "learning"))
    assert course([before], "perspectives", "learning")[0] >= 100
    for code in ("training_days", "certified_installers", "first_time_right"):
        assert last.detail["kpis"][code]["status"] == Status.CRITICAL
    quality = course(sheets[1:], "kpis", "first_time_right")
    assert quality == sorted(quality, reverse=True)
    assert quality[0] >= 100
    assert all(score >= 100 for score in course(recent, "perspectives", "financial"))
    assert (
        course([last], "perspectives", "customer")[0] > course([last], "perspectives", "process")[0]
    )
    assert last.detail["kpis"]["complaints"]["status"] == Status.BELOW_TARGET


@both_databases
def test_the_fire_went_from_suppliers_to_promised_dates_and_is_over(
    aldermoor: Organization,
) -> None:
    quarters = {str(sheet.period_start): sheet for sheet in corporate_quarters(aldermoor)}
    supply = course(list(quarters.values()), "kpis", "supplier_on_time")
    dates = course(list(quarters.values()), "kpis", "on_promised_date")
    assert supply[-4] == min(supply[1:])
    assert dates[-4] == min(dates)
    assert min(supply[-1], dates[-1]) >= 100


@both_databases
def test_the_corporate_score_slid_below_target(aldermoor: Organization) -> None:
    scores = [sheet.score for sheet in corporate_quarters(aldermoor)]
    assert all(score is not None and score >= 100 for score in scores[:-3])
    assert scores[-3:] == sorted(scores[-3:], reverse=True)  # type: ignore[type-var]
    assert all(score is not None and 50 <= score < 100 for score in scores[-3:])
    last = corporate_quarters(aldermoor)[-1]
    assert last.on_target
    assert last.below_target
    assert last.critical
    assert last.no_data


@both_databases
def test_every_status_appears_on_sheets_and_kpis(aldermoor: Organization) -> None:
    quarter = ScoreSheet.objects.filter(
        organization=aldermoor, frequency="quarter", period_start=dt.date(2026, 7, 1)
    )
    kpis = {node["status"] for sheet in quarter for node in sheet.detail["kpis"].values()}
    assert kpis == set(Status)
    sheets = ScoreSheet.objects.filter(organization=aldermoor)
    assert set(sheets.values_list("status", flat=True)) == set(Status)
    assert not sheets.filter(is_stale=True).exists()


# --- The command


def fingerprint(organization: Organization) -> dict[str, Any]:
    rows = {
        model.__name__: model._base_manager.filter(organization=organization).count()
        for model in tables_of_organizations()
        if not model.__name__.startswith("Historical")
    }
    values = Measurement.objects.filter(organization=organization)
    sheets = ScoreSheet.objects.filter(organization=organization)
    return rows | {
        "values": round(values.aggregate(Sum("value"))["value__sum"], 3),
        "scores": sorted(
            sheets.values_list("period_start", "frequency", "score", "coverage"), key=str
        ),
    }


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("load_demo", *arguments, stdout=out)
    return out.getvalue()


@both_databases
def test_loading_twice_changes_nothing(aldermoor: Organization) -> None:
    before = fingerprint(aldermoor)
    assert "is there already" in run()
    assert fingerprint(aldermoor) == before


@both_databases
def test_removing_it_leaves_nothing_but_others(aldermoor: Organization) -> None:
    pk, others = aldermoor.pk, Organization.objects.exclude(pk=aldermoor.pk).count()
    assert others >= 2
    remove_organization(aldermoor)
    for model in tables_of_organizations():
        assert not model._base_manager.filter(organization_id=pk).exists(), model
    assert not Organization.history.filter(id=pk).exists()
    assert Organization.objects.count() == others


@pytest.mark.django_db
def test_fresh_deletes_everything_and_loads_the_same(aldermoor: Organization) -> None:
    """Loading takes half a minute: on SQLite it is enough to load and to remove."""
    before = fingerprint(aldermoor)
    others = Organization.objects.exclude(pk=aldermoor.pk).count()
    users = set(User.objects.filter(email__in=EMAILS).values_list("pk", flat=True))
    assert "rows deleted" in run("--fresh")
    again = Organization.objects.get(code=company.CODE)
    assert again.pk != aldermoor.pk
    assert fingerprint(again) == before
    assert set(User.objects.filter(email__in=EMAILS).values_list("pk", flat=True)) == users
    for model in tables_of_organizations():
        assert not model._base_manager.filter(organization_id=aldermoor.pk).exists(), model
    assert not Organization.history.filter(id=aldermoor.pk).exists()
    assert Organization.objects.exclude(pk=again.pk).count() == others


def test_what_is_thought_of_kpis_is_of_kpis_that_there_are() -> None:
    assert (BENCHMARKS.keys() | DOUBTS.keys() | UNASKED) <= KPI_BY_CODE.keys()
    assert not DOUBTS.keys() & UNASKED


def test_every_place_of_a_kpi_is_a_unit() -> None:
    assert {place.unit for kpi in KPIS for place in kpi.places} <= set(company.BY_CODE)


def test_a_public_site_refuses_known_passwords(settings: Settings) -> None:
    settings.PUBLIC, settings.DEMO = True, False
    with pytest.raises(CommandError, match="Set DEMO=1"):
        call_command("load_demo")


# --- As text


@pytest.mark.django_db
def test_its_text_says_what_stands_and_another_organization_could_be_made_of_it(
    aldermoor: Organization,
) -> None:
    """Making one takes some 20 seconds; what that does is tested with less."""
    text = StringIO()
    call_command("export_organization", aldermoor.code, stdout=text)
    here = Access(organization=aldermoor, roles={}, is_unbound=True)
    found = planned_text(here, text.getvalue())
    assert (found.problems, found.plan.changes) == ((), ())
    copied = create_organization(code="copied", name="Copied")
    there = planned_text(Access(organization=copied, roles={}, is_unbound=True), text.getvalue())
    assert not there.plan.refused
    assert len(there.plan.changes) == sum(found.plan.unchanged.values())
    after: dict[str, list[Record]] = {}
    for change in there.plan.changes:
        after.setdefault(change.kind, []).append(change.after or {})
    assert document_text(after) == text.getvalue()
