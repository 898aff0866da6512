"""What changed from one edition to the next, in words."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from kpis.models import KPI
from organizations.access import Access
from scorecards.models import (
    Contribution,
    EditionContent,
    KpiLink,
    Objective,
    ObjectiveNode,
    PerspectiveNode,
)

HIDDEN = "an objective that you may not see"
Key = tuple[str | int, ...]


@dataclass(frozen=True)
class Names:
    """How the ids in editions are called; other scorecards' objectives as far as they are seen."""

    kpis: Mapping[int, str] = field(default_factory=dict)
    objectives: Mapping[tuple[int, str], str] = field(default_factory=dict)

    def kpi(self, link: KpiLink) -> str:
        return f"“{self.kpis.get(link.kpi, link.code)}”"

    def objective(self, other: Contribution) -> str:
        return self.objectives.get((other.scorecard, other.objective), HIDDEN)


@dataclass(frozen=True)
class _Said:
    """What an edition says of one node; `facts` are compared as the texts that they print."""

    title: str
    parent: Key | None = None
    name: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    description: str = ""
    order: tuple[Key, ...] = ()


def edition_names(access: Access, contents: Iterable[EditionContent]) -> Names:
    """Names for everything that these editions point at, by two statements."""
    nodes = [node for content in contents for p in content.perspectives for node in p.objectives]
    others = {other for node in nodes for other in _others(node)}
    objectives = Objective.objects.filter(
        scorecard_id__in={other.scorecard for other in others},
        code__in={other.objective for other in others},
        scorecard__unit_id__in=access.visible_unit_ids,
    ).order_by("pk")
    kpis = KPI.objects.filter(pk__in={link.kpi for node in nodes for link in node.kpis})
    return Names(
        kpis=dict(kpis.values_list("pk", "name")),
        objectives={
            (pk, code): f"“{name}” ({unit})"
            for pk, code, name, unit in objectives.values_list(
                "scorecard_id", "code", "name", "scorecard__unit__name"
            )
        },
    )


def edition_changes(before: EditionContent, after: EditionContent, names: Names) -> tuple[str, ...]:
    """What the later edition says differently, one phrase each, in the order of the board.

    What was added or removed with its parent is not told of by itself.
    """
    old, new = dict(_said(before, names)), dict(_said(after, names))
    phrases: list[str] = []
    for key, said in new.items():
        if key in old:
            phrases += _differences(old[key], said, new)
        elif said.parent in old:
            phrases.append(f"{said.title} added")
    for key, said in old.items():
        if key not in new and said.parent in new:
            phrases.append(f"{said.title} removed")
    return tuple(phrases)


def _differences(old: _Said, new: _Said, nodes: Mapping[Key, _Said]) -> Iterator[str]:
    if old.name != new.name:
        yield f"“{old.name}” renamed “{new.name}”"
    if old.parent != new.parent and new.parent is not None:
        yield f"{new.title} moved to {nodes[new.parent].title}"
    for fact, text in new.facts.items():
        if text != old.facts[fact]:
            yield f"{fact} of {new.title} {old.facts[fact]} → {text}"
    if old.description != new.description:
        yield f"description of {new.title} changed"
    if _kept(old.order, new.order) != _kept(new.order, old.order):
        yield f"order within {new.title} changed"


def _kept(keys: tuple[Key, ...], others: tuple[Key, ...]) -> list[Key]:
    return [key for key in keys if key in set(others)]


def _said(content: EditionContent, names: Names) -> Iterator[tuple[Key, _Said]]:
    top: Key = ("scorecard",)
    yield (
        top,
        _Said(
            "the scorecard",
            name=content.name,
            facts={"roll-up": rule_text(content)},
            order=tuple(("perspective", p.code) for p in content.perspectives),
        ),
    )
    for perspective in content.perspectives:
        key: Key = ("perspective", perspective.code)
        order = tuple(("objective", node.code) for node in perspective.objectives)
        yield (
            key,
            _Said(f"“{perspective.name}”", top, perspective.name, _facts(perspective), "", order),
        )
        for node in perspective.objectives:
            yield from _said_of_objective(node, key, names)


def _said_of_objective(
    node: ObjectiveNode, parent: Key, names: Names
) -> Iterator[tuple[Key, _Said]]:
    key: Key = ("objective", node.code)
    title = f"“{node.name}”"
    facts = _facts(node) | {"owner": node.owner or "nobody", "theme": node.theme or "none"}
    order = tuple(("kpi", node.code, link.kpi) for link in node.kpis)
    yield key, _Said(title, parent, node.name, facts, node.description, order)
    for link in node.kpis:
        told = _Said(
            f"{names.kpi(link)} in {title}", key, facts={"weight": weight_text(link.weight)}
        )
        yield ("kpi", node.code, link.kpi), told
    for other in (*node.contributions, *node.supported_by):
        told = _Said(f"{names.objective(other)} as contribution to {title}", key, facts=_tie(other))
        yield ("beneath", node.code, other.scorecard, other.objective), told
    for other in node.supports:
        told = _Said(f"{title} as contribution to {names.objective(other)}", key, facts=_tie(other))
        yield ("above", node.code, other.scorecard, other.objective), told


def _facts(node: PerspectiveNode | ObjectiveNode) -> dict[str, str]:
    return {"weight": weight_text(node.weight), "roll-up": rule_text(node)}


def _tie(other: Contribution) -> dict[str, str]:
    return {"weight": weight_text(other.weight)}


def rule_text(node: EditionContent | PerspectiveNode | ObjectiveNode) -> str:
    capped = ", capped at 100" if node.is_capped else ""
    return node.rule.value.replace("_", " ") + capped


def weight_text(weight: float) -> str:
    """All of its digits that matter, without an exponent: "2.5", "1000000"."""
    return np.format_float_positional(weight, trim="-")


def _others(node: ObjectiveNode) -> Iterable[Contribution]:
    return (*node.contributions, *node.supported_by, *node.supports)
