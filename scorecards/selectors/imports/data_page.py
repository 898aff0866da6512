"""The page on which tables are taken out and brought in."""

import zoneinfo
from collections.abc import Mapping

from organizations.access import Access
from scorecards.links import data_href, export_href, import_href
from scorecards.models import Import
from scorecards.selectors.kpis.form_words import Option
from scorecards.selectors.records.reading import visible_kpis

from .kinds import BOOK, TABLE_KINDS, VALUES, kind_label
from .rights import export_kinds, import_kinds, seen_imports
from .shapes import DataPage, Export, ImportLine

SHOWN = 30
MOST_OPTIONS = 300
LIMITS = "CSV or XLSX, up to 10 MB, 50,000 rows and 200 columns."
GUESS = Option("", "Told by the names of its columns")
COUNTED = (("added", "added"), ("changed", "changed"), ("refused", "refused"))


def data_page(
    access: Access,
    before: int = 0,
    typed: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
    export_problem: str = "",
) -> DataPage:
    """All of the page; before: list imports with a smaller number."""
    lines, older = _lines(access, before)
    code = access.organization.code
    kinds = [kind for kind in export_kinds(access) if kind != VALUES]
    tables = [*(_export(code, kind, kind_label(kind)) for kind in kinds), _book(code)]
    return DataPage(
        exports=tuple(tables),
        values=_export(code, VALUES, "Values"),
        units=_units(access),
        kpis=_kpis(access),
        kinds=kind_options(access),
        lines=lines,
        older_href=data_href(code, before=str(older)) if older else "",
        most=LIMITS,
        typed=dict(typed or {}),
        problems=dict(problems or {}),
        export_problem=export_problem,
    )


def kind_options(access: Access) -> tuple[Option, ...]:
    """The kinds of tables that may be brought in."""
    return (GUESS, *(Option(kind, kind_label(kind)) for kind in import_kinds(access)))


def _export(organization: str, kind: str, label: str) -> Export:
    return Export(
        kind,
        label,
        export_href(organization, kind, form="csv"),
        export_href(organization, kind, form="xlsx"),
    )


def _book(organization: str) -> Export:
    return Export(BOOK, "Whole scorecards", "", export_href(organization, BOOK, form="xlsx"))


def _units(access: Access) -> tuple[Option, ...]:
    nodes = (node for node, _ in access.tree.depth_first() if access.sees(node.id))
    return tuple(
        Option(node.code, node.name) for node, _ in zip(nodes, range(MOST_OPTIONS), strict=False)
    )


def _kpis(access: Access) -> tuple[Option, ...]:
    rows = visible_kpis(access).order_by("name", "pk").values_list("code", "name")
    return tuple(Option(code, name) for code, name in rows[:MOST_OPTIONS])


def _lines(access: Access, before: int) -> tuple[tuple[ImportLine, ...], int]:
    """The latest imports, and the number before which there are more; 0: there are none."""
    rows = seen_imports(access).without_files().order_by("-number")  # type: ignore[attr-defined]
    if before:
        rows = rows.filter(number__lt=before)
    found = list(rows[: SHOWN + 1])
    shown = found[:SHOWN]
    return tuple(_line(access, row) for row in shown), (
        shown[-1].number if len(found) > SHOWN else 0
    )


def _line(access: Access, row: Import) -> ImportLine:
    return ImportLine(
        number=row.number,
        href=import_href(access.organization.code, row.number),
        file_name=row.file_name,
        kind=kind_label(row.kind) if row.kind in (*TABLE_KINDS, BOOK) else "",
        state=row.state,
        state_text=row.get_state_display(),
        by=str(row.created_by),
        at_text=moment_text(access, row),
        counts=counts_text(row),
    )


def moment_text(access: Access, row: Import) -> str:
    """When the file came, at the organization's place."""
    zone = zoneinfo.ZoneInfo(access.organization.time_zone)
    return f"{row.created_at.astimezone(zone):%Y-%m-%d %H:%M}"


def counts_text(row: Import) -> str:
    """What it did, or would do: "3 added, 2 refused"."""
    said = [f"{getattr(row, name):,} {word}" for name, word in COUNTED if getattr(row, name)]
    if said:
        return ", ".join(said)
    is_checked = row.state in (Import.State.READY, Import.State.DONE)
    return "nothing to change" if is_checked else ""
