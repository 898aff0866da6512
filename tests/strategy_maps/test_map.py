"""What the strategy map tells of a scorecard in a period."""

import doctest

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kpis.services.measurements import record_values
from organizations.access import Access, user_access
from scorecards.services.arranging import remove_node
from scorecards.services.closing import close_period
from scorecards.services.refresh import refresh_scores
from scorecards.services.structure import add_objective, add_theme
from strategy_maps.selectors import hypotheses
from strategy_maps.selectors.map import StrategyMap, strategy_map
from strategy_maps.services import links
from strategy_maps.services.places import place_objective
from tests.strategy_maps.mapped_world import link, mapped, of
from tests.strategy_maps.test_links import evidence
from tests.worlds import World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def access_of(world: World, name: str) -> Access:
    access = user_access(world.users[name], "acme")
    assert access is not None
    return access


def seen(world: World, name: str = "alice", period: str = "2026-02") -> StrategyMap:
    access = access_of(world, name)
    shown = access.organization.calendar.parse_label(period)
    return strategy_map(access, world.scorecards["sales"], shown)


def test_sentences_say_what_is_expected() -> None:
    for module in (hypotheses, links):
        failed, tried = doctest.testmod(module)
        assert tried
        assert not failed
    for first in range(37):
        for last in range(first, 37):
            assert "0 " not in hypotheses.lag_text(first, last).replace("10 ", "").replace(
                "20 ", ""
            ).replace("30 ", "")


def test_the_map_has_lanes_nodes_links_and_themes(acme: World) -> None:
    mapped(acme)
    theme = add_theme(scorecard=acme.scorecards["sales"], code="service", name="Service")
    add_objective(
        perspective=of(acme, "fix").perspective,
        code="stock",
        name="Vans stocked",
        theme=theme,
        owner=acme.people["ada"],
    )
    place_objective(objective=of(acme, "fix"), x=0.25)
    row = link(acme, "train", "grow", strength=1, cause_kpi=acme.kpis["defects"])
    evidence(row, verdict="contradicted")
    acme.record("revenue", "sales", {"2026-02-01": 90})
    refresh_scores(organization_id=acme.organization.pk)
    shown = seen(acme)
    assert [(lane.code, lane.nodes) for lane in shown.lanes] == [
        ("financial", ("grow",)),
        ("process", ("improve",)),
        ("learning", ("train", "fix", "stock")),
    ]
    nodes = {node.code: node for node in shown.nodes}
    assert (nodes["fix"].x, nodes["grow"].x) == (0.25, None)
    assert (nodes["stock"].owner, nodes["stock"].theme) == ("Ada Byron", "service")
    grow = nodes["grow"].score
    assert (grow.text, grow.status, grow.coverage_text) == ("75.0", "below_target", "75 %")
    assert nodes["fix"].score.status == "no_data"
    assert nodes["grow"].trace_href == (
        "/acme/units/sales/scorecard/?period=2026-02&trace=objective%3Agrow"
    )
    assert [(theme.name, theme.nodes) for theme in shown.themes] == [("Service", ("stock",))]
    assert [(each.cause, each.effect, each.short_lag) for each in shown.links] == [
        ("improve", "grow", "2–4 mo"),
        ("train", "grow", ""),
        ("train", "fix", "6 mo"),
        ("fix", "improve", ""),
    ]
    tested = shown.links[1]
    assert tested.evidence is not None
    assert (tested.evidence.association, tested.cause_kpi) == (0.5, "defects")
    assert [f"{each.sentence} {each.verdict_text}." for each in shown.hypotheses[:2]] == [
        "If “Improve Sales” improves, then “Grow Sales” worsens after 2–4 months. Not tested yet.",
        "If “Train technicians” improves, then “Grow Sales” improves a little at once."
        " The data contradict it.",
    ]
    assert (shown.may_edit, seen(acme, "bob").may_edit, shown.is_stale) == (True, False, False)


def test_a_closed_period_shows_what_was_reported(acme: World) -> None:
    mapped(acme)
    acme.record("revenue", "sales", {"2026-02-01": 90})
    refresh_scores(organization_id=acme.organization.pk)
    month = acme.organization.calendar.parse_label("2026-02")
    close_period(unit=acme.units["sales"], period=month, by=acme.users["alice"])
    assert (seen(acme).is_reported, seen(acme).score.text) == (True, "75.0")
    row = (acme.assignment("revenue", "sales").pk, month.start, 100, None)
    record_values(organization=acme.organization, rows=[row], reason="Booked late")
    refresh_scores(organization_id=acme.organization.pk)
    grow = next(node for node in seen(acme).nodes if node.code == "grow")
    assert grow.score.text == "75.0"
    assert grow.score.restated is not None
    assert grow.score.restated.text == "100.0"


def test_it_takes_as_many_statements_for_more_objectives(acme: World) -> None:
    mapped(acme)
    counts = []
    for number in range(2):
        access = access_of(acme, "alice")
        period = access.organization.calendar.parse_label("2026-02")
        with CaptureQueriesContext(
            connection,
        ) as caught:
            shown = strategy_map(access, acme.scorecards["sales"], period)
        counts.append((len(caught), len(shown.links)))
        if number == 0:
            for place in range(8):
                acme.objectives["sales", f"more{place}"] = add_objective(
                    perspective=of(acme, "fix").perspective, code=f"more{place}", name="More"
                )
                evidence(link(acme, f"more{place}", "fix", cause_kpi=acme.kpis["defects"]))
    assert counts[0][0] == counts[1][0] <= 12
    assert [links for _, links in counts] == [3, 11]


def test_what_is_removed_is_not_on_the_map(acme: World) -> None:
    mapped(acme)
    remove_node(scorecard=acme.scorecards["sales"], key="objective.fix")
    shown = seen(acme)
    assert [(each.cause, each.effect) for each in shown.links] == [("improve", "grow")]
    assert "fix" not in {node.code for node in shown.nodes}
