"""What changed, in words, and setting it back, for each kind of thing that people edit."""

import datetime as dt
import html
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.test import Client

from kpis.models import KPI
from kpis.services.library import (
    change_assignment,
    change_kpi,
    delete_kpi,
    remove_assignment,
)
from kpis.services.targets import remove_target, set_target
from kpis.services.units import move_unit
from organizations.services.people import change_person
from organizations.services.roles import give_role, take_role
from organizations.services.structure import change_unit
from scorecards.models import Alignment, Initiative, Milestone, ObjectiveKPI, Perspective
from scorecards.selectors.editions.reading import content_at
from scorecards.selectors.structure.nodes import structure_nodes
from scorecards.services.arranging import place_node, remove_node
from scorecards.services.initiatives import (
    MilestonePlan,
    add_initiative,
    change_initiative,
    delete_initiative,
)
from scorecards.services.settings import change_settings
from scorecards.services.structure import NodeChange, add_theme, change_structure
from tests.pages import undo
from tests.worlds import NOW, START, World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW + dt.timedelta(hours=1), tick=True) as travelled:
        yield travelled


@pytest.fixture
def crm(acme: World) -> Initiative:
    """An initiative, and a theme of the scorecard whose objective it serves."""
    objective, day = acme.objectives["sales", "grow"], dt.date(2026, 6, 1)
    objective.theme = add_theme(scorecard=objective.scorecard, code="growth", name="Growth")
    objective.save()
    return add_initiative(
        unit=acme.units["sales"],
        code="crm",
        name="One customer file",
        budget_planned=1000,
        currency="EUR",
        objectives=[objective],
        milestones=[("Chosen", day, None)],
    )


def client_of(world: World, name: str) -> Client:
    client = Client()
    client.force_login(world.users[name])
    return client


def text_of(answer: Any) -> str:
    """What the page's main part says, in one line."""
    main = answer.content.decode().partition("<main")[2]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main)).split())


def first_way_back(page: str) -> str:
    return html.unescape(re.findall(r'class="log-back[^"]*"\s+href="([^"]+)"', page)[0])


def form_of(page: str) -> dict[str, Any]:
    """What the form of a restoration would send as it stands."""
    form = page.partition('id="restore"')[2].partition("</form>")[0]
    sent: dict[str, Any] = {"fields": []}
    for tag in re.findall(r"<input[^>]+>", form):
        about = dict(re.findall(r'([a-z]+)="([^"]*)"', tag))
        if about.get("type") != "checkbox":
            sent[about["name"]] = about["value"]
        elif "checked" in tag:
            sent["fields"].append(about["value"])
    chosen = re.findall(r'<option value="([^"]+)"\s+selected', form)
    return sent | ({"valid_from": chosen[0]} if chosen else {})


# --- Every kind of thing, changed and set back


def _node(world: World, key: str, unit: str = "sales", **values: Any) -> None:
    scorecard = world.scorecards[unit]
    (row,) = [node.row for node in structure_nodes(scorecard) if node.key == key]
    change_structure(scorecard=scorecard, changes={key: NodeChange(row.version, values)})


def _without(world: World, kpi: str) -> None:
    """The KPI, measured nowhere any more, taken out of the library."""
    remove_assignment(assignment=world.assignment(kpi, "sales"))
    delete_kpi(kpi=world.kpis[kpi])


def _milestone(world: World, done: dt.date | None) -> None:
    (row,) = Milestone.objects.live()
    plan = MilestonePlan(row.name, row.due_on, done, row.pk)
    change_initiative(initiative=row.initiative, milestones=[plan])


def link_of(world: World) -> ObjectiveKPI:
    found: ObjectiveKPI = ObjectiveKPI.objects.get(
        objective=world.objectives["sales", "grow"], kpi=world.kpis["nps"]
    )
    return found


def support_of(world: World) -> Alignment:
    found: Alignment = Alignment.objects.get(
        objective=world.objectives["sales", "grow"], supported=world.objectives["emea", "grow"]
    )
    return found


def fresh(row: Any, *names: str) -> tuple[Any, ...]:
    row.refresh_from_db()
    return tuple(getattr(row, name) for name in names)


def roles(world: World, person: str) -> list[str]:
    held = world.users[person].memberships.filter(deleted_at=None)
    return list(held.values_list("role", flat=True))


def targets(world: World) -> list[Any]:
    rows = world.assignment("revenue", "sales").targets.live()
    return list(rows.values_list("valid_from", "red_flag", "target"))


def published(world: World) -> list[str]:
    content = content_at(world.scorecards["sales"], NOW.date())
    assert content is not None
    return [
        f"{node.code}: {len(node.kpis)}"
        for each in content.perspectives
        for node in each.objectives
    ]


Deed = Callable[[World], Any]
# What is done, on whose page it is told, in which words, and what says the same again afterwards.
CHANGES: dict[str, tuple[Deed, str, str, Callable[[World], Any]]] = {
    "settings": (
        lambda w: change_settings(organization=w.organization, minimum_coverage=0.75),
        "settings/acme",
        "Minimum coverage 50 % → became 75 %",
        lambda w: w.organization.__class__.objects.get(code="acme").minimum_coverage,
    ),
    "unit": (
        lambda w: change_unit(unit=w.units["sales"], name="Selling", kind="department"),
        "unit/sales",
        "Name Sales → became Selling Kind Team → became Department",
        lambda w: fresh(w.units["sales"], "name", "kind"),
    ),
    "moved unit": (
        lambda w: move_unit(unit=w.units["sales"], parent=w.units["apac"]),
        "unit/sales",
        "Above it EMEA → became APAC",
        lambda w: fresh(w.units["sales"], "parent_id"),
    ),
    "person": (
        lambda w: change_person(person=w.people["ada"], name="Ada King"),
        "person/ada",
        "Name Ada Byron → became Ada King",
        lambda w: fresh(w.people["ada"], "name"),
    ),
    "role": (
        lambda w: give_role(person=w.people["bob"], unit=w.units["sales"], role="manager"),
        "person/bob",
        "Role Viewer → became Manager",
        lambda w: roles(w, "bob"),
    ),
    "role taken": (
        lambda w: take_role(person=w.people["bob"], unit=w.units["sales"]),
        "person/bob",
        "Role Viewer of Sales: Bob removed",
        lambda w: roles(w, "bob"),
    ),
    "kpi": (
        lambda w: change_kpi(kpi=w.kpis["revenue"], name="Turnover", owner=w.people["bob"]),
        "kpi/revenue",
        "Name Revenue → became Turnover Owner none → became Bob",
        lambda w: fresh(w.kpis["revenue"], "name", "owner_id"),
    ),
    "assignment": (
        lambda w: change_assignment(
            assignment=w.assignment("nps", "sales"), responsible=w.people["carol"]
        ),
        "kpi/nps",
        "Responsible none → became Carol",
        lambda w: fresh(w.assignment("nps", "sales"), "responsible_id"),
    ),
    "target": (
        lambda w: set_target(
            assignment=w.assignment("revenue", "sales"), valid_from=START, target=120, red_flag=80
        ),
        "targets/sales",
        "Target Revenue at Sales from 2026-01-01, 120 k€ Target 100 k€ → became 120 k€",
        targets,
    ),
    "target removed": (
        lambda w: remove_target(
            target=w.assignment("revenue", "sales").targets.live().get(), by=None
        ),
        "kpi/revenue",
        "Target Revenue at Sales from 2026-01-01, 100 k€ removed",
        targets,
    ),
    "assignment removed": (
        lambda w: remove_assignment(assignment=w.assignment("rating", "sales")),
        "kpi/rating",
        "Measured Rating at Sales removed",
        lambda w: w.kpis["rating"].assignments.filter(deleted_at=None).count(),
    ),
    "kpi deleted": (
        lambda w: _without(w, "rating"),
        "kpi/rating",
        "KPI Rating removed",
        lambda _: KPI.objects.live().filter(code="rating").count(),
    ),
    "scorecard": (
        lambda w: _node(w, "scorecard", name="Selling", rule="worst"),
        "scorecard/sales_scorecard",
        "Roll-up rule weighted mean → became worst Name Sales scorecard → became Selling",
        lambda w: fresh(w.scorecards["sales"], "name", "rule"),
    ),
    "perspective": (
        lambda w: _node(w, "perspective.process", weight=2.5),
        "scorecard/sales_scorecard",
        "Perspective Internal process Weight 40 → became 2.5",
        lambda w: fresh(
            Perspective.objects.get(scorecard=w.scorecards["sales"], code="process"), "weight"
        ),
    ),
    "objective": (
        lambda w: _node(w, "objective.grow", owner=w.people["bob"], description="More. " * 40),
        "scorecard/sales_scorecard",
        "Owner none → became Bob",
        lambda w: fresh(w.objectives["sales", "grow"], "owner_id", "description"),
    ),
    "moved objective": (
        lambda w: place_node(
            scorecard=w.scorecards["sales"], key="objective.grow", parent="perspective.process"
        ),
        "scorecard/sales_scorecard",
        "Perspective Financial → became Internal process",
        lambda w: fresh(w.objectives["sales", "grow"], "perspective_id"),
    ),
    "objective removed": (
        lambda w: remove_node(scorecard=w.scorecards["sales"], key="objective.grow"),
        "scorecard/sales_scorecard",
        "Objective Grow Sales removed",
        published,
    ),
    "theme removed": (
        lambda w: remove_node(scorecard=w.scorecards["sales"], key="theme.growth"),
        "scorecard/sales_scorecard",
        "Theme Growth removed",
        lambda w: fresh(w.objectives["sales", "grow"], "theme_id"),
    ),
    "link": (
        lambda w: _node(w, "kpi.grow.nps", weight=7),
        "scorecard/sales_scorecard",
        "KPI of an objective Nps for Grow Sales Weight 1 → became 7",
        lambda w: fresh(link_of(w), "weight"),
    ),
    "support": (
        lambda w: _node(w, "contribution.grow.sales_scorecard.grow", "emea", weight=0),
        "scorecard/sales_scorecard",
        "Support Grow Sales (Sales) for Grow EMEA (EMEA) Weight 1 → became 0",
        lambda w: fresh(support_of(w), "weight"),
    ),
    "initiative": (
        lambda _: change_initiative(
            initiative=Initiative.objects.get(code="crm"), percent_done=50, budget_planned=20
        ),
        "initiative/crm",
        "Percent done 0 % → became 50 % Budget planned 1,000 EUR → became 20 EUR",
        lambda _: fresh(Initiative.objects.get(code="crm"), "percent_done", "budget_planned"),
    ),
    "initiative deleted": (
        lambda _: delete_initiative(initiative=Initiative.objects.get(code="crm")),
        "initiative/crm",
        "Initiative One customer file removed",
        lambda _: [m.name for m in Milestone.objects.live()],
    ),
    "milestone": (
        lambda w: _milestone(w, NOW.date()),
        "initiative/crm",
        "Milestone Chosen Done none → became 2026-05-04",
        lambda _: [m.done_on for m in Milestone.objects.live()],
    ),
    "serves": (
        lambda w: change_initiative(
            initiative=Initiative.objects.get(code="crm"), dropped=[w.objectives["sales", "grow"]]
        ),
        "initiative/crm",
        "Serves Grow Sales (Sales) removed",
        lambda _: (
            Initiative.objects.get(code="crm").objective_links.filter(deleted_at=None).count()
        ),
    ),
}


EVERYWHERE = {"settings", "target", "objective removed", "milestone"}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.both_databases) if name in EVERYWHERE else name
        for name in CHANGES
    ],
)
def test_a_change_is_told_set_back_and_that_undone(acme: World, crm: Initiative, name: str) -> None:
    deed, about, words, state = CHANGES[name]
    before = state(acme)
    deed(acme)
    after = state(acme)
    assert after != before
    root, address = client_of(acme, "root"), f"/acme/history/{about}/"
    page = root.get(address)
    assert words in text_of(page), text_of(page)
    panel = root.get(first_way_back(page.content.decode()))
    said = root.post(address, form_of(panel.content.decode()), follow=True)
    assert state(acme) == before, text_of(said)
    assert "Root" in text_of(said)
    undone = root.post(address, undo(said.content.decode()), follow=True)
    assert state(acme) == after, text_of(undone)
