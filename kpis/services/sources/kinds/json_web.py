"""JSON over HTTP: rows and what stands in them are found by JMESPath."""

import jmespath
from jmespath.exceptions import JMESPathError

from calculations.tables.json_rows import UnreadableJson, json_rows
from kpis.services.sources import web
from kpis.services.sources.shapes import (
    MOST_ROWS,
    Config,
    Fetched,
    Field,
    Kind,
    RawRow,
    Settings,
    SourceFailed,
    showing,
)

SECONDS = 10.0  # in which the paths are followed

PATHS = (
    Field(
        "rows",
        "Path of the rows",
        "A JMESPath to the list of rows, such as data.items; empty where the answer is the list.",
    ),
    Field("value_path", "Path of the value", "Within a row, such as amount.", is_required=True),
    Field("period_path", "Path of the period", "Within a row; empty: the period asked for."),
    Field("kpi_path", "Path of the KPI", "Within a row: its code; empty: the KPI chosen below."),
    Field("unit_path", "Path of the unit", "Within a row: its code; empty: the unit chosen below."),
)


def check(settings: Settings) -> dict[str, str]:
    problems = web.problems(settings)
    for field in PATHS:
        try:
            _require_path(settings[field.name])
        except SourceFailed as refusal:
            problems[field.name] = str(refusal)
    return problems


def fetch(config: Config) -> Fetched:
    """The paths are followed in a process of their own: a few can multiply what they find."""
    shown, answer = web.asked(config)
    with showing(shown, web.excerpt(answer)):
        web.require_data(answer)
        rows = _rows(answer.content, config)
    return Fetched(shown, web.excerpt(answer), rows)


def _rows(content: bytes, config: Config) -> list[RawRow]:
    names = ("kpi_path", "unit_path", "period_path", "value_path")
    paths = [config.settings[name] for name in names]
    seconds = min(SECONDS, config.seconds)
    try:
        found = json_rows(content, config.settings["rows"], paths, MOST_ROWS, seconds)
    except UnreadableJson as refusal:
        raise SourceFailed(str(refusal)) from None
    return [RawRow(*row) for row in found]


def _require_path(path: str) -> None:
    try:
        jmespath.compile(path or "@")
    except (JMESPathError, RecursionError, ValueError) as refusal:
        said = str(refusal).removeprefix("Invalid jmespath expression: ").partition("\n")[0]
        raise SourceFailed(f"This is not a JMESPath: {said[:200].rstrip(':')}.") from None


KIND = Kind(
    code="json",
    name="JSON over HTTP",
    hint="A web service that answers with JSON.",
    fields=(*web.FIELDS, *PATHS),
    fetch=fetch,
    aim=web.aim,
    asks_by_period=web.asks_by_period,
    check=check,
)
