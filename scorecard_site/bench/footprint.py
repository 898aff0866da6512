"""P17: what a web process holds after it has served every page once."""

from collections.abc import Iterator

from .measuring import Count, Finding
from .pages import Reader
from .server import web_server

LEFT_OUT = ("pandas", "plotly")


def footprint_findings(reader: Reader) -> Iterator[Finding]:
    """A fresh worker of a real web server: megabytes, and modules that must not be loaded."""
    unit = reader.largest_unit()
    session = reader.browser().cookies["sessionid"].value
    with web_server() as server:
        client = server.client(Cookie=f"sessionid={session}")
        for path in _paths(reader, unit):
            client.get(path)
        megabytes = server.worker_megabytes()
        server.stop()
        modules = set(server.modules())
    yield Count("P17", "megabytes of a web process, every page served", round(megabytes, 1), 100)
    yield Count("P17", "of pandas and plotly, modules in it", len(modules & set(LEFT_OUT)), 0)


def _paths(reader: Reader, unit: str) -> list[str]:
    board, kpi = reader.board_path(unit), reader.assignment(unit).kpi.code
    return [
        reader.path(),
        board,
        f"{board}&trace=scorecard",
        reader.json_path(unit),
        reader.path("kpis/"),
        reader.path(f"kpis/{kpi}/") + f"&unit={unit}",
        f"/api/v1/{reader.organization.code}/kpis/{kpi}/chart?unit={unit}",
        f"/{reader.organization.code}/search/?q=a",
    ]
