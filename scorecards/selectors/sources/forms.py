"""The form of a source: what its kind asks, what is in it, and what a try has brought."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from calculations.schedules import WEEKDAYS, Every
from kpis.models import Source
from kpis.services.sources.judging import Judged, Verdict
from kpis.services.sources.secrets import names_of
from kpis.services.sources.shapes import COMMON, Field, Kind
from organizations.access import Access
from scorecards.links import source_href, sources_href
from scorecards.selectors.kpis.form_words import Option
from scorecards.selectors.kpis.forms import FormField
from scorecards.selectors.shapes import Link

from .page import value_text
from .rivals import Rival

TYPE_AGAIN = "What you typed is not shown again: type it once more before you save."
MOST_SHOWN = 50  # rows of a try
NAMES = (
    Field("name", "Name", "As people know the system, such as CRM.", most=80, is_required=True),
    Field(
        "code",
        "Code",
        "Stands in its address and never changes; left empty, it is made of the name.",
        "code",
        50,
    ),
)
EVERY = {
    Every.MINUTES: "Every so many minutes",
    Every.HOUR: "Every hour",
    Every.DAY: "Every day",
    Every.WEEK: "Every week",
    Every.MONTH: "Every month",
}
SCHEDULE = (
    Field(
        *("every", "Refresh", "", "select", 10),
        options=tuple((str(every), label) for every, label in EVERY.items()),
        default=str(Every.DAY),
    ),
    Field("minutes", "Minutes", "Every so many, or past each hour.", "whole", 4, default="15"),
    Field("at", "At", "By the clock of the organization, such as 06:30.", most=5, default="06:30"),
    Field(
        *("weekday", "On", "", "select", 1),
        options=tuple((str(number), name) for number, name in enumerate(WEEKDAYS)),
        default="0",
    ),
    Field("day", "Day of the month", "1 to 31.", "whole", 2, default="1"),
)
NEEDED = {"minutes": "minutes hour", "at": "day week month", "weekday": "week", "day": "month"}
VERDICTS = {
    Verdict.NEW: "new",
    Verdict.CHANGED: "changed",
    Verdict.SAME: "unchanged",
    Verdict.KEPT: "kept",
    Verdict.REFUSED: "refused",
    Verdict.EMPTY: "no value",
}


@dataclass(frozen=True)
class TriedRow:
    """A row that a try has found, and what a refresh would do with it."""

    kpi: str
    unit: str
    period: str
    value: str
    verdict: str
    said: str


@dataclass(frozen=True)
class Tried:
    """What a try has brought, or why it has not."""

    problem: str = ""
    request: str = ""
    answer: str = ""
    rows: tuple[TriedRow, ...] = ()
    total: int = 0
    counts: str = ""
    rivals: tuple[Rival, ...] = ()


@dataclass(frozen=True)
class Typed:
    """What was sent, what is wrong with it, and what another has saved meanwhile."""

    texts: Mapping[str, str]
    problems: Mapping[str, str] = field(default_factory=dict)
    meanwhile: Mapping[str, str] = field(default_factory=dict)
    saved_by: str = ""
    tried: Tried | None = None


@dataclass(frozen=True)
class SourceForm:
    """All that the page shows; code and version are empty for a source that is not there yet."""

    code: str
    name: str
    version: int
    kind: str
    kind_name: str
    sections: tuple[tuple[str, str, tuple[FormField, ...]], ...]
    problems: tuple[tuple[str, str, str], ...]  # name, label, what is wrong
    problem: str
    saved_by: str
    tried: Tried | None
    cancel_href: str
    breadcrumbs: tuple[Link, ...]


def every_field(kind: Kind) -> tuple[Field, ...]:
    return (*NAMES, *kind.fields, *COMMON, *SCHEDULE)


def default_texts(kind: Kind) -> dict[str, str]:
    return {each.name: each.default for each in every_field(kind)}


def stored_texts(kind: Kind, source: Source) -> dict[str, str]:
    """What the form of a stored source says; never its secrets."""
    schedule = {name: str(said) for name, said in source.schedule.items()}
    said = {"name": source.name, "code": source.code, **source.settings}
    texts = default_texts(kind) | {**said, **schedule}
    return texts | {each.name: "" for each in kind.fields if each.is_secret}


def typed_texts(kind: Kind, sent: Mapping[str, str]) -> dict[str, str]:
    defaults = default_texts(kind)
    return {each.name: sent.get(each.name, defaults[each.name]) for each in every_field(kind)}


def source_form(access: Access, kind: Kind, source: Source | None, typed: Typed) -> SourceForm:
    """The form with what is in it."""
    kept = names_of(source) if source else frozenset()
    named = NAMES[:1] if source else NAMES
    code = access.organization.code
    parts = (
        ("what", "What it is", named),
        ("where", "What is asked", kind.fields),
        ("rows", "Which values", COMMON),
        ("when", "When", SCHEDULE),
    )
    home = source_href(code, source.code) if source else sources_href(code)
    labels = {each.name: each.label for each in every_field(kind)}
    return SourceForm(
        code=source.code if source else "",
        name=source.name if source else "",
        version=source.version if source else 0,
        kind=kind.code,
        kind_name=kind.name,
        sections=tuple(
            (name, title, tuple(_field(each, typed, kept) for each in fields))
            for name, title, fields in parts
        ),
        problems=tuple(
            (name, label, typed.problems[name])
            for name, label in labels.items()
            if typed.problems.get(name)
        ),
        problem=typed.problems.get("", ""),
        saved_by=typed.saved_by,
        tried=typed.tried,
        cancel_href=home,
        breadcrumbs=_crumbs(access, source, home),
    )


def _field(asked: Field, typed: Typed, kept: frozenset[str]) -> FormField:
    hint = asked.hint
    if asked.is_secret:
        state = "One is kept; leave this empty to keep it." if asked.name in kept else "None yet."
        state = TYPE_AGAIN if typed.texts.get(asked.name) else state
        hint = f"{hint} {state}"
    return FormField(
        name=asked.name,
        label=asked.label,
        hint=hint,
        kind=asked.kind,
        most=asked.most,
        text="" if asked.is_secret else typed.texts.get(asked.name, ""),
        problem=typed.problems.get(asked.name, ""),
        meanwhile=typed.meanwhile.get(asked.name, ""),
        options=tuple(Option(value, label) for value, label in asked.options),
        needs="every" if asked.name in NEEDED else "",
        needed=NEEDED.get(asked.name, ""),
    )


def _crumbs(access: Access, source: Source | None, home: str) -> tuple[Link, ...]:
    every = Link("Sources", sources_href(access.organization.code))
    if source is None:
        return every, Link("New source", None)
    return every, Link(source.name, home), Link("Edit", None)


def beside_current(kind: Kind, source: Source, typed: Mapping[str, str], version: int) -> Typed:
    """What was typed, over the source that another has saved since that version.

    What was not typed into shows what is stored now; beside what was stands what the other saved.
    """
    row = source.history.filter(version=version).order_by("-history_id").first()
    now = stored_texts(kind, source)
    before = stored_texts(kind, row.instance) if row else now
    own = {name for name in now if typed[name] != before[name]}
    texts = {name: (typed if name in own else now)[name] for name in now}
    meanwhile = {
        name: now[name] or "nothing" for name in own if now[name] not in (typed[name], before[name])
    }
    latest = source.history.filter(version=source.version).order_by("-history_id").first()
    by = str(latest.history_user) if latest and latest.history_user else "Somebody"
    return Typed(texts, {}, meanwhile, by)


def tried_rows(rows: Sequence[Judged]) -> tuple[TriedRow, ...]:
    return tuple(
        TriedRow(
            kpi=row.kpi,
            unit=row.unit,
            period=row.period,
            value=value_text(row.value),
            verdict=VERDICTS[row.verdict],
            said=_said(row),
        )
        for row in rows[:MOST_SHOWN]
    )


def _said(row: Judged) -> str:
    if row.verdict in (Verdict.CHANGED, Verdict.KEPT):
        stands = f"{value_text(row.standing)} stands."
        return f"{stands} {row.said}".strip()
    return row.said
