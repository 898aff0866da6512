"""The parts of the documentation that follow from code.

Between the comments `<!-- generated: name -->` and `<!-- end -->` stands what a function here says;
`python -m tests.generated_docs` writes it.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs"
BLOCK = re.compile(r"(<!-- generated: (?P<name>[a-z ]+) -->\n).*?(\n<!-- end -->)", re.DOTALL)


def permission_table() -> str:
    """Role × action."""
    from organizations.access import PERMISSIONS, Action
    from organizations.models import Role

    lines = [f"| | {' | '.join(role.label for role in Role)} |", "| --- |" + " --- |" * len(Role)]
    for action in Action:
        cells = ("yes" if action in PERMISSIONS[role] else "–" for role in Role)
        lines.append(f"| {action.value} | {' | '.join(cells)} |")
    return "\n".join(lines)


def error_table() -> str:
    from scorecards.api_errors import error_table

    return error_table()


def row_error_table() -> str:
    from scorecards.api_errors import row_error_table

    return row_error_table()


def table_table() -> str:
    """The columns of each table that files may hold."""
    from scorecards.selectors.imports.kinds import TABLE_KINDS

    lines = ["| table | columns |", "| --- | --- |"]
    for kind in TABLE_KINDS.values():
        names = (f"**{c.name}**" if c.is_needed else c.name for c in kind.columns)
        lines.append(f"| `{kind.name}` | {', '.join(names)} |")
    return "\n".join(lines)


def record_table() -> str:
    """What each kind of entry of an organization's text may say."""
    from scorecards.selectors.documents.layout import SECTIONS, SETTINGS
    from scorecards.selectors.documents.writing import all_sections

    lines = ["| entries | named by | fields |", "| --- | --- | --- |"]
    for section in (SETTINGS, *all_sections(SECTIONS)):
        fields = (f"**{f.name}**" if f.is_required else f.name for f in section.fields)
        named = ".".join(section.named_by) or "–"
        lines.append(f"| `{section.name}` | {named} | {', '.join(fields)} |")
    return "\n".join(lines)


def resource_table() -> str:
    """The addresses of the API's records."""
    from scorecards.api.records.resources import RESOURCES
    from strategy_maps.api import LINKS

    lines = ["| Kind | Addresses beneath `/api/v1/{organization}/` | |", "| --- | --- | --- |"]
    for each in (*RESOURCES, LINKS):
        one = re.sub(r"<\w+:(\w+)>", r"{\1}", each.path + each.one)
        path = re.sub(r"<\w+:(\w+)>", r"{\1}", each.path)
        told = f"`{path}`, `{one}`"
        may = "read, add, change, remove" if each.is_written else "read"
        lines.append(f"| {each.kind.label} | {told} | {may} |")
    return "\n".join(lines)


GENERATED: dict[str, Callable[[], str]] = {
    "permissions": permission_table,
    "errors": error_table,
    "row errors": row_error_table,
    "resources": resource_table,
    "tables": table_table,
    "record fields": record_table,
}


def page(name: str) -> tuple[str, str]:
    """The page as it stands, and as it should."""
    stored = (DOCS / name).read_text()
    return stored, BLOCK.sub(lambda m: m[1] + GENERATED[m["name"]]() + m[3], stored)


def permission_page() -> tuple[str, str]:
    return page("permissions.md")


def api_page() -> tuple[str, str]:
    return page("api.md")


def import_page() -> tuple[str, str]:
    return page("imports.md")


def text_page() -> tuple[str, str]:
    return page("text.md")


def write() -> None:
    """Bring every page up to date."""
    for name in ("permissions.md", "api.md", "imports.md", "text.md"):
        (DOCS / name).write_text(page(name)[1])


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scorecard_site.settings")
    django.setup()
    write()
