"""What managers said of the nodes of a board, as the list at its foot."""

from collections.abc import Iterator, Sequence

from scorecards.models import Assessment
from scorecards.selectors.scoring.assessments import sheet_score
from scorecards.selectors.shapes import Score

from .board_data import BoardData, trace_href
from .shapes import AssessedLine, PerspectiveBand

Node = Assessment.Node


def assessed_lines(
    data: BoardData, perspectives: Sequence[PerspectiveBand]
) -> tuple[AssessedLine, ...]:
    """The scorecard first, then as on the board; a KPI of several objectives once."""
    lines: dict[tuple[str, str], AssessedLine] = {}
    for node, code, name, key, score in _nodes(data, perspectives):
        if score.assessed:
            line = AssessedLine(node, code, name, score.assessed, key, trace_href(data, key))
            lines.setdefault((node, code), line)
    return tuple(lines.values())


def _nodes(
    data: BoardData, perspectives: Sequence[PerspectiveBand]
) -> Iterator[tuple[str, str, str, str, Score]]:
    """Kind, code, name, key of its trace, and score of every node."""
    whole = sheet_score(data.organization, data.sheet, data.assessment(Node.SCORECARD))
    yield Node.SCORECARD, "", data.content.name, "scorecard", whole
    for band in perspectives:
        yield Node.PERSPECTIVE, band.code, band.name, f"perspective:{band.code}", band.score
        for row in band.objectives:
            yield Node.OBJECTIVE, row.code, row.name, f"objective:{row.code}", row.score
            for kpi in row.kpis:
                yield Node.KPI, kpi.code, kpi.name, f"kpi:{row.code}:{kpi.code}", kpi.score
