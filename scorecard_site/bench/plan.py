"""What is measured, in which order, on how much."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from io import StringIO

from django.core.management import call_command

from organizations.models import Organization, User
from scorecard_site.demo.company import CODE
from scorecard_site.demo.people import demo_people
from scorecards.services.refresh import rebuild_scores

from .counts import count_findings
from .database import bare_connection
from .footprint import footprint_findings
from .formulas import formula_findings
from .lines import equality_findings, line_findings
from .measuring import Finding
from .pages import Reader, figure_findings, page_findings
from .pushes import empty_tables, push_findings, single_findings, tidy_tables
from .rolling import roll_up_findings
from .scores import refresh_findings
from .server import web_server
from .synthetic import Size, Synthetic, build
from .trees import tree_findings
from .work import work_findings
from .writers import writer_findings

BARE_WEB = "scorecard_site.bench.bare_web:application"


@dataclass(frozen=True)
class Scale:
    """How much is measured, and how often."""

    size: Size
    small: Size  # for counting statements at two sizes
    rounds: int
    scorecards: int  # of a roll-up in arrays
    formula_units: int
    has_demo: bool = True  # pages are measured on the demonstration company


# The small ones, too, have more sheets than travel as one text: three statements stage them.
SCALES = {
    "xs": Scale(Size(1, 2, 4, 2), Size(1, 1, 2, 2), 1, 100, 20, has_demo=False),
    "s": Scale(Size(7, 6, 10, 20), Size(1, 6, 4, 20), 5, 10_000, 1000),
    "m": Scale(Size(15, 32, 10, 2), Size(2, 30, 4, 2), 7, 100_000, 1000),
    "l": Scale(Size(9, 110, 10, 1), Size(1, 80, 4, 1), 11, 100_000, 1000),
}


@dataclass
class Bench:
    """The organizations of one run, each made when it is first needed."""

    scale: Scale

    @cached_property
    def large(self) -> Synthetic:
        return build("large", self.scale.size)

    @cached_property
    def filled(self) -> tuple[Synthetic, Synthetic]:
        """A small one and the large one, with values and scores."""
        pair = build("small", self.scale.small), self.large
        empty_tables()
        for made in pair:
            made.fill()
            rebuild_scores(organization_id=made.organization.pk)
        tidy_tables()
        return pair

    @cached_property
    def reader(self) -> Reader:
        """Who looks at pages."""
        if not self.scale.has_demo:
            _, large = self.filled
            return Reader(large.user, large.organization)
        call_command("load_demo", stdout=StringIO())
        administrator = demo_people()[0]
        user = User.objects.get(email=administrator.email)
        return Reader(user, Organization.objects.get(code=CODE))

    def pushes(self) -> Iterator[Finding]:
        with web_server() as server, bare_connection() as bare:
            yield from push_findings(self.large, server, bare, self.scale.rounds)
            yield from writer_findings(self.large, server, 10 * self.scale.rounds)

    def singles(self) -> Iterator[Finding]:
        _, large = self.filled
        with web_server() as server, web_server(BARE_WEB) as least, bare_connection() as bare:
            yield from single_findings(large, server, least, bare, self.scale.rounds)

    def rollup(self) -> Iterator[Finding]:
        yield from roll_up_findings(self.scale.scorecards, self.scale.rounds)

    def formulas(self) -> Iterator[Finding]:
        yield from formula_findings(self.scale.formula_units, self.scale.rounds)

    def lines(self) -> Iterator[Finding]:
        yield from line_findings()
        yield from equality_findings(self.filled[1])

    def pages(self) -> Iterator[Finding]:
        with bare_connection() as bare:
            yield from page_findings(self.reader, bare, self.scale.rounds)
        yield from figure_findings(self.reader, self.scale.rounds)

    def scores(self) -> Iterator[Finding]:
        yield from refresh_findings(self.filled[1].organization, self.scale.rounds)

    def work(self) -> Iterator[Finding]:
        yield from work_findings(self.filled[1], self.scale.rounds)

    def counts(self) -> Iterator[Finding]:
        yield from count_findings(*self.filled)

    def trees(self) -> Iterator[Finding]:
        yield from tree_findings(*self.filled, self.scale.rounds)

    def footprint(self) -> Iterator[Finding]:
        yield from footprint_findings(self.reader)


# The first part empties the tables in which the others want values.
PARTS: dict[str, Callable[[Bench], Iterator[Finding]]] = {
    "pushes": Bench.pushes,
    "singles": Bench.singles,
    "scores": Bench.scores,
    "rollup": Bench.rollup,
    "formulas": Bench.formulas,
    "lines": Bench.lines,
    "pages": Bench.pages,
    "work": Bench.work,
    "counts": Bench.counts,
    "trees": Bench.trees,
    "footprint": Bench.footprint,
}


def findings(scale: Scale, parts: Sequence[str]) -> Iterator[Finding]:
    """Everything measured, in the order of PARTS."""
    bench = Bench(scale)
    for name, measure in PARTS.items():
        if name in parts:
            yield from measure(bench)
