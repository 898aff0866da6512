"""How a KPI is defined, with the KPIs that it reads and those that read it as links."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter

from calculations.formulas.expressions import references
from calculations.formulas.parsing import InvalidFormula, parsed
from calculations.units import UnitRule
from kpis.models import KPI, Assignment
from kpis.selectors.graph import ChainLink, KPIEdges, dependency_chain
from organizations.access import Access
from scorecards.links import kpi_href
from scorecards.selectors.boards.marks import PLURALS
from scorecards.selectors.formats import number_text

from .seven_questions import Checklist, checklist

UNIT_RULES = {
    UnitRule.OWN: "",
    UnitRule.SUM: "the sum of the units beneath",
    UnitRule.MEAN: "the mean of the units beneath",
    UnitRule.FORMULA: "the formula again, on what its inputs are over the units beneath",
}


@dataclass(frozen=True, slots=True)
class FormulaPart:
    """A piece of a formula as it is written; a KPI's code has its name, and where to read of it."""

    text: str
    name: str = ""
    href: str | None = None


@dataclass(frozen=True, slots=True)
class NamedKpi:
    """A KPI to be pointed at; href: None where the reader sees no unit that it is measured at."""

    code: str
    name: str
    href: str | None


@dataclass(frozen=True)
class Chain:
    """What a KPI needs and what needs it: in layers, the nearest first."""

    needs: tuple[tuple[NamedKpi, ...], ...]
    needed_by: tuple[tuple[NamedKpi, ...], ...]


@dataclass(frozen=True)
class Definition:
    """What a KPI's values follow from, what they are compared with, and how good a KPI it is."""

    formula: tuple[FormulaPart, ...]
    unit_rule: str
    weighting: NamedKpi | None
    carry_forward: str
    is_input: bool
    inherits_target: bool
    chain: Chain
    benchmark: float | None
    benchmark_text: str
    checklist: Checklist  # the seven questions


def kpi_definition(access: Access, kpi: KPI, unit: str | None = None) -> Definition:
    """The definition as the KPI's page tells it, by three statements (five where KPIs follow).

    unit: the code of the unit that is looked at; links keep it where the KPI is measured there.
    """
    chain = kpi_chain(access, kpi, unit=unit)
    near = {each.code: each for layer in (chain.needs + chain.needed_by) for each in layer}
    weighting = kpi.weighting
    return Definition(
        formula=formula_parts(kpi.formula, near),
        unit_rule=UNIT_RULES[UnitRule(kpi.unit_rule)],
        weighting=near.get(weighting.code) if weighting else None,
        carry_forward=carry_text(kpi),
        is_input=kpi.is_input,
        inherits_target=kpi.inherits_target,
        chain=chain,
        benchmark=kpi.benchmark,
        benchmark_text=benchmark_text(kpi),
        checklist=checklist(kpi),
    )


def benchmark_text(kpi: KPI) -> str:
    """The benchmark with its source, "94 %: Housing survey 2025"; "" where there is none."""
    if kpi.benchmark is None:
        return ""
    number = f"{number_text(kpi, kpi.benchmark)} {kpi.unit_of_measure}".strip()
    return f"{number}: {kpi.benchmark_source}" if kpi.benchmark_source else number


def carry_text(kpi: KPI) -> str:
    """For how long an old value stands in; "" for no time."""
    count = kpi.carry_forward
    if not count:
        return ""
    periods = kpi.frequency if count == 1 else f"{count} {PLURALS[kpi.frequency]}"
    return f"the last value holds for {'one ' if count == 1 else ''}{periods} more"


def kpi_chain(
    access: Access, kpi: KPI, edges: KPIEdges | None = None, unit: str | None = None
) -> Chain:
    """The KPIs beneath and above, layer by layer; edges: a graph other than the stored one."""
    found = dependency_chain(kpi, edges)
    links = (*found.needs, *found.needed_by)
    units = _visible_units(access, {link.code for link in links})

    def named(link: ChainLink) -> NamedKpi:
        codes = units.get(link.code)
        if not codes:
            return NamedKpi(link.code, link.name, None)
        at = unit if unit in codes else None
        return NamedKpi(link.code, link.name, kpi_href(access.organization.code, link.code, at))

    def layers(links: Iterable[ChainLink]) -> tuple[tuple[NamedKpi, ...], ...]:
        by_distance = groupby(links, key=attrgetter("distance"))
        return tuple(tuple(map(named, layer)) for _, layer in by_distance)

    return Chain(layers(found.needs), layers(found.needed_by))


def _visible_units(access: Access, codes: Collection[str]) -> dict[str, set[str]]:
    """By KPI, the codes of the units where the reader sees it measured."""
    if not codes:
        return {}
    rows = Assignment.objects.live().filter(
        organization=access.organization, kpi__code__in=codes, kpi__deleted_at=None
    )
    units: dict[str, set[str]] = {}
    for code, unit_id in rows.values_list("kpi__code", "unit_id"):
        node = access.tree.by_id.get(unit_id)
        if node is not None and access.sees(unit_id):
            units.setdefault(code, set()).add(node.code)
    return units


def formula_parts(text: str, kpis: Mapping[str, NamedKpi]) -> tuple[FormulaPart, ...]:
    """The formula in pieces, every code of the KPIs a piece of its own."""
    try:
        mentions = list(references(parsed(text))) if text else []
    except InvalidFormula:
        return (FormulaPart(text),)
    parts, done = [], 0
    for mention in mentions:
        named = kpis.get(mention.input.code)
        if named is None:
            continue
        parts.append(FormulaPart(text[done : mention.start]))
        parts.append(FormulaPart(text[mention.start : mention.end], named.name, named.href))
        done = mention.end
    parts.append(FormulaPart(text[done:]))
    return tuple(part for part in parts if part.text)
