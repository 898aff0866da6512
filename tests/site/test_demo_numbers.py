"""What the demonstration company shows of the product: each feature on the board that tells it."""

import datetime as dt
from collections import Counter

import pytest
from django.db.models import F, Q, Sum

from calculations.periods import Frequency, Period
from calculations.scoring import Status
from kpis.models import KPI, Assignment, KPIInput, Measurement, Restatement, Target
from organizations.access import Access
from organizations.models import ClosedPeriod, Organization
from scorecard_site.demo import company
from scorecard_site.demo.library import KPIS
from scorecards.models import (
    Alignment,
    Assessment,
    Edition,
    Objective,
    ReportedSheet,
    Scorecard,
    ScoreSheet,
)
from scorecards.selectors.boards.board import board
from scorecards.selectors.boards.board_data import active_scorecard, board_data
from scorecards.selectors.boards.shapes import Board, KpiRow
from scorecards.selectors.closing.missing_values import missing_values
from scorecards.selectors.closing.report_document import opened_report
from scorecards.selectors.closing.reported import reported_board, reported_sheet
from scorecards.selectors.editions.changes import edition_names
from scorecards.selectors.editions.lines import current_lines, known_editions
from scorecards.selectors.editions.reading import contents
from scorecards.selectors.structure.double_counts import double_count
from scorecards.selectors.viewing import AsOf, Viewing
from scorecards.services.verification import verify_scores
from strategy_maps.models import CausalLink, Verdict

# The fixtures are used by their names.
from .test_demo import NOW, aldermoor, loaded

__all__ = ["aldermoor", "loaded"]

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

LAST_QUARTER = Period(Frequency.QUARTER, dt.date(2026, 7, 1))
THIS_QUARTER = Period(Frequency.QUARTER, dt.date(2026, 10, 1))
LATE_MONTH = Period(Frequency.MONTH, dt.date(2026, 9, 1))
CLOSED = Period(Frequency.QUARTER, dt.date(2025, 1, 1))


def sees_all(organization: Organization) -> Access:
    return Access(organization=organization, roles={}, is_unbound=True)


def board_of(
    organization: Organization, unit: str, period: Period, as_of: dt.datetime | None = None
) -> Board:
    access = sees_all(organization)
    (node,) = (node for node in access.tree.by_id.values() if node.code == unit)
    scorecard = active_scorecard(node)
    assert scorecard is not None
    moment = AsOf(as_of.date().isoformat(), as_of) if as_of else None
    data = board_data(access, node, scorecard, period, moment)
    assert data is not None
    return board(data)


def row(shown: Board, kpi: str) -> KpiRow:
    rows = [
        row
        for band in shown.perspectives
        for objective in band.objectives
        for row in objective.kpis
        if row.code == kpi
    ]
    return rows[0]


def sheet(organization: Organization, unit: str, period: Period) -> ScoreSheet:
    found = ScoreSheet.objects.in_periods([period])
    return found.get(organization=organization, scorecard__code=unit)


def recorded(kpi: str, units: tuple[str, ...]) -> float:
    """What was entered for the last quarter."""
    values = Measurement.objects.filter(
        assignment__kpi__code=kpi,
        assignment__unit__code__in=units,
        period_start__gte=LAST_QUARTER.start,
        period_start__lt=THIS_QUARTER.start,
    )
    return float(values.aggregate(Sum("value"))["value__sum"])


# --- Formulas, in layers


def test_a_margin_follows_from_a_profit_that_follows_from_inputs(aldermoor: Organization) -> None:
    read: dict[str, set[str]] = {}
    for edge in KPIInput.objects.filter(organization=aldermoor).select_related("kpi", "input"):
        read.setdefault(edge.kpi.code, set()).add(edge.input.code)
    assert read["crew_margin"] == {"crew_profit", "crew_revenue"}
    assert read["crew_profit"] == {"crew_revenue", "crew_cost"}
    inputs = KPI.objects.filter(organization=aldermoor, is_input=True)
    assert {"crew_cost", "crew_revenue", "crew_profit"} <= set(
        inputs.values_list("code", flat=True)
    )
    cost, revenue, homes = (
        recorded(code, ("crews_cork", "crews_dublin"))
        for code in ("crew_cost", "crew_revenue", "installations")
    )
    shown = board_of(aldermoor, "install_south", LAST_QUARTER)
    assert row(shown, "crew_margin").actual.value == pytest.approx(100 * (1 - cost / revenue))
    assert row(shown, "installation_cost").actual.value == pytest.approx(cost / homes)
    year = row(board_of(aldermoor, "installation", LAST_QUARTER), "crew_margin_ytd")
    assert year.actual.value is not None
    assert year.score.status == Status.ON_TARGET.name.lower()


def test_everything_that_a_formula_reads_is_measured_beside_it(aldermoor: Organization) -> None:
    places = set(
        Assignment.objects.filter(organization=aldermoor).values_list("kpi__code", "unit__code")
    )
    read = KPIInput.objects.filter(organization=aldermoor).select_related("kpi", "input")
    for edge in read:
        if edge.kpi.formula:
            for kpi, unit in places:
                assert kpi != edge.kpi.code or (edge.input.code, unit) in places


def test_a_cost_counts_only_the_months_in_which_all_of_it_is_known(
    aldermoor: Organization,
) -> None:
    belfast = board_of(aldermoor, "crews_belfast", LAST_QUARTER)
    assert row(belfast, "installation_cost").marks == ("2 of 3 months",)
    assert row(belfast, "crew_margin").marks == ("2 of 3 months",)
    assert row(belfast, "installations").marks == ()  # a system counts the homes


# --- Roll-up over units


def test_installations_add_up_through_three_levels(aldermoor: Organization) -> None:
    def homes(unit: str) -> float:
        value = row(board_of(aldermoor, unit, LAST_QUARTER), "installations").actual.value
        assert value is not None
        return value

    north = homes("crews_belfast") + homes("crews_galway")
    south = homes("crews_cork") + homes("crews_dublin")
    assert homes("install_north") == north
    assert homes("installation") == north + south == homes("corporate")
    recorded = Assignment.objects.filter(kpi__code="installations", measurements__isnull=False)
    units = set(recorded.filter(organization=aldermoor).values_list("unit__code", flat=True))
    assert units == {"crews_belfast", "crews_galway", "crews_cork", "crews_dublin"}


def test_the_pulse_is_weighted_by_people_and_its_target_comes_from_above(
    aldermoor: Organization,
) -> None:
    pulse = KPI.objects.get(organization=aldermoor, code="team_pulse")
    assert pulse.unit_rule == "mean"
    assert pulse.weighting is not None
    assert pulse.weighting.code == "headcount"
    targets = Target.objects.filter(assignment__kpi=pulse)
    assert set(targets.values_list("assignment__unit__code", flat=True)) == {"corporate"}
    team = row(board_of(aldermoor, "field_east", LAST_QUARTER), "team_pulse")
    assert team.target.text == "7.4"
    month = row(board_of(aldermoor, "corporate", LATE_MONTH), "team_pulse")
    assert month.marks == ("7 of 8 teams",)
    assert month.score.coverage == 7 / 8


def test_nothing_counts_twice(aldermoor: Organization) -> None:
    counted = Alignment.objects.filter(organization=aldermoor, weight__gt=0)
    for alignment in counted.select_related("objective", "supported"):
        assert double_count(alignment.objective, alignment.supported) is None


# --- The late team


def test_belfast_owes_its_figures_and_coverage_tells_up_to_the_top(
    aldermoor: Organization,
) -> None:
    access = sees_all(aldermoor)
    late = {
        (value.unit, value.kpi)
        for value in missing_values(access, set(access.tree.by_id), LATE_MONTH)
    }
    owed = {"Cost of the crews", "Invoiced for the crews' work", "People", "Pulse of the teams"}
    assert {("Crews Belfast", name) for name in owed} <= late
    for unit in ("crews_belfast", "install_north", "installation", "corporate"):
        coverage = sheet(aldermoor, unit, LAST_QUARTER).coverage
        assert coverage is not None
        assert coverage < 1, unit
    now = row(board_of(aldermoor, "crews_belfast", THIS_QUARTER), "team_pulse")
    assert now.actual.value is None
    assert "overdue since 2026-11-09" in now.marks


def test_belfasts_grade_is_carried(aldermoor: Organization) -> None:
    grade = row(board_of(aldermoor, "crews_belfast", LAST_QUARTER), "skill_grade")
    assert grade.marks == ("carried from 2026-Q2",)
    assert grade.actual.text == "D"


# --- What was reported, and what was said since


def test_a_quarter_was_closed_as_of_last_year(aldermoor: Organization) -> None:
    closing = ClosedPeriod.objects.get(organization=aldermoor)
    assert closing.unit.code == "corporate"
    assert closing.period == CLOSED
    assert closing.closed_at.date() == dt.date(2025, 8, 20)
    sheets = ReportedSheet.objects.filter(closing=closing)
    # The quarter and its months, down to departments, and of the team that began early.
    assert sheets.count() == 4 * 19
    for reported in sheets:
        assert reported.reported_at == closing.closed_at
        assert opened_report(reported.content).reported_at == closing.closed_at


def test_reported_and_restated_stand_side_by_side(aldermoor: Organization) -> None:
    restated = Restatement.objects.filter(organization=aldermoor)
    audit = restated.get(assignment__kpi__code="warranty_cost")
    assert "auditors" in audit.reason
    assert audit.at.date() == dt.date(2025, 10, 14)
    access = sees_all(aldermoor)
    (node,) = (node for node in access.tree.by_id.values() if node.code == "corporate")
    kept = reported_sheet(node, CLOSED)
    assert kept is not None
    page = reported_board(access, node, Viewing(aldermoor.calendar, CLOSED), kept, None)
    assert page is not None
    cost = row(page.board, "warranty_cost")
    assert cost.actual.restated is not None
    assert (cost.actual.text, cost.actual.restated.text) == ("1.15", "1.60")
    assert page.note.is_restated
    grown = page.board.perspectives[0].objectives[0].said
    assert grown is not None
    assert "subsidy was extended" in grown.text
    assert {line.kpi for line in page.note.restatements} == {"Warranty cost", "Cost of the crews"}
    assert kept.score == page.board.score.value
    assert kept.score != sheet(aldermoor, "corporate", CLOSED).score


def test_the_past_can_be_told_as_of_a_day(aldermoor: Organization) -> None:
    then = dt.datetime(2025, 9, 1, 12, tzinfo=dt.UTC)
    before = row(board_of(aldermoor, "corporate", CLOSED, then), "warranty_cost").actual.value
    kept = ReportedSheet.objects.get(
        organization=aldermoor, scorecard__code="corporate", frequency="quarter"
    )
    document = opened_report(kept.content)
    assert before == row(document.board, "warranty_cost").actual.value


def test_a_manager_says_more_of_an_objective_than_its_figures(aldermoor: Organization) -> None:
    said = Assessment.objects.get(organization=aldermoor)
    assert said.period == LAST_QUARTER
    assert said.said_by is not None
    assert said.said_by.email.startswith("adaeze")
    assert dt.datetime(2026, 10, 1, tzinfo=dt.UTC) < said.said_at < NOW
    shown = board_of(aldermoor, "installation", LAST_QUARTER)
    (objective,) = (
        row for band in shown.perspectives for row in band.objectives if row.code == said.code
    )
    assert objective.score.value == 25
    assert objective.score.assessed


# --- Grades, editions, targets


def test_the_energy_label_scores_by_grade(aldermoor: Organization) -> None:
    label = row(board_of(aldermoor, "engineering", LAST_QUARTER), "energy_label")
    assert label.actual.text == "A++"
    assert label.score.value == 100
    first = row(
        board_of(aldermoor, "engineering", Period(Frequency.QUARTER, dt.date(2024, 4, 1))),
        "energy_label",
    )
    assert first.actual.text == "A+"
    assert first.score.value == 60


def test_the_corporate_weights_changed_last_year(aldermoor: Organization) -> None:
    scorecard = Scorecard.objects.get(organization=aldermoor, code="corporate")
    editions = scorecard.editions.filter(superseded_at=None).order_by("valid_from")
    days = list(editions.values_list("valid_from", flat=True))
    assert days == [dt.date(2023, 11, 1), dt.date(2025, 1, 1), dt.date(2025, 4, 1)]
    packed = contents(editions.values_list("pk", flat=True))
    money = [
        {node.code: node.weight for node in packed[edition.pk].perspectives}["financial"]
        for edition in editions
    ]
    assert money == [40, 30, 30]
    known = known_editions(scorecard)
    names = edition_names(sees_all(aldermoor), packed.values())
    lines = current_lines(aldermoor, known, names)
    assert any("40" in change and "30" in change for change in lines[1].changes)


def test_no_edition_was_published_after_its_first_day(aldermoor: Organization) -> None:
    for edition in Edition.objects.filter(organization=aldermoor).defer("content"):
        assert edition.created_at.date() < edition.valid_from
        assert edition.superseded_at in (None, edition.created_at)


def test_teams_have_scorecards_since_last_spring(aldermoor: Organization) -> None:
    for scorecard in Scorecard.objects.active().filter(organization=aldermoor):
        first = scorecard.editions.order_by("valid_from")[0].valid_from
        is_cascaded = company.BY_CODE[scorecard.code].kind in ("team", "individual")
        assert first == (dt.date(2025, 4, 1) if is_cascaded else dt.date(2023, 11, 1))


def test_the_margins_targets_were_rolled_over_by_two_percent(aldermoor: Organization) -> None:
    targets = Target.objects.filter(
        organization=aldermoor,
        assignment__kpi__code="crew_margin",
        assignment__unit__code="installation",
    ).order_by("valid_from")
    assert list(targets.values_list("valid_from", "target")) == [
        (dt.date(2023, 1, 1), 24.0),
        (dt.date(2024, 1, 1), 24.5),
        (dt.date(2025, 1, 1), 25.0),
        (dt.date(2026, 1, 1), 25.5),
    ]
    assert all(target.said_at.year == target.valid_from.year - 1 for target in targets)


def test_scores_equal_a_full_recomputation(aldermoor: Organization) -> None:
    assert not verify_scores(organization_id=aldermoor.pk).differences


def test_rules_of_roll_up_are_those_of_the_plans(aldermoor: Organization) -> None:
    stored = dict(KPI.objects.filter(organization=aldermoor).values_list("code", "unit_rule"))
    assert stored == {plan.code: plan.unit_rule for plan in KPIS}
    assert {"own", "sum", "mean", "formula"} == set(stored.values())


# --- The strategy map


def test_the_map_shows_what_the_data_say_of_the_strategy(aldermoor: Organization) -> None:
    links = CausalLink.objects.filter(organization=aldermoor, cause__scorecard__code="corporate")
    assert links.count() == 25
    verdicts = Counter(links.values_list("evidence__verdict", flat=True))
    assert verdicts.keys() == set(Verdict.values)
    assert verdicts[Verdict.CONFIRMED] >= 4
    assert verdicts[Verdict.NOT_CONFIRMED] >= 4
    assert verdicts[Verdict.CONTRADICTED] == 1
    story = links.get(cause__code="skilled_installers", effect__code="right_first_time")
    assert story.evidence.verdict == Verdict.CONFIRMED
    assert story.evidence.lag == 2


def test_objectives_are_cascaded_in_all_three_ways(aldermoor: Organization) -> None:
    """The same KPI rolled up, another KPI whose objective counts above, and an objective apart."""
    same = Q(objective__kpi_links__kpi=F("supported__kpi_links__kpi"))
    tied = Alignment.objects.filter(organization=aldermoor)
    identical = tied.filter(same, objective__kpi_links__kpi__unit_rule__in=["sum", "mean"])
    assert identical.exists()
    assert tied.filter(weight__gt=0).exclude(pk__in=tied.filter(same)).exists()
    objectives = Objective.objects.live().filter(organization=aldermoor)
    apart = objectives.exclude(scorecard__code="corporate").exclude(
        pk__in=tied.values("objective_id")
    )
    assert apart.filter(scorecard__status=Scorecard.State.ACTIVE).count() == 2
