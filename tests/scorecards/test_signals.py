"""Signals, forecasts and declared changes of a process: page, board, chart and API."""

import datetime as dt
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from kpis.models import ProcessChange
from kpis.services.library import change_kpi
from kpis.services.process_changes import declare_process_change
from scorecards.selectors.boards.row_signals import MOST_UNITS
from tests.pages import undo
from tests.worlds import NOW, World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
KPI = "/acme/kpis/revenue/"
FORM = "/acme/kpis/revenue/process-changes/"
CHART = "/api/v1/acme/kpis/revenue/chart?unit=sales"
BOARD = "/acme/units/sales/scorecard/?period=2026-04"
WOBBLE = (3, -2, 1, -3, 2, 0, -1)  # no season, no trend


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


@pytest.fixture
def signed_in(acme: World) -> Callable[[str], Client]:
    def client(name: str) -> Client:
        found = Client()
        found.force_login(acme.users[name])
        return found

    return client


@pytest.fixture
def alice(signed_in: Callable[[str], Client]) -> Client:
    return signed_in("alice")


def months(
    count: int, level: float = 105, last: str = "2026-04", **exact: float
) -> dict[str, float]:
    """Values of so many months that wobble around a level; exact: others, as m2026_04."""
    year, month = map(int, last.split("-"))
    end = year * 12 + month - 1
    starts = [f"{n // 12}-{n % 12 + 1:02}-01" for n in range(end - count + 1, end + 1)]
    values = {start: level + WOBBLE[n % 7] for n, start in enumerate(starts)}
    return values | {f"{name[1:].replace('_', '-')}-01": value for name, value in exact.items()}


def panel(client: Client, **query: str) -> Any:
    return client.get(KPI, {"unit": "sales"} | query).context["kpi"].panel


def meta(client: Client) -> Any:
    return client.get(CHART).json()["layout"]["meta"]


def row(client: Client, address: str = BOARD) -> Any:
    shown = client.get(address).context["board"]
    rows = [kpi for band in shown.perspectives for each in band.objectives for kpi in each.kpis]
    return next(kpi for kpi in rows if kpi.code == "revenue")


def test_missed_and_changed_are_two_things(acme: World, alice: Client) -> None:
    acme.record("revenue", "sales", months(28))
    quiet = panel(alice)
    assert (quiet.tone, quiet.signals, row(alice).signal) == ("", (), "")
    assert quiet.sentence.startswith("2026-04 met its target and lies within what chance explains")

    # Missed, but no more than chance: the mark stays away.
    acme.record("revenue", "sales", {"2026-04-01": 98})
    missed = panel(alice)
    assert "2026-04 missed its target, yet lies within" in missed.sentence
    assert (missed.tone, row(alice).signal) == ("", "")
    assert row(alice).score.status == "below_target"

    # Met, and yet changed.
    acme.record("revenue", "sales", {"2026-04-01": 140})
    changed = panel(alice)
    assert (changed.tone, changed.marked) == ("better", {"2026-04"})
    assert "lies above what chance explains (9" in changed.sentence
    assert changed.sentence.endswith("k€): the process has changed. It met its target.")
    marked = row(alice)
    assert (marked.signal, marked.score.status) == ("better", "on_target")
    page = alice.get(BOARD).content.decode()
    assert f"signal, better: {marked.signal_text}</title>" in page
    assert "differs by more than chance explains" in page
    assert '<span class="vh">signal</span>' in alice.get(KPI, {"unit": "sales"}).content.decode()

    answer = alice.get("/api/v1/acme/units/sales/scorecard?period=2026-04").json()
    told = answer["perspectives"][0]["objectives"][0]["kpis"][0]
    assert told["signal"] == {"tone": "better", "text": marked.signal_text}
    # A month later the mark is gone with its month; the KPI's page keeps the ring.
    assert row(alice, BOARD.replace("04", "03")).signal == ""
    assert [each["period"] for each in meta(alice)["signals"]] == ["2026-04"]


def test_what_is_not_whole_says_nothing(acme: World, alice: Client) -> None:
    """Neither a running month nor a unit that has not reported yet is a change of the process."""
    acme.record("revenue", "sales", months(28) | {"2026-05-01": 2})
    assert (panel(alice).tone, row(alice).signal) == ("", "")
    assert row(alice, BOARD.replace("04", "05")).signal == ""

    change_kpi(kpi=acme.kpis["revenue"], unit_rule="sum")
    acme.record("revenue", "ada", dict.fromkeys(months(27, last="2026-03"), 50))
    above = alice.get(KPI, {"unit": "emea"}).context["kpi"].panel
    assert above.sentence.startswith("2026-03")
    assert above.tone == ""


def test_too_few_values_and_other_kinds_say_so(acme: World, alice: Client) -> None:
    nothing = panel(alice)
    assert (nothing.sentence, nothing.caution, nothing.forecast) == ("", "", ())
    acme.record("revenue", "sales", months(5))
    few = panel(alice)
    assert few.sentence == ""
    assert few.caution == "What chance explains is not known yet: 5 of 6 values."
    assert few.no_forecast == "No forecast yet: 5 of 8 values."
    assert meta(alice)["forecast"] is None
    acme.record("revenue", "sales", months(9))
    assert panel(alice).caution == "The limits are provisional: 9 of 12 values."
    answer = alice.get("/acme/kpis/certified/", {"unit": "sales"}).context["kpi"].panel
    assert answer.sentence.startswith("Signals and forecasts are of numbers")


def test_the_forecast_joins_what_is_measured_with_what_is_to_come(
    acme: World, alice: Client
) -> None:
    recorded = months(28)
    february = recorded.pop("2026-02-01")
    acme.record("revenue", "sales", recorded)
    # A month of the year is missing: its sum cannot be compared, the months to come still can.
    told = panel(alice)
    assert told.forecast == ("Values of 2026 are missing, so its sum is not told.",)
    assert len(told.coming) == 8
    assert meta(alice)["forecast"]["ending"] is None

    acme.record("revenue", "sales", {"2026-02-01": february})
    told = panel(alice)
    whole, chance, basis = told.forecast
    assert whole.startswith("2026 is expected to come to 1,2")
    assert chance == "The chance of meeting the target of 1,200 k€ is more than 95 %."
    assert "tried on the past it errs" in basis
    assert [line.period for line in told.coming][::7] == ["2026-05", "2026-12"]
    found = meta(alice)["forecast"]
    assert found["ending"]["period"] == "2026"
    assert found["ending"]["lower"] < found["ending"]["expected"] < found["ending"]["upper"]
    assert found["ending"]["chance"] > 0.95
    assert found["text"] == " ".join(told.forecast)


def test_the_figure_is_valid_and_its_table_has_all(acme: World, alice: Client) -> None:
    import plotly.graph_objects as go

    acme.record("revenue", "sales", months(28, m2026_04=140))
    declare(acme, dt.date(2025, 3, 5), "Another price list")
    figure = alice.get(CHART).json()
    go.Figure(figure)
    assert figure == json.loads(json.dumps(figure))
    roles = [trace["meta"]["role"] for trace in figure["data"]]
    assert roles == [
        *("fan", "fan", "forecast", "limit", "limit", "centre", "signal", "target", "actual")
    ]
    told = figure["layout"]["meta"]
    assert [each["from"] for each in told["limits"]] == ["2023-06", "2025-03"]
    assert told["process_changes"] == [{"from": "2025-03", "note": "Another price list"}]
    assert figure["layout"]["xaxis"]["categoryarray"][-1] == "2026-12"
    assert "change" in [shape.get("name") for shape in figure["layout"]["shapes"]]
    table = told["table"]
    assert table["columns"][-4:] == ["signal", "forecast", "from", "to"]
    by_period = {line[0]: line for line in table["rows"]}
    assert by_period["2026-04"][-4] == "beyond the limits"
    assert all(number is not None for number in by_period["2026-12"][-3:])
    assert {len(line) for line in table["rows"]} == {len(table["columns"])}
    # A chart of the past looks at nothing to come.
    past = alice.get(f"{CHART}&to=2025-12").json()["layout"]["meta"]
    assert (past["forecast"], past["signals"]) == (None, [])


def declare(acme: World, day: dt.date, note: str = "New line") -> ProcessChange:
    assignment = acme.assignment("revenue", "sales")
    return declare_process_change(assignment=assignment, day=day, note=note, by=acme.users["alice"])


def post(client: Client, **fields: str) -> Any:
    return client.post(FORM, {"unit": "sales", "viewed": "2026-Q1"} | fields)


def test_a_change_is_declared_taken_back_and_declared_again(
    acme: World, alice: Client, signed_in: Callable[[str], Client]
) -> None:
    acme.record("revenue", "sales", months(28, level=100) | months(14, level=130))
    assert len(panel(alice).signals) > 20
    answer = post(alice, period="2025-03", note="  A second   press ")
    assert answer.status_code == 302
    assert answer["Location"].endswith("?unit=sales&period=2026-Q1#signals")
    told = panel(alice)
    assert (told.signals, told.tone, len(told.limits)) == ((), "", 2)
    (line,) = told.changes
    assert (line.period, line.note, line.told) == (
        "2025-03",
        "A second press",
        "declared 2026-05-04 by Alice",
    )
    assert row(alice).signal == ""
    # Who only reads sees it and gets no form; nor does anybody in the past.
    bob = signed_in("bob")
    assert (panel(bob).changes, panel(bob).form) == (told.changes, None)
    assert post(bob, period="2025-04", note="x").status_code == 403
    past = panel(alice, as_of="2026-05-03")
    assert (past.changes, past.form) == ((), None)

    gone = post(alice, do="take_back", number=str(line.number), version=str(line.version))
    page = alice.get(gone["Location"].partition("#")[0])
    assert page.context["kpi"].panel.changes == ()
    assert ProcessChange.history.count() == 2
    again = alice.post(FORM, undo(page.content.decode()))
    assert again.status_code == 302
    assert panel(alice).changes[0].note == "A second press"
    history = alice.get("/acme/history/kpi/revenue/").content.decode()
    assert history.count("Revenue at Sales from 2025-03-01: A second press") == 3
    # What was shown before is stale by now.
    stale = post(alice, do="take_back", number=str(line.number), version=str(line.version))
    assert stale.status_code == 409
    assert "declared anew meanwhile" in stale.content.decode()


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"period": "2026-02", "note": " "}, "note", "Say what was changed."),
        ({"period": "2026-02"}, "note", "Say what was changed."),
        ({"period": "2026-02", "note": "x" * 501}, "note", "at most 500"),
        ({"period": "2026-02", "note": "a\x00b"}, "general", "cannot be stored"),
        ({"period": "2026-06", "note": "Press"}, "period", "has not begun"),
        ({"period": "2026-01", "note": "Press"}, "period", "declared from 2026-01 on already"),
        ({"period": "soon", "note": "Press"}, "period", "soon"),
        ({"period": "2026-Q1", "note": "Press"}, "period", "2026-Q1"),
        ({"note": "Press"}, "period", ""),
        ({"do": "take_back", "number": "0", "version": "1"}, "general", "meanwhile"),
        ({"do": "restore", "number": "x"}, "general", "meanwhile"),
    ],
)
def test_what_is_wrong_is_said_beside_it_and_what_was_typed_stays(
    acme: World, alice: Client, fields: dict[str, str], field: str, said: str
) -> None:
    declare(acme, dt.date(2026, 1, 20))
    answer = post(alice, **fields)
    assert answer.status_code == 422
    form = answer.context["panel"].form
    assert said in form.problems[field]
    assert form.note == fields.get("note", "")
    assert ProcessChange.objects.live().count() == 1


def test_changes_over_the_api(acme: World, alice: Client) -> None:
    place = "/api/v1/acme/kpis/revenue/process-changes"

    def declared(**fields: str) -> Any:
        body = {"unit": "sales", "period": "2026-03", "note": "Press"} | fields
        return alice.post(place, body, content_type="application/json")

    made = declared()
    assert made.status_code == 201
    assert (made.json()["period"], made.json()["by"]) == ("2026-03", "Alice")
    assert declared().json()["code"] == "already_exists"
    for field, value in (("unit", "apac"), ("period", "2026-Q1"), ("note", " ")):
        answer = declared(**{"period": "2026-02", field: value})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, f"/{field}")
    assert alice.get(f"{place}?unit=sales").json()["results"] == [made.json()]
    assert alice.get(f"{place}?unit=emea").json()["results"] == []
    one = f"{place}/sales/2026-03"
    assert alice.get(one).headers["ETag"] == made.headers["ETag"]
    assert alice.get(f"{place}/sales/2026-Q1").status_code == 404
    codes = [
        alice.delete(one, headers=headers).status_code
        for headers in ({}, {"If-Match": '"other"'}, {"If-Match": made.headers["ETag"]})
    ]
    assert codes == [428, 412, 204]
    assert alice.get(one).status_code == 404


def test_a_change_of_another_unit_is_not_there(acme: World, alice: Client) -> None:
    number = declare(acme, dt.date(2026, 1, 20)).pk
    answer = alice.post(FORM, {"unit": "emea", "do": "take_back", "number": number, "version": 1})
    assert (answer.status_code, ProcessChange.objects.live().count()) == (422, 1)


def test_signals_of_a_board_cost_one_statement(
    acme: World,
    alice: Client,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    acme.record("revenue", "sales", months(28, m2026_04=140))
    with django_assert_max_num_queries(99) as with_signals:
        assert row(alice).signal == "better"
    name = "scorecards.selectors.boards.row_signals.MOST_UNITS"
    monkeypatch.setattr(name, MOST_UNITS - MOST_UNITS)
    with django_assert_max_num_queries(99) as without:
        assert row(alice).signal == ""
    assert len(with_signals) == len(without) + 1
