"""P15: the alignment tree of a large organization, one level at a time, against all units."""

from collections.abc import Iterator

from scorecards.links import alignment_href

from .database import statement_count
from .measuring import Contender, Count, Finding, Ratio, timed_rounds
from .pages import Reader, getting
from .synthetic import Synthetic

CALLS = 2
GOAL = 0.5  # of the page that lists every unit; the more units, the less


def tree_findings(small: Synthetic, large: Synthetic, rounds: int) -> Iterator[Finding]:
    """What is painted first, and what opening a level costs. Both have fresh scores."""
    reader = Reader(large.user, large.organization)
    browser = reader.browser()
    work = {
        "first level of the tree": getting(browser, _path(large)),
        "page of all units": getting(browser, reader.path()),
    }
    contenders = [Contender(name, {"run": run}, calls=CALLS) for name, run in work.items()]
    for run in work.values():
        run()
    samples = timed_rounds(contenders, rounds)
    yield Ratio(
        "P15",
        f"first level of the alignment tree of {large.size.units} units",
        samples["first level of the tree", "run"],
        samples["page of all units", "run"],
        "the page of all units",
        GOAL if large.size.units > 5 * large.size.divisions else None,
    )
    few, many = (_statements(made) for made in (small, large))
    yield Count(
        "P15",
        f"alignment tree: statements more for {large.size.units} units than for {small.size.units}",
        many - few,
        goal=0,
        detail=f"({few} and {many})",
        values={"small": few, "large": many},
    )


def _path(made: Synthetic) -> str:
    period = Reader(made.user, made.organization).period
    return alignment_href(made.organization.code, "whole", view="tree", period=period)


def _statements(made: Synthetic) -> int:
    browser = Reader(made.user, made.organization).browser()
    run = getting(browser, _path(made))
    run()
    return statement_count(run)
