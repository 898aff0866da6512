"""The examples of the documentation come in as they stand there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine

from scorecards.selectors.imports.kinds import TABLE_KINDS
from scorecards.services.initiatives import add_initiative
from tests.generated_docs import import_page
from tests.scorecards.imports.bringing import access_of, applied, checked, told
from tests.worlds import NOW, World

pytestmark = pytest.mark.django_db

TEXT = (Path(__file__).resolve().parents[3] / "docs" / "imports.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(r"^### (\w+)$|^```csv\n(.*?)```", re.MULTILINE | re.DOTALL)


def examples() -> Iterator[tuple[str, str]]:
    """Each example with the kind under whose heading it stands."""
    kind = ""
    for heading, content in EXAMPLE.findall(TEXT):
        if heading:
            kind = heading
        else:
            yield kind, content


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=True):
        yield


def test_each_example_is_of_its_kind_and_is_applied(acme: World) -> None:
    assert {kind for kind, _ in examples()} == TABLE_KINDS.keys()
    add_initiative(unit=acme.units["sales"], code="crm", name="CRM")
    access = access_of(acme, "root")
    for kind, content in examples():
        row = checked(access, content)
        assert (row.kind, row.state) == (kind, "ready"), row.said
        assert row.refused == 0, (kind, told(row)["problems"])
        if row.added + row.changed:  # periods in columns say the same as a row for each value
            assert applied(row).state == "done", row.said


def test_the_columns_of_the_tables_are_those_documented() -> None:
    stored, expected = import_page()
    assert stored == expected, "Run: python -m tests.generated_docs"
