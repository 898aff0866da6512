"""The page of a scorecard's structure: what counts how much, since when, what a change means."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from calculations.periods import Period
from calculations.rollup import RollUpRule
from organizations.access import Access, Action
from organizations.models import Organization
from organizations.selectors import UnitNode
from scorecards.links import board_href, kpi_href
from scorecards.models import EditionContent, Scorecard
from scorecards.selectors.boards.board import breadcrumbs
from scorecards.selectors.editions.changes import HIDDEN, edition_changes, edition_names
from scorecards.selectors.editions.lines import (
    EditionLine,
    current_lines,
    current_of,
    known_editions,
    superseded_lines,
)
from scorecards.selectors.editions.reading import packed_structure
from scorecards.selectors.formats import share_text
from scorecards.selectors.shapes import Link

from .form import TypedStructure, form_fields
from .nodes import PARENT_WORDS, StructureNode, structure_nodes
from .periods import consequences, current_period, first_open_day, offered_periods

MOST_PHRASES = 6
LEAVES = ("kpi", "contribution")
RULES = tuple((rule.value, rule.value.replace("_", " ")) for rule in RollUpRule)


@dataclass(frozen=True)
class FieldText:
    """A field: its name in the form, its text, what is wrong with it, what another saved."""

    name: str
    text: str
    problem: str = ""
    meanwhile: str = ""


@dataclass(frozen=True)
class StructureRow:
    """A node of the structure. Fields that its kind does not have are None."""

    key: str
    kind: str
    version: int
    name: str
    href: str | None
    where: str  # the unit of a contribution
    title: FieldText | None
    weight: FieldText | None
    share_text: str  # "20 % of the perspective"
    group: str  # the key of the node that it counts in
    parent_word: str
    rule: FieldText | None
    rule_text: str
    is_capped: FieldText | None
    hint: str = ""  # what an example asks of whoever makes it their own

    @property
    def is_disputed(self) -> bool:
        """Whether a field is refused, or was saved by another meanwhile."""
        fields = (self.title, self.weight, self.rule, self.is_capped)
        return any(field and (field.problem or field.meanwhile) for field in fields)


@dataclass(frozen=True)
class StructureGroup:
    """A node with the KPIs and contributions beneath it, which small screens fold."""

    rows: tuple[StructureRow, ...]
    is_open: bool

    @property
    def n_beneath(self) -> int:
        return len(self.rows) - 1


@dataclass(frozen=True)
class PeriodOption:
    label: str
    detail: str  # "current", "next" or ""
    is_chosen: bool


@dataclass(frozen=True)
class StructurePage:
    unit_code: str
    unit_name: str
    scorecard_name: str
    scorecard_code: str
    breadcrumbs: tuple[Link, ...]
    can_edit: bool
    has_problems: bool
    is_conflicting: bool  # somebody else has saved what was typed into
    rows: tuple[StructureRow, ...]
    rules: tuple[tuple[str, str], ...]
    periods: tuple[PeriodOption, ...]
    period_problem: str
    problem: str  # what is wrong with no field in particular
    consequences: tuple[str, ...]
    unpublished: tuple[str, ...]  # what the rows say differently from the last edition
    editions: tuple[EditionLine, ...]  # newest start first
    superseded: tuple[EditionLine, ...]

    @property
    def groups(self) -> tuple[StructureGroup, ...]:
        """The rows by the objective that they count in; the first objective is open."""
        starts = [n for n, row in enumerate(self.rows) if row.kind not in LEAVES]
        parts = [self.rows[a:b] for a, b in pairwise([*starts, len(self.rows)])]
        first = next((n for n, part in enumerate(parts) if len(part) > 1), -1)
        return tuple(
            StructureGroup(part, is_open=n == first or any(row.is_disputed for row in part[1:]))
            for n, part in enumerate(parts)
        )


def structure_page(
    access: Access,
    unit: UnitNode,
    scorecard: Scorecard,
    *,
    label: str = "",
    typed: TypedStructure | None = None,
    problems: Mapping[str, str] | None = None,
) -> StructurePage:
    """The page as it is stored, or with what was typed, and its problems by `<key>.<field>`."""
    organization = access.organization
    typed, problems = typed or TypedStructure(), problems or {}
    nodes, known = structure_nodes(scorecard), known_editions(scorecard)
    current = current_of(known)
    rows = packed_structure(scorecard, current[-1].edition.valid_from if current else None)
    starts = [each.edition.valid_from for each in current]
    open_from = first_open_day(access, unit)
    periods = offered_periods(organization, starts, open_from)
    chosen = periods.get(label, current_period(organization))
    names = edition_names(access, [rows, *(each.content for each in known)])
    return StructurePage(
        unit_code=unit.code,
        unit_name=unit.name,
        scorecard_name=scorecard.name,
        scorecard_code=scorecard.code,
        breadcrumbs=breadcrumbs(access, unit, None),
        can_edit=_may_change(access, unit, scorecard),
        has_problems=bool(problems),
        is_conflicting=_is_conflicting(typed, nodes),
        rows=_rows(access, nodes, typed, problems),
        rules=RULES,
        periods=_options(organization, periods, chosen),
        period_problem=problems.get("valid_from", ""),
        problem=problems.get("", ""),
        consequences=consequences(organization, starts, chosen, open_from),
        unpublished=edition_changes(current[-1].content, rows, names) if current else (),
        editions=current_lines(organization, known, names),
        superseded=superseded_lines(organization, known, names),
    )


def _is_conflicting(typed: TypedStructure, nodes: list[StructureNode]) -> bool:
    return any(typed.meanwhile(node, name) for node in nodes for name in form_fields(node.kind))


def _may_change(access: Access, unit: UnitNode, scorecard: Scorecard) -> bool:
    """An archived scorecard stays as it was, for everybody."""
    is_kept = scorecard.status != Scorecard.State.ARCHIVED
    return is_kept and access.can(Action.EDIT_STRUCTURE, unit.id)


def changes_text(
    access: Access, before: EditionContent | None, after: EditionContent | None
) -> str:
    """What a save has changed, for its message: the first few phrases, and how many more."""
    if before is None or after is None:
        return ""
    phrases = edition_changes(before, after, edition_names(access, [before, after]))
    more = len(phrases) - MOST_PHRASES
    return "; ".join(phrases[:MOST_PHRASES]) + (f"; and {more} more" if more > 0 else "")


def _options(
    organization: Organization, periods: Mapping[str, Period], chosen: Period
) -> tuple[PeriodOption, ...]:
    running = current_period(organization)
    return tuple(
        PeriodOption(
            label,
            "current" if period == running else "next" if period.start > running.start else "",
            period == chosen,
        )
        for label, period in periods.items()
    )


def _rows(
    access: Access,
    nodes: list[StructureNode],
    typed: TypedStructure,
    problems: Mapping[str, str],
) -> tuple[StructureRow, ...]:
    totals: dict[str | None, float] = defaultdict(float)
    for node in nodes:
        totals[node.parent] += _shown_weight(node, typed)
    return tuple(_row(access, node, typed, problems, totals[node.parent]) for node in nodes)


def _shown_weight(node: StructureNode, typed: TypedStructure) -> float:
    """The weight that counts for the shares: as typed, unless that is no weight."""
    if node.parent is None:
        return 0.0
    values = typed.values.get(node.key, {})
    return float(values.get("weight", node.row.weight))


def _row(
    access: Access,
    node: StructureNode,
    typed: TypedStructure,
    problems: Mapping[str, str],
    total: float,
) -> StructureRow:
    fields = {
        name: FieldText(
            name=f"{node.key}.{name}",
            text=typed.text(node, name),
            problem=problems.get(f"{node.key}.{name}", ""),
            meanwhile=typed.meanwhile(node, name),
        )
        for name in form_fields(node.kind)
    }
    name, where, href = _named(access, node)
    return StructureRow(
        key=node.key,
        kind=node.kind,
        version=node.row.version,
        name=name,
        href=href,
        where=where,
        title=fields.get("name"),
        weight=fields.get("weight"),
        share_text=_share_text(node, _shown_weight(node, typed), total),
        group=node.parent or "",
        parent_word=PARENT_WORDS.get(node.kind, ""),
        rule=fields.get("rule"),
        rule_text=_rule_words(node.row) if "rule" in fields else "",
        is_capped=fields.get("is_capped"),
        hint=node.row.hint if node.kind == "objective" else "",
    )


def _named(access: Access, node: StructureNode) -> tuple[str, str, str | None]:
    """Name, unit and address; of a contribution only if its unit may be seen."""
    code = access.organization.code
    if node.kind == "kpi":
        return node.name, "", kpi_href(code, node.row.kpi.code)
    if node.kind != "contribution":
        return node.name, "", None
    lower = access.tree.by_id.get(node.row.objective.scorecard.unit_id)
    if lower is None or not access.sees(lower.id):
        return HIDDEN.capitalize(), "", None
    return node.name, lower.name, board_href(code, lower.code)


def _share_text(node: StructureNode, weight: float, total: float) -> str:
    if node.parent is None:
        return ""
    if node.kind == "contribution" and weight == 0:
        return "context only"
    return f"{share_text(weight / total if total else 0.0)} of the {PARENT_WORDS[node.kind]}"


def _rule_words(row: Any) -> str:
    return str(row.get_rule_display()) + (", capped at 100" if row.is_capped else "")
