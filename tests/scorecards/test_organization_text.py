"""An organization as text: the same in and out, read with care, shown before it is applied."""

import re
import unicodedata
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from organizations.models import Organization
from scorecards.selectors.documents.parsing import MOST_BYTES, MOST_DEPTH
from scorecards.selectors.documents.reading import read_document
from scorecards.selectors.documents.writing import document_text, organization_text
from scorecards.selectors.records import ALL_KINDS
from scorecards.services.organization_texts import planned_text
from scorecards.services.records import apply
from scorecards.views import organization_text as page
from tests.generated_docs import text_page
from tests.scorecards.records_world import everything, furnished, of, operator, record
from tests.worlds import NOW, World

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "text.md"
EXAMPLE = re.search(r"<!-- example -->\n```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)


@pytest.fixture(autouse=True)
def _at_now() -> Any:
    with time_machine.travel(NOW, tick=True):
        yield


def text_of(code: str) -> str:
    return organization_text(operator(Organization.objects.get(code=code)))


def command(*args: str) -> str:
    """What the command prints; raises CommandError where it ends with 1."""
    out = StringIO()
    call_command("import_organization", *args, stdout=out, stderr=StringIO())
    return out.getvalue()


# --- In and out


@pytest.mark.both_databases
@pytest.mark.django_db
def test_the_example_of_the_docs_comes_out_as_it_went_in(tmp_path: Path) -> None:
    assert EXAMPLE is not None
    file = tmp_path / "bright.yaml"
    file.write_text(EXAMPLE[1], encoding="utf-8")
    said = command(str(file), "--dry-run")
    assert "+ KPI punctuality: Punctuality\n" in said
    assert "42 added, 1 changed, 0 removed, 0 unchanged." in said
    assert not Organization.objects.filter(code="bright").exists()
    assert "Applied." in command(str(file), "--apply")
    assert text_of("bright") == EXAMPLE[1]
    assert "0 added, 0 changed, 0 removed" in command(str(file), "--apply")
    stored, expected = text_page()
    assert stored == expected, "run python -m tests.generated_docs"


@pytest.mark.django_db
def test_the_command_says_what_it_changes_and_what_cannot_be(acme: World, tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    text = text_of("acme").replace("name: Sales\n", "name: Sales team\n")
    file.write_text(text, encoding="utf-8")
    assert "~ unit sales: Sales team\n    Name: Sales → Sales team\n" in command(
        str(file), "--dry-run"
    )
    file.write_text(text.replace("parent: emea", "parent: emae"), encoding="utf-8")
    out = StringIO()
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("import_organization", str(file), "--apply", stdout=out)
    line = text[: text.index("parent: emea")].count("\n") + 1
    assert (
        f"  ! line {line}: Parent: There is no unit “emae”: did you mean “emea”?" in out.getvalue()
    )
    assert record(acme.organization, "units", "sales")["name"] == "Sales"  # type: ignore[index]
    for args, text in (
        (("missing.yaml", "--apply"), "cannot be read"),
        ((str(file), "--apply", "--organization", "Not a code"), "--organization"),
        ((str(file), "--apply", "--valid-from", "soon"), "Nothing was changed"),
    ):
        with pytest.raises(CommandError, match=text):
            command(*args)


@pytest.mark.django_db
def test_a_text_that_keeps_changes_what_it_says_and_nothing_else(acme: World) -> None:
    before = everything(furnished(acme).organization)
    text = """
format: 1
kpis:
  nps:
    decimals: 2
    assignments:
      sales:
        targets:
          2026-Q1:
            target: 45
scorecards:
  sales_scorecard:
    perspectives:
      process:
      financial:
        objectives:
          grow:
            kpis: {defects: 4}
"""
    access = of(acme, "root")
    found = planned_text(access, text, keeps=True)
    assert {change.place for change in found.plan.changes} == {
        ("kpis", ("nps",)),
        ("targets", ("nps", "sales", "2026-Q1")),
        ("perspectives", ("sales_scorecard", "financial")),  # their order is another one
        ("perspectives", ("sales_scorecard", "process")),
        ("objective_kpis", ("sales_scorecard", "grow", "defects")),
    }
    apply(access, found.plan)
    after = everything(acme.organization)
    assert [kind for kind in before if len(before[kind]) != len(after[kind])] == ["objective_kpis"]
    target = record(acme.organization, "targets", "nps", "sales", "2026-Q1")
    assert target is not None
    assert (target["target"], target["red_flag"]) == (45, 20)
    assert not planned_text(access, text_of("acme")).plan.changes


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=60).map(
    lambda text: text.replace("\x00", "").replace("\r", "")
)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e18, max_value=1e18)
CODES = st.from_regex(r"\A[a-z][a-z0-9_]{0,8}\Z") | st.sampled_from(["no", "null", "y", "on"])


@settings(max_examples=40, deadline=None)
@given(code=CODES, name=WORDS, lines=WORDS, low=NUMBERS, weight=st.floats(0, 1e6), label=WORDS)
def test_whatever_records_hold_is_read_as_it_was_written(
    code: str, name: str, lines: str, low: float, weight: float, label: str
) -> None:
    name, lines, label = (unicodedata.normalize("NFC", text) for text in (name, lines, label))
    described = f"{lines}\n{name}\n\n {lines}"
    kpi = {"code": code, "name": f"x{name}", "description": described, "natural_minimum": low + 0.0}
    kpi |= {"grades": [[label, low + 0.0], [f"{label}.", 1.0]], "owner": code}
    tie = {"scorecard": code, "objective": code, "kpi": code, "weight": weight + 0.0}
    records: dict[str, list[dict[str, Any]]] = {
        "settings": [{"name": f"x{name}", "mission": lines}],
        "kpis": [kpi],
        "scorecards": [{"code": code, "unit": code, "name": "x"}],
        "perspectives": [{"scorecard": code, "code": code, "name": "x"}],
        "objectives": [{"scorecard": code, "code": code, "perspective": code, "name": "x"}],
        "objective_kpis": [tie],
    }
    whole = read_document(document_text({"settings": [], "kpis": []}))
    assert whole.problems  # the organization is missing
    full = {kind: [{**_blank(kind), **each} for each in rows] for kind, rows in records.items()}
    found = read_document(document_text(full))
    assert not found.problems
    for kind, rows in full.items():
        said = [{k: v for k, v in row.items() if k != "position"} for row in rows]
        assert found.records[kind] == said


def _blank(kind: str) -> dict[str, Any]:
    return ALL_KINDS[kind].blank()


# --- What is not read

HEAD = "format: 1\norganization:\n  name: A\n"
UNREADABLE = {
    "": (0, "The text is empty"),
    "- a": (1, "Begin with format: 1"),
    "organization:\n  name: A\n": (1, "Write format: 1 first"),
    "format: 2\norganization:\n  name: A\n": (1, "no other format"),
    HEAD + "people: {a: &x {name: A}, b: *x}": (4, "References"),
    HEAD + "people:\n  a:\n    name: !!python/name:os.system A": (6, "Tags"),
    HEAD + "people:\n  a: {name: A}\n  a: {name: B}": (6, "“a” stands here and in line 5"),
    HEAD + "---\nformat: 1": (4, "second document"),
    HEAD + "people:\n  ? [a]\n  : {name: A}": (5, "A key is a plain word"),
    HEAD + "people:\n  a: {nme: A}": (5, "There is no “nme” here; did you mean name?"),
    HEAD + "peple: {}": (4, "did you mean people?"),
    HEAD + "people: [a]": (4, "Write entries beneath people"),
    HEAD + "people:\n  a: Ada": (5, "Write its fields here, such as name"),
    HEAD + "people:\n  'a b': {name: A}": (5, "is not a code"),
    HEAD + "kpis:\n  k:\n    name: K\n    decimals: 1.5": (7, "Decimals: “1.5”"),
    HEAD + "kpis:\n  k:\n    name: [K]": (6, "Name is not written like this"),
    HEAD + "kpis:\n  k:\n    grades: {A: x}": (6, "Grades is not written like this"),
    HEAD + "initiatives:\n  i:\n    milestones: {}": (6, "as a list"),
    HEAD + "scorecards: {s: {perspectives: {p: {objectives: {o: {supports: {x: 1}}}}}}}": (
        4,
        "lacks a part",
    ),
    HEAD + "people: {a": (5, "This is not YAML"),
    HEAD + "people:\n\ta: 1": (5, "This is not YAML"),
    "[" * (MOST_DEPTH + 1): (1, "nested deeper"),
    "format: 1 # \x01": (0, "a character that cannot be stored"),
    "format: \ud800": (0, "a character that cannot be stored"),
    b"format: 1\nname: \xff": (2, "not UTF-8"),
    b"#" * (MOST_BYTES + 1): (0, "more than 10 MB"),
}


@pytest.mark.parametrize("text", UNREADABLE, ids=range(len(UNREADABLE)))
def test_what_cannot_be_read_is_told_with_its_line(text: str | bytes) -> None:
    line, said = UNREADABLE[text]
    problems = [(each.line, each.text) for each in read_document(text).problems]
    assert any(at == line and said in told for at, told in problems), problems


def test_at_the_limits_a_text_is_still_read() -> None:
    assert not read_document((HEAD + "#").encode().ljust(MOST_BYTES, b"#")).problems
    deep = read_document("[" * MOST_DEPTH + "]" * MOST_DEPTH).problems
    assert "nested" not in deep[0].text


# --- The page


@pytest.fixture
def root(acme: World, client: Client) -> Client:
    client.force_login(acme.users["root"])
    return client


def look(client: Client, text: str, do: str = "look", **said: str) -> Any:
    return client.post(
        reverse("organization-text", args=["acme"]), {"do": do, "text": text, **said}
    )


@pytest.mark.django_db
def test_a_text_is_looked_at_applied_and_undone(acme: World, root: Client) -> None:
    before = everything(acme.organization)
    file = root.get(reverse("organization-text-file", args=["acme"]))
    assert file["Content-Disposition"] == 'attachment; filename="acme.yaml"'
    text = file.content.decode()
    assert text == text_of("acme")
    changed = text.replace("name: Sales\n", "name: Sales team\n").replace("\n", "\r\n")
    looked = look(root, changed)
    assert looked.status_code == 200
    assert "1 changed" in looked.context["page"].counts
    assert everything(acme.organization) == before
    seen = looked.context["page"].seen
    assert look(root, changed, "apply", seen="other").status_code == 409
    done = root.post(
        reverse("organization-text", args=["acme"]),
        {"do": "apply", "text": changed, "seen": seen},
        follow=True,
    )
    assert record(acme.organization, "units", "sales")["name"] == "Sales team"  # type: ignore[index]
    undo = re.search(r'name="done" value="(\w+)"', done.content.decode())
    assert undo is not None
    for _ in range(2):  # the second time there is nothing to undo
        look(root, "", "undo", done=undo[1])
        assert everything(acme.organization) == before


@pytest.mark.django_db
def test_a_text_that_cannot_be_is_shown_again_with_what_is_wrong(
    acme: World, root: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = text_of("acme")
    for sent, said in (
        ("", "Choose a file"),
        ("format: 1\npeple: {}", "line 2"),
        (text.replace("parent: emea", "parent: emae"), "did you mean “emea”?"),
        (text.replace("role: ", ""), "")
        if False
        else (text.replace("root: administrator", ""), ""),
    ):
        answer = look(root, sent)
        if said:
            assert answer.status_code == 422
            assert said in answer.content.decode()
            assert sent.splitlines()[-1:] == answer.context["page"].sent.text.splitlines()[-1:]
    long = look(root, text + "#" * page.MOST_BYTES)
    assert (long.status_code, page.TOO_LONG in long.content.decode()) == (422, True)
    monkeypatch.setattr(page, "MOST_CHANGES", 1)
    many = look(
        root, text.replace("name: Sales\n", "name: S\n").replace("name: APAC\n", "name: A\n")
    )
    assert (many.status_code, many.context["page"].may_apply) == (422, False)
    assert "manage.py import_organization" in many.content.decode()
    assert record(acme.organization, "units", "sales")["name"] == "Sales"  # type: ignore[index]
