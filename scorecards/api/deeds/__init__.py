"""What people do with scorecards, periods and files, beyond writing records."""

from django.urls import URLPattern, path

from .assessments import AssessmentsView
from .books import BookCancelView, BookFileView, BooksView, BookView
from .closings import ClosingsView, ClosingView, ReopeningView
from .evidence import EvidenceFileView, EvidenceView
from .imports import ApplyView, CancelView, ImportsView, ImportView, MapView, UndoView
from .life import ActivateView, ArchiveView, BringBackView, DuplicateView, WithdrawView
from .process_changes import ProcessChangesView, ProcessChangeView
from .publishing import PublicLinksView, PublicLinkView
from .sentences import SentencesView, SentenceView

SCORECARD, UNIT = "scorecards/<slug:scorecard>", "units/<slug:unit>"
SENTENCE = f"{SCORECARD}/objectives/<slug:objective>/sentences/<str:period>"
PROCESS_CHANGES = "kpis/<slug:kpi>/process-changes"
ADDRESSES = (
    ("assessments", f"{SCORECARD}/assessments", AssessmentsView),
    ("sentences", f"{SCORECARD}/sentences", SentencesView),
    ("sentence", SENTENCE, SentenceView),
    ("sentence-files", f"{SENTENCE}/files", EvidenceView),
    ("sentence-file", f"{SENTENCE}/files/<str:file>", EvidenceFileView),
    ("process-changes", PROCESS_CHANGES, ProcessChangesView),
    ("process-change", f"{PROCESS_CHANGES}/<slug:unit>/<str:period>", ProcessChangeView),
    ("activate", f"{SCORECARD}/activate", ActivateView),
    ("archive", f"{SCORECARD}/archive", ArchiveView),
    ("bring-back", f"{SCORECARD}/bring-back", BringBackView),
    ("withdraw", f"{SCORECARD}/withdraw", WithdrawView),
    ("duplicate", f"{SCORECARD}/duplicate", DuplicateView),
    ("closings", f"{UNIT}/closings", ClosingsView),
    ("closing", f"{UNIT}/closings/<str:period>", ClosingView),
    ("reopen", f"{UNIT}/closings/<str:period>/reopen", ReopeningView),
    ("public-links", "public-links", PublicLinksView),
    ("public-link", "public-links/<slug:link>", PublicLinkView),
    ("books", "books", BooksView),
    ("book", "books/<slug:book>", BookView),
    ("book-file", "books/<slug:book>/file", BookFileView),
    ("book-cancel", "books/<slug:book>/cancel", BookCancelView),
    ("imports", "imports", ImportsView),
    ("import", "imports/<int:number>", ImportView),
    ("import-map", "imports/<int:number>/map", MapView),
    ("import-apply", "imports/<int:number>/apply", ApplyView),
    ("import-cancel", "imports/<int:number>/cancel", CancelView),
    ("import-undo", "imports/<int:number>/undo", UndoView),
)


def deed_urls() -> list[URLPattern]:
    """The addresses of all deeds."""
    return [
        path(f"<slug:organization>/{route}", view.as_view(), name=f"api-{name}")
        for name, route, view in ADDRESSES
    ]


__all__ = ["deed_urls"]
