"""How a reported value came about, as a reader sees it: units not seen are one nameless part."""

from collections.abc import Sequence
from dataclasses import replace

from calculations.display import NOTHING
from organizations.access import Access
from scorecards.selectors.formats import grouped
from scorecards.selectors.shapes import Figure
from scorecards.selectors.traces.shapes import ValueStep


def shown_step(access: Access, step: ValueStep) -> ValueStep:
    """The step and all beneath it, without the units that the reader may not see."""
    seen: list[ValueStep] = []
    unseen: list[ValueStep] = []
    for child in step.children:
        is_seen = not child.unit_code or access.visible_unit(child.unit_code) is not None
        (seen if is_seen else unseen).append(child)
    children = [shown_step(access, child) for child in seen]
    if unseen:
        children.append(_merged(step, unseen))
    inputs = tuple((name, shown_step(access, read)) for name, read in step.inputs)
    return replace(step, children=tuple(children), inputs=inputs)


def _merged(above: ValueStep, steps: Sequence[ValueStep]) -> ValueStep:
    """Steps as one that counts for them all: their sum, or their weighted mean."""
    counted = [(step.value.value, step.weight) for step in steps if step.weight > 0]
    weight = sum(share for _, share in counted)
    total = sum(share * (value or 0.0) for value, share in counted)
    is_sum = above.rule == "sum"
    value = (total if is_sum else total / weight) if weight else None
    return ValueStep(
        kind="hidden",
        code="",
        name="",
        unit_code="",
        unit_name="",
        value=_figure(value, above.value.text),
        unit_of_measure=above.unit_of_measure,
        rule="",
        sentence=f"{len(steps)} that you may not see",
        known=0,
        due=0,
        weight=float(weight > 0) if is_sum else weight,
    )


def _figure(value: float | None, like: str) -> Figure:
    """A number with as many decimals as the one that it is part of."""
    decimals = len(like.partition(".")[2])
    return Figure(value, NOTHING if value is None else grouped(f"{value:.{decimals}f}"))
