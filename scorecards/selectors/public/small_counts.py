"""Which figures of a board or a chart a small count would be told by.

A count that is smaller than the smallest one to be shown may tell of single persons. So it is
hidden, and with it everything from which it could be computed: whatever was made of it over time,
over units, as a weight or by a formula, its score, and the scores above that.
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
from django.db.models import Q

from calculations.figures import Figures
from kpis.models import Assignment
from kpis.selectors.network import measured_behind
from kpis.selectors.series import Facts, kpi_facts
from scorecards.models import KpiLink, ObjectiveNode
from scorecards.selectors.boards.board_data import BoardData
from scorecards.selectors.boards.kpi_rows import VIEWED

from .contributors import Contributors, Place
from .countable import is_count
from .reported_counts import ReportedCounts

Hidden = npt.NDArray[np.bool_]  # (n_spans,): whether a KPI's figure must not be told


def said_of_hidden(value: float | None, smallest: int, *, counts: bool) -> str:
    """What stands in the place of a value that is not told; counts: whether it is a count."""
    is_small = counts and value is not None and value < smallest
    return f"fewer than {smallest}" if is_small else "not shown"


def hidden_figures(facts: Facts, figures: Figures, smallest: int) -> dict[tuple[int, int], Hidden]:
    """By (KPI id, unit id) of what was requested, for each span."""
    hits, ever = _small_parts(facts, figures, smallest), _ever_small(facts, smallest)
    found = {}
    for row, assignment in enumerate(facts.requested):
        behind = measured_behind(facts.series, row, with_weights=True)
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
        waiting += [*one.children, *one.weights, one.replacement]
    return False


@dataclass
class SmallCounts:
    """What must not be told of a board; objectives and KPIs by their codes.

    What the data know nothing of is hidden: nobody can tell what is behind it. report: of a closed
    period, what was reported. Units, KPIs and where they are measured may have gone since, and the
    data with them: then the report is all that is known, and that is of its period alone.
    """

    contributors: Contributors
    smallest: int
    report: ReportedCounts | None = None
    _known: dict[tuple[int, str], bool] = field(default_factory=dict)

    @property
    def data(self) -> BoardData:
        return self.contributors.data

    def of_kpi(self, code: str) -> Hidden:
        """For each span of the board, whether the KPI's figure is hidden."""
        n_spans = len(self.data.viewing.spans)
        if not self.smallest:
            return np.zeros(n_spans, dtype=bool)
        assignment = self._assignments.get(code)
        if assignment is None:
            return np.ones(n_spans, dtype=bool)
        own = self.data.scorecard.pk
        hidden = self._figures[assignment.kpi_id, self.data.unit.id].copy()
        if self.report is not None:
            viewed = hidden[VIEWED] or self._was_small(own, assignment.kpi_id, code)
            hidden |= self.data.viewing.at is None or self._is_doubtful(
                own, assignment.kpi_id, code
            )
            hidden[VIEWED] = viewed
        return hidden

    def hides_target(self, code: str) -> bool:
        """Whether its target, too, may tell a count: combined with weights from units beneath."""
        assignment = self._assignments.get(code)
        if assignment is None or assignment.kpi.weighting_id is not None:
            return True
        return self.report is not None and (self.data.scorecard.pk, code) in self.report.following

    def said_of(self, code: str, value: float | None) -> str:
        """In place of a hidden figure; what only follows from a small count may itself be large."""
        assignment = self._assignments.get(code)
        counts = assignment is not None and is_count(assignment.kpi)
        return said_of_hidden(value, self.smallest, counts=counts)

    def hides(self, code: str) -> bool:
        """Whether anything beneath an objective of the board is hidden in the viewed period."""
        if not self.smallest:
            return False
        node = self._objectives.get(code)
        if node is None or self._hides(self.data.scorecard.pk, node):
            return True
        # By the structure of now, nobody can tell what contributed then.
        is_of_now = self.data.viewing.at is None
        return self.report is not None and is_of_now and code in self.report.supported

    @cached_property
    def hides_trend(self) -> bool:
        """Whether a score of the periods shown may tell anything that is hidden."""
        if not self.smallest:
            return False
        if any(hidden.any() for hidden in self._figures.values()):
            return True
        beneath, links = self.contributors, list(self.contributors.links())
        if any(beneath.place(*each) not in self._figures for each in links):
            return True
        if beneath.is_restructured or (self.report is not None and self.report.small):
            return True
        # Scores as they were reported follow from what was there then.
        is_reported = self.report is not None or bool(self.data.reported)
        return is_reported and any(
            self._is_doubtful(scorecard, link.kpi, link.code) for scorecard, link in links
        )

    @cached_property
    def _assignments(self) -> dict[str, Assignment]:
        """Of the board, by the KPI's code."""
        return {row.kpi.code: row for row in self.data.facts.requested}

    @cached_property
    def _objectives(self) -> dict[str, ObjectiveNode]:
        perspectives = self.data.content.perspectives
        return {node.code: node for each in perspectives for node in each.objectives}

    def _hides(self, scorecard: int, objective: ObjectiveNode) -> bool:
        key = (scorecard, objective.code)
        if key not in self._known:
            self._known[key] = False  # what leads back to itself adds nothing
            self._known[key] = any(
                self._hides_link(scorecard, link) for link in objective.kpis
            ) or any(
                self._hides(other.scorecard, node)
                for other in objective.contributions
                for node in self.contributors.nodes(other.scorecard, other.objective)
            )
        return self._known[key]

    def _hides_link(self, scorecard: int, link: KpiLink) -> bool:
        """Whether a linked KPI's figure of the viewed period is hidden."""
        hidden = self._figures.get(self.contributors.place(scorecard, link))
        if self.report is None:  # what is not measured now has no score now
            return hidden is not None and bool(hidden[VIEWED])
        if hidden is None or hidden[VIEWED] or self._was_small(scorecard, link.kpi, link.code):
            return True
        is_known = scorecard in self.report.scorecards
        return not is_known and self._is_doubtful(scorecard, link.kpi, link.code)

    def _was_small(self, scorecard: int, kpi: int, code: str) -> bool:
        """Whether a small count was behind what was reported of it, or nobody can tell.

        A report shows recorded values, but of weights only what they are over its whole period.
        """
        assert self.report is not None
        place = kpi, self.contributors.units[scorecard]
        weighting = self._weighting.get(place)
        is_lost = weighting is not None and not self._gone.isdisjoint({kpi, weighting})
        return is_lost or (scorecard, code) in self.report.small

    def _is_doubtful(self, scorecard: int, kpi: int, code: str) -> bool:
        """Whether other units or KPIs were behind what was reported of it, or may have been."""
        place = kpi, self.contributors.units[scorecard]
        was_following = self.report is not None and (scorecard, code) in self.report.following
        return was_following or place in self._following or kpi in self._gone

    @cached_property
    def _read(self) -> tuple[tuple[Facts, Figures], ...]:
        """Of the board's KPIs, and of those beneath it."""
        data, viewing = self.data, self.data.viewing
        here = [(row.kpi_id, row.unit_id) for row in data.facts.requested]
        below = self.contributors.assignments(here)
        if not below:
            return ((data.facts, data.figures),)
        facts = kpi_facts(data.organization, below, viewing.spans, viewing.at)
        return (data.facts, data.figures), (facts, facts.figures(viewing.spans))

    @cached_property
    def _figures(self) -> dict[Place, Hidden]:
        found: dict[Place, Hidden] = {}
        for facts, figures in self._read:
            found |= hidden_figures(facts, figures, self.smallest)
        return found

    @cached_property
    def _following(self) -> frozenset[Place]:
        """What follows from units beneath or from other KPIs."""
        return frozenset(
            (row.kpi_id, row.unit_id)
            for facts, _ in self._read
            for row, one in zip(facts.requested, facts.series, strict=False)
            if not one.is_measured
        )

    @cached_property
    def _weighting(self) -> dict[Place, int | None]:
        """The KPI that weighs each, if any does."""
        return {
            (row.kpi_id, row.unit_id): row.kpi.weighting_id
            for facts, _ in self._read
            for row in facts.requested
        }

    @cached_property
    def _gone(self) -> frozenset[int]:
        """KPIs that are measured no more in a place where they were."""
        linked = {link.kpi for _, link in self.contributors.links()}
        gone = Assignment.objects.filter(
            ~Q(deleted_at=None) | ~Q(unit__deleted_at=None),
            organization=self.data.organization,
            kpi_id__in=linked | set(filter(None, self._weighting.values())),
        )
        return frozenset(gone.values_list("kpi_id", flat=True))
