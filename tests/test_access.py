"""Every address × method × reader in one table; an address without a row fails."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from pytest_django import DjangoDbBlocker

from organizations.access import PERMISSIONS, Action
from organizations.models import Job
from scorecards.models import Book, Import, Panel
from scorecards.models.table_import import packed
from scorecards.selectors.dashboards.shapes import PanelPlan
from scorecards.selectors.reminders import stop_code
from scorecards.services.dashboards import add_dashboard
from scorecards.services.initiatives import add_initiative
from scorecards.services.refresh import refresh_scores
from scorecards.services.webhooks.keeping import add_webhook
from tests import api_access, worlds
from tests.generated_docs import permission_page
from tests.kpis.sources_world import new_source
from tests.worlds import CANARY, NOW, World

pytestmark = pytest.mark.django_db

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
READERS = (
    # Nobody, a stranger, and people by role: viewer and contributor of Sales, manager of EMEA,
    # administrator of Acme.
    *("anonymous", "charlie", "bob", "carol", "alice", "root"),
    # Tokens of Acme by scope, and one of the rival with all scopes.
    *("reads", "writes", "structure", "foreign"),
)
STRONGEST = ("root", "foreign")  # what no view has even for them, it has for nobody
Readers = dict[str, Client]
SCOPES = {
    "reads": ("measurements:read",),
    "writes": ("measurements:write",),
    "structure": ("structure:read",),
    "foreign": ("measurements:read", "measurements:write", "structure:read", "structure:write"),
}
CODES = {
    **api_access.CODES,
    "organization": "acme",
    "unit": "sales",
    "kpi": "revenue",
    "initiative": "crm",
    "dashboard": "of_sales",
    "panel": "1",
    "person": "bob",
    "token": "reads",
    "secret": "nothing",
    "source": "crm",
    "kind": "unit",
    "code": "sales",
    "deed": "bring-back",
    "table": "values",
    "number": "1",
    "webhook": "crm",
    "sha256": "ffffffff",
    "job": "00000000-0000-0000-0000-000000000001",
    "book": "00000000-0000-0000-0000-000000000001",
    "stop": "",  # Bob's, whose number is known with the database
}
UNSEEN = {
    **api_access.UNSEEN,
    "organization": "rival",
    "unit": "ada",
    "kpi": "secret_sauce",
    "initiative": "own",
    "dashboard": "of_root",
    "panel": "30",
    "person": "charlie",
    "token": "foreign",
    "secret": "nobody",
    "source": "hidden",
    "kind": "target",
    "code": "ada",
    "deed": "nothing",
    "table": "people",
    "number": "2",
    "webhook": "theirs",
    "sha256": "eeeeeeee",
    "job": "00000000-0000-0000-0000-000000000002",
    "book": "00000000-0000-0000-0000-000000000002",
    "stop": "",
}
UNKNOWN = {
    **api_access.UNKNOWN,
    "organization": "nowhere",
    "unit": "nobody",
    "kpi": "nothing",
    "initiative": "nothing",
    "dashboard": "nothing",
    "panel": "99",
    "person": "nobody",
    "token": "nothing",
    "secret": "unknown",
    "source": "nothing",
    "kind": "nothing",
    "code": "nobody",
    "deed": "nothing",
    "table": "nothing",
    "number": "99",
    "webhook": "nothing",
    "sha256": "dddddddd",
    "job": "00000000-0000-0000-0000-000000000003",
    "book": "00000000-0000-0000-0000-000000000003",
    "stop": "nothing",
}

# --- The table: status by reader, in the order of READERS. "others": every method not named.

#        anonymous charlie bob  carol alice root reads writes structure foreign
SIGNED_IN = "302   404     200  200   200   200  302   302    302       302"
REDIRECT = " 302   404     302  302   302   302  302   302    302       302"
NO_METHOD = "405   405     405  405   405   405  405   405    405       405"
OPEN = "     200   200     200  200   200   200  200   200    200       200"
HOME = "     302   302     302  302   302   302  302   302    302       302"
EDITED = "   302   404     403  403   422   422  302   302    302       302"
STALE = "    302   404     403  403   409   409  302   302    302       302"
CHOSEN = "   302   404     422  422   422   422  302   302    302       302"
PLANNED = "  302   404     403  403   302   302  302   302    302       302"
PLANNING = " 302   404     403  403   200   200  302   302    302       302"
PLACED = "   302   404     403  403   422   422  302   302    302       302"
USED = "     302   404     403  403   409   409  302   302    302       302"
ABSENT = "   302   404     404  404   404   404  302   302    302       302"
RECORD = "   302   404     403  200   200   200  302   302    302       302"
ENTERED = "  302   404     403  302   302   302  302   302    302       302"
RECORDED = " 302   404     403  422   422   422  302   302    302       302"
ADMIN = "    302   404     403  403   403   200  302   302    302       302"
ADMINISTER = "302   404     403  403   403   422  302   302    302       302"
ADMIN_STALE = "302 404    403  403   403   409  302   302    302       302"
BEGUN = "    302   404     403  403   403   302  302   302    302       302"
GONE = "     404   404     404  404   404   404  404   404    404       404"
OWN = "      302   404     404  200   404   200  302   302    302       302"
OWN_POST = " 302   404     404  422   404   422  302   302    302       302"
MINE = "     302   404     404  404   404   200  302   302    302       302"
MINE_POST = "302   404     404  404   404   302  302   302    302       302"
API_READ = " 401   404     200  200   200   200  200   403    403       404"
API_BOTH = " 401   404     200  200   200   200  200   403    200       404"
API_MINE = " 401   404     200  200   200   200  403   403    403       404"
API_POST = " 401   404     422  200   200   200  403   200    403       404"
API_DELETE = "401  404     403  204   204   204  403   204    403       404"
API_ANY = "  401   404     200  200   200   200  200   200    200       404"
API_OWN = "  401   404     422  422   422   422  403   403    403       404"
API_SELF = " 401   404     404  404   404   200  200   404    404       404"
API_ENDS = " 401   404     404  404   404   204  204   404    404       404"
API_ADMIN = "401   404     403  403   403   200  403   403    403       404"
API_AGAIN = "401   404     404  404   404   200  404   404    404       404"
API_GIVEN_UP = "401 404    404  404   404   409  404   404    404       404"
API_SOURCES = "401 404     403  403   403   200  200   403    403       404"
API_RUN = "  401   404     403  403   403   202  403   202    403       404"
API_NONE = " 401   404     405  405   405   405  405   405    405       404"

ASKED = "    302   404     422  422   422   422  302   302    302       302"
SAYING = "   302   404     403  403   404   404  302   302    302       302"
NO_FILE = "  302   404     404  404   404   404  302   302    302       302"

TABLE: dict[str, dict[str, str]] = {
    "healthz": {"GET": OPEN, "others": NO_METHOD},
    "readyz": {"GET": OPEN, "others": NO_METHOD},
    "api-docs": {"GET": OPEN, "others": NO_METHOD},
    "api-schema": {"GET": OPEN, "others": NO_METHOD},
    "home": {"GET": HOME, "others": NO_METHOD},
    "start": {"others": GONE},
    "public": {"GET": GONE, "others": NO_METHOD},
    "public-links": {"GET": PLANNING, "POST": EDITED, "others": NO_METHOD},
    "organization": {"GET": SIGNED_IN, "others": NO_METHOD},
    "my-page": {"GET": SIGNED_IN, "others": NO_METHOD},
    "settings": {"GET": ADMIN, "POST": ADMINISTER, "others": NO_METHOD},
    "organization-text": {"GET": ADMIN, "POST": ADMINISTER, "others": NO_METHOD},
    "organization-text-file": {"GET": ADMIN, "others": NO_METHOD},
    "sources": {"GET": ADMIN, "POST": ADMINISTER, "others": NO_METHOD},
    "source": {"GET": ADMIN, "POST": ADMINISTER, "others": NO_METHOD},
    "source-new": {"GET": ADMIN, "POST": ADMINISTER, "others": NO_METHOD},
    "source-edit": {"GET": ADMIN, "POST": ADMIN_STALE, "others": NO_METHOD},
    "jobs": {"GET": ADMIN, "POST": ADMINISTER, "others": NO_METHOD},
    "starter": {"GET": BEGUN, "POST": BEGUN, "others": NO_METHOD},
    "changes": {"GET": PLANNING, "others": NO_METHOD},
    "history": {"GET": SIGNED_IN, "POST": ABSENT, "others": NO_METHOD},
    "heat-map": {"GET": SIGNED_IN, "others": NO_METHOD},
    "search": {"GET": SIGNED_IN, "others": NO_METHOD},
    "switcher": {"GET": SIGNED_IN, "others": NO_METHOD},
    "kpis": {"GET": SIGNED_IN, "others": NO_METHOD},
    "kpi": {"GET": SIGNED_IN, "others": NO_METHOD},
    "kpi-new": {"GET": PLANNING, "POST": EDITED, "others": NO_METHOD},
    "kpi-edit": {"GET": PLANNING, "POST": EDITED, "others": NO_METHOD},
    "kpi-places": {"GET": SIGNED_IN, "POST": PLACED, "others": NO_METHOD},
    "kpi-delete": {"POST": USED, "others": NO_METHOD},
    "kpi-restore": {"POST": ABSENT, "others": NO_METHOD},
    "kpi-look": {"POST": PLANNING, "others": NO_METHOD},
    "process-changes": {"GET": PLANNING, "POST": EDITED, "others": NO_METHOD},
    "kpi-values": {"GET": RECORD, "POST": RECORDED, "others": NO_METHOD},
    "entry": {"GET": RECORD, "POST": ENTERED, "others": NO_METHOD},
    "values-due": {"GET": RECORD, "POST": ENTERED, "others": NO_METHOD},
    "reminders": {"GET": SIGNED_IN, "POST": CHOSEN, "others": NO_METHOD},
    "reminders-stop": {"GET": OPEN, "POST": OPEN, "others": NO_METHOD},
    "board-pdf": {"GET": SIGNED_IN, "others": NO_METHOD},
    "kpi-pdf": {"GET": SIGNED_IN, "others": NO_METHOD},
    "map-pdf": {"GET": SIGNED_IN, "others": NO_METHOD},
    "dashboard-pdf": {"GET": SIGNED_IN, "others": NO_METHOD},
    "unit-dashboard-pdf": {"GET": SIGNED_IN, "others": NO_METHOD},
    "books": {"GET": SIGNED_IN, "POST": CHOSEN, "others": NO_METHOD},
    "book": {"POST": MINE_POST, "others": NO_METHOD},
    "book-file": {"GET": MINE, "others": NO_METHOD},
    "data": {"GET": RECORD, "POST": RECORDED, "others": NO_METHOD},
    "export": {"GET": RECORD, "others": NO_METHOD},
    "import": {"GET": OWN, "POST": OWN_POST, "others": NO_METHOD},
    "import-refused": {"GET": OWN, "others": NO_METHOD},
    "formulas": {"POST": PLANNING, "others": NO_METHOD},
    "initiatives": {"GET": SIGNED_IN, "others": NO_METHOD},
    "initiative": {"GET": SIGNED_IN, "others": NO_METHOD},
    "initiative-new": {"GET": PLANNING, "POST": EDITED, "others": NO_METHOD},
    "initiative-edit": {"GET": PLANNING, "POST": STALE, "others": NO_METHOD},
    "initiative-delete": {"POST": PLANNED, "others": NO_METHOD},
    "initiative-restore": {"POST": PLANNED, "others": NO_METHOD},
    "dashboards": {"GET": SIGNED_IN, "others": NO_METHOD},
    "dashboard": {"GET": SIGNED_IN, "others": NO_METHOD},
    "dashboard-new": {"GET": SIGNED_IN, "POST": CHOSEN, "others": NO_METHOD},
    "dashboard-edit": {"GET": PLANNING, "POST": STALE, "others": NO_METHOD},
    "dashboard-delete": {"POST": PLANNED, "others": NO_METHOD},
    "dashboard-restore": {"POST": PLANNED, "others": NO_METHOD},
    "panel-new": {"GET": PLANNING, "POST": EDITED, "others": NO_METHOD},
    "panel": {"GET": PLANNING, "POST": EDITED, "others": NO_METHOD},
    "panel-arrange": {"POST": PLANNED, "others": NO_METHOD},
    "panel-restore": {"POST": PLANNED, "others": NO_METHOD},
    "unit-dashboard": {"GET": REDIRECT, "others": NO_METHOD},
    "timeline": {"GET": SIGNED_IN, "others": NO_METHOD},
    "webhooks": {"GET": ADMIN, "POST": ADMINISTER, "others": NO_METHOD},
    "webhook": {"GET": ADMIN, "POST": ADMINISTER, "others": NO_METHOD},
    "people": {"GET": ADMIN, "POST": ADMINISTER, "others": NO_METHOD},
    "person": {"GET": ADMIN, "POST": ADMINISTER, "others": NO_METHOD},
    "hand-over": {"GET": ADMIN, "POST": ADMINISTER, "others": NO_METHOD},
    "tokens": {"GET": SIGNED_IN, "POST": ASKED, "others": NO_METHOD},
    "units": {"GET": ADMIN, "POST": ADMINISTER, "others": NO_METHOD},
    "unit": {"GET": REDIRECT, "others": NO_METHOD},
    "board": {"GET": SIGNED_IN, "others": NO_METHOD},
    "alignment": {"GET": SIGNED_IN, "POST": EDITED, "others": NO_METHOD},
    "cascade": {"GET": PLANNING, "POST": EDITED, "others": NO_METHOD},
    "strategy-maps": {"GET": REDIRECT, "others": NO_METHOD},
    "strategy-map": {"GET": SIGNED_IN, "others": NO_METHOD},
    "map-edit": {"GET": PLANNING, "POST": EDITED, "others": NO_METHOD},
    "map-sharing": {"GET": PLANNING, "POST": EDITED, "others": NO_METHOD},
    "map-link": {"GET": SIGNED_IN, "POST": EDITED, "others": NO_METHOD},
    "map-svg": {"GET": SIGNED_IN, "others": NO_METHOD},
    "map-png": {"GET": SIGNED_IN, "others": NO_METHOD},
    "closing": {"GET": SIGNED_IN, "POST": EDITED, "others": NO_METHOD},
    "editor": {"GET": PLANNING, "POST": PLANNED, "others": NO_METHOD},
    "sharing": {"GET": PLANNING, "POST": EDITED, "others": NO_METHOD},
    "chart-sharing": {"GET": PLANNING, "POST": EDITED, "others": NO_METHOD},
    "structure": {"GET": SIGNED_IN, "POST": EDITED, "others": NO_METHOD},
    "all-scorecards": {"GET": SIGNED_IN, "others": NO_METHOD},
    "scorecards": {"GET": SIGNED_IN, "others": NO_METHOD},
    "scorecard-activate": {"GET": PLANNED, "POST": EDITED, "others": NO_METHOD},
    "scorecard-archive": {"GET": PLANNING, "POST": EDITED, "others": NO_METHOD},
    "scorecard-duplicate": {"GET": PLANNING, "POST": EDITED, "others": NO_METHOD},
    "scorecard-deed": {"POST": STALE, "others": NO_METHOD},
    "commentary": {"GET": SAYING, "POST": SAYING, "others": NO_METHOD},
    "commentary-remove": {"POST": SAYING, "others": NO_METHOD},
    "commentary-restore": {"POST": SAYING, "others": NO_METHOD},
    "evidence": {"GET": NO_FILE, "others": NO_METHOD},
    "assessments": {"POST": EDITED, "others": NO_METHOD},
    "assessment-remove": {"POST": EDITED, "others": NO_METHOD},
    "targets": {"GET": SIGNED_IN, "POST": PLANNED, "others": NO_METHOD},
    "target": {"GET": SIGNED_IN, "POST": PLANNING, "others": NO_METHOD},
    "target-split": {"GET": PLANNING, "POST": PLANNING, "others": NO_METHOD},
    "target-roll-over": {"GET": PLANNING, "POST": PLANNING, "others": NO_METHOD},
    "api-measurements": {
        "GET": API_READ,
        "POST": API_POST,
        "DELETE": API_DELETE,
        "others": API_NONE,
    },
    **api_access.RECORDS,
    "api-sources": {"GET": API_SOURCES, "others": API_NONE},
    "api-source-run": {"POST": API_RUN, "others": API_NONE},
    "api-jobs": {"GET": API_ADMIN, "others": API_NONE},
    "api-job-retry": {"POST": API_AGAIN, "others": API_NONE},
    "api-job-cancel": {"POST": API_GIVEN_UP, "others": API_NONE},
    "api-tokens": {"GET": API_ANY, "POST": API_OWN, "others": API_NONE},
    "api-token": {"GET": API_SELF, "DELETE": API_ENDS, "others": API_NONE},
    "api-scorecard": {"GET": API_BOTH, "others": API_NONE},
    "api-me": {"GET": API_MINE, "others": API_NONE},
    "api-map": {"GET": API_BOTH, "others": API_NONE},
    "api-heat-map": {"GET": API_BOTH, "others": API_NONE},
    "api-chart": {"GET": API_READ, "others": API_NONE},
    "api-dashboard-panel": {"GET": API_READ, "others": API_NONE},
    "api-unit-dashboard-panel": {"GET": API_READ, "others": API_NONE},
}
# Addresses of others' making, by their beginning: no reader here is an operator.
GROUPS = {
    "operators/": {"anonymous": {302, 404}, "others": {302, 403, 404}},
    "accounts/": {"anonymous": {200, 302, 405}, "others": {200, 302, 404, 405}},
}
VALUE = {"kpi": "revenue", "unit": "sales", "period": "2026-01"}
QUERIES = {
    ("api-measurements", "DELETE"): VALUE,
    **{("source-new", method): {"kind": "json"} for method in ("GET", "POST")},
}
BODIES = {("api-measurements", "POST"): [{**VALUE, "value": 91}]}


# --- The addresses


def patterns(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every address of the site, with its whole route."""
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from patterns(entry, route)
        else:
            yield route, entry


ADDRESSES = list(patterns(get_resolver()))
KEYS = {pattern.name: tuple(pattern.pattern.converters) for _, pattern in ADDRESSES[::-1]}


def group_of(route: str) -> str | None:
    return next((group for group in GROUPS if route.startswith(group)), None)


def test_every_address_has_a_row() -> None:
    own = {pattern.name for route, pattern in ADDRESSES if group_of(route) is None}
    assert own == TABLE.keys()


def test_only_the_needed_pages_of_accounts_exist() -> None:
    """Above all none on which people change the e-mail address that they were invited by."""
    names = {pattern.name for route, pattern in ADDRESSES if route.startswith("accounts/")}
    assert names == {
        *("account_login", "account_logout", "account_signup", "account_inactive"),
        *("account_change_password", "account_reset_password", "account_reset_password_done"),
        *("account_reset_password_from_key", "account_reset_password_from_key_done"),
    }


def address(name: str, codes: dict[str, str]) -> str:
    return reverse(name, kwargs={key: codes[key] for key in KEYS[name]})


# --- The readers


def add_import(world: World, name: str, number: int) -> None:
    """A file of somebody's that waits for them, one of its rows refused."""
    row = {"sheet": "", "header": ["kpi"], "rows": [[2, ["nothing"]]]}
    problem = ["", 2, "kpi", "nothing", "There is no such KPI."]
    Import.objects.create(
        organization=world.organization,
        number=number,
        kind="values",
        file_name="values.csv",
        size=1,
        content=b"x",
        state=Import.State.READY,
        report=packed({"problems": [problem], "refused": [row]}),
        created_by=world.users[name],
    )


def add_book(world: World, name: str, code: str, unit: str) -> None:
    """A file that was made for somebody."""
    about = {"pages": ["board"], "period": "2026-Q1", "form": "pdf", "content": b"x", "size": 1}
    Book.objects.create(
        organization=world.organization,
        code=code,
        title=f"{world.organization}",
        units=[unit],
        asked_by=world.users[name],
        **about,
    )


def add_dashboards(world: World) -> None:
    """One of Sales, from which a panel was removed, and one of root's own."""
    note = PanelPlan("text", {"text": "Well done."})
    about: dict[str, Any] = {"organization": world.organization, "panels": [note]}
    of_sales = add_dashboard(name="Of Sales", unit=world.units["sales"], **about)
    add_dashboard(name="Of root", owner=world.users["root"], **about)
    row = {"organization": world.organization, "kind": "text", "number": 30, "position": 2}
    Panel.objects.create(dashboard=of_sales, deleted_at=NOW, **row)


@pytest.fixture(scope="module")
def readers(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Readers]:
    """A client for each reader, in a transaction around all tests of this module."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield clients(worlds.loaded("acme"), worlds.loaded("rival"))
        transaction.set_rollback(True)


def clients(acme: World, rival: World) -> Readers:
    acme.record("revenue", "sales", {"2026-01-01": 90})
    rival.record("secret_sauce", "emea", {"2026-01-01": 1})
    api_access.furnish(acme)
    for world, name, codes in ((acme, "bob", CODES), (rival, "charlie", UNSEEN)):
        codes["stop"] = stop_code(acme.organization, world.users[name])
    add_initiative(unit=acme.units["ada"], code="own", name="own")
    add_initiative(unit=rival.units["emea"], code="crm", name=f"One file {CANARY}")
    add_dashboards(acme)
    new_source(acme)
    for world, unit, name in ((acme, "acme", "CRM"), (rival, "emea", "Theirs")):
        about: dict[str, Any] = {"name": name, "url": "https://example.com/"}
        about["events"] = ["period.closed"]
        add_webhook(organization=world.organization, unit=world.units[unit], **about)
    add_import(acme, "carol", 1)
    add_import(acme, "root", 2)
    add_book(acme, "root", CODES["book"], "sales")
    add_book(rival, "charlie", UNSEEN["book"], "emea")
    for world, codes in ((acme, CODES), (rival, UNSEEN)):
        ended = {"state": "failed", "finished_at": NOW, "about": f"{world.organization}"}
        organization = world.organization
        Job.objects.create(organization=organization, kind="remind", code=codes["job"], **ended)
    for world in (acme, rival):
        refresh_scores(organization_id=world.organization.pk)
    found = {"anonymous": Client()}
    for name, user in {**acme.users, **rival.users}.items():
        found[name] = Client()
        found[name].force_login(user)
    for name, scopes in SCOPES.items():
        world = rival if name == "foreign" else acme
        secret = world.token(*scopes, name=name)[1]
        found[name] = Client(headers={"authorization": f"Bearer {secret}"})
    return found


def asked(client: Client, name: str, method: str, codes: dict[str, str] = CODES) -> Any:
    """The answer; whatever the request changed is taken back."""
    with transaction.atomic():
        query = QUERIES.get((name, method))
        body = json.dumps(BODIES.get((name, method), []))
        answer = client.generic(
            method,
            address(name, codes),
            "" if method == "GET" else body,
            content_type="application/json",
            query_params=query,
        )
        transaction.set_rollback(True)
    return answer


def requests_of(row: Mapping[str, str]) -> Iterator[tuple[str, Sequence[str]]]:
    """Each method, and who asks: everybody, but for methods that no view has after the first."""
    named = [method for method in METHODS if method in row]
    others = [method for method in METHODS if method not in row]
    yield from ((method, READERS) for method in (*named, *others[:1]))
    yield from ((method, STRONGEST) for method in others[1:])


@pytest.mark.parametrize("name", TABLE)
def test_every_reader_gets_what_the_table_says(readers: Readers, name: str) -> None:
    for method, asking in requests_of(TABLE[name]):
        row = TABLE[name].get(method, TABLE[name].get("others", ""))
        expected = dict(zip(READERS, map(int, row.split()), strict=True))
        answers = {reader: asked(readers[reader], name, method) for reader in asking}
        found = {reader: answer.status_code for reader, answer in answers.items()}
        assert found == {reader: expected[reader] for reader in asking}, method
        for reader, answer in answers.items():
            if reader not in ("charlie", "foreign"):
                assert CANARY not in told(answer), (method, reader)


def plain(answer: Any) -> bytes:
    """The answer's bytes but for the random mask of the form token that every page holds."""
    return re.sub(rb'(csrfmiddlewaretoken" value=")[^"]+', rb"\1", answer.getvalue())


def told(answer: Any) -> str:
    """Everything that the answer says, headers included."""
    return f"{answer.headers}{answer.getvalue().decode(errors='replace')}"


@pytest.mark.parametrize("name", TABLE)
def test_unseen_and_unknown_are_told_alike(readers: Readers, name: str) -> None:
    """Byte for byte, for each code in the address, from either side of the border."""
    for key in KEYS[name]:
        for method in TABLE[name].keys() - {"others"}:
            unseen = asked(readers["bob"], name, method, CODES | {key: UNSEEN[key]})
            unknown = asked(readers["bob"], name, method, CODES | {key: UNKNOWN[key]})
            assert unseen.status_code == unknown.status_code == 404, (key, method)
            assert plain(unseen) == plain(unknown), (key, method)
            assert CANARY not in told(unseen)


def test_groups_let_nobody_in(readers: Readers) -> None:
    """Operators' pages and sign-in pages, asked with plausible arguments."""
    for route, pattern in ADDRESSES:
        group = group_of(route)
        if group is None:
            continue
        url = "/" + filled(route)
        for reader in ("anonymous", "charlie", "bob", "root", "writes"):
            statuses = GROUPS[group].get(reader) or GROUPS[group]["others"]
            answer = readers[reader].get(url)
            assert answer.status_code in statuses | {302}, (url, reader, pattern)
            assert CANARY not in told(answer) or reader == "charlie"


def filled(route: str) -> str:
    """The route with 1 in the place of every argument."""
    found = re.sub(r"<[^>]+>|\(\?P<[^>]+>[^)]*\)", "1", route)
    return found.replace("^", "").replace("$", "").replace("\\Z", "").replace("\\", "")


# --- The permissions


def test_the_documented_permissions_are_those_in_force() -> None:
    stored, expected = permission_page()
    assert stored == expected, "Run: python -m tests.generated_docs"


def test_each_role_may_do_what_those_beneath_may() -> None:
    ranks = [PERMISSIONS[role] for role in ("viewer", "contributor", "manager", "administrator")]
    for lower, higher in pairwise(ranks):
        assert lower < higher
    assert ranks[-1] == set(Action)
