"""Small counts that the reports of a closed period themselves show, down to their raw values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kpis.models import KPI
from organizations.models import Organization
from scorecards.selectors.closing.report_document import ReportDocument
from scorecards.selectors.traces.shapes import TraceNode, ValueStep

from .countable import is_count

Reported = tuple[int, str]  # scorecard id, code of one of its KPIs


@dataclass(frozen=True)
class ReportedCounts:
    """What reports tell of small counts, whatever has become since of all that was behind them.

    scorecards: that have a report; small: whose figure is a small count, or has one behind it;
    following: whose figure followed from units beneath or from other KPIs; supported: objectives
    of the board with contributions from others.
    """

    scorecards: frozenset[int]
    small: frozenset[Reported]
    following: frozenset[Reported]
    supported: frozenset[str]


def reported_counts(
    organization: Organization, own: int, documents: Mapping[int, ReportDocument], smallest: int
) -> ReportedCounts:
    """documents: by scorecard; own: the one whose board it is.

    What the figures were made of may be gone: a unit, where the KPI was measured there, the KPI
    itself.
    """
    steps = {
        (pk, node.code): node.step
        for pk, document in documents.items()
        for node in _nodes(document.trace, "kpi")
        if node.step is not None
    }
    codes = {each.code for step in steps.values() for each in _steps(step)}
    known = KPI.objects.filter(organization=organization, code__in=codes)
    kpis = {kpi.code: kpi for kpi in known.select_related("weighting")}
    objectives = _nodes(documents[own].trace, "objective")
    return ReportedCounts(
        scorecards=frozenset(documents),
        small=frozenset(
            key
            for key, step in steps.items()
            if any(_is_small(each, kpis.get(each.code), smallest) for each in _steps(step))
        ),
        following=frozenset(key for key, step in steps.items() if step.kind != "measured"),
        supported=frozenset(
            node.code
            for node in objectives
            if any(child.kind in ("contribution", "hidden") for child in node.children)
        ),
    )


def _nodes(node: TraceNode, kind: str) -> Iterator[TraceNode]:
    if node.kind == kind:
        yield node
    for child in node.children:
        yield from _nodes(child, kind)


def _steps(step: ValueStep) -> Iterator[ValueStep]:
    """The step and all that its value follows from."""
    yield step
    for beneath in (*step.children, *(read for _, read in step.inputs)):
        yield from _steps(beneath)


def _is_small(step: ValueStep, kpi: KPI | None, smallest: int) -> bool:
    """kpi: the step's, None where there is no such KPI any more: then it may be a count."""
    values: list[float | None] = []
    if kpi is None or is_count(kpi):
        values = [step.value.value, *(part.value.value for part in step.parts)]
    weighting = kpi.weighting if kpi else None
    if ", weighted by " in step.sentence and (weighting is None or is_count(weighting)):
        values += [child.weight for child in step.children if child.value.value is not None]
    return any(value is not None and value < smallest for value in values)
