"""The page of the units: the tree, and beside it the unit that is chosen."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db.models import QuerySet

from kpis.models import Assignment
from organizations.access import Access
from organizations.models import ApiToken, Membership, Person, Unit
from organizations.selectors import UnitNode
from scorecards.links import board_href, initiative_href, kpi_href, person_href, units_href
from scorecards.models import Initiative, Scorecard
from scorecards.selectors.kpis.form_words import Option
from scorecards.selectors.kpis.forms import FormField
from scorecards.selectors.shapes import Link

from .choices import Choice, person_options, unit_options
from .moves import move_consequences
from .rights import may_change_unit, may_hang_beneath
from .tree import Shown, TreeLevel, found_units, line_text, tree_levels

KINDS = tuple(Option(value, label) for value, label in Unit.Kind.choices)
MOST_USERS = 20
CODE_HINT = "Stands in addresses, files and formulas, and never changes; left empty, it is made of"


@dataclass(frozen=True)
class Asked:
    """What the page is asked to show, and what was typed with what is wrong, by field."""

    shown: Shown = field(default_factory=Shown)
    words: str = ""
    adds: bool = False
    to: str | None = None  # where the unit may be moved to; None: nothing is typed there yet
    typed: Mapping[str, str] | None = None
    problems: Mapping[str, str] | None = None
    meanwhile: Mapping[str, str] | None = None

    def text(self, name: str, stored: str) -> str:
        return stored if self.typed is None else self.typed.get(name, stored)

    def problem(self, name: str) -> str:
        return (self.problems or {}).get(name, "")


@dataclass(frozen=True)
class Move:
    """A move that may be made: what follows from it; none where `where` says what is wrong."""

    where: Choice
    to_code: str = ""
    to_name: str = ""
    consequences: tuple[str, ...] = ()


@dataclass(frozen=True)
class UnitPanel:
    """A unit, with what the reader may do there."""

    code: str
    name: str
    kind: str
    line: str
    version: int
    board_href: str
    person: Link | None
    beneath: int
    fields: tuple[FormField, ...]  # to change it; none where the reader may not
    move: Move | None
    users: tuple[Link, ...]  # who uses it, so that it cannot be retired
    user_count: int
    more_users: int
    may_retire: bool
    add_href: str  # "" where nothing may be added beneath


@dataclass(frozen=True)
class AddPanel:
    """The form of a new unit."""

    fields: tuple[FormField, ...]
    parent: Choice
    person: Choice
    cancel_href: str


@dataclass(frozen=True)
class UnitsPage:
    level: TreeLevel
    words: str
    total: int
    panel: UnitPanel | None
    add: AddPanel | None
    problem: str
    has_problems: bool


def units_page(access: Access, asked: Asked) -> UnitsPage:
    """A fixed number of statements, whatever the number of units."""
    node = access.visible_unit(asked.shown.selected) if asked.shown.selected else None
    if asked.words:
        level = found_units(access, asked.words, asked.shown)
    else:
        level = tree_levels(access, asked.shown)
    return UnitsPage(
        level=level,
        words=asked.words,
        total=len(access.visible_unit_ids),
        panel=unit_panel(access, node, asked) if node and not asked.adds else None,
        add=add_panel(access, node, asked) if asked.adds else None,
        problem=asked.problem(""),
        has_problems=bool(asked.problems or asked.meanwhile),
    )


# --- A unit


def unit_panel(access: Access, node: UnitNode, asked: Asked) -> UnitPanel:
    unit: Unit = Unit.objects.select_related("person").get(pk=node.id)
    may_change = may_change_unit(access, node)
    is_root = node.parent_id is None
    users = unit_users(access, node) if may_change else []
    code = access.organization.code
    add_href = units_href(code, unit=node.code, add="1")
    return UnitPanel(
        code=node.code,
        name=node.name,
        kind=unit.get_kind_display(),
        line=line_text(access, node),
        version=unit.version,
        board_href=board_href(code, node.code),
        person=Link(unit.person.name, person_href(code, unit.person.code)) if unit.person else None,
        beneath=sum(access.sees(each.id) for each in access.tree.beneath(node.id)) - 1,
        fields=_change_fields(unit, asked) if may_change else (),
        move=_move(access, node, asked) if may_change and not is_root else None,
        users=tuple(users[:MOST_USERS]),
        user_count=len(users),
        more_users=max(0, len(users) - MOST_USERS),
        may_retire=may_change and not is_root and not users,
        add_href=add_href if may_hang_beneath(access, node) else "",
    )


def _change_fields(unit: Unit, asked: Asked) -> tuple[FormField, ...]:
    fields = [_field("name", "Name", "", asked, unit.name)]
    if not unit.person_id:
        kinds = tuple(option for option in KINDS if option.value != Unit.Kind.INDIVIDUAL)
        fields.append(_field("kind", "Kind", "", asked, unit.kind, kinds))
    return tuple(fields)


def _field(
    name: str,
    label: str,
    hint: str,
    asked: Asked,
    stored: str = "",
    options: tuple[Option, ...] = (),
) -> FormField:
    return FormField(
        name=name,
        label=label,
        hint=hint,
        kind="select" if options else "text",
        most=200,
        text=asked.text(name, stored),
        problem=asked.problem(name),
        meanwhile=(asked.meanwhile or {}).get(name, ""),
        options=options,
    )


def destinations(access: Access, node: UnitNode) -> list[tuple[UnitNode, int]]:
    """Where the unit may be moved to, with their depth."""
    within = {each.id for each in access.tree.beneath(node.id)}
    return [
        (each, depth)
        for each, depth in access.tree.depth_first()
        if each.id not in within and each.id != node.parent_id and may_hang_beneath(access, each)
    ]


def _move(access: Access, node: UnitNode, asked: Asked) -> Move:
    options, is_long = unit_options(destinations(access, node))
    where = Choice(
        name="to",
        label="Move to",
        text=asked.to or "",
        options=options,
        is_long=is_long,
        problem=asked.problem("to"),
        suggest_href=units_href(access.organization.code, unit=node.code, suggest="to"),
    )
    to = access.visible_unit(asked.to) if asked.to and not where.problem else None
    if to is None:
        return Move(where)
    return Move(where, to.code, to.name, move_consequences(access, node, to))


# --- Who uses a unit


def unit_users(access: Access, node: UnitNode) -> list[Link]:
    """What must go before the unit can be retired, each with the place where that is done."""
    code = access.organization.code
    here = {"unit_id": node.id}
    children = [
        Link(f"Unit “{each.name}” beneath", units_href(code, unit=each.code))
        for each in access.tree.children(node.id)
        if access.sees(each.id)
    ]
    scorecards = [
        Link(f"Scorecard “{name}”", board_href(code, node.code))
        for name in Scorecard.objects.live().filter(**here).values_list("name", flat=True)
    ]
    assigned = Assignment.objects.live().filter(**here, kpi__deleted_at=None)
    kpis = [
        Link(f"KPI “{name}”, measured here", kpi_href(code, kpi, node.code))
        for name, kpi in assigned.order_by("kpi__name").values_list("kpi__name", "kpi__code")
    ]
    initiatives = [
        Link(f"Initiative “{name}”", initiative_href(code, initiative))
        for name, initiative in Initiative.objects.live().filter(**here).values_list("name", "code")
    ]
    return [*children, *scorecards, *kpis, *initiatives, *_members(access, node), *_tokens(node)]


def _members(access: Access, node: UnitNode) -> list[Link]:
    code = access.organization.code
    held = Membership.objects.live().filter(unit_id=node.id)
    roles = {membership.user_id: membership for membership in held}
    people = Person.objects.live().filter(organization=access.organization, user_id__in=roles)
    named = {person.user_id: person for person in people.order_by("name")}
    return [
        Link(
            f"{membership.get_role_display()} {named[user_id].name}",
            person_href(code, named[user_id].code),
        )
        if user_id in named
        else Link(membership.get_role_display(), None)
        for user_id, membership in roles.items()
    ]


def _tokens(node: UnitNode) -> list[Link]:
    limited = ApiToken.objects.in_force().filter(unit_id=node.id)
    return [Link(f"API token “{token}”", None) for token in limited.order_by("name")]


# --- A new unit


def add_panel(access: Access, node: UnitNode | None, asked: Asked) -> AddPanel:
    code = access.organization.code
    options, is_long = unit_options(parents(access))
    people, is_long_list = person_options(people_without_unit(access))
    return AddPanel(
        fields=(
            _field("name", "Name", "As people say it.", asked),
            _field("code", "Code", f"{CODE_HINT} the name.", asked),
            _field("kind", "Kind", "", asked, Unit.Kind.TEAM, KINDS),
        ),
        parent=Choice(
            name="parent",
            label="Beneath",
            text=asked.text("parent", node.code if node else ""),
            options=options,
            is_long=is_long,
            problem=asked.problem("parent"),
            suggest_href=units_href(code, suggest="parent"),
        ),
        person=Choice(
            name="person",
            label="Person",
            hint="Of an individual’s unit: only they and managers above see it.",
            text=asked.text("person", ""),
            options=people,
            is_long=is_long_list,
            problem=asked.problem("person"),
            nothing="Nobody: not an individual",
            suggest_href=units_href(code, suggest="person"),
        ),
        cancel_href=units_href(code, unit=node.code if node else None),
    )


def parents(access: Access) -> list[tuple[UnitNode, int]]:
    """Units with their depth beneath which the reader may add others."""
    return [
        (node, depth) for node, depth in access.tree.depth_first() if may_hang_beneath(access, node)
    ]


def people_without_unit(access: Access) -> QuerySet[Person]:
    having = Unit.objects.live().filter(person__isnull=False).values("person_id")
    people: QuerySet[Person] = Person.objects.live().filter(organization=access.organization)
    return people.exclude(pk__in=having)
