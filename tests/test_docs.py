"""Documentation that cannot drift: the examples of the methods run, and links lead somewhere."""

import doctest
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", *DOCS.rglob("*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")


def test_the_examples_of_the_methods_hold() -> None:
    failed, tried = doctest.testfile(str(DOCS / "methods.md"), module_relative=False)
    assert tried > 100
    assert failed == 0


def anchors(text: str) -> set[str]:
    """The names that headings get: lower case, without punctuation, hyphens for spaces."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_pages_and_headings(page: Path) -> None:
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target.read_text(encoding="utf-8")), link


def test_every_source_of_the_methods_is_cited_and_listed() -> None:
    text, _, listed = (DOCS / "methods.md").read_text(encoding="utf-8").rpartition("## Sources")
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    cited = {int(n) for group in re.findall(r"\[([\d, ]+)\]", prose) for n in group.split(",")}
    assert cited == {int(n) for n in re.findall(r"^(\d+)\. ", listed, re.MULTILINE)}
