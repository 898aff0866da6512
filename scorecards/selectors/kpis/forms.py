"""The form of a KPI: who may send it, what it shows, and what has changed while it was open."""

import copy
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Min

from calculations.periods import Frequency
from kpis.models import KPI, POINTS, Assignment, Measurement
from kpis.selectors.graph import kpi_edges
from organizations.access import Access, Action
from organizations.models import Person
from organizations.selectors import UnitNode
from scorecards.links import (
    kpi_edit_href,
    kpi_href,
    kpi_new_href,
    kpi_places_href,
    kpis_href,
)
from scorecards.selectors.shapes import Link

from .form_words import FUNCTIONS, NEEDS, OPTIONS, QUESTIONS, Option
from .formula_preview import Preview
from .look import LABELS, Look, LookAsked
from .seven_questions import WORDS
from .texts import FIELDS, Grades, KpiTexts, kpi_values, stored_texts, suggested_code

MOST_UNITS = 200  # in a list to choose from
FEWEST_GRADE_ROWS, SPARE_GRADE_ROWS = 4, 2
PROBLEMS_ELSEWHERE = "*"  # stands for what belongs to no field


@dataclass(frozen=True)
class FormField:
    """A field as it is asked: what it holds, what is wrong with it, what another has saved.

    needs, needed: the name of the choice that it depends on, and the values of that.
    """

    name: str
    label: str
    hint: str
    kind: str
    most: int
    text: str
    problem: str = ""
    meanwhile: str = ""
    options: tuple[Option, ...] = ()
    needs: str = ""
    needed: str = ""


@dataclass(frozen=True)
class UnitChoice:
    """A unit where the KPI can be measured from now on."""

    code: str
    name: str
    depth: int
    is_chosen: bool


@dataclass(frozen=True)
class Typed:
    """What was sent: the texts, what is wrong with them, and what another has saved meanwhile."""

    texts: KpiTexts
    problems: Mapping[str, str] = field(default_factory=dict)
    meanwhile: Mapping[str, str] = field(default_factory=dict)
    saved_by: str = ""
    unit: str = ""  # the one whose figures the preview of the formula shows
    look: LookAsked = field(default_factory=LookAsked)


@dataclass(frozen=True)
class CameFrom:
    """The page that the form was opened from: the unit's code and the period's label, or ""."""

    unit: str = ""
    period: str = ""


NOWHERE = CameFrom()


@dataclass(frozen=True)
class LookField:
    """A figure of the example target; needed: the directions in which there is one."""

    name: str
    label: str
    text: str
    needed: str


@dataclass(frozen=True)
class Previews:
    """What is shown of a definition that is still being written."""

    formula: Preview | None
    look: Look


@dataclass(frozen=True)
class KpiForm:
    """All that the page shows; `code` is empty for a KPI that is not there yet."""

    code: str
    name: str
    version: int
    fields: dict[str, FormField]
    grades: Grades
    units: tuple[UnitChoice, ...]
    measured_at: tuple[str, ...]
    problems: tuple[tuple[str, str], ...]  # (field, label) of each, to go to
    problem: str  # what belongs to no field
    units_problem: str
    saved_by: str
    suggestions: list[dict[str, str]]
    functions: tuple[Option, ...]
    preview: Preview | None
    look: Look
    look_fields: tuple[LookField, ...]
    questions: tuple[tuple[FormField, FormField], ...]  # the answer and the note of each
    breadcrumbs: tuple[Link, ...]
    cancel_href: str
    places_href: str  # "" for a KPI that is not there yet
    more_units: int  # too many to be listed


# --- Who


def may_define(access: Access) -> bool:
    """Whether the reader may edit structure at any unit, and so add KPIs to the library."""
    return any(access.can(Action.EDIT_STRUCTURE, unit_id) for unit_id in access.roles)


def may_change(access: Access, unit_ids: Collection[int]) -> bool:
    """Whether the reader may edit structure wherever the KPI is measured."""
    everywhere = all(access.can(Action.EDIT_STRUCTURE, unit_id) for unit_id in unit_ids)
    return everywhere and may_define(access)


def measured_unit_ids(access: Access, kpi: KPI) -> list[int]:
    """Where the KPI is measured, in the order of the tree."""
    ids = set(Assignment.objects.live().filter(kpi=kpi).values_list("unit_id", flat=True))
    return [node.id for node, _ in access.tree.depth_first() if node.id in ids]


def offered_units(access: Access, measured: Collection[int]) -> list[tuple[UnitNode, int]]:
    """Units with their depth where the reader may let the KPI be measured, and it is not yet."""
    return [
        (node, depth)
        for node, depth in access.tree.depth_first()
        if node.id not in measured and access.can(Action.EDIT_STRUCTURE, node.id)
    ]


# --- What was typed


def draft_kpi(access: Access, kpi: KPI | None, texts: KpiTexts) -> KPI:
    """The definition that the texts would make; what is wrong in them stays as it is stored.

    Never to be saved: the services check what this does not.
    """
    draft = copy.copy(kpi) if kpi else KPI()
    draft.organization = access.organization
    for name, value in kpi_values(access.organization, texts).fields.items():
        setattr(draft, name, value)
    if kpi is None:
        draft.code = texts["code"] or suggested_code(texts["name"])
    return draft


def taken_codes(access: Access) -> list[str]:
    live = KPI.objects.live().filter(organization=access.organization)
    return list(live.values_list("code", flat=True))


def beside_current(kpi: KPI, typed: KpiTexts, version: int) -> Typed:
    """What was typed, over the definition that another has saved since that version.

    Fields that were not typed into show what is stored now; beside the others stands what the
    other has saved there.
    """
    before = kpi.history.filter(version=version).first()
    seen = stored_texts(before) if before else KpiTexts({})
    now = stored_texts(kpi)
    own = {name for name in FIELDS if typed[name] != seen[name]}
    fields = {name: (typed if name in own else now)[name] for name in FIELDS}
    meanwhile = {name: shown_text(name, now[name]) for name in own if now[name] != typed[name]}
    grades = now.grades if typed.grades == seen.grades else typed.grades
    if grades != now.grades:
        meanwhile["grades"] = ", ".join(f"{label} = {value}" for label, value in now.grades)
    latest = kpi.history.filter(version=kpi.version).select_related("history_user").first()
    saved_by = str(latest.history_user) if latest and latest.history_user else "Somebody"
    return Typed(replace(typed, fields=fields, grades=grades), {}, meanwhile, saved_by)


def shown_text(name: str, text: str) -> str:
    """A field's text in words."""
    if QUESTIONS[name].kind == "box":
        return "yes" if text else "no"
    named = {option.value: option.label for option in OPTIONS.get(name, ())}
    return named.get(text, text) or "nothing"


# --- What the page shows


def kpi_form(
    access: Access,
    kpi: KPI | None,
    typed: Typed,
    previews: Previews,
    came_from: CameFrom = NOWHERE,
) -> KpiForm:
    """The form with what is in it; five statements beside those of its previews."""
    library = list(KPI.objects.live().filter(organization=access.organization).order_by("name"))
    measured = measured_unit_ids(access, kpi) if kpi else []
    texts = typed.texts
    offered = offered_units(access, measured)
    fields = _fields(access, kpi, typed, library)
    return KpiForm(
        code=kpi.code if kpi else "",
        name=kpi.name if kpi else "",
        version=kpi.version if kpi else 0,
        fields=fields,
        grades=_grade_rows(texts.grades),
        units=tuple(
            UnitChoice(node.code, node.name, depth, node.code in texts.units)
            for node, depth in (offered if len(offered) <= MOST_UNITS else ())
        ),
        measured_at=tuple(access.tree.by_id[unit_id].name for unit_id in measured),
        more_units=len(offered) if len(offered) > MOST_UNITS else 0,
        problems=_named_problems(typed),
        problem=typed.problems.get(PROBLEMS_ELSEWHERE, ""),
        units_problem=typed.problems.get("units", ""),
        saved_by=typed.saved_by,
        suggestions=[_suggestion(each) for each in library if each != kpi],
        functions=FUNCTIONS,
        preview=previews.formula,
        look=previews.look,
        look_fields=_look_fields(typed.look),
        questions=tuple((fields[f"answer_{name}"], fields[f"note_{name}"]) for name in WORDS),
        breadcrumbs=_crumbs(access, kpi),
        cancel_href=home_href(access, kpi, measured, came_from),
        places_href=kpi_places_href(access.organization.code, kpi.code) if kpi else "",
    )


def _named_problems(typed: Typed) -> tuple[tuple[str, str], ...]:
    """The fields with a problem, to go to."""
    labels = {name: question.label for name, question in QUESTIONS.items()}
    labels["units"] = "Where it is measured"
    return tuple((name, label) for name, label in labels.items() if name in typed.problems)


def _look_fields(asked: LookAsked) -> tuple[LookField, ...]:
    return tuple(
        LookField(name, label, asked.figures.get(name, ""), _directions(name))
        for name, label in LABELS.items()
    )


def _directions(name: str) -> str:
    return "higher lower" if name in POINTS else "range"


def _fields(
    access: Access, kpi: KPI | None, typed: Typed, library: Sequence[KPI]
) -> dict[str, FormField]:
    people = Person.objects.live().filter(organization=access.organization).order_by("name")
    options: dict[str, tuple[Option, ...]] = {
        **OPTIONS,
        "owner": (Option("", "Nobody"), *(Option(each.code, each.name) for each in people)),
        "weighting": (
            Option("", "Nothing: all units alike"),
            *(Option(each.code, each.name) for each in library if _weighs(each, kpi)),
        ),
    }
    found = {}
    for name, question in QUESTIONS.items():
        needs, needed = NEEDS.get(name, ("", ""))
        found[name] = FormField(
            name=name,
            **question._asdict(),
            text=typed.texts[name],
            problem=typed.problems.get(name, ""),
            meanwhile=typed.meanwhile.get(name, ""),
            options=options.get(name, ()),
            needs=needs,
            needed=needed,
        )
    return found


def _weighs(other: KPI, kpi: KPI | None) -> bool:
    return other.value_kind == KPI.ValueKind.NUMBER and other != kpi


def _grade_rows(grades: Grades) -> Grades:
    """The grades with some empty rows to write more."""
    rows = max(FEWEST_GRADE_ROWS, len(grades) + SPARE_GRADE_ROWS)
    return (*grades, *[("", "")] * (rows - len(grades)))


def _suggestion(kpi: KPI) -> dict[str, str]:
    return {
        "code": kpi.code,
        "name": kpi.name,
        "unit": kpi.unit_of_measure,
        "frequency": kpi.frequency,
    }


def _crumbs(access: Access, kpi: KPI | None) -> tuple[Link, ...]:
    library = Link("KPIs", kpis_href(access.organization.code))
    if kpi is None:
        return library, Link("New KPI", kpi_new_href(access.organization.code), "current")
    own = kpi_edit_href(access.organization.code, kpi.code)
    return library, Link(f"Edit {kpi.name}", own, "current")


def home_href(
    access: Access, kpi: KPI | None, measured: Sequence[int], came_from: CameFrom = NOWHERE
) -> str:
    """The KPI's page as it was left, else at its first unit that the reader sees.

    A library item has its line only.
    """
    seen = [access.tree.by_id[unit_id].code for unit_id in measured if access.sees(unit_id)]
    if kpi is not None and seen:
        unit = came_from.unit if came_from.unit in seen else seen[0]
        return kpi_href(access.organization.code, kpi.code, unit, came_from.period)
    return kpis_href(access.organization.code, kpi.code if kpi else None)


# --- What saving meant


def first_period_text(access: Access, kpi: KPI) -> str:
    """The first period from which figures of the KPI can differ; "" where nothing is recorded."""
    needs = kpi_edges(access.organization).needs(kpi.pk)
    of_these = Measurement.objects.filter(assignment__kpi_id__in={kpi.pk, *needs})
    first = of_these.aggregate(first=Min("period_start"))["first"]
    if first is None:
        return ""
    calendar = access.organization.calendar
    return calendar.label(calendar.period(Frequency(kpi.frequency), first))


def saved_text(access: Access, kpi: KPI, *, figures_differ: bool, is_new: bool) -> str:
    """What was done, and what is computed again because of it."""
    said = f"“{kpi.name}” is defined." if is_new else f"“{kpi.name}” is saved."
    first = first_period_text(access, kpi) if figures_differ else ""
    if not first:
        return said
    return f"{said} Scores of open periods from {first} on are being computed again."


def refused_problems(refusal: Any) -> dict[str, str]:
    """What a service refused, by field; under a name of its own what belongs to none."""
    if not hasattr(refusal, "error_dict"):
        return {PROBLEMS_ELSEWHERE: " ".join(refusal.messages)}
    known = {*QUESTIONS, "units"}
    found: dict[str, str] = {}
    for name, texts in refusal.message_dict.items():
        place = name if name in known else PROBLEMS_ELSEWHERE
        found[place] = " ".join([*filter(None, [found.get(place)]), *texts])
    return found
