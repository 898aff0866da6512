"""The library's list: KPIs by what they are called, where they serve and what they lack."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Lower

from calculations.periods import Frequency
from kpis.models import KPI, QUESTIONS, Assignment, Measurement, Target
from kpis.models.questions import YES
from organizations.access import Access
from organizations.models import Person
from scorecards.links import kpi_href, kpi_new_href, kpis_href
from scorecards.models import ObjectiveKPI, Perspective, Scorecard

from .form_words import OPTIONS, Option
from .pages import DIRECTIONS, EVERY
from .shapes import KpiLine
from .sight import seen_units, sees_all

LENGTH = 50
LONGEST = 100  # characters of what is asked
LACKS = {
    "objective": "No objective counts it",
    "unit": "Measured nowhere",
    "target": "No target",
    "value": "No value in the last period",
    "questions": "Questions open",
}
SORTS = {"name": "Name", "code": "Code", "units": "Most units", "objectives": "Most objectives"}
MOST_UNITS, MOST_PEOPLE = 200, 500  # in a list to choose from


@dataclass(frozen=True)
class Asked:
    """What the address asks for; what it does not ask for is empty."""

    q: str = ""
    perspective: str = ""
    unit: str = ""
    owner: str = ""
    frequency: str = ""
    direction: str = ""
    timing: str = ""
    lacks: str = ""
    sort: str = "name"
    page: int = 1

    @property
    def said(self) -> dict[str, str]:
        """As an address says it, without the page."""
        names = [name for name in self.__dataclass_fields__ if name not in ("page", "sort")]
        texts = {name: getattr(self, name) for name in names if getattr(self, name)}
        return texts if self.sort == "name" else texts | {"sort": self.sort}


@dataclass(frozen=True)
class Filter:
    """A choice that narrows the list."""

    name: str
    label: str
    nothing: str
    chosen: str
    options: tuple[Option, ...]


@dataclass(frozen=True)
class LibraryPage:
    asked: Asked
    lines: tuple[KpiLine, ...]
    total: int  # of those that are found
    filters: tuple[Filter, ...]
    sorts: tuple[Option, ...]
    is_narrowed: bool
    has_any: bool
    range_text: str
    previous_href: str
    next_href: str
    all_href: str
    new_href: str  # "" where the reader may define none


def asked_library(texts: Mapping[str, str], page: int) -> Asked:
    """What the address asks for; what cannot be is left out."""
    names = ("q", "perspective", "unit", "owner", "frequency", "direction", "timing", "lacks")
    found = {name: texts.get(name, "").replace("\x00", "").strip()[:LONGEST] for name in names}
    for name in ("frequency", "direction", "timing"):
        if found[name] not in {option.value for option in OPTIONS[name]}:
            found[name] = ""
    if found["lacks"] not in LACKS:
        found["lacks"] = ""
    sort = texts.get("sort", "")
    return Asked(**found, sort=sort if sort in SORTS else "name", page=max(page, 1))


def library_page(access: Access, asked: Asked, *, may_define: bool) -> LibraryPage:
    """What of the library the address asks for; a fixed number of statements."""
    code = access.organization.code
    every = _visible(access)
    found = _narrowed(access, every, asked)
    total = found.count()
    last = max(1, -(-total // LENGTH))
    page = min(asked.page, last)
    start = (page - 1) * LENGTH
    rows = list(_sorted(_counted(access, found), asked.sort)[start : start + LENGTH])
    units = _units(access, rows)

    def href(number: int) -> str:
        is_there = 1 <= number <= last
        return kpis_href(code, **asked.said, page=str(number)) if is_there else ""

    return LibraryPage(
        asked=asked,
        lines=tuple(_line(access, kpi, units.get(kpi.pk, "")) for kpi in rows),
        total=total,
        filters=tuple(_filters(access, asked)),
        sorts=tuple(Option(value, label) for value, label in SORTS.items()),
        is_narrowed=bool(asked.said.keys() - {"sort"}),
        has_any=bool(total) or every.exists(),
        range_text="" if last == 1 else f"{start + 1} to {start + len(rows)} of {total}",
        previous_href=href(page - 1),
        next_href=href(page + 1),
        all_href=kpis_href(code),
        new_href=kpi_new_href(code) if may_define else "",
    )


# --- What is found


def _visible(access: Access) -> QuerySet[KPI]:
    """Of the library what is measured at a unit that the reader sees, or nowhere at all."""
    live = KPI.objects.live().filter(organization=access.organization)
    assigned = Assignment.objects.live().filter(kpi=OuterRef("pk"))
    if sees_all(access):
        return live
    here = Exists(assigned.filter(seen_units(access)))
    return live.filter(here | ~Exists(assigned))


def _places(access: Access) -> QuerySet[Assignment]:
    """Where the KPI of the outer query is measured, as far as the reader sees."""
    return Assignment.objects.live().filter(seen_units(access), kpi=OuterRef("pk"))


def _uses(access: Access) -> QuerySet[ObjectiveKPI]:
    """The objectives of seen scorecards that count the KPI of the outer query."""
    rows = ObjectiveKPI.objects.live().filter(kpi=OuterRef("pk"), objective__deleted_at=None)
    rows = rows.filter(seen_units(access, "objective__scorecard__"))
    rows = rows.filter(objective__scorecard__deleted_at=None)
    return rows.exclude(objective__scorecard__status=Scorecard.State.ARCHIVED)


def _narrowed(access: Access, kpis: QuerySet[KPI], asked: Asked) -> QuerySet[KPI]:
    for word in asked.q.split():
        named = Q(name__icontains=word) | Q(code__icontains=word)
        kpis = kpis.filter(named | Q(description__icontains=word))
    equal = {name: getattr(asked, name) for name in ("frequency", "direction", "timing")}
    kpis = kpis.filter(**{name: value for name, value in equal.items() if value})
    if asked.owner:
        named = Q(responsible__code=asked.owner)
        kpis = kpis.filter(Q(owner__code=asked.owner) | Exists(_places(access).filter(named)))
    if asked.unit:
        kpis = kpis.filter(Exists(_places(access).filter(_at(access, asked.unit))))
    if asked.perspective:
        of_it = _uses(access).filter(objective__perspective__code=asked.perspective)
        kpis = kpis.filter(Exists(of_it))
    return kpis.filter(_lacking(access, asked.lacks)) if asked.lacks else kpis


def _at(access: Access, code: str) -> Q:
    """At that unit; at none where the reader sees none of that code."""
    node = access.visible_unit(code)
    return Q(unit_id=node.id) if node else Q(pk__in=())


def _lacking(access: Access, what: str) -> Any:
    places = _places(access)
    if what == "objective":
        return ~Exists(_uses(access))
    if what == "unit":
        return ~Exists(places)
    if what == "target":
        held = Target.objects.live().filter(assignment_id=OuterRef("pk"))
        is_plain = Q(is_input=False) & ~Q(value_kind=KPI.ValueKind.YES_NO)
        return is_plain & Q(Exists(places)) & ~Q(Exists(places.filter(Exists(held))))
    if what == "value":
        return Q(Exists(places), formula="") & _without_value(access)
    answered = {f"answers__{name}__answer": YES for name in QUESTIONS}
    return ~Exists(KPI.objects.filter(pk=OuterRef("pk"), **answered))


def _without_value(access: Access) -> Q:
    """Nothing is recorded anywhere since the beginning of the last whole period."""
    calendar, today = access.organization.calendar, access.organization.today()
    conditions = []
    for frequency in Frequency:
        last = calendar.shift(calendar.period(frequency, today), -1)
        values = Measurement.objects.filter(seen_units(access, "assignment__"))
        since = values.filter(assignment__kpi=OuterRef("pk"), assignment__deleted_at=None)
        since = since.filter(period_start__gte=last.start)
        conditions.append(Q(frequency=frequency) & ~Q(Exists(since)))
    return reduce(or_, conditions)


# --- In which order, with what beside each


def _counted(access: Access, kpis: QuerySet[KPI]) -> QuerySet[KPI]:
    return kpis.select_related("owner").annotate(
        n_units=_count(_places(access)), n_objectives=_count(_uses(access))
    )


def _count(rows: QuerySet[Any]) -> Any:
    """How many there are, as a column."""
    counted = rows.order_by().values("kpi").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _sorted(kpis: QuerySet[KPI], sort: str) -> QuerySet[KPI]:
    by_name = (Lower("name"), "pk")
    orders: dict[str, tuple[Any, ...]] = {
        "code": ("code",),
        "units": ("-n_units", *by_name),
        "objectives": ("-n_objectives", *by_name),
    }
    return kpis.order_by(*orders.get(sort, by_name))


def _units(access: Access, kpis: list[KPI]) -> dict[int, str]:
    """By KPI the name of its one unit, where it has but one."""
    alone = [kpi.pk for kpi in kpis if kpi.n_units == 1]  # type: ignore[attr-defined]
    rows = Assignment.objects.live().filter(seen_units(access), kpi_id__in=alone)
    named = access.tree.by_id
    return {
        kpi_id: named[unit_id].name for kpi_id, unit_id in rows.values_list("kpi_id", "unit_id")
    }


def _line(access: Access, kpi: Any, unit: str) -> KpiLine:
    return KpiLine(
        code=kpi.code,
        name=kpi.name,
        href=kpi_href(access.organization.code, kpi.code) if kpi.n_units else None,
        timing=kpi.timing,
        frequency=EVERY[kpi.frequency],
        direction_text=DIRECTIONS[kpi.direction],
        unit_of_measure=kpi.unit_of_measure,
        owner=kpi.owner.name if kpi.owner else "",
        units_text=unit or (f"{kpi.n_units} units" if kpi.n_units else "nowhere yet"),
        uses=kpi.n_objectives,
        questions_text=f"{len(QUESTIONS) - len(kpi.open_questions)} of {len(QUESTIONS)}",
        is_input=kpi.is_input,
    )


# --- What may be chosen


def _filters(access: Access, asked: Asked) -> Iterator[Filter]:
    yield Filter(
        "perspective", "Perspective", "Any", asked.perspective, tuple(_perspectives(access))
    )
    yield Filter("unit", "Measured at", "Any unit", asked.unit, tuple(_unit_options(access, asked)))
    yield Filter("owner", "Owner or answerable", "Anybody", asked.owner, tuple(_owners(access)))
    for name, label in (("frequency", "Frequency"), ("direction", "Direction")):
        yield Filter(name, label, "Any", getattr(asked, name), OPTIONS[name])
    yield Filter("timing", "Lead or lag", "Both", asked.timing, OPTIONS["timing"])
    lacks = tuple(Option(value, label) for value, label in LACKS.items())
    yield Filter("lacks", "What it lacks", "Does not matter", asked.lacks, lacks)


def _perspectives(access: Access) -> Iterator[Option]:
    """Those of all seen scorecards, each once by its code."""
    rows = Perspective.objects.live().filter(
        seen_units(access, "scorecard__"),
        organization=access.organization,
        scorecard__deleted_at=None,
    )
    named: dict[str, str] = {}
    for code, name in rows.order_by("position", "code").values_list("code", "name").distinct():
        named.setdefault(code, name)
    return (Option(code, name) for code, name in named.items())


def _unit_options(access: Access, asked: Asked) -> Iterator[Option]:
    """The tree; of many units the topmost ones, and the chosen one."""
    seen = [(n, depth) for n, depth in access.tree.depth_first() if access.sees(n.id)]
    if len(seen) > MOST_UNITS:
        seen = [(n, depth) for n, depth in seen if depth < 2 or n.code == asked.unit][:MOST_UNITS]
    return (Option(node.code, "\u2003" * depth + node.name) for node, depth in seen)


def _owners(access: Access) -> Iterator[Option]:
    """Who owns a KPI, or answers for one at a unit."""
    owned = KPI.objects.live().filter(owner=OuterRef("pk"))
    answers = Assignment.objects.live().filter(seen_units(access), responsible=OuterRef("pk"))
    people = Person.objects.live().filter(organization=access.organization)
    found = people.filter(Exists(owned) | Exists(answers)).order_by("name", "pk")
    return (Option(*row) for row in found.values_list("code", "name")[:MOST_PEOPLE])
