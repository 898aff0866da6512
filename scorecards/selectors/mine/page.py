"""My page: what somebody owes, how what is theirs goes, and what it is for."""

from dataclasses import replace

from calculations.periods import Period
from organizations.access import Access, Action
from organizations.models import Person
from scorecards.links import board_href, kpis_href, my_page_href
from scorecards.models import Objective
from scorecards.selectors.initiatives.lines import Asked, line, matching
from scorecards.selectors.initiatives.reading import ToldInitiative, told_initiatives
from scorecards.selectors.shapes import Link, PeriodChoice
from scorecards.selectors.viewing import Viewing, period_choice

from .belongings import own_assignments, own_objectives, people_to_ask
from .due import my_due
from .kpis import kpi_figures, measured_in, my_kpis
from .shapes import MyInitiative, MyObjective, MyPage
from .standing import Standing, standing
from .ways import LineOfSight

MOST_KPIS = 100
MOST_MILESTONES = 3


def my_page(access: Access, period: Period) -> MyPage:
    """The reader's own page; by a fixed number of statements, however much is theirs.

    Everything but initiatives and what is due is told of the period.
    """
    assignments = own_assignments(access)
    measured = measured_in(access, assignments, period)
    shown, objectives = measured[:MOST_KPIS], own_objectives(access)
    units = {each.unit_id for each in shown} | {row.scorecard.unit_id for row in objectives}
    line_up = {node.id for unit_id in units for node in access.tree.line(unit_id)}
    stands = standing(access, line_up, period)
    sight = LineOfSight(access, stands, shown)
    page = MyPage(
        person=_person(access),
        period=_periods(access, period),
        due=my_due(access, assignments),
        kpis=my_kpis(kpi_figures(access, shown, period), stands, sight),
        n_more_kpis=len(measured) - len(shown),
        objectives=tuple(_objective(access, stands, sight, row) for row in objectives),
        initiatives=_initiatives(access),
        ask=(),
        may_assign=_may(access, Action.EDIT_STRUCTURE),
        may_record=_may(access, Action.RECORD_VALUES),
        is_stale=stands.is_stale,
    )
    return page if page.has_any else replace(page, ask=people_to_ask(access))


def _may(access: Access, action: Action) -> bool:
    return any(access.sees(unit_id) and access.can(action, unit_id) for unit_id in access.roles)


def _person(access: Access) -> Link:
    """The reader, and the KPIs whose definitions are theirs."""
    people = Person.objects.live().filter(organization=access.organization, user=access.user)
    person = people.first()
    if person is None:
        return Link(str(access.user), None)
    return Link(
        person.name, kpis_href(access.organization.code, owner=person.code), code=person.code
    )


def _periods(access: Access, period: Period) -> PeriodChoice:
    organization = access.organization
    viewing = Viewing(organization.calendar, period)
    choice = period_choice(
        organization, viewing, lambda label, _: my_page_href(organization.code, label)
    )
    return replace(choice, today="")  # what is due is told of today alone


def _objective(access: Access, stands: Standing, sight: LineOfSight, row: Objective) -> MyObjective:
    unit = access.tree.by_id[row.scorecard.unit_id]
    key = (row.scorecard_id, row.code)
    node = stands.objectives.get(key)
    trace = f"objective:{row.code}" if node else None
    return MyObjective(
        code=row.code,
        name=node.name if node else row.name,
        unit=unit.code,
        unit_name=unit.name,
        score=stands.score(row.scorecard_id, "objective", row.code),
        href=board_href(access.organization.code, unit.code, stands.label, trace),
        up=sight.of_objective(key),
    )


def _initiatives(access: Access) -> tuple[MyInitiative, ...]:
    """Those that are not over, what needs attention first."""
    mine = matching(access, told_initiatives(access, owner=access.user), Asked())
    return tuple(_initiative(access, each) for each in mine if each.row.is_open)


def _initiative(access: Access, each: ToldInitiative) -> MyInitiative:
    told = line(access, each)
    open_ones = [milestone for milestone in told.milestones if milestone.state != "done"]
    return MyInitiative(
        line=told,
        unit=each.unit.code,
        next=tuple(open_ones[:MOST_MILESTONES]),
        n_more=max(len(open_ones) - MOST_MILESTONES, 0),
    )
