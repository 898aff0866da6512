"""The page that duplicates a scorecard: as the next cycle of its unit, or for another one."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from django.core.exceptions import ValidationError

from calculations.periods import Frequency
from organizations.access import Access, Action
from organizations.selectors import UnitNode
from scorecards.models import Alignment, Objective, ObjectiveKPI, Scorecard
from scorecards.selectors.boards.board import breadcrumbs
from scorecards.selectors.kpis.texts import suggested_code
from scorecards.selectors.shapes import Link

LONGEST_NAME = 200
MOST_OFFERED = 200
NO_UNIT = "Choose a unit whose scorecards you may edit, by its code or name."


@dataclass(frozen=True)
class TypedCopy:
    """What was typed: the unit by code or name, the new scorecard's name, and what is wrong."""

    unit_text: str
    unit: UnitNode | None
    name: str
    code: str = ""
    problems: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls, access: Access, source: UnitNode, scorecard: Scorecard, said: Mapping[str, str]
    ) -> Self:
        """From a form, or as a page begins: the next cycle of the same unit."""
        is_cycle = "unit" not in said
        text = source.code if is_cycle else said["unit"].strip()[:LONGEST_NAME]
        unit = _unit(access, text)
        name = said.get("name", "").strip()
        if not name and unit is not None:
            name = _name(access, source, unit, scorecard)
        problems = {}
        if unit is None and text:
            problems["unit"] = NO_UNIT
        if len(name) > LONGEST_NAME:
            problems["name"] = f"A name has at most {LONGEST_NAME} characters."
        if "name" in said and unit is None and not text:
            problems["unit"] = NO_UNIT
        return cls(text, unit, name, _free_code(access, name), problems)

    def refused(self, refusal: ValidationError) -> Self:
        by_field = refusal.message_dict if hasattr(refusal, "error_dict") else {}
        named: dict[str, str] = {
            name: " ".join(by_field[name]) for name in ("name", "unit") if name in by_field
        }
        return replace(self, problems=named or {"": " ".join(refusal.messages)})


@dataclass(frozen=True)
class CopyPage:
    unit_code: str
    unit_name: str
    breadcrumbs: tuple[Link, ...]
    code: str
    name: str
    typed: TypedCopy
    unit_problem: str
    name_problem: str
    problem: str
    units: tuple[tuple[str, str], ...]  # codes and names that are offered
    is_cycle: bool
    taken_along: str  # "4 perspectives, 12 objectives, 20 KPIs"
    supports: int  # objectives that the original supports


def copy_page(access: Access, unit: UnitNode, scorecard: Scorecard, typed: TypedCopy) -> CopyPage:
    return CopyPage(
        unit_code=unit.code,
        unit_name=unit.name,
        breadcrumbs=breadcrumbs(access, unit, None),
        code=scorecard.code,
        name=scorecard.name,
        typed=typed,
        unit_problem=typed.problems.get("unit", ""),
        name_problem=typed.problems.get("name", ""),
        problem=typed.problems.get("", ""),
        units=_offered(access),
        is_cycle=typed.unit is not None and typed.unit.id == unit.id,
        taken_along=_taken_along(scorecard),
        supports=Alignment.objects.live().filter(objective__scorecard=scorecard).count(),
    )


def _unit(access: Access, text: str) -> UnitNode | None:
    """By its code, else by its name where only one is called so."""
    units = [node for node in access.tree.by_id.values() if _may_edit(access, node)]
    exact = [node for node in units if node.code == text]
    named = exact or [node for node in units if node.name.casefold() == text.casefold()]
    return named[0] if len(named) == 1 else None


def _may_edit(access: Access, node: UnitNode) -> bool:
    return access.sees(node.id) and access.can(Action.EDIT_STRUCTURE, node.id)


def _offered(access: Access) -> tuple[tuple[str, str], ...]:
    found = []
    for node, _ in access.tree.depth_first():
        if _may_edit(access, node):
            found.append((node.code, node.name))
        if len(found) == MOST_OFFERED:
            break
    return tuple(found)


def _name(access: Access, source: UnitNode, unit: UnitNode, scorecard: Scorecard) -> str:
    """As the original with the year that comes, or after the other unit."""
    if unit.id != source.id:
        return f"{unit.name} scorecard"[:LONGEST_NAME]
    organization, calendar = access.organization, access.organization.calendar
    year = calendar.shift(calendar.period(Frequency.YEAR, organization.today()), 1)
    return f"{scorecard.name} {calendar.label(year)}"[:LONGEST_NAME]


def _free_code(access: Access, name: str) -> str:
    taken = Scorecard.objects.filter(organization=access.organization)
    codes = list(taken.values_list("code", flat=True))
    return suggested_code(name, codes) or suggested_code("scorecard", codes)


def _taken_along(scorecard: Scorecard) -> str:
    perspectives = scorecard.perspectives.filter(deleted_at=None).count()
    objectives = Objective.objects.live().filter(scorecard=scorecard).count()
    links = ObjectiveKPI.objects.live().filter(objective__scorecard=scorecard)
    kpis = links.values("kpi").distinct().count()
    counts = ((perspectives, "perspective"), (objectives, "objective"), (kpis, "KPI"))
    return ", ".join(f"{n} {word}{'' if n == 1 else 's'}" for n, word in counts)
