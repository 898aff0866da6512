"""What belongs to somebody: what they answer for at units that they see."""

from django.db.models import Q

from kpis.models import Assignment
from kpis.selectors.measurements import live_assignments
from organizations.access import Access
from organizations.models import Membership, Organization, Person, Role, StructureQuerySet, User
from scorecards.models import Initiative, Objective, Scorecard
from scorecards.selectors.kpis.sight import seen_units

MOST_ASKED = 3


def has_own(organization: Organization, user: User) -> bool:
    """Whether the user answers for anything, or has a unit of their own with KPIs."""
    assignments = live_assignments(organization)
    return (
        assignments.filter(_answers(user) | Q(unit__person__user=user)).exists()
        or _objectives(organization, user).exists()
        or Initiative.objects.live().filter(organization=organization, owner__user=user).exists()
    )


def own_assignments(access: Access) -> list[Assignment]:
    """KPIs at units that the reader answers for, and all of their own unit, by name."""
    assert access.user is not None
    mine = _answers(access.user) | Q(unit__person__user=access.user)
    found = live_assignments(access.organization).filter(mine, seen_units(access))
    rows = found.select_related("kpi__owner", "unit", "responsible").order_by("kpi__name", "pk")
    assignments = list(rows)
    for row in assignments:
        row.kpi.organization = access.organization
    return assignments


def own_objectives(access: Access) -> list[Objective]:
    """Those of active scorecards that the reader owns and sees."""
    assert access.user is not None
    rows = _objectives(access.organization, access.user).select_related("scorecard")
    return list(rows.filter(seen_units(access, "scorecard__")).order_by("name", "pk"))


def _answers(user: User) -> Q:
    """The person who is responsible at the unit; where nobody is, the KPI's owner."""
    return Q(responsible__user=user) | Q(responsible=None, kpi__owner__user=user)


def _objectives(organization: Organization, user: User) -> StructureQuerySet:
    rows: StructureQuerySet = Objective.objects.live().filter(
        organization=organization,
        owner__user=user,
        scorecard__deleted_at=None,
        scorecard__status=Scorecard.State.ACTIVE,
    )
    return rows


def people_to_ask(access: Access) -> tuple[str, ...]:
    """Who may make the reader responsible: those nearest above their units, by name."""
    lines = (access.tree.line(unit_id) for unit_id in access.roles)
    above = {node.id: depth for line in lines for depth, node in enumerate(line)}
    rows = Membership.objects.live().filter(
        organization=access.organization,
        unit_id__in=above,
        role__in=(Role.MANAGER, Role.ADMINISTRATOR),
        user__is_active=True,
    )
    held = rows.exclude(user=access.user).values_list("user_id", "unit_id")
    depths: dict[int, int] = {}
    for user_id, unit_id in held:
        depths[user_id] = max(above[unit_id], depths.get(user_id, 0))
    people = Person.objects.live().filter(organization=access.organization, user__in=depths)
    named = sorted((-depths[user_id], name) for user_id, name in people.values_list("user", "name"))
    return tuple(name for _, name in named[:MOST_ASKED])
