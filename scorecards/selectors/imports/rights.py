"""Who may bring in and take out what, and whose imports they see."""

from django.db.models import QuerySet
from django.db.models.functions import Length

from organizations.access import Access, Action
from scorecards.models import Import

from .kinds import BOOK, TABLE_KINDS, VALUES

# What only administrators bring in and take out.
ADMINISTERED = ("people", "units", "roles")


def may_any(access: Access, action: Action) -> bool:
    """Whether there is a unit where the reader may do so."""
    return any(access.sees(pk) and access.can(action, pk) for pk in access.roles)


def may_use_files(access: Access) -> bool:
    """Contributors, managers and administrators do; who only reads has the pages."""
    return may_any(access, Action.RECORD_VALUES)


def administers_all(access: Access) -> bool:
    return any(access.can(Action.ADMINISTER, node.id) for node in access.tree.children(None))


def import_kinds(access: Access) -> tuple[str, ...]:
    """The kinds that somebody with the reader's roles can bring in."""
    if not may_any(access, Action.EDIT_STRUCTURE):
        return (VALUES,)
    administers = may_any(access, Action.ADMINISTER)
    kinds = tuple(kind for kind in TABLE_KINDS if administers or kind not in ADMINISTERED)
    return (*kinds, BOOK)


def export_kinds(access: Access) -> tuple[str, ...]:
    """The kinds of tables that the reader may take out."""
    administers = may_any(access, Action.ADMINISTER)
    hidden = () if administers else ("people", "roles")
    return tuple(kind for kind in TABLE_KINDS if kind not in hidden)


def seen_imports(access: Access) -> QuerySet[Import]:
    """Their own; administrators of the whole organization see all."""
    rows = Import.objects.filter(organization=access.organization).select_related("created_by")
    if not administers_all(access):
        rows = rows.filter(created_by=access.user)
    return rows


def shown_import(access: Access, number: int) -> Import | None:
    """The import of that number as its page needs it, without what is large; None: not seen."""
    rows = seen_imports(access).defer("content", "effect")
    sizes = {"n_content": Length("content"), "n_effect": Length("effect")}
    return rows.annotate(**sizes).filter(number=number).first()
