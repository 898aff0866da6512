"""What is audited is written row by row: bulk writes would leave no history."""

import ast
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("organizations", "kpis", "scorecards", "strategy_maps", "scorecard_site")
BULK = {"bulk_create", "bulk_update", "update"}
AUDITED = {
    model.__name__
    for app in PACKAGES
    for model in apps.get_app_config(app).get_models()
    if hasattr(model, "history")
}
# Folders that may write these in bulk, each with its reason.
EXCEPTIONS = {
    "scorecard_site/bench/": "synthetic data in a database of its own",
    "organizations/bearers.py": "when a token was last used is no change of it",
}


def bulk_writes(source: str) -> Iterator[tuple[int, str]]:
    """Calls like Unit.objects.….update(…) and bulk_create on a manager, with the model's name."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        if node.func.attr not in BULK:
            continue
        names = [part.id for part in ast.walk(node.func) if isinstance(part, ast.Name)]
        attributes = [part.attr for part in ast.walk(node.func) if isinstance(part, ast.Attribute)]
        is_queryset = node.func.attr != "update" or {"objects", "filter", "all", "live"} & set(
            attributes
        )
        if is_queryset:
            yield node.lineno, ", ".join(names)


def test_the_search_finds_bulk_writes() -> None:
    assert list(bulk_writes("Unit.objects.filter(pk=1).update(name='x')")) == [(1, "Unit")]
    assert list(bulk_writes("Unit.objects.bulk_create([])")) == [(1, "Unit")]
    assert list(bulk_writes("{}.update(a=1)")) == []


def test_audited_models_are_never_written_in_bulk() -> None:
    assert {"Unit", "KPI", "Target", "Objective", "Organization"} <= AUDITED
    found = []
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = str(path.relative_to(ROOT))
            if "migrations" in path.parts or name.startswith(tuple(EXCEPTIONS)):
                continue
            for line, names in bulk_writes(path.read_text()):
                if set(names.split(", ")) & AUDITED:
                    found.append(f"{name}:{line} writes {names} in bulk")
    assert not found
