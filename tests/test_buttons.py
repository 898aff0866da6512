"""No dead ends: whatever a page offers its reader, they may use.

From the home page on, every page that links lead to is read as somebody of each role, one for each
address and set of parameters. A link that ends in 403 or 404, or a form that its own page would
send and that ends so, fails; what forms change is taken back.
"""

import copy
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
from django.db import transaction
from django.test import Client
from django.urls import Resolver404, resolve

from scorecards.selectors.dashboards.shapes import PanelPlan
from scorecards.services.dashboards import add_dashboard
from scorecards.services.initiatives import add_initiative
from scorecards.services.refresh import refresh_scores
from tests.test_access import READERS, TABLE
from tests.worlds import World

pytestmark = pytest.mark.django_db

HOME = "/acme/"
REFUSED = {403, 404, 405, 500}
# Signing out would end the walk; the rest of accounts/ is not the organization's.
ELSEWHERE = ("/accounts/", "/operators/", "/static/")
FIELDS = ("input", "select", "textarea", "button")


@dataclass
class Form:
    """A form, or an element that sends a request by itself, with what it would send."""

    method: str
    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    def sent(self) -> Iterator[dict[str, list[str]]]:
        """What each of its buttons sends."""
        for button in dict.fromkeys(self.buttons) or [("", "")]:
            data: dict[str, list[str]] = {}
            for name, value in [*self.fields, button]:
                if name:
                    data.setdefault(name, []).append(value)
            yield data


class Page(HTMLParser):
    """The links and forms of a page."""

    def __init__(self, address: str, text: str) -> None:
        super().__init__()
        self.address = address
        self.links: list[str] = []
        self.forms: list[Form] = []
        self.by_id: dict[str, Form] = {}
        self.open: Form | None = None
        self.select: tuple[str, list[tuple[str, bool]]] | None = None
        self.area = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        about = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in about:
            self.links.append(urljoin(self.address, about["href"]))
        if "hx-get" in about:
            self.links.append(urljoin(self.address, about["hx-get"]))
        if tag == "form":
            action = urljoin(self.address, about.get("action", ""))
            self.open = Form(about.get("method", "get").lower(), action)
            self.forms.append(self.open)
            self.by_id[about.get("id", "")] = self.open
        if tag == "option" and self.select is not None:
            self.select[1].append((about.get("value", ""), "selected" in about))
        form = self.by_id.get(about["form"]) if "form" in about else self.open
        if tag in FIELDS and form is not None and "disabled" not in about:
            self._field(tag, about, form)
        if "hx-post" in about and tag != "form":
            sent = Form(
                "post", urljoin(self.address, about["hx-post"]), form.fields if form else []
            )
            self.forms.append(sent)

    def _field(self, tag: str, about: dict[str, str], form: Form) -> None:
        name, kind = about.get("name", ""), about.get("type", "")
        if tag == "select":
            self.select = (name, [])
        elif tag == "button" or kind == "submit":
            if kind != "button":
                form.buttons.append((name, about.get("value", "")))
        elif kind not in ("checkbox", "radio") or "checked" in about:
            form.fields.append((name, about.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.open = None
        if tag == "select" and self.select is not None:
            name, options = self.select
            chosen = [value for value, is_chosen in options if is_chosen] or [
                value for value, _ in options[:1]
            ]
            if self.open is not None:
                self.open.fields += [(name, value) for value in chosen]
            self.select = None


def kind_of(address: str) -> tuple[Any, ...]:
    """The pattern of an address with the names of its parameters; Resolver404 if it has none."""
    parts = urlsplit(address)
    match = resolve(parts.path)
    return match.url_name, tuple(sorted({name for name, _ in parse_qsl(parts.query)}))


class Walk:
    """Everything that one reader can reach, and what of it they may not use."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.waiting = deque([(HOME, "the beginning")])
        self.met: set[tuple[Any, ...]] = set()
        self.sent: set[tuple[Any, ...]] = set()
        self.dead: list[str] = []

    def through(self) -> "Walk":
        while self.waiting:
            address, found_on = self.waiting.popleft()
            answer = self.client.get(address)
            self._judge(answer, f"GET {address}", found_on)
            if answer.status_code == 302:
                self._meet(answer["Location"], address)
            is_page = answer.get("Content-Type", "").startswith("text/html")
            if is_page and answer.status_code == 200 and not answer.streaming:
                self._look(Page(address, answer.content.decode()))
        return self

    def _look(self, page: Page) -> None:
        for link in page.links:
            self._meet(link, page.address)
        for form in page.forms:
            for data in form.sent():
                self._send(form, data, page.address)

    def _meet(self, link: str, found_on: str) -> None:
        address = link.partition("#")[0]
        path = urlsplit(address).path
        if urlsplit(address).netloc or path.startswith(ELSEWHERE) or path == "/":
            return
        try:
            kind = kind_of(address)
        except Resolver404:
            self.dead.append(f"{address} on {found_on} leads nowhere")
            return
        if kind not in self.met:
            self.met.add(kind)
            self.waiting.append((address, found_on))

    def _send(self, form: Form, data: dict[str, list[str]], found_on: str) -> None:
        path = urlsplit(form.action).path
        if path.startswith(ELSEWHERE):
            return
        kind = (form.method, kind_of(form.action)[0], *data.get("do", ()))
        if kind in self.sent:
            return
        self.sent.add(kind)
        cookies = copy.deepcopy(self.client.cookies)  # what is taken back leaves no message either
        with transaction.atomic():
            if form.method == "post":
                answer = self.client.post(form.action, data)
            else:
                answer = self.client.get(path, data)
            transaction.set_rollback(True)
        self.client.cookies = cookies
        self._judge(answer, f"{form.method.upper()} {form.action} {sorted(data)}", found_on)

    def _judge(self, answer: Any, what: str, found_on: str) -> None:
        if answer.status_code in REFUSED:
            self.dead.append(f"{answer.status_code} for {what} on {found_on}")


@pytest.fixture
def furnished(acme: World) -> World:
    """With a value, an initiative and scores: what pages offer buttons for."""
    acme.record("revenue", "sales", {"2026-01-01": 90, "2026-02-01": 95})
    add_initiative(
        unit=acme.units["sales"],
        code="crm",
        name="One customer file",
        objectives=[acme.objectives["sales", "grow"]],
    )
    note = PanelPlan("text", {"text": "Well done."})
    sales: dict[str, Any] = {"unit": acme.units["sales"], "panels": [note]}
    add_dashboard(organization=acme.organization, name="Of Sales", **sales)
    refresh_scores(organization_id=acme.organization.pk)
    return acme


def test_whoever_only_reads_is_refused_every_change() -> None:
    """The table of all addresses, read across: what a viewer posts ends before a service."""
    viewer = READERS.index("bob")
    open_to_all = {
        name
        for name, row in TABLE.items()
        for method in row.keys() - {"GET", "others"}
        if int(row[method].split()[viewer]) not in (403, 404, 405)
    }
    assert open_to_all == OF_ONESELF | {"api-measurements"}  # which refuses row by row


# What everybody may change: their own books, dashboards, tokens and reminders.
OF_ONESELF = {"books", "api-books", "tokens", "api-tokens", "reminders", "reminders-stop"}
OF_ONESELF |= {"dashboard-new", "api-dashboards"}
# Of each role some pages that it must have come by, so that the walk cannot end early.
REACHED = {
    "bob": {"board", "kpi", "initiative", "structure", "history", "targets"},
    "carol": {"board", "entry", "values-due", "kpi-values"},
    "alice": {"kpi-edit", "initiative-edit", "target", "closing", "changes", "panel"},
}


@pytest.mark.parametrize("reader", REACHED)
def test_no_page_offers_what_its_reader_may_not_use(furnished: World, reader: str) -> None:
    client = Client()
    client.force_login(furnished.users[reader])
    walk = Walk(client).through()
    assert not walk.dead, "\n".join(walk.dead)
    assert REACHED[reader] <= {kind[0] for kind in walk.met}
    posted = {kind[1] for kind in walk.sent if kind[0] == "post"}
    assert (posted <= OF_ONESELF) == (reader == "bob"), posted
