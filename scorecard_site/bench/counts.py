"""P16: statements of pages and pushes, in a small organization and in a large one."""

from collections.abc import Callable, Iterator

from django.test import Client

from scorecards.services.refresh import rebuild_scores

from .database import statement_count
from .measuring import Count, Finding
from .pages import Reader, getting
from .server import HOST
from .synthetic import Synthetic


def count_findings(small: Synthetic, large: Synthetic) -> Iterator[Finding]:
    """Growth must be none. Both organizations have values and fresh scores."""
    counted = [_counts(made) for made in (small, large)]
    for what in counted[0]:
        few, many = (counts[what] for counts in counted)
        yield Count(
            "P16",
            f"{what}: statements more for {large.size.units} units than for {small.size.units}",
            many - few,
            goal=0,
            detail=f"({few} and {many})",
            values={"small": few, "large": many},
        )


def _counts(made: Synthetic) -> dict[str, int]:
    counts = {}
    for what, run in _work(made).items():
        # Whatever was measured before: the values stand, and the token has just been used.
        _pushing(made, f"/api/v1/{made.organization.code}/measurements", 0)()
        counts[what] = statement_count(run)
    return counts


def _work(made: Synthetic) -> dict[str, Callable[[], object]]:
    organization = made.organization
    reader = Reader(made.user, organization)
    browser = reader.browser()
    pages = {
        "organization page": reader.path(),
        "board page": reader.board_path("whole"),
        "board as JSON": reader.json_path("whole"),
        "KPI list": reader.path("kpis/"),
        "KPI page": reader.path("kpis/kpi_0/") + "&unit=whole",
        "search": f"/{organization.code}/search/?q=number",
    }
    path = f"/api/v1/{organization.code}/measurements"
    return {
        **{what: getting(browser, path) for what, path in pages.items()},
        "push, everything unchanged": _pushing(made, path, 0),
        "push, everything changed": _pushing(made, path, 1),
        "push and wait, everything changed": _pushing(made, f"{path}?wait=1", 2),
        "rebuild of all scores": lambda: rebuild_scores(organization_id=organization.pk),
    }


def _pushing(made: Synthetic, path: str, more: float) -> Callable[[], object]:
    client, body = Client(SERVER_NAME=HOST), made.body(made.rows, more)
    headers = {"Authorization": f"Bearer {made.secret}"}

    def run() -> None:
        answer = client.post(path, body, content_type="application/json", headers=headers)
        assert answer.status_code == 200, (path, answer.content[:300])

    return run
