"""The page of the places where a KPI is measured, and of those where it could be."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from kpis.models import KPI, Assignment
from organizations.access import Access, Action
from organizations.models import Person
from organizations.selectors import UnitNode
from scorecards.links import kpi_href, kpi_places_href, kpis_href
from scorecards.selectors.administration.choices import Choice, person_options
from scorecards.selectors.administration.tree import line_text
from scorecards.selectors.kpis.form_words import Option
from scorecards.selectors.kpis.forms import FormField
from scorecards.selectors.shapes import Link

from .texts import place_texts

LENGTH = 50
OWN_VALUES = (
    Option("none", "None", "the value follows from the units beneath"),
    Option("adds", "Adds", "a value entered here is one more part beside those beneath"),
    Option("replaces", "Replaces", "a value entered here counts instead of those beneath"),
)


@dataclass(frozen=True)
class PlacesAsked:
    """What the page is asked to show; typed, problems, meanwhile: of the form that is open.

    unit: the place whose form is open; "" for the one that adds places.
    """

    words: str = ""
    page: int = 1
    unit: str = ""
    find: str = ""
    chosen: Collection[str] = ()
    typed: Mapping[str, str] | None = None
    problems: Mapping[str, str] = field(default_factory=dict)
    meanwhile: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PlaceRow:
    """A unit where the KPI is measured."""

    name: str
    line: str
    href: str
    responsible: str
    days: str
    own_values: str
    is_over: bool
    is_open: bool
    edit_href: str  # "" where the reader may not change it


@dataclass(frozen=True)
class UnitOffer:
    code: str
    name: str
    line: str
    is_chosen: bool


@dataclass(frozen=True)
class PlaceForm:
    """The form of one place, or of new ones; code: the unit's, "" for new ones."""

    code: str
    name: str
    version: int
    is_over: bool
    responsible: Choice
    fields: tuple[FormField, ...]
    problem: str


@dataclass(frozen=True)
class PlacesPage:
    kpi_code: str
    kpi_name: str
    total: int
    words: str
    rows: tuple[PlaceRow, ...]
    range_text: str
    previous_href: str
    next_href: str
    find: str
    offers: tuple[UnitOffer, ...]
    more_offers: int
    offer_problem: str
    form: PlaceForm | None  # None where the reader may change nothing
    has_problems: bool
    all_href: str
    breadcrumbs: tuple[Link, ...]


def places_page(access: Access, kpi: KPI, asked: PlacesAsked) -> PlacesPage:
    """A fixed number of statements, whatever the number of units."""
    unit_ids = dict(Assignment.objects.live().filter(kpi=kpi).values_list("unit_id", "pk"))
    order = [node for node, _ in access.tree.depth_first() if access.sees(node.id)]
    places = [node for node in order if node.id in unit_ids]
    found = [node for node in places if has_words(node, asked.words)]
    last = max(1, -(-len(found) // LENGTH))
    page = min(max(asked.page, 1), last)
    shown = found[(page - 1) * LENGTH : page * LENGTH]
    rows = _assignments(kpi, [unit_ids[node.id] for node in shown])
    opened = _opened(access, kpi, asked.unit, unit_ids)
    free = [n for n in order if n.id not in unit_ids and access.can(Action.EDIT_STRUCTURE, n.id)]
    offers = [node for node in free if has_words(node, asked.find) or node.code in asked.chosen]
    offers.sort(key=lambda node: node.code not in asked.chosen)
    code = access.organization.code

    def href(number: int) -> str:
        is_there = 1 <= number <= last
        query = {"q": asked.words, "page": str(number)}
        return kpi_places_href(code, kpi.code, **query) if is_there else ""

    return PlacesPage(
        kpi_code=kpi.code,
        kpi_name=kpi.name,
        total=len(places),
        words=asked.words,
        rows=tuple(_row(access, rows[node.id], node, opened) for node in shown),
        range_text=range_text(page, len(shown), len(found)),
        previous_href=href(page - 1),
        next_href=href(page + 1),
        find=asked.find,
        offers=tuple(_offer(access, node, asked.chosen) for node in offers[:LENGTH]),
        more_offers=max(0, len(offers) - LENGTH),
        offer_problem=asked.problems.get("units", ""),
        form=_form(access, kpi, opened, asked) if opened or free else None,
        has_problems=bool(asked.problems or asked.meanwhile),
        all_href=kpi_places_href(code, kpi.code),
        breadcrumbs=_crumbs(access, kpi, places),
    )


def has_words(node: UnitNode, words: str) -> bool:
    text = f"{node.name} {node.code}".lower()
    return all(word in text for word in words.lower().split())


def range_text(page: int, shown: int, count: int) -> str:
    """Which of them are shown: "51 to 100 of 431"; "" where all are."""
    first = (page - 1) * LENGTH + 1
    return "" if shown == count else f"{first} to {first + shown - 1} of {count}"


def _assignments(kpi: KPI, ids: Collection[int]) -> dict[int, Assignment]:
    """By unit."""
    found = Assignment.objects.filter(pk__in=ids).select_related("responsible")
    rows = {row.unit_id: row for row in found}
    for row in rows.values():
        row.kpi = kpi
    return rows


def _opened(access: Access, kpi: KPI, unit: str, unit_ids: Mapping[int, int]) -> Assignment | None:
    """The place whose form is to be shown, where the reader may change it."""
    node = access.visible_unit(unit) if unit else None
    if node is None or node.id not in unit_ids or not access.can(Action.EDIT_STRUCTURE, node.id):
        return None
    return _assignments(kpi, [unit_ids[node.id]]).get(node.id)


def _crumbs(access: Access, kpi: KPI, places: list[UnitNode]) -> tuple[Link, ...]:
    code = access.organization.code
    home = kpi_href(code, kpi.code) if places else kpis_href(code, kpi.code)
    own = kpi_places_href(code, kpi.code)
    return (
        Link("KPIs", kpis_href(code)),
        Link(kpi.name, home),
        Link("Where it is measured", own, "current"),
    )


# --- Rows


def _row(access: Access, row: Assignment, node: UnitNode, opened: Assignment | None) -> PlaceRow:
    code, today = access.organization.code, access.organization.today()
    may_edit = access.can(Action.EDIT_STRUCTURE, node.id)
    return PlaceRow(
        name=node.name,
        line=line_text(access, node),
        href=kpi_href(code, row.kpi.code, node.code),
        responsible=row.responsible.name if row.responsible else "",
        days=days_text(row),
        own_values="" if row.own_values == "none" else row.own_values,
        is_over=row.ends_on is not None and row.ends_on <= today,
        is_open=opened is not None and opened.pk == row.pk,
        edit_href=kpi_places_href(code, row.kpi.code, edit=node.code) if may_edit else "",
    )


def days_text(row: Assignment) -> str:
    """From when to when: "from 2026-01-01", "until 2026-12-31"; "" for always."""
    parts = []
    if row.starts_on:
        parts.append(f"from {row.starts_on}")
    if row.ends_on:
        parts.append(f"before {row.ends_on}")
    return " ".join(parts)


def _offer(access: Access, node: UnitNode, chosen: Collection[str]) -> UnitOffer:
    return UnitOffer(node.code, node.name, line_text(access, node), node.code in chosen)


# --- The form


def _form(access: Access, kpi: KPI, opened: Assignment | None, asked: PlacesAsked) -> PlaceForm:
    stored = place_texts(opened or Assignment(kpi=kpi))
    texts = stored if asked.typed is None else {**stored, **asked.typed}
    today = access.organization.today()
    return PlaceForm(
        code=access.tree.by_id[opened.unit_id].code if opened else "",
        name=access.tree.by_id[opened.unit_id].name if opened else "",
        version=opened.version if opened else 0,
        is_over=bool(opened and opened.ends_on and opened.ends_on <= today),
        responsible=_responsible(access, kpi, texts["responsible"], asked),
        fields=tuple(_fields(kpi, texts, asked)),
        problem=asked.problems.get("", ""),
    )


def _responsible(access: Access, kpi: KPI, text: str, asked: PlacesAsked) -> Choice:
    people = Person.objects.live().filter(organization=access.organization)
    options, is_long = person_options(people)
    other = asked.meanwhile.get("responsible", "")
    said = asked.problems.get("responsible", "")
    return Choice(
        name="responsible",
        label="Who answers for the value",
        text=text,
        options=options,
        is_long=is_long,
        hint="Owes the value and is asked for it; otherwise the KPI's owner is.",
        problem=f"{said} Saved meanwhile: {other}." if other else said,
        nothing="Nobody by name",
        suggest_href=kpi_places_href(access.organization.code, kpi.code, suggest="responsible"),
    )


def _fields(kpi: KPI, texts: Mapping[str, str], asked: PlacesAsked) -> list[FormField]:
    labels = {
        "starts_on": ("Measured from", "Empty: from the beginning.", "date"),
        "ends_on": ("No longer from", "Values before that day stay. Empty: no end.", "date"),
    }
    if kpi.is_rolled_up:
        labels["own_values"] = ("Values entered here", "", "radio")
    return [
        FormField(
            name=name,
            label=label,
            hint=hint,
            kind=kind,
            most=10,
            text=texts[name],
            problem=asked.problems.get(name, ""),
            meanwhile=asked.meanwhile.get(name, ""),
            options=OWN_VALUES if name == "own_values" else (),
        )
        for name, (label, hint, kind) in labels.items()
    ]
