"""What a page does can be done over the API: which page by which addresses, or why not."""

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

PERSONAL = "A choice of a person for themselves."
OPEN = "For readers without an account."
SECRETS = "Keys and secrets of other systems are handed over by people who are signed in."
PEOPLE = "No token manages people; these are read over the API."
HISTORY = "A view of what was; `as_of` tells it of boards, values and charts."
UNDO = "The undo of a page; a program adds again what it has removed."
SKETCH = "A view of a form before it is sent; `dry_run=1` does the same."
PRINTED = "The same panels on paper."
FIRST = "The first visit of a new installation."

# By the page's name: the addresses, or the reason.
PAGES: dict[str, tuple[str, ...] | str] = {
    "healthz": "For the operator's watch.",
    "readyz": "For the operator's watch.",
    "home": "A redirect.",
    "start": FIRST,
    "starter": FIRST,
    "public": OPEN,
    "public-links": ("api-public-links", "api-public-link"),
    "sharing": ("api-public-links", "api-public-link"),
    "chart-sharing": ("api-public-links", "api-public-link"),
    "my-page": ("api-me",),
    "organization": ("api-units", "api-scorecard"),
    "all-scorecards": ("api-scorecards",),
    "scorecards": ("api-scorecards",),
    "scorecard-activate": ("api-activate",),
    "scorecard-archive": ("api-archive",),
    "scorecard-duplicate": ("api-duplicate",),
    "scorecard-deed": ("api-bring-back", "api-withdraw", "api-scorecards-one"),
    "unit": ("api-scorecard",),
    "board": ("api-scorecard",),
    "editor": (
        *("api-perspectives", "api-themes", "api-objectives", "api-objective-kpis"),
        *("api-perspectives-one", "api-themes-one", "api-objectives-one"),
        *("api-objective-kpis-one", "api-alignments", "api-alignments-one"),
    ),
    "strategy-maps": "A redirect.",
    "strategy-map": ("api-map",),
    "map-edit": ("api-causal-links", "api-causal-links-one"),
    "map-link": ("api-causal-links-one",),
    "map-svg": ("api-map",),
    "map-png": ("api-map",),
    "map-sharing": ("api-public-links", "api-public-link"),
    "cascade": ("api-assignments", "api-targets", "api-objectives", "api-alignments"),
    "alignment": ("api-alignments", "api-scorecard", "api-objective-kpis"),
    "structure": ("api-objectives-one", "api-perspectives-one", "api-scorecards-one"),
    "commentary": ("api-sentence", "api-sentences", "api-sentence-files"),
    "commentary-remove": ("api-sentence",),
    "commentary-restore": UNDO,
    "evidence": ("api-sentence-file",),
    "assessments": ("api-assessments",),
    "assessment-remove": ("api-assessments",),
    "closing": ("api-closings", "api-closing", "api-reopen"),
    "kpis": ("api-kpis",),
    "kpi": ("api-kpis-one", "api-chart", "api-measurements"),
    "kpi-new": ("api-kpis",),
    "kpi-edit": ("api-kpis-one",),
    "kpi-places": ("api-assignments", "api-assignments-one"),
    "kpi-delete": ("api-kpis-one",),
    "kpi-restore": UNDO,
    "kpi-values": ("api-measurements",),
    "process-changes": ("api-process-changes", "api-process-change"),
    "kpi-look": SKETCH,
    "formulas": SKETCH,
    "entry": ("api-measurements",),
    "values-due": ("api-measurements", "api-closing"),
    "targets": ("api-targets",),
    "target": ("api-targets-one",),
    "target-split": ("api-targets",),
    "target-roll-over": ("api-targets",),
    "initiatives": ("api-initiatives",),
    "initiative": ("api-initiatives-one", "api-milestones", "api-milestones-one"),
    "initiative-new": ("api-initiatives",),
    "initiative-edit": ("api-initiatives-one",),
    "initiative-delete": ("api-initiatives-one",),
    "initiative-restore": UNDO,
    "dashboards": ("api-dashboards",),
    "dashboard": ("api-dashboard", "api-dashboard-panel"),
    "dashboard-new": ("api-dashboards",),
    "dashboard-edit": ("api-dashboard",),
    "dashboard-delete": ("api-dashboard",),
    "dashboard-restore": UNDO,
    "panel-new": ("api-dashboard",),
    "panel": ("api-dashboard",),
    "panel-arrange": ("api-dashboard",),
    "panel-restore": UNDO,
    "unit-dashboard": ("api-unit-dashboard", "api-unit-dashboard-panel"),
    "timeline": ("api-initiatives", "api-milestones"),
    "board-pdf": ("api-books", "api-book-file"),
    "kpi-pdf": ("api-books", "api-book-file"),
    "map-pdf": ("api-books", "api-book-file"),
    "dashboard-pdf": PRINTED,
    "unit-dashboard-pdf": PRINTED,
    "books": ("api-books",),
    "book": ("api-book", "api-book-cancel"),
    "book-file": ("api-book-file",),
    "data": ("api-imports",),
    "export": ("api-units", "api-kpis", "api-measurements"),
    "import": (
        *("api-import", "api-import-map", "api-import-apply", "api-import-cancel"),
        "api-import-undo",
    ),
    "import-refused": ("api-import",),
    "heat-map": ("api-heat-map",),
    "search": ("api-units", "api-kpis", "api-initiatives"),
    "switcher": ("api-units",),
    "units": ("api-units", "api-units-one"),
    "people": ("api-people", "api-roles"),
    "person": ("api-people-one", "api-roles-one"),
    "hand-over": PEOPLE,
    "tokens": ("api-tokens", "api-token"),
    "settings": ("api-settings",),
    "organization-text": "The same records in one file; each kind has addresses of its own.",
    "organization-text-file": "The same records in one file; each kind has addresses of its own.",
    "sources": ("api-sources",),
    "source": ("api-source-run",),
    "source-new": SECRETS,
    "source-edit": SECRETS,
    "webhooks": SECRETS,
    "webhook": SECRETS,
    "jobs": ("api-jobs", "api-job-retry", "api-job-cancel"),
    "changes": HISTORY,
    "history": HISTORY,
    "reminders": PERSONAL,
    "reminders-stop": PERSONAL,
}
OF_THE_API = {"api-docs", "api-schema"}


def names(resolver: URLResolver, prefix: str = "") -> dict[str, str]:
    """Every address by its name, but operators' and sign-in pages."""
    found: dict[str, str] = {}
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            found |= names(entry, route)
        elif isinstance(entry, URLPattern) and not route.startswith(("operators/", "accounts/")):
            found[str(entry.name)] = route
    return found


@pytest.fixture(scope="module")
def addresses() -> dict[str, str]:
    return names(get_resolver())


def test_every_page_has_its_addresses_or_a_reason(addresses: dict[str, str]) -> None:
    api = {name for name, route in addresses.items() if route.startswith("api/v1/")}
    pages = addresses.keys() - api - OF_THE_API
    assert pages == PAGES.keys(), "Say by which addresses of the API the page's deeds can be done."
    used = {name for told in PAGES.values() if not isinstance(told, str) for name in told}
    assert used == api - OF_THE_API, "Each address serves a page, and each that is named exists."
