"""What the pages show, as data: raw numbers with their labels. Missing is null."""

from typing import Any

from scorecards.selectors.shapes import (
    Board,
    KpiRow,
    ObjectiveRow,
    PerspectiveBand,
    Score,
    TraceNode,
    TracePart,
)

Answer = dict[str, Any]


def score_answer(score: Score) -> Answer:
    """A score with what always stands beside it; KPIs have no counts beneath."""
    answer: Answer = {"score": score.value, "status": score.status, "coverage": score.coverage}
    if score.counts is not None:
        counts = score.counts
        answer["counts"] = {name: getattr(counts, name) for name in counts.__dataclass_fields__}
    return answer


def board_answer(board: Board) -> Answer:
    """A scorecard in one period, down to its KPIs."""
    return {
        "unit": board.unit_code,
        "unit_name": board.unit_name,
        "name": board.scorecard_name,
        "period": board.period.label,
        "frequency": board.period.frequency,
        "structure_since": board.structure_since,
        "is_stale": board.is_stale,
        **score_answer(board.score),
        "perspectives": [_perspective(band) for band in board.perspectives],
    }


def _perspective(band: PerspectiveBand) -> Answer:
    return {
        "code": band.code,
        "name": band.name,
        **score_answer(band.score),
        "objectives": [_objective(row) for row in band.objectives],
    }


def _objective(row: ObjectiveRow) -> Answer:
    return {
        "code": row.code,
        "name": row.name,
        "owner": row.owner,
        "theme": row.theme,
        **score_answer(row.score),
        "kpis": [_kpi(kpi) for kpi in row.kpis],
    }


def _kpi(row: KpiRow) -> Answer:
    return {
        "code": row.code,
        "name": row.name,
        "unit_of_measure": row.unit_of_measure,
        "direction": row.direction,
        "timing": row.timing,
        "owner": row.owner,
        "weight": row.weight,
        "weight_share": row.weight_share,
        "value": row.actual.value,
        "target": row.target.value,
        "variance": row.variance.value,
        "last_year": row.last_year.value,
        "year_to_date": row.year_to_date.value,
        **score_answer(row.score),
        "marks": list(row.marks),
    }


def trace_answer(node: TraceNode) -> Answer:
    """The explanation of a score: from it alone the score can be computed again."""
    answer: Answer = {
        "kind": node.kind,
        "code": node.code,
        "name": node.name,
        **score_answer(node.score),
        "weight": node.weight,
        "weight_share": node.weight_share,
        "effective_share": node.effective_share,
        "sentence": node.sentence,
        "marks": list(node.marks),
    }
    if node.kind == "kpi":
        return answer | _kpi_facts(node)
    children = [trace_answer(child) for child in node.children]
    return answer | {"rule": node.rule, "is_capped": node.is_capped, "children": children}


def _kpi_facts(node: TraceNode) -> Answer:
    return {
        "unit_of_measure": node.unit_of_measure,
        "time_rule": node.time_rule,
        "value": node.actual.value if node.actual else None,
        "target": node.target.value if node.target else None,
        "polyline": [list(point) for point in node.polyline.points],
        "parts": [_part(part) for part in node.parts],
    }


def _part(part: TracePart) -> Answer:
    return {
        "period": part.period_label,
        "value": part.value.value,
        "target": part.target.value,
        "state": part.state,
        "recorded": part.recorded_text,
        "note": part.note,
    }
