"""What the scores of a board are made of, down the line of contributions."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from kpis.models import Assignment
from scorecards.models import EditionContent, KpiLink, ObjectiveNode, ReportedSheet, Scorecard
from scorecards.selectors.boards.board_data import BoardData
from scorecards.selectors.closing.report_document import ReportDocument, opened_report
from scorecards.selectors.editions.reading import contents, editions_at, valid_editions

Place = tuple[int, int]  # KPI id, unit id


@dataclass
class Contributors:
    """The board's scorecard and, level by level, all that contribute to it."""

    data: BoardData

    @cached_property
    def contents(self) -> dict[int, EditionContent]:
        """By scorecard, as valid in the viewed period."""
        end = self.data.viewing.calendar.end(self.data.viewing.period)
        found = {self.data.scorecard.pk: self.data.content}
        waiting = _contributing([self.data.content]) - found.keys()
        while waiting:
            read = _contents_at(waiting, end, self.data.viewing.at)
            found |= read
            waiting = _contributing(read.values()) - found.keys() - waiting
        return found

    @cached_property
    def units(self) -> dict[int, int]:
        """By scorecard."""
        scorecards = Scorecard.objects.filter(pk__in=self.contents.keys())
        return dict(scorecards.values_list("pk", "unit_id"))

    @cached_property
    def is_restructured(self) -> bool:
        """Whether any score of the trend was made by another structure than the viewed one."""
        viewing, own = self.data.viewing, self.data.scorecard.pk
        concerned = self.contents.keys() | _contributing(self.contents.values())
        ends = [viewing.calendar.end(period) for period in viewing.trend]
        *earlier, viewed = editions_at(concerned, ends, viewing.at)
        return any(
            edition != viewed.get(pk)
            for valid in earlier
            if own in valid  # else there is no score
            for pk, edition in valid.items()
        )

    def nodes(self, scorecard: int, code: str) -> Iterator[ObjectiveNode]:
        """The scorecard's objective of that code, if it has one."""
        content = self.contents.get(scorecard)
        for perspective in content.perspectives if content else ():
            yield from (node for node in perspective.objectives if node.code == code)

    def links(self) -> Iterator[tuple[int, KpiLink]]:
        """All linked KPIs, each with the scorecard that links it."""
        for pk, content in self.contents.items():
            for node in _objectives([content]):
                yield from ((pk, link) for link in node.kpis)

    def place(self, scorecard: int, link: KpiLink) -> Place:
        """Where the scorecard has the KPI measured."""
        return link.kpi, self.units[scorecard]

    def assignments(self, besides: Iterable[Place]) -> list[Assignment]:
        """Those of all linked KPIs, besides some."""
        organization = self.data.organization
        wanted = {self.place(*each) for each in self.links()} - set(besides)
        rows = (
            Assignment.objects.live()
            .filter(
                organization=organization,
                kpi_id__in={kpi for kpi, _ in wanted},
                unit_id__in={unit for _, unit in wanted},
            )
            .select_related("kpi")
            .order_by("pk")
        )
        found = [row for row in rows if (row.kpi_id, row.unit_id) in wanted] if wanted else []
        for assignment in found:
            assignment.kpi.organization = organization
        return found

    def reports(self) -> dict[int, ReportDocument]:
        """By scorecard, what was reported of the viewed period; not of the board's own one."""
        period = self.data.viewing.period
        sheets = ReportedSheet.objects.standing().filter(
            scorecard_id__in=self.contents.keys() - {self.data.scorecard.pk},
            frequency=period.frequency,
            period_start=period.start,
        )
        return {
            sheet.scorecard_id: opened_report(sheet.content)
            for sheet in sheets.order_by("reported_at", "pk")
        }


def _objectives(found: Iterable[EditionContent]) -> Iterator[ObjectiveNode]:
    for content in found:
        for perspective in content.perspectives:
            yield from perspective.objectives


def _contributing(found: Iterable[EditionContent]) -> set[int]:
    return {each.scorecard for node in _objectives(found) for each in node.contributions}


def _contents_at(
    scorecards: set[int], end: dt.date, at: dt.datetime | None
) -> dict[int, EditionContent]:
    editions = valid_editions(scorecards, end, at)
    read = contents([edition.pk for edition in editions.values()])
    return {pk: read[edition.pk] for pk, edition in editions.items()}
