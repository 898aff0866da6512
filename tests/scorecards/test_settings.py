"""The settings of an organization: who may, what each changes, and what stays as it was."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from organizations.models import Organization
from organizations.services.structure import StaleVersion
from scorecards.models import ScoreSheet
from scorecards.services.closing import close_period, reopen_period
from scorecards.services.refresh import refresh_periods, refresh_scores, stale_periods
from scorecards.services.settings import change_settings
from scorecards.services.verification import verify_scores
from tests.scorecards.test_api_concurrency import together
from tests.worlds import NOW, World

pytestmark = pytest.mark.django_db
PAGE = "/acme/settings/"
FORM: dict[str, Any] = {
    "name": "Acme",
    "mission": "",
    "vision": "",
    "values": "",
    "fiscal_month": "1",
    "fiscal_year_named_by": "end",
    "time_zone": "UTC",
    "minimum_coverage": "50",
    "reporting_frequencies": ["month", "quarter", "year"],
    "display_scale": "index",
    "openness": "all",
    "version": "1",
}


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def measured(acme: World) -> World:
    """Sales has three months of revenue and a quarter's recommendation; scores are fresh."""
    for month in ("01", "02", "03"):
        acme.record("revenue", "sales", {f"2026-{month}-01": 90})
    acme.record("nps", "sales", {"2026-01-01": 41.5})
    refresh_scores(organization_id=acme.organization.pk)
    return acme


@pytest.fixture
def root(acme: World, client: Client) -> Client:
    client.force_login(acme.users["root"])
    return client


def stored(world: World) -> Organization:
    return Organization.objects.get(pk=world.organization.pk)


def statuses(world: World, frequency: str) -> dict[tuple[str, str], int | None]:
    """By unit and first day, what the fresh sheets say."""
    rows = ScoreSheet.objects.filter(
        organization=world.organization, frequency=frequency, is_stale=False
    )
    return {
        (unit, str(start)): status
        for unit, start, status in rows.values_list(
            "scorecard__unit__code", "period_start", "status"
        )
    }


def refreshed(world: World) -> None:
    """Bring the scores up to date and compare them with a full recomputation."""
    refresh_scores(organization_id=world.organization.pk)
    verified = verify_scores(organization_id=world.organization.pk)
    assert verified.compared
    assert not verified.stale
    assert not verified.differences


# --- The page


def test_all_settings_are_saved_and_the_history_says_who(acme: World, root: Client) -> None:
    changed = {
        "name": "Acme Works",
        "mission": "We make\r\nthings.",
        "vision": "Everywhere.",
        "values": "Kindness.",
        "fiscal_month": "4",
        "fiscal_year_named_by": "start",
        "time_zone": "Europe/Lisbon",
        "minimum_coverage": "62,5 %",
        "reporting_frequencies": ["year", "half"],
        "display_scale": "ten",
        "openness": "line",
    }
    answer = root.post(PAGE, FORM | changed, follow=True)
    page = answer.content.decode()
    assert answer.redirect_chain == [(PAGE, 302)]
    assert "All scores are being computed again" in page
    assert "Fiscal year begins in: January → April" in page
    assert "months, quarters, years → half-years, years" in page
    now = stored(acme)
    assert (now.name, now.mission, now.version) == ("Acme Works", "We make\nthings.", 2)
    assert (now.fiscal_month, now.fiscal_year_named_by) == (4, "start")
    assert (now.minimum_coverage, now.reporting_frequencies) == (0.625, ["half", "year"])
    assert (now.display_scale, now.openness, now.time_zone) == ("ten", "line", "Europe/Lisbon")
    assert now.history.first().history_user == acme.users["root"]
    assert "Root" in page.split("What was changed")[1]


def test_what_only_names_or_shows_computes_nothing(measured: World, root: Client) -> None:
    said = root.post(PAGE, FORM | {"mission": "To serve.", "display_scale": "percent"}, follow=True)
    assert "being computed again" not in said.content.decode()
    assert not ScoreSheet.objects.filter(organization=measured.organization, is_stale=True).exists()
    assert "To serve." in root.get("/acme/").content.decode()


def test_saving_the_same_changes_nothing(acme: World, root: Client) -> None:
    page = root.post(PAGE, FORM, follow=True).content.decode()
    assert "Nothing was changed." in page
    assert (stored(acme).version, acme.organization.history.count()) == (1, 1)


WRONG: list[tuple[str, Any, str]] = [
    ("name", " ", "Write a name"),
    ("name", "x" * 201, "at most 200"),
    ("name", "A\x00", "cannot be stored"),
    ("mission", "x" * 5001, "at most 5000"),
    ("values", "\x00", "cannot be stored"),
    ("fiscal_month", "0", "Choose one of these"),
    ("fiscal_month", "¼", "Choose one of these"),
    ("fiscal_year_named_by", "", "Choose one of these"),
    ("time_zone", "Middle/Earth", "is not a time zone"),
    ("minimum_coverage", "NaN", "is not a number"),
    ("minimum_coverage", "101", "from 0 to 100"),
    ("minimum_coverage", "", "is not a number"),
    ("reporting_frequencies", [], "Choose at least one"),
    ("reporting_frequencies", ["month", "decade"], "Choose among these"),
    ("display_scale", "stars", "Choose one of these"),
    ("openness", "secret", "Choose one of these"),
]


@pytest.mark.parametrize(("field", "value", "sentence"), WRONG)
def test_bad_input_is_told_beside_its_field(
    acme: World, root: Client, field: str, value: Any, sentence: str
) -> None:
    answer = root.post(PAGE, FORM | {"vision": "Kept as typed"} | {field: value})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page.split(f'id="said-{field}"')[1].split("</span>")[0]
    assert "Kept as typed" in page
    assert stored(acme).version == 1


def test_two_administrators_at_once_lose_nothing(acme: World, root: Client) -> None:
    change_settings(
        organization=acme.organization, by=acme.users["alice"], name="Acme Inc", mission="Theirs."
    )
    answer = root.post(PAGE, FORM | {"mission": "Mine.", "vision": "Mine, too."})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Alice saved these settings" in page
    assert "Saved meanwhile: <b>Theirs.</b>" in page
    assert "Mine." in page
    assert "Mine, too." in page
    assert 'value="Acme Inc"' in page
    assert 'name="version" value="2"' in page
    assert stored(acme).mission == "Theirs."


def test_the_page_costs_as_many_statements_whatever_was_changed(
    acme: World, root: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    root.get(PAGE)
    for number in range(12):
        change_settings(organization=acme.organization, mission=f"Number {number}")
    with django_assert_num_queries(6):
        page = root.get(PAGE).content.decode()
    assert page.count("Mission rewritten") == 10


def test_only_administrators_of_the_root_are_led_here(acme: World, client: Client) -> None:
    from organizations.services.people import grant_role

    grant_role(user=acme.users["bob"], unit=acme.units["emea"], role="administrator")
    client.force_login(acme.users["bob"])
    assert client.get(PAGE).status_code == 403
    assert PAGE not in client.get("/acme/").content.decode()
    client.force_login(acme.users["root"])
    assert PAGE in client.get("/acme/").content.decode()


# --- What follows from a change


@pytest.mark.both_databases
def test_another_minimum_coverage_judges_all_periods_anew(measured: World) -> None:
    before = statuses(measured, "quarter")
    change_settings(organization=measured.organization, minimum_coverage=1.0)
    assert not statuses(measured, "quarter")
    refreshed(measured)
    after = statuses(measured, "quarter")
    assert before.keys() == after.keys()
    assert before != after


def test_a_refresh_uses_the_settings_as_they_are_when_it_computes(measured: World) -> None:
    """One that had begun before the change would otherwise store the old statuses as fresh."""
    begun = stored(measured)
    change_settings(organization=measured.organization, minimum_coverage=1.0)
    refresh_periods(organization=begun, periods=list(stale_periods(begun)))
    refreshed(measured)


@pytest.mark.both_databases
def test_frequencies_come_and_go_with_their_scores(measured: World) -> None:
    kept = statuses(measured, "quarter")
    change_settings(organization=measured.organization, reporting_frequencies=["quarter", "week"])
    refreshed(measured)
    assert statuses(measured, "quarter") == kept
    assert ("sales", "2026-03-02") in statuses(measured, "week")
    assert not statuses(measured, "month")
    change_settings(organization=measured.organization, reporting_frequencies=["month", "quarter"])
    refreshed(measured)
    assert len(statuses(measured, "month")) == 3 * 5


def test_a_frequency_in_which_was_reported_stays(measured: World) -> None:
    organization = measured.organization
    january = organization.calendar.parse_label("2026-01")
    closing = close_period(unit=measured.units["sales"], period=january)
    with pytest.raises(ValidationError, match="Keep months: 2026-01 is closed"):
        change_settings(organization=organization, reporting_frequencies=["quarter"])
    reopen_period(closing=closing, reason="Too early.")
    change_settings(organization=organization, reporting_frequencies=["quarter"])


@pytest.mark.both_databases
def test_a_fiscal_year_may_move_as_long_as_stored_periods_stay(measured: World) -> None:
    """Quarters begin in April whether the year begins in January or April, but not in February."""
    organization = measured.organization
    with pytest.raises(ValidationError, match="There are values for 2026-Q1"):
        change_settings(organization=organization, fiscal_month=2)
    quarters = statuses(measured, "quarter")
    change_settings(organization=organization, fiscal_month=4)
    refreshed(measured)
    assert statuses(measured, "quarter") == quarters
    assert {start for _, start in statuses(measured, "year")} == {"2025-04-01", "2026-04-01"}


def test_values_and_targets_taken_back_hold_their_periods_too(acme: World) -> None:
    with pytest.raises(ValidationError, match="There are targets for 2026-Q1"):
        change_settings(organization=acme.organization, fiscal_month=12)


@pytest.mark.parametrize("other", [{"fiscal_month": 4}, {"fiscal_year_named_by": "start"}])
def test_reports_keep_the_names_of_their_periods(measured: World, other: dict[str, Any]) -> None:
    organization = change_settings(organization=measured.organization, fiscal_month=7)
    period = organization.calendar.parse_label("FY2026-Q3")
    unit = measured.units["sales"]
    unit.refresh_from_db()
    closing = close_period(unit=unit, period=period)
    with pytest.raises(ValidationError, match="FY2026-Q3 is closed") as refused:
        change_settings(organization=organization, **other)
    assert list(refused.value.message_dict) == list(other)
    reopen_period(closing=closing, reason="Too early.")
    change_settings(organization=organization, **other)


def test_another_time_zone_looks_anew_at_what_is_due(measured: World) -> None:
    change_settings(organization=measured.organization, time_zone="Pacific/Auckland")
    assert not statuses(measured, "month")
    refreshed(measured)


def test_what_is_no_setting_is_refused(acme: World) -> None:
    with pytest.raises(ValidationError, match="Code cannot be changed"):
        change_settings(organization=acme.organization, code="other")


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_of_two_saves_of_one_version_one_is_told(acme: World) -> None:
    told: list[Exception] = []

    def saving(name: str) -> Callable[[], None]:
        def save() -> None:
            try:
                change_settings(organization=acme.organization, version=1, name=name)
            except StaleVersion as stale:
                told.append(stale)

        return save

    together(saving("One"), saving("Two"))
    assert len(told) == 1
    assert stored(acme).version == 2
