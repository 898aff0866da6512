"""Which figures of a board or a chart a small count would be told by.

A count that is smaller than the smallest one to be shown may tell of single persons. So it is
hidden, and with it everything from which it could be computed: whatever was made of it over time,
over units or by a formula, its score, and the scores above that.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from calculations.figures import Figures
from kpis.models import KPI, Assignment
from kpis.selectors.network import measured_behind
from kpis.selectors.series import Facts, kpi_facts
from scorecards.models import EditionContent, ObjectiveNode, Scorecard
from scorecards.selectors.boards.board_data import BoardData
from scorecards.selectors.boards.kpi_rows import VIEWED
from scorecards.selectors.editions.reading import contents, valid_editions

Hidden = npt.NDArray[np.bool_]  # (n_spans,): whether a KPI's figure must not be told
# Whole numbers of these are no counts; of every other word they may be.
NO_COUNTS = frozenset(
    {"%", "‰", "pp", "min", "minutes", "h", "hours", "days", "weeks", "months", "points", "stars"}
)
MONEY = frozenset("€$£¥")


def is_count(kpi: KPI) -> bool:
    """Whether its whole numbers may count persons or cases; rather one KPI too many."""
    is_whole = kpi.value_kind == KPI.ValueKind.NUMBER and kpi.decimals == 0
    unit = kpi.unit_of_measure.strip()
    return is_whole and unit not in NO_COUNTS and not MONEY & set(unit)


def said_of_hidden(value: float | None, smallest: int, *, counts: bool) -> str:
    """What stands in the place of a value that is not told; counts: whether it is a count."""
    is_small = counts and value is not None and value < smallest
    return f"fewer than {smallest}" if is_small else "not shown"


def hidden_figures(facts: Facts, figures: Figures, smallest: int) -> dict[tuple[int, int], Hidden]:
    """By (KPI id, unit id) of what was requested, for each span."""
    hits, ever = _small_parts(facts, figures, smallest), _ever_small(facts, smallest)
    found = {}
    for row, assignment in enumerate(facts.requested):
        behind = measured_behind(facts.series, row)
        hidden = np.zeros(hits.shape[1], dtype=bool)
        for number in behind:
            hidden |= hits[number]
        if _looks_elsewhere(facts, row) and any(ever[number] for number in behind):
            hidden[:] = True
        if is_count(assignment.kpi):
            hidden |= figures.values[row] < smallest
        found[assignment.kpi_id, assignment.unit_id] = hidden
    return found


def _small_parts(facts: Facts, figures: Figures, smallest: int) -> npt.NDArray[np.bool_]:
    """(n_series, n_spans): whether a recorded count in the span is too small; missing is not."""
    parts = figures.parts
    counts = np.array([is_count(each.kpi) for each in facts.assignments], dtype=bool)
    is_small = counts[parts.series] & (parts.values < smallest)
    hits = np.zeros((len(facts.assignments), parts.n_spans), dtype=bool)
    hits[parts.series[is_small], (parts.cells % parts.n_spans)[is_small]] = True
    return hits


def _ever_small(facts: Facts, smallest: int) -> npt.NDArray[np.bool_]:
    """(n_series,): whether any count that was read is too small, be it of a period not shown."""
    counts = np.array([is_count(each.kpi) for each in facts.assignments], dtype=bool)
    read = facts.values
    is_small = counts[read.series] & (read.values < smallest)
    ever = np.zeros(len(facts.assignments), dtype=bool)
    ever[read.series[is_small]] = True
    return ever


def _looks_elsewhere(facts: Facts, row: int) -> bool:
    """Whether formulas are behind it: they may read other periods than that which is shown."""
    waiting, seen = [row], set()
    while waiting:
        number = waiting.pop()
        if number < 0 or number in seen:
            continue
        seen.add(number)
        one = facts.series[number]
        if one.inputs:
            return True
        waiting += [*one.children, one.replacement]
    return False


@dataclass
class SmallCounts:
    """What must not be told of a board; objectives and KPIs by their codes.

    What the data know nothing of is hidden: nobody can tell what is behind it. reported: KPIs of
    the board that a report shows to be made of small counts, whatever has become of these since.
    """

    data: BoardData
    smallest: int
    reported: frozenset[str] = frozenset()
    _known: dict[tuple[int, str], bool] = field(default_factory=dict)

    def of_kpi(self, code: str) -> Hidden:
        """For each span of the board, whether the KPI's figure is hidden."""
        if not self.smallest:
            return np.zeros(len(self.data.viewing.spans), dtype=bool)
        row = self._rows.get(code)
        if row is None:
            return np.ones(len(self.data.viewing.spans), dtype=bool)
        hidden = self._figures[self.data.facts.assignments[row].kpi_id, self.data.unit.id].copy()
        hidden[VIEWED] |= code in self.reported
        return hidden

    def said_of(self, code: str, value: float | None) -> str:
        """In place of a hidden figure; what only follows from a small count may itself be large."""
        row = self._rows.get(code)
        counts = row is not None and is_count(self.data.facts.assignments[row].kpi)
        return said_of_hidden(value, self.smallest, counts=counts)

    def hides(self, code: str) -> bool:
        """Whether anything beneath an objective of the board is hidden in the viewed period."""
        if not self.smallest:
            return False
        node = self._objectives.get(code)
        return node is None or self._hides(self.data.scorecard.pk, node)

    @property
    def hides_trend(self) -> bool:
        """Whether anything beneath is hidden in any of the periods shown."""
        if not self.smallest:
            return False
        return bool(self.reported) or any(hidden.any() for hidden in self._figures.values())

    @cached_property
    def _rows(self) -> dict[str, int]:
        assignments = self.data.facts.assignments
        return {assignments[row].kpi.code: row for row in self.data.rows.values()}

    @cached_property
    def _objectives(self) -> dict[str, ObjectiveNode]:
        perspectives = self.data.content.perspectives
        return {node.code: node for each in perspectives for node in each.objectives}

    def _hides(self, scorecard: int, objective: ObjectiveNode) -> bool:
        key = (scorecard, objective.code)
        if key not in self._known:
            self._known[key] = False  # what leads back to itself adds nothing
            unit = self._units.get(scorecard, 0)
            measured = (self._figures.get((link.kpi, unit)) for link in objective.kpis)
            here = any(hidden is not None and hidden[VIEWED] for hidden in measured)
            self._known[key] = here or any(
                self._hides(other.scorecard, node)
                for other in objective.contributions
                for node in self._nodes(other.scorecard, other.objective)
            )
        return self._known[key]

    def _nodes(self, scorecard: int, code: str) -> Iterable[ObjectiveNode]:
        content = self._contents.get(scorecard)
        for perspective in content.perspectives if content else ():
            yield from (node for node in perspective.objectives if node.code == code)

    @cached_property
    def _contents(self) -> dict[int, EditionContent]:
        """The scorecard's and, level by level, those of all that contribute to it."""
        end = self.data.viewing.calendar.end(self.data.viewing.period)
        found = {self.data.scorecard.pk: self.data.content}
        waiting = _contributing([self.data.content]) - found.keys()
        while waiting:
            read = _contents_at(waiting, end, self.data.viewing.at)
            found |= read
            waiting = _contributing(read.values()) - found.keys() - waiting
        return found

    @cached_property
    def _units(self) -> dict[int, int]:
        scorecards = Scorecard.objects.filter(pk__in=self._contents.keys())
        return dict(scorecards.values_list("pk", "unit_id"))

    @cached_property
    def _figures(self) -> dict[tuple[int, int], Hidden]:
        data, viewing = self.data, self.data.viewing
        found = hidden_figures(data.facts, data.figures, self.smallest)
        wanted = {
            (link.kpi, self._units[pk])
            for pk, content in self._contents.items()
            for perspective in content.perspectives
            for objective in perspective.objectives
            for link in objective.kpis
        } - found.keys()
        if not wanted:
            return found
        below = _assignments(data, wanted)
        facts = kpi_facts(data.organization, below, viewing.spans, viewing.at)
        return found | hidden_figures(facts, facts.figures(viewing.spans), self.smallest)


def _contributing(found: Iterable[EditionContent]) -> set[int]:
    return {
        each.scorecard
        for content in found
        for perspective in content.perspectives
        for objective in perspective.objectives
        for each in objective.contributions
    }


def _contents_at(
    scorecards: set[int], end: dt.date, at: dt.datetime | None
) -> dict[int, EditionContent]:
    editions = valid_editions(scorecards, end, at)
    read = contents([edition.pk for edition in editions.values()])
    return {pk: read[edition.pk] for pk, edition in editions.items()}


def _assignments(data: BoardData, wanted: set[tuple[int, int]]) -> list[Assignment]:
    rows = (
        Assignment.objects.live()
        .filter(
            organization=data.organization,
            kpi_id__in={kpi for kpi, _ in wanted},
            unit_id__in={unit for _, unit in wanted},
        )
        .select_related("kpi")
        .order_by("pk")
    )
    found = [row for row in rows if (row.kpi_id, row.unit_id) in wanted]
    for assignment in found:
        assignment.kpi.organization = data.organization
    return found
