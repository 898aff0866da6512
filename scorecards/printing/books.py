"""Briefing books: which pages they can hold, and making one."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from kpis.models import KPI
from organizations.access import Access, user_access
from organizations.selectors import UnitNode
from organizations.services.jobs.leases import Work, WorkFailed
from scorecards.models import Book
from scorecards.selectors.boards.shapes import PerspectiveBand
from scorecards.selectors.books import period_viewing
from scorecards.selectors.viewing import Viewing
from scorecards.services.books import keep_book

from .boards import board_section, printed_board
from .initiatives import initiatives_sections
from .kinds import joined_printed
from .kpis import kpi_section
from .setting import Form, Unprintable, book_file
from .shapes import CoverSection, Document, Head, Section
from .words import document, now_text

BOARD, KPIS, INITIATIVES = "board", "kpis", "initiatives"
UNSEEN = "{name} may not see all of the chosen units any more."
NOTHING = "There is nothing of what was chosen in {period}."
FORMS: Mapping[str, Form] = {"pdf": "pdf", "pptx": "pptx", "xlsx": "xlsx"}


def page_labels() -> dict[str, str]:
    """The kinds of pages by their names, in the order of books."""
    joined = {kind.name: kind.label for kind in joined_printed()}
    return {
        BOARD: "Scorecard",
        **joined,
        KPIS: "KPIs of critical objectives",
        INITIATIVES: "Initiatives",
    }


def make_book(work: Work) -> None:
    """Put the book together with the rights that its asker has now, and keep the file."""
    rows = Book.objects.without_files().select_related("organization", "asked_by")
    book = rows.filter(pk=work.args["book"]).first()
    if book is None:
        return  # it was let go of meanwhile
    access = user_access(book.asked_by, book.organization.code)
    units = [access.visible_unit(code) for code in book.units] if access else []
    if access is None or None in units:
        raise WorkFailed(UNSEEN.format(name=book.asked_by))
    told = book_document(access, book, [unit for unit in units if unit], work.tell)
    try:
        content = book_file(told, FORMS[book.form])
    except Unprintable as refusal:
        raise WorkFailed(str(refusal)) from None
    with work.finishing():
        keep_book(book=book, content=content)


@dataclass
class _Pages:
    """What a book holds so far. tell: how far it is, which raises where somebody gives it up."""

    access: Access
    viewing: Viewing
    tell: Callable[[int, int], None]
    total: int
    done: int = 0
    sections: list[Section] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def add(self, found: Section | None, missing: str) -> None:
        if found is None:
            self.left_out.append(f"{missing} in {self.viewing.label}")
        else:
            self.sections.append(found)

    def step(self) -> None:
        self.done += 1
        self.tell(self.done, self.total)


def book_document(
    access: Access, book: Book, units: list[UnitNode], tell: Callable[[int, int], None]
) -> Document:
    """Unit by unit, the chosen pages of each. Raises WorkFailed where there is nothing."""
    makers = {BOARD: _board, KPIS: _kpis, INITIATIVES: _initiatives}
    joined = {kind.name: kind for kind in joined_printed()}
    viewing = period_viewing(access.organization, book.period)
    names = [name for name in book.pages if name in makers or name in joined]
    pages = _Pages(access, viewing, tell, len(units) * len(names) + 1)
    for unit in units:
        for name in names:
            pages.tell(pages.done, pages.total)
            if name in makers:
                makers[name](pages, unit)
            else:
                kind = joined[name]
                pages.add(
                    kind.section(access, unit, viewing), f"{unit.name}: no {kind.label.lower()}"
                )
            pages.step()
    if not pages.sections:
        raise WorkFailed(NOTHING.format(period=book.period))
    cover = _cover(access, book, units, pages)
    return document(access, book.title, [cover, *pages.sections])


def _board(pages: _Pages, unit: UnitNode) -> None:
    found = board_section(pages.access, unit, pages.viewing)
    pages.add(found, f"{unit.name}: no scorecard")


def _kpis(pages: _Pages, unit: UnitNode) -> None:
    """The pages of the KPIs of those objectives that are critical."""
    found = printed_board(pages.access, unit, pages.viewing)
    codes = list(dict.fromkeys(_critical(found[0].perspectives))) if found else []
    kpis = {kpi.code: kpi for kpi in _kpis_of(pages.access, codes)}
    pages.total += len(kpis)
    for code in codes:
        section = (
            kpi_section(pages.access, kpis[code], unit, pages.viewing) if code in kpis else None
        )
        if section is not None:
            pages.sections.append(section)
        if code in kpis:
            pages.step()
    if not codes:
        pages.left_out.append(f"{unit.name}: no critical objective in {pages.viewing.label}")


def _critical(bands: Iterable[PerspectiveBand]) -> Iterator[str]:
    for band in bands:
        for objective in band.objectives:
            if objective.score.status == "critical":
                yield from (row.code for row in objective.kpis)


def _kpis_of(access: Access, codes: list[str]) -> list[KPI]:
    rows = KPI.objects.live().filter(organization=access.organization, code__in=codes)
    return list(rows.select_related("owner", "organization"))


def _initiatives(pages: _Pages, unit: UnitNode) -> None:
    found = initiatives_sections(pages.access, [unit], pages.viewing)
    pages.sections += found
    if not found:
        pages.left_out.append(f"{unit.name}: no initiatives")


def _cover(access: Access, book: Book, units: list[UnitNode], pages: _Pages) -> CoverSection:
    labels = page_labels()
    return CoverSection(
        head=Head("", "", book.title, book.period, f"As it stands on {now_text(access)}"),
        lines=(
            ("Organization", access.organization.name),
            ("Period", book.period),
            ("Units", ", ".join(unit.name for unit in units)),
            ("Pages", ", ".join(labels.get(name, name) for name in book.pages)),
            ("Made", f"{now_text(access)}, with what {access.user} may see"),
        ),
        left_out=tuple(pages.left_out),
    )
