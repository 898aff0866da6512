"""What cannot be written is refused, beside its field, before anything is stored."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from kpis.models import Measurement
from scorecards.selectors.records import ALL_KINDS, Unreadable
from scorecards.services.records import Deed, NotApplied, apply, plan, rehearsed
from tests.scorecards.records_world import KEY, LAB, TIE, closed, everything, of
from tests.worlds import NOW, World

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


@pytest.fixture
def at_now() -> Any:
    with time_machine.travel(NOW, tick=True):
        yield


GROW = {"scorecard": "sales_scorecard", "objective": "grow"}
CHANGED = KEY | {"changed_from": "2026-03", "note": "New tills"}
PLACE = GROW | {"place": 0.1}
REFUSED: list[tuple[str, list[dict[str, Any]], str, str]] = [
    ("units", [LAB | {"parent": "emae"}], "parent", "did you mean “emea”?"),
    ("units", [LAB | {"parent": "rival"}], "parent", "There is no unit “rival”"),
    ("units", [LAB | {"parent": ""}], "parent", "one topmost unit"),
    ("units", [LAB | {"kind": "gang"}], "kind", "write one of corporate, division"),
    ("units", [{"code": "lab", "name": "Lab", "parent": "acme"}], "kind", "is missing"),
    ("units", [LAB | {"code": "Lab 1"}], "code", "lower-case letters, digits"),
    ("units", [LAB | {"code": "import"}], "code", "word of the system"),
    ("units", [LAB, LAB], "code", "stands here twice"),
    ("units", [LAB | {"colour": "red"}], "colour", "have no “colour”"),
    ("units", [LAB | {"kind": "individual"}], "person", "whose unit"),
    ("units", [LAB | {"parent": "ada"}], "parent", "beneath an individual"),
    ("units", [{"code": "emea", "parent": "sales"}], "parent", "beneath itself"),
    ("units", [{"code": "sales", "kind": "individual", "person": "bob"}], "kind", "never"),
    ("people", [{"code": "x", "name": "a\x00b"}], "name", "cannot be stored"),
    ("people", [{"code": "x", "name": "é" * 201}], "name", "at most 200 characters"),
    ("people", [{"code": "bob", "email": "new@example.org"}], "email", "belongs to a sign-in"),
    ("roles", [{"person": "ada", "unit": "sales", "role": "viewer"}], "person", "e-mail address"),
    (
        "roles",
        [{"person": "root", "unit": "acme", "role": "viewer"}],
        "",
        "Nobody else administers",
    ),
    ("kpis", [{"code": "k", "name": "K", "formula": "revenue +"}], "formula", "."),
    ("kpis", [{"code": "k", "name": "K", "formula": "revenoe"}], "formula", "revenue"),
    ("kpis", [{"code": "revenue", "formula": "revenue + 1"}], "formula", "cannot need itself"),
    (
        "kpis",
        [{"code": "a", "name": "A", "formula": "b"}, {"code": "b", "name": "B", "formula": "a"}],
        "formula",
        "`a` needs `b`, which needs `a`",
    ),
    ("kpis", [{"code": "k", "name": "K", "weighting": "nps"}], "weighting", "mean"),
    ("kpis", [{"code": "k", "name": "K", "decimals": 10}], "decimals", "from 0 to 9"),
    ("kpis", [{"code": "k", "name": "K", "benchmark": 1.0}], "benchmark_source", "together"),
    ("kpis", [{"code": "k", "name": "K", "value_kind": "graded"}], "grades", "Write the grades"),
    ("kpis", [{"code": "nps", "frequency": "month"}], "frequency", "recorded"),
    ("kpis", [{"code": "rating", "grades": [["A", 10**400], ["B", 1]]}], "grades", "write"),
    ("kpis", [{"code": "rating", "grades": [["A", True], ["B", 0]]}], "grades", "write"),
    ("kpis", [{"code": "rating", "grades": [["A", "1_000"], ["B", 0]]}], "grades", "write"),
    (
        "scorecards",
        [{"code": "sales_scorecard", "unit": "sales", "starts_on": dt.date(1, 1, 1)}],
        "starts_on",
        "years 1900 to 2199",
    ),
    ("assignments", [KEY | {"unit": "apac", "responsible": "zoe"}], "responsible", "no person"),
    ("assignments", [KEY | {"own_values": "adds"}], "own_values", "sum or a mean"),
    (
        "assignments",
        [KEY | {"starts_on": dt.date(2026, 2, 1), "ends_on": dt.date(2026, 2, 1)}],
        "ends_on",
        "after the start",
    ),
    ("targets", [KEY | {"valid_from": "2026-Q1", "target": 1}], "valid_from", "a month"),
    ("targets", [KEY | {"valid_from": "soon", "target": 1}], "valid_from", "not a month"),
    ("targets", [KEY | {"valid_from": "2026-02", "target": "1"}], "target", "is not such a number"),
    ("targets", [KEY | {"valid_from": "2026-02", "target": float("nan")}], "target", "number"),
    ("targets", [KEY | {"valid_from": "2026-02"}], "", "."),
    (
        "targets",
        [KEY | {"unit": "apac", "valid_from": "2026-02", "target": 1}],
        "unit",
        "assign it",
    ),
    ("targets", [KEY | {"valid_from": "2026-01", "target": 90}], "", "closed"),
    ("process_changes", [CHANGED | {"changed_from": "2026-07"}], "changed_from", "not begun"),
    ("process_changes", [CHANGED | {"changed_from": "2026-Q1"}], "changed_from", "a month"),
    ("process_changes", [CHANGED | {"note": " \n "}], "note", "Say what was changed"),
    ("process_changes", [CHANGED | {"note": "n" * 501}], "note", "at most 500"),
    ("process_changes", [CHANGED | {"unit": "apac"}], "unit", "assign it"),
    ("process_changes", [CHANGED | {"kpi": "revenu"}], "kpi", "did you mean “revenue”?"),
    (
        "process_changes",
        [CHANGED, CHANGED | {"changed_from": "2026-03-31"}],
        "changed_from",
        "stands here twice",
    ),
    ("map_places", [PLACE | {"place": 1.01}], "place", "a number from 0 to 1"),
    ("map_places", [PLACE | {"place": None}], "place", "is missing"),
    ("map_places", [PLACE | {"objective": "grov"}], "objective", "did you mean “grow”?"),
    ("map_places", [PLACE | {"scorecard": "secret"}], "scorecard", "no scorecard"),
    ("map_places", [PLACE, PLACE | {"place": 0.2}], "objective", "stands here twice"),
    ("scorecards", [{"code": "sales_scorecard", "unit": "emea"}], "unit", "stays at its unit"),
    (
        "scorecards",
        [{"code": "x", "unit": "sales", "name": "X", "status": "active"}],
        "status",
        "too",
    ),
    ("scorecards", [{"code": "sales_scorecard", "status": "draft"}], "status", "archived, not"),
    ("scorecards", [{"code": "sales_scorecard", "status": "archived"}], "ends_on", "until which"),
    (
        "perspectives",
        [{"scorecard": "sales_scorecard", "code": "process", "weight": -1}],
        "weight",
        "from 0 to 1000000",
    ),
    (
        "objective_kpis",
        [GROW | {"kpi": "revenue", "weight": 0}, GROW | {"kpi": "nps", "weight": 0}],
        "weight",
        "at least one child of objective “grow”",
    ),
    (
        "objectives",
        [{"scorecard": "sales_scorecard", "code": "grow", "perspective": "finance"}],
        "perspective",
        "did you mean “financial”?",
    ),
    ("objectives", [{"scorecard": "emea_scorecard", "code": "new"}], "perspective", "is missing"),
    ("objective_kpis", [GROW | {"kpi": "secret_sauce"}], "kpi", "There is no KPI"),
    (
        "alignments",
        [TIE | {"supported_scorecard": "sales_scorecard", "supported_objective": "improve"}],
        "supported_scorecard",
        "is not above",
    ),
    (
        "initiatives",
        [{"code": "i", "unit": "sales", "name": "I", "objectives": ["emea_scorecard.gro"]}],
        "objectives",
        "did you mean “emea_scorecard.grow”?",
    ),
    (
        "initiatives",
        [{"code": "i", "unit": "sales", "name": "I", "budget_planned": Decimal("1.005")}],
        "budget_planned",
        "two decimals",
    ),
    ("milestones", [{"initiative": "i", "name": "M"}], "due_on", "is missing"),
    ("settings", [{"time_zone": "Mars"}], "time_zone", "not a time zone"),
]


def test_each_mistake_is_refused_beside_its_field_and_nothing_is_stored(acme: World) -> None:
    """Whether the plan finds it or only the rehearsal."""
    acme.record("nps", "sales", {"2026-01-01": 41})
    closed(acme, "sales", "2026-01")
    before = everything(acme.organization)
    access = of(acme, "root")
    for kind, records, field, text in REFUSED:
        found = plan(access, {kind: records})
        found = found if found.refused else rehearsed(access, found)
        problems = [p for change in found.refused for p in change.problems if p.field == field]
        assert problems, (kind, records, found.changes)
        assert any(text in problem.text for problem in problems), (kind, records, problems)
        with pytest.raises(NotApplied):
            apply(access, found)
    assert everything(acme.organization) == before


def test_what_is_used_is_not_removed(acme: World) -> None:
    acme.record("certified", "sales", {"2026-01-01": 1})
    access = of(acme, "root")
    records = everything(acme.organization)
    for kind, key, text in (
        ("units", ("sales",), "is used by"),
        ("kpis", ("nps",), "is used by"),
        ("assignments", ("certified", "sales"), "is used by"),
        ("scorecards", ("sales_scorecard",), "Only a draft is removed"),
        ("units", ("acme",), "topmost"),
    ):
        kept = [r for r in records[kind] if ALL_KINDS[kind].key_of(r) != key]
        found = rehearsed(access, plan(access, {kind: kept}, removes=True))
        problems = {c.key: c.problems for c in found.refused if c.deed is Deed.REMOVED}
        assert text in problems[key][0].text, (kind, key)
    assert not plan(access, {"units": []}).changes  # without removes nothing goes
    assert Measurement.objects.filter(assignment__unit=acme.units["sales"]).count() == 1


# --- Fields


@pytest.mark.parametrize(
    ("kind", "field", "text", "said"),
    [
        ("kpis", "grades", "A=3; B=-2.5", "A=3; B=-2.5"),
        ("kpis", "grades", '[["x=1; y", 2], ["b", 1]]', '[["x=1; y", 2.0], ["b", 1.0]]'),
        ("kpis", "is_input", "YES", "yes"),
        ("kpis", "natural_minimum", "1e3", "1000"),
        ("kpis", "natural_minimum", "1,5", Unreadable),
        ("kpis", "natural_minimum", "1e999", Unreadable),
        ("kpis", "natural_minimum", "١", Unreadable),
        ("kpis", "decimals", "2.0", Unreadable),
        ("kpis", "direction", " Lower ", "lower"),
        ("kpis", "name", "", Unreadable),
        ("targets", "curve", "0=50; 10=100", "0=50; 10=100"),
        ("targets", "valid_from", "2026 Q1", Unreadable),
        ("initiatives", "objectives", "b.y, a.x;a.x", "a.x; b.y"),
        ("initiatives", "starts_on", "2026-02-30", Unreadable),
        ("initiatives", "starts_on", "20260228", Unreadable),
        ("initiatives", "budget_planned", "1200.5", "1200.50"),
        ("settings", "reporting_frequencies", "year; month", "month; year"),
        ("settings", "reporting_frequencies", "fortnight", Unreadable),
    ],
)
def test_a_cell_says_its_value(kind: str, field: str, text: str, said: Any) -> None:
    item = ALL_KINDS[kind].by_name[field]
    if said is Unreadable:
        with pytest.raises(Unreadable, match=r"\.$"):
            item.read(text)
    else:
        assert item.write(item.read(text)) == said
