"""The trace: why a score is what it is, down to the raw values.

Scores in a trace are the stored ones, so that it always explains the number on the page; each node
lists its children with their weights, and rolling those up by the node's rule gives its score.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from calculations.periods import Frequency, Period
from calculations.rollup import ROLL_UP_RULES, roll_up
from scorecards.links import board_href
from scorecards.models import (
    Assessment,
    EditionContent,
    KpiLink,
    ObjectiveNode,
    PerspectiveNode,
    ScoreSheet,
)
from scorecards.selectors.boards.board_data import BoardData, kpi_page_href, trace_href
from scorecards.selectors.boards.kpi_rows import VIEWED, board_cell, no_score
from scorecards.selectors.scoring.assessments import (
    assessed_score,
    assessed_sentence,
    sheet_node,
    stored_score,
)
from scorecards.selectors.shapes import Score

from .hidden_parts import HiddenPart, hidden_line
from .shapes import TraceNode
from .value_trace import ValueTracer

Node = Assessment.Node
Parent = EditionContent | PerspectiveNode | ObjectiveNode
NOUNS = {
    "scorecard": "perspectives",
    "perspective": "objectives",
    "objective": "KPIs and contributions",
}


@dataclass(frozen=True)
class Share:
    """A child's weight, its share of the weights, and its share of the score above."""

    weight: float | None = None
    of_weight: float | None = None
    of_score: float | None = None


@dataclass(frozen=True)
class Sources:
    """What a trace needs beyond the board: how values came about, and scores of contributors."""

    data: BoardData
    tracer: ValueTracer
    contributed: dict[tuple[int, str], dict[str, Any]]


def trace(data: BoardData, key: str) -> TraceNode | None:
    """The explanation of one score; None where the key names nothing on this board.

    key: "scorecard", "perspective:<code>", "objective:<code>" or "kpi:<objective>:<code>".
    """
    sources = _sources(data)
    kind, _, rest = key.partition(":")
    if kind == "scorecard" and not rest:
        return scorecard_trace(sources)
    for perspective in data.content.perspectives:
        if kind == "perspective" and perspective.code == rest:
            return _perspective(sources, perspective, Share())
        for node in perspective.objectives:
            if kind == "objective" and node.code == rest:
                return _objective(sources, node, Share())
            for link in node.kpis:
                if kind == "kpi" and f"{node.code}:{link.code}" == rest:
                    return _kpi(sources, link, Share())
    return None


def _sources(data: BoardData) -> Sources:
    viewing = data.viewing
    tracer = ValueTracer(
        access=data.access,
        facts=data.facts,
        figures=data.figures,
        column=VIEWED,
        period=viewing.label,
        as_of=viewing.as_of_text,
        at=viewing.at,
    )
    return Sources(data=data, tracer=tracer, contributed=_contributed(data))


def _contributed(data: BoardData) -> dict[tuple[int, str], dict[str, Any]]:
    """The scores of contributing objectives, by (scorecard id, code): stored, or as of then."""
    wanted = {
        c.scorecard
        for perspective in data.content.perspectives
        for node in perspective.objectives
        for c in node.contributions
    }
    sheets = (
        data.beneath.items()
        if data.viewing.as_of
        else ScoreSheet.objects.filter(
            scorecard_id__in=wanted,
            frequency=data.viewing.period.frequency,
            period_start=data.viewing.period.start,
        ).values_list("scorecard_id", "detail")
    )
    return {
        (pk, code): node
        for pk, detail in sheets
        for code, node in detail.get("objectives", {}).items()
    }


def scorecard_trace(sources: Sources) -> TraceNode:
    """The whole tree, from the scorecard down to every part of every KPI."""
    data = sources.data
    children = data.content.perspectives
    shares = _shares(
        data.content,
        [_stored(data, "perspectives", child.code) for child in children],
        [child.weight for child in children],
    )
    top = None if data.sheet is None else sheet_node(data.sheet)
    return _parent(
        data,
        "scorecard",
        data.scorecard.code,
        data.content,
        top,
        Share(),
        tuple(_perspective(sources, c, s) for c, s in zip(children, shares, strict=True)),
    )


def _perspective(sources: Sources, node: PerspectiveNode, share: Share) -> TraceNode:
    data = sources.data
    shares = _shares(
        node,
        [_stored(data, "objectives", child.code) for child in node.objectives],
        [child.weight for child in node.objectives],
    )
    return _parent(
        data,
        "perspective",
        node.code,
        node,
        _stored(data, "perspectives", node.code),
        share,
        tuple(_objective(sources, c, s) for c, s in zip(node.objectives, shares, strict=True)),
    )


def _objective(sources: Sources, node: ObjectiveNode, share: Share) -> TraceNode:
    data = sources.data
    pool = [_stored(data, "kpis", link.code) for link in node.kpis]
    pool += [sources.contributed.get((c.scorecard, c.objective)) for c in node.contributions]
    weights = [link.weight for link in node.kpis] + [c.weight for c in node.contributions]
    shares = _shares(node, pool, weights)
    own, lower = shares[: len(node.kpis)], shares[len(node.kpis) :]
    kpis = [_kpi(sources, link, s) for link, s in zip(node.kpis, own, strict=True)]
    explained = _parent(
        data,
        "objective",
        node.code,
        node,
        _stored(data, "objectives", node.code),
        share,
        (*kpis, *_contributions(sources, node, lower)),
    )
    return replace(explained, said=data.said.get(node.code))


def _parent(
    data: BoardData,
    kind: str,
    code: str,
    node: Parent,
    stored: dict[str, Any] | None,
    share: Share,
    children: tuple[TraceNode, ...],
) -> TraceNode:
    said = data.assessment(kind, "" if kind == Node.SCORECARD else code)
    score = stored_score(data.organization, stored, said)
    trace_key = kind if kind == "scorecard" else f"{kind}:{code}"
    return TraceNode(
        kind=kind,
        code=code,
        name=node.name,
        href=trace_href(data, trace_key),
        score=score,
        weight=share.weight,
        weight_share=share.of_weight,
        effective_share=share.of_score,
        rule=node.rule.value,
        is_capped=node.is_capped,
        sentence=assessed_sentence(score) + _sentence(kind, node, score, children),
        children=children,
    )


def _sentence(kind: str, node: Parent, score: Score, children: Sequence[TraceNode]) -> str:
    """How the score came about, in one breath."""
    if not children:
        return "Nothing beneath it is scored yet."
    counted = sum(1 for child in children if child.score.value is not None and child.weight)
    rule = node.rule.value.replace("_", " ").capitalize()
    capped = ", each counted up to 100" if node.is_capped else ""
    measured = (
        "" if score.coverage is None else f" {score.coverage_text} of the due weight is measured."
    )
    return f"{rule} of {counted} of {len(children)} {NOUNS[kind]}{capped}.{measured}"


def _shares(
    node: Parent, stored: Sequence[dict[str, Any] | None], weights: Sequence[float]
) -> list[Share]:
    """What each child weighs, by the same roll-up that made the score."""
    scores = np.array([s["score"] if s else None for s in stored], dtype=np.float64)
    rule = [ROLL_UP_RULES.index(node.rule)]
    rolled = roll_up(scores, scores, weights, [0] * len(weights), 1, rule, [node.is_capped])
    total = sum(weights)
    return [
        Share(weight, weight / total if total else 0.0, float(effective))
        for weight, effective in zip(weights, rolled.effective_weights, strict=True)
    ]


def _contributions(
    sources: Sources, node: ObjectiveNode, shares: Sequence[Share]
) -> list[TraceNode]:
    """Supporting objectives; those that the reader may not see are one nameless line."""
    data = sources.data
    nodes, hidden = [], []
    for contribution, share in zip(node.contributions, shares, strict=True):
        key = (contribution.scorecard, contribution.objective)
        other = data.others.get(key)
        stored = sources.contributed.get(key)
        if other is None or not data.access.sees(other.unit_id):
            hidden.append(_hidden_part(share, stored))
            continue
        unit = data.access.tree.by_id[other.unit_id]
        nodes.append(
            TraceNode(
                kind="contribution",
                code=other.code,
                name=f"{unit.name} · {other.name}",
                href=board_href(
                    data.organization.code,
                    unit.code,
                    data.viewing.label,
                    f"objective:{other.code}",
                    as_of=data.viewing.as_of_text,
                ),
                unit=unit.code,
                score=stored_score(data.organization, stored, _said_of(data, key)),
                weight=share.weight,
                weight_share=share.of_weight,
                effective_share=share.of_score,
            )
        )
    if hidden:
        nodes.append(hidden_line(data.organization, hidden, is_capped=node.is_capped))
    return nodes


def _hidden_part(share: Share, stored: dict[str, Any] | None) -> HiddenPart:
    score = stored["score"] if stored else None
    return HiddenPart(score, share.weight or 0.0, share.of_weight or 0.0, share.of_score or 0.0)


def _kpi(sources: Sources, link: KpiLink, share: Share) -> TraceNode:
    data = sources.data
    row = data.rows.get(link.kpi)
    if row is None:
        said = data.assessment(Node.KPI, link.code)
        score = assessed_score(data.organization, no_score(data.organization), said)
        return TraceNode(
            kind="kpi",
            code=link.code,
            name=link.code,
            href=None,
            score=score,
            weight=share.weight,
            weight_share=share.of_weight,
            effective_share=share.of_score,
            sentence=assessed_sentence(score) + f"Not measured at {data.unit.name} any more.",
        )
    kpi = data.facts.assignments[row].kpi
    cell = board_cell(data, kpi, row)
    step = sources.tracer.step(row)
    return TraceNode(
        kind="kpi",
        code=kpi.code,
        name=kpi.name,
        href=kpi_page_href(data, kpi.code),
        score=cell.score,
        weight=share.weight,
        weight_share=share.of_weight,
        effective_share=share.of_score,
        sentence=assessed_sentence(cell.score) + step.sentence,
        actual=cell.actual,
        target=cell.target,
        target_source=_target_source(data, row),
        step=step,
        polyline=cell.polyline,
        marks=cell.marks,
        unit_of_measure=kpi.unit_of_measure,
    )


def _target_source(data: BoardData, row: int) -> str:
    """Whose target the value is compared with, and since when it holds."""
    figures, facts = data.figures, data.facts
    rows = figures.target_rows[figures.parts.cells == row * figures.parts.n_spans + VIEWED]
    held = rows[rows >= 0]
    if not held.size:
        is_theirs = facts.series[row].is_rolled_up and not math.isnan(figures.x[row, VIEWED, 0])
        return "from the units beneath that report" if is_theirs else ""
    target = facts.targets[int(held[-1])]
    frequency = Frequency(facts.assignments[row].kpi.frequency)
    since = data.viewing.calendar.label(Period(frequency, target.valid_from))
    if target.series == row:
        return f"own, valid from {since}"
    above = facts.assignments[target.series].unit_id
    return f"from {data.access.told_above(above)}, valid from {since}"


def _stored(data: BoardData, kind: str, code: str) -> dict[str, Any] | None:
    stored: dict[str, Any] | None = data.detail.get(kind, {}).get(code)
    return stored


def _said_of(data: BoardData, contributing: tuple[int, str]) -> Assessment | None:
    scorecard_id, code = contributing
    return data.assessments.get((scorecard_id, Node.OBJECTIVE, code))
