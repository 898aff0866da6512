"""The form of an initiative: what it asks, what is in it, and what is wrong with that."""

from collections.abc import Mapping
from dataclasses import dataclass

from organizations.access import Access, Action
from organizations.models import Person
from scorecards.links import initiative_href, initiative_new_href, initiatives_href
from scorecards.models import Initiative
from scorecards.selectors.kpis.form_words import Option, Question
from scorecards.selectors.kpis.forms import FormField
from scorecards.selectors.shapes import Link

from .choosing import ObjectiveChoices, objective_choices, objectives_of
from .conflicts import Typed
from .lines import STATES
from .reading import ToldInitiative
from .texts import InitiativeTexts, MilestoneTexts, milestone_field, typed_day

PROBLEMS_ELSEWHERE = "*"  # stands for what belongs to no field
SPARE_ROWS, MORE_ROWS, MOST_SPARE = 2, 4, 40
INDENT = "\N{EM SPACE}"

QUESTIONS = {
    "name": Question("Name", "As people say it, such as One checklist in every van."),
    "unit": Question("Unit", "Whose initiative it is; its managers may change it.", "select"),
    "owner": Question("Owner", "Answers for it.", "select"),
    "description": Question("Description", "What is done, and what for.", "area", 5000),
    "status": Question("Status", kind="select"),
    "percent_done": Question("Percent done", "From 0 to 100.", "whole", 5),
    "starts_on": Question("Starts on", kind="date", most=10),
    "ends_on": Question("Ends on", kind="date", most=10),
    "budget_planned": Question("Budget planned", kind="number", most=40),
    "budget_spent": Question("Spent so far", kind="number", most=40),
    "currency": Question("Currency", "Three letters, such as EUR.", "code", 3),
}
MILESTONE_WORDS = {"name": "Milestone", "due_on": "Due on", "done_on": "Done on"}


@dataclass(frozen=True)
class MilestoneCell:
    """One field of a milestone's row."""

    name: str  # of the column: name, due_on, done_on
    id: str
    label: str
    text: str
    kind: str
    problem: str


@dataclass(frozen=True)
class MilestoneRow:
    """A milestone in the form; key: its place in the version that the form was made from."""

    key: str
    cells: tuple[MilestoneCell, ...]
    is_removed: bool
    meanwhile: str


@dataclass(frozen=True)
class InitiativeForm:
    """All that the page shows; `code` is empty for an initiative that is not there yet."""

    code: str
    name: str
    version: int
    fields: dict[str, FormField]
    milestones: tuple[MilestoneRow, ...]
    spare: int
    objectives: ObjectiveChoices
    problems: tuple[tuple[str, str], ...]  # (field, label) of each, to go to
    problem: str  # what belongs to no field
    milestones_problem: str
    saved_by: str
    cancel_href: str
    breadcrumbs: tuple[Link, ...]


def new_texts(access: Access, unit: str, objective: str) -> InitiativeTexts:
    """What an empty form says: the unit and the objective that the address names."""
    row = Initiative()
    texts = {"status": str(row.status), "percent_done": "0", "unit": unit}
    used = currencies(access)
    texts["currency"] = used[0] if used else ""
    return InitiativeTexts(texts, objectives=(objective,) if objective else ())


def currencies(access: Access) -> tuple[str, ...]:
    """Those in use at units that the reader sees, the one of most initiatives first."""
    rows = Initiative.objects.live().filter(
        organization=access.organization, unit_id__in=access.visible_unit_ids
    )
    counts: dict[str, int] = {}
    for currency in rows.exclude(currency="").values_list("currency", flat=True):
        counts[currency] = counts.get(currency, 0) + 1
    return tuple(sorted(counts, key=lambda currency: (-counts[currency], currency)))


def initiative_form(access: Access, told: ToldInitiative | None, typed: Typed) -> InitiativeForm:
    """The form with what is in it."""
    row, texts, problems = told.row if told else None, typed.texts, typed.problems
    served = [each.id for each in told.objectives] if told else []
    code = access.organization.code
    home = initiative_href(code, row.code) if row else initiatives_href(code)
    rows = (*texts.milestones, *[MilestoneTexts()] * (SPARE_ROWS + typed.spare))
    return InitiativeForm(
        code=row.code if row else "",
        name=row.name if row else "",
        version=row.version if row else 0,
        fields=_fields(access, typed),
        milestones=tuple(_row(number, each, typed) for number, each in enumerate(rows)),
        spare=typed.spare,
        objectives=objective_choices(
            access,
            objectives_of(access, texts.objectives, served).values(),
            typed.search,
            texts["unit"],
            problem=problems.get("objectives", ""),
            meanwhile=typed.meanwhile.get("objectives", ""),
        ),
        problems=_named(problems),
        problem=problems.get(PROBLEMS_ELSEWHERE, ""),
        milestones_problem=problems.get("milestones", ""),
        saved_by=typed.saved_by,
        cancel_href=home,
        breadcrumbs=_crumbs(access, row),
    )


def _fields(access: Access, typed: Typed) -> dict[str, FormField]:
    options = {
        "unit": _unit_options(access),
        "owner": _owner_options(access),
        "status": tuple(Option(state.value, str(state.label)) for state in STATES),
    }
    return {
        name: FormField(
            name=name,
            label=question.label,
            hint=question.hint,
            kind=_kind(question.kind, typed.texts[name]),
            most=question.most,
            text=typed.texts[name],
            problem=typed.problems.get(name, ""),
            meanwhile=typed.meanwhile.get(name, ""),
            options=options.get(name, ()),
        )
        for name, question in QUESTIONS.items()
    }


def _kind(kind: str, text: str) -> str:
    """A picker of days would lose what is no day: that stands in a field of text."""
    return "text" if kind == "date" and text and not typed_day(text) else kind


def _unit_options(access: Access) -> tuple[Option, ...]:
    units = tuple(
        Option(node.code, INDENT * depth + node.name)
        for node, depth in access.tree.depth_first()
        if access.can(Action.EDIT_STRUCTURE, node.id)
    )
    return units if len(units) == 1 else (Option("", "Choose a unit"), *units)


def _owner_options(access: Access) -> tuple[Option, ...]:
    people = Person.objects.live().filter(organization=access.organization)
    named = people.order_by("name", "code").values_list("code", "name")
    return (Option("", "Nobody"), *(Option(code, name) for code, name in named))


def _row(number: int, row: MilestoneTexts, typed: Typed) -> MilestoneRow:
    return MilestoneRow(
        key=row.key,
        cells=tuple(
            MilestoneCell(
                name=name,
                id=milestone_field(number, name),
                label=label,
                text=getattr(row, name),
                kind="text" if name == "name" else _kind("date", getattr(row, name)),
                problem=typed.problems.get(milestone_field(number, name), ""),
            )
            for name, label in MILESTONE_WORDS.items()
        ),
        is_removed=row.is_removed,
        meanwhile=typed.meanwhile.get(milestone_field(number, "name"), ""),
    )


def _named(problems: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The fields with problems, by the words that people know them by."""
    words = {name: question.label for name, question in QUESTIONS.items()}
    words |= {"objectives": "Objectives", "milestones": "Milestones"}
    named = [(name, label) for name, label in words.items() if name in problems]
    for name in problems:
        if name.startswith("milestone-"):
            number, _, column = name.removeprefix("milestone-").partition("-")
            named.append((name, f"{MILESTONE_WORDS[column]} in row {int(number) + 1}"))
    return tuple(named)


def _crumbs(access: Access, row: Initiative | None) -> tuple[Link, ...]:
    code = access.organization.code
    every = Link("Initiatives", initiatives_href(code))
    if row is None:
        return every, Link("New initiative", initiative_new_href(code))
    return every, Link(row.name, initiative_href(code, row.code)), Link("Edit", None)
