"""Initiatives over time, as the chart draws them."""

from collections.abc import Iterable

from scorecards.timeline_chart import Timeline, TimelineMark, TimelineRow

from .lines import day_text
from .reading import ToldInitiative


def timeline(initiatives: Iterable[ToldInitiative], today: str) -> Timeline:
    """The initiatives in their order, with marks for their milestones."""
    return Timeline(today=today, rows=tuple(_row(each) for each in initiatives))


def _row(each: ToldInitiative) -> TimelineRow:
    row = each.row
    marks = tuple(
        TimelineMark(
            day=(milestone.done_on or milestone.due_on).isoformat(),
            name=milestone.name,
            state=each.state(milestone),
        )
        for milestone in each.milestones
    )
    return TimelineRow(
        name=row.name,
        starts_on=day_text(row.starts_on),
        ends_on=day_text(row.ends_on),
        percent_done=row.percent_done,
        is_late=each.is_late,
        marks=marks,
    )
