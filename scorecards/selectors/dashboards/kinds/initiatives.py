"""What is done at a unit and beneath it, over time."""

from scorecards.charts import plain_words
from scorecards.links import initiatives_href
from scorecards.selectors.dashboards.shapes import Table, Told
from scorecards.selectors.initiatives.lines import Asked, InitiativeLine, line, matching
from scorecards.selectors.initiatives.reading import ToldInitiative, told_initiatives
from scorecards.selectors.initiatives.timeline import timeline
from scorecards.timeline_chart import timeline_figure

from .about import About, Kind

MOST = {1: 2, 2: 5, 3: 8}  # bars that can be read, by height


def _tell(about: About) -> Told:
    title = about.title
    asked = Asked(unit=about.unit.code)
    found = matching(about.access, told_initiatives(about.access), asked)
    standing = [each for each in found if each.row.is_open]
    if not standing:
        return Told(title, missing=f"Nothing is planned or running at {about.unit.name}.")
    shown = standing[: MOST[about.height]]
    figure = timeline_figure(timeline(shown, about.organization.today().isoformat()))
    figure["layout"]["title"]["text"] = plain_words(title)
    figure["layout"]["meta"].pop("height")  # the panel has its own
    return Told(
        title,
        finding=_finding(standing, len(shown)),
        table=_table(about, shown),
        figure=figure,
        href=initiatives_href(about.organization.code, unit=about.unit.code, view="timeline"),
    )


def _finding(standing: list[ToldInitiative], n_shown: int) -> str:
    late = sum(each.is_late for each in standing)
    more = f", the first {n_shown} are shown" if n_shown < len(standing) else ""
    return f"{len(standing)} planned or running, {late} late{more}"


def _table(about: About, shown: list[ToldInitiative]) -> Table:
    lines = (line(about.access, each) for each in shown)
    rows = (
        (each.name, each.owner, each.status, each.ends_text, each.late_text, _done(each))
        for each in lines
    )
    columns = ("Initiative", "Owner", "Status", "Ends", "Late", "Done")
    return Table(columns, tuple(rows), n_names=5)


def _done(each: InitiativeLine) -> str:
    return f"{each.percent_done} %"


INITIATIVES = Kind(
    "Initiatives",
    "What is planned or running at a unit and beneath it, on a timeline.",
    ("unit",),
    "Initiatives of {unit}",
    _tell,
)
