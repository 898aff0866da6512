"""Small counts that the report of a closed period itself shows, down to its raw values."""

from collections.abc import Iterator

from kpis.models import KPI
from organizations.models import Organization
from scorecards.selectors.traces.shapes import TraceNode, ValueStep

from .small_counts import is_count


def reported_small(organization: Organization, root: TraceNode, smallest: int) -> frozenset[str]:
    """Codes of the board's KPIs whose reported figure is one, or has one behind it.

    What they were made of may be gone: a unit, where the KPI was measured there, the KPI itself.
    """
    nodes = [node for node in _kpis(root) if node.step is not None] if smallest else []
    codes = {step.code for node in nodes for step in _steps(node.step)}
    known = KPI.objects.filter(organization=organization, code__in=codes)
    plain = codes & {kpi.code for kpi in known} - {kpi.code for kpi in known if is_count(kpi)}
    return frozenset(
        node.code
        for node in nodes
        if any(_is_small(step, smallest) for step in _steps(node.step) if step.code not in plain)
    )


def _kpis(node: TraceNode) -> Iterator[TraceNode]:
    if node.kind == "kpi":
        yield node
    for child in node.children:
        yield from _kpis(child)


def _steps(step: ValueStep | None) -> Iterator[ValueStep]:
    """The step and all that its value follows from."""
    if step is None:
        return
    yield step
    for beneath in (*step.children, *(read for _, read in step.inputs)):
        yield from _steps(beneath)


def _is_small(step: ValueStep, smallest: int) -> bool:
    values = [step.value.value, *(part.value.value for part in step.parts)]
    return any(value is not None and value < smallest for value in values)
