"""What the pages show, as data: raw numbers with their labels. Missing is null."""

from scorecards.selectors.boards.shapes import Board, KpiRow, ObjectiveRow, PerspectiveBand
from scorecards.selectors.closing.reported import ClosedNote, ReportedBoard
from scorecards.selectors.closing.restatement_lines import RestatementLine
from scorecards.selectors.shapes import Assessed, Counts, SaidLine, Score
from scorecards.selectors.traces.shapes import TraceNode, TracePart, ValueStep

from .shapes import (
    AssessedAnswer,
    BoardAnswer,
    ClosedAnswer,
    CountsAnswer,
    EvidenceAnswer,
    KpiFacts,
    KpiRowAnswer,
    ObjectiveAnswer,
    PartAnswer,
    PerspectiveAnswer,
    PlainScore,
    RestatementAnswer,
    SaidAnswer,
    ScoreAnswer,
    ScorecardAnswer,
    StepAnswer,
    TraceAnswer,
)


def score_answer(score: Score) -> ScoreAnswer:
    """A score with what always stands beside it; KPIs have no counts beneath."""
    answer: ScoreAnswer = {**_plain_score(score)}
    if score.counts is not None:
        answer["counts"] = _counts(score.counts)
    if score.restated is not None:
        answer["restated"] = _plain_score(score.restated)
    if score.assessed is not None:
        answer["assessed"] = _assessed(score.assessed)
    return answer


def _counts(counts: Counts) -> CountsAnswer:
    return {
        "on_target": counts.on_target,
        "below_target": counts.below_target,
        "critical": counts.critical,
        "no_data": counts.no_data,
        "insufficient_data": counts.insufficient_data,
    }


def _assessed(said: Assessed) -> AssessedAnswer:
    """Who said it, when and why, and what was computed."""
    return {
        "status": said.status,
        "reason": said.reason,
        "by": said.by,
        "at": said.at.isoformat(),
        "computed": {"score": said.computed.value, "status": said.computed.status},
    }


def _plain_score(score: Score) -> PlainScore:
    return {"score": score.value, "status": score.status, "coverage": score.coverage}


def reported_answer(page: ReportedBoard) -> ScorecardAnswer:
    """A closed period: the reported figures, each with the restated one where it differs."""
    answer: ScorecardAnswer = {
        **board_answer(page.board),
        "as_of": None,
        "closed": closed_answer(page.note),
    }
    if page.trace is not None:
        answer["trace"] = trace_answer(page.trace)
    return answer


def closed_answer(note: ClosedNote) -> ClosedAnswer:
    """Who closed the period, when and where, and what was restated since."""
    return {
        "by": note.by,
        "at": note.at.isoformat(),
        "note": note.note,
        "unit": note.unit_code,
        "period": note.period_label,
        "figures": "current" if note.figures == "current" else "reported",
        "restatements": [_restatement(line) for line in note.restatements],
    }


def _restatement(line: RestatementLine) -> RestatementAnswer:
    return {
        "kpi": line.kpi_code,
        "unit": line.unit_code,
        "period": line.period,
        "subject": line.subject,
        "before": line.before,
        "after": line.after,
        "reason": line.reason,
        "by": line.by,
        "at": line.at.isoformat(),
    }


def board_answer(board: Board) -> BoardAnswer:
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


def _perspective(band: PerspectiveBand) -> PerspectiveAnswer:
    return {
        "code": band.code,
        "name": band.name,
        **score_answer(band.score),
        "objectives": [_objective(row) for row in band.objectives],
    }


def _objective(row: ObjectiveRow) -> ObjectiveAnswer:
    answer: ObjectiveAnswer = {
        "code": row.code,
        "name": row.name,
        "owner": row.owner,
        "theme": row.theme,
        **score_answer(row.score),
        "kpis": [_kpi(kpi) for kpi in row.kpis],
    }
    if row.said:
        answer["said"] = _said(row.said)
    return answer


def _said(said: SaidLine) -> SaidAnswer:
    """The sentence on an objective; files are told by their names and digests."""
    files: list[EvidenceAnswer] = [
        {"name": each.name, "sha256": each.sha256} for each in said.evidence
    ]
    return {"text": said.text, "by": said.by, "at": said.at.isoformat(), "evidence": files}


def _kpi(row: KpiRow) -> KpiRowAnswer:
    answer: KpiRowAnswer = {
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
    if row.signal:
        answer["signal"] = {"tone": row.signal, "text": row.signal_text}
    if row.actual.restated is not None:
        answer["restated_value"] = row.actual.restated.value
    if row.target.restated is not None:
        answer["restated_target"] = row.target.restated.value
    return answer


def trace_answer(node: TraceNode) -> TraceAnswer:
    """The explanation of a score: from it alone the score can be computed again."""
    answer: TraceAnswer = {
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
        return {**answer, **_kpi_facts(node)}
    children = [trace_answer(child) for child in node.children]
    return {**answer, "rule": node.rule, "is_capped": node.is_capped, "children": children}


def _kpi_facts(node: TraceNode) -> KpiFacts:
    return {
        "unit_of_measure": node.unit_of_measure,
        "value": node.actual.value if node.actual else None,
        "target": node.target.value if node.target else None,
        "target_source": node.target_source,
        "polyline": [list(point) for point in node.polyline.points],
        "step": _step(node.step) if node.step else None,
    }


def _step(step: ValueStep) -> StepAnswer:
    """How a value came about, in the form that its kind has."""
    answer: StepAnswer = {
        "kind": step.kind,
        "kpi": step.code,
        "unit": step.unit_code,
        "value": step.value.value,
        "weight": step.weight,
        "known": step.known,
        "due": step.due,
        "is_carried": step.is_carried,
        "sentence": step.sentence,
    }
    if step.kind == "measured":
        return {**answer, "rule": step.rule, "parts": [_part(part) for part in step.parts]}
    if step.kind == "rolled_up":
        return {**answer, "rule": step.rule, "children": [_step(c) for c in step.children]}
    if step.kind == "computed":
        inputs = {name: _step(read) for name, read in step.inputs}
        return {**answer, "formula": step.formula, "filled_in": step.filled_in, "inputs": inputs}
    return answer


def _part(part: TracePart) -> PartAnswer:
    return {
        "period": part.period_label,
        "value": part.value.value,
        "target": part.target.value,
        "state": part.state,
        "recorded": part.recorded_text,
        "due": part.due_text,
        "note": part.note,
    }
