"""JSON over HTTP: rows and what stands in them are found by JMESPath."""

from typing import Any

import jmespath
import orjson
from jmespath.exceptions import JMESPathError

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
)

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
            _compiled(settings[field.name])
        except SourceFailed as refusal:
            problems[field.name] = str(refusal)
    return problems


def fetch(config: Config) -> Fetched:
    shown, answer = web.asked(config)
    web.require_data(answer)
    try:
        data = orjson.loads(answer.content)
    except orjson.JSONDecodeError as refusal:
        raise SourceFailed(f"The answer is not JSON: {refusal}") from None
    return Fetched(shown, web.excerpt(answer), rows_in(data, config.settings))


def rows_in(data: Any, settings: Settings) -> list[RawRow]:
    """The rows that the paths find; a single object is one row."""
    found = _found(settings["rows"] or "@", data)
    rows = [found] if isinstance(found, dict) else found
    if not isinstance(rows, list):
        where = f"At {settings['rows']}" if settings["rows"] else "In the answer"
        raise SourceFailed(f"{where} there is no list of rows. Look at the answer.")
    if len(rows) > MOST_ROWS:
        raise SourceFailed(f"There are {len(rows):,} rows; at most {MOST_ROWS:,} are taken.")
    names = ("kpi_path", "unit_path", "period_path", "value_path")
    return [RawRow(*(_found(settings[name], row) for name in names)) for row in rows]


def _found(path: str, data: Any) -> Any:
    if not path:
        return None
    try:
        return _compiled(path).search(data)
    except (JMESPathError, RecursionError, TypeError) as refusal:
        raise SourceFailed(f"{path} does not fit the answer: {str(refusal)[:200]}") from None


def _compiled(path: str) -> Any:
    """Compiled once for each text: JMESPath keeps the last ones."""
    try:
        return jmespath.compile(path or "@")
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
