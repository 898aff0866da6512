"""Documentation that cannot drift: the examples of the methods run."""

import doctest
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs"


def test_the_examples_of_the_methods_hold() -> None:
    failed, tried = doctest.testfile(str(DOCS / "methods.md"), module_relative=False)
    assert tried > 20
    assert failed == 0
