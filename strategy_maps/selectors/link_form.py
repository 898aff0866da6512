"""The form of a causal link: what it asks, what was typed, and what another has saved meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError

from kpis.models import KPI
from scorecards.models import Objective, Scorecard
from scorecards.selectors.kpis.form_words import Option, Question
from scorecards.selectors.kpis.forms import FormField
from strategy_maps.models import MOST_MONTHS, CausalLink, Strength

QUESTIONS = {
    "cause": Question("If this improves", kind="select"),
    "effect": Question("then this", kind="select"),
    "is_inverse": Question("Direction", kind="select"),
    "strength": Question("How strongly", kind="select"),
    "lag_from": Question("Months, at least", "0 for at once.", "whole", 2),
    "lag_to": Question("Months, at most", f"Up to {MOST_MONTHS}.", "whole", 2),
    "cause_kpi": Question(
        "What the data compare: of the cause", "Its score, or one KPI that shows it best.", "select"
    ),
    "effect_kpi": Question("Of the effect", kind="select"),
    "note": Question("Why we think so", kind="area", most=2000),
}
ENDS = ("cause", "effect")
ELSEWHERE = ("", "objective")  # what is wrong, but with no field of the form
DIRECTIONS = (Option("", "improves too"), Option("on", "gets worse"))
NO_OBJECTIVE = "Choose an objective of this scorecard."
NO_KPI = "Choose one of these KPIs."
NO_MONTHS = f"Write whole months, from 0 to {MOST_MONTHS}."
SCORE = "the score"

Texts = dict[str, str]


@dataclass(frozen=True)
class Typed:
    """What stands in the form, what is wrong with it, and what another has saved meanwhile."""

    texts: Texts
    problems: Mapping[str, str] = field(default_factory=dict)
    meanwhile: Mapping[str, str] = field(default_factory=dict)
    saved_by: str = ""


@dataclass(frozen=True)
class LinkForm:
    """version: of the link that is changed; 0 for a new one."""

    ends: tuple[FormField, ...]
    fields: tuple[FormField, ...]
    more: tuple[FormField, ...]
    version: int
    problem: str
    has_problems: bool
    saved_by: str


def new_texts(cause: str = "", effect: str = "") -> Texts:
    return texts_of(CausalLink()) | {"cause": cause, "effect": effect}


def texts_of(row: Any) -> Texts:
    """What a link, or a row of its history, says in each field."""
    return {
        "is_inverse": "on" if row.is_inverse else "",
        "strength": str(int(row.strength)),
        "lag_from": str(row.lag_from),
        "lag_to": str(row.lag_to),
        "cause_kpi": row.cause_kpi.code if row.cause_kpi_id else "",
        "effect_kpi": row.effect_kpi.code if row.effect_kpi_id else "",
        "note": row.note,
    }


def typed_texts(posted: Mapping[str, str], start: Texts) -> Texts:
    """What was sent; fields that were not sent keep what they said at the start."""
    most = {name: question.most for name, question in QUESTIONS.items()}
    return {name: posted.get(name, text)[: most[name] + 1] for name, text in start.items()}


def link_values(scorecard: Scorecard, texts: Texts) -> dict[str, Any]:
    """What the texts mean, ready for the services; raises ValidationError, by field."""
    kpis = {kpi.code: kpi for kpi in scorecard_kpis(scorecard)}
    problems: dict[str, str] = {}
    values: dict[str, Any] = {
        "is_inverse": texts["is_inverse"] == "on",
        "note": texts["note"].strip(),
    }
    if texts["strength"] in map(str, Strength.values):
        values["strength"] = int(texts["strength"])
    else:
        problems["strength"] = "Choose how strongly."
    for name in ("lag_from", "lag_to"):
        text = texts[name].strip() or "0"
        if text.isascii() and text.isdigit() and int(text) <= MOST_MONTHS:
            values[name] = int(text)
        else:
            problems[name] = NO_MONTHS
    for name in ("cause_kpi", "effect_kpi"):
        values[name] = kpis.get(texts[name])
        if texts[name] and values[name] is None:
            problems[name] = NO_KPI
    if problems:
        raise ValidationError(problems)
    return values


def scorecard_objective(scorecard: Scorecard, code: str, name: str) -> Objective:
    """The live objective of that code; raises ValidationError at the field of that name."""
    rows = Objective.objects.live().filter(scorecard=scorecard, perspective__deleted_at=None)
    found: Objective | None = rows.filter(code=code).first() if "\x00" not in code else None
    if found is None:
        raise ValidationError({name: NO_OBJECTIVE})
    return found


def scorecard_kpis(scorecard: Scorecard) -> list[KPI]:
    """Those by which the scorecard's objectives are measured, by name."""
    linked = KPI.objects.live().filter(
        objective_links__objective__scorecard=scorecard,
        objective_links__objective__deleted_at=None,
        objective_links__deleted_at=None,
    )
    return list(linked.distinct().order_by("name", "pk"))


# --- What is asked


def link_form(scorecard: Scorecard, typed: Typed, version: int = 0) -> LinkForm:
    """With both ends to choose where the link is new."""
    options = _options(scorecard, is_new=version == 0)
    fields = {
        name: FormField(
            name=name,
            label=question.label,
            hint=question.hint,
            kind=question.kind,
            most=question.most,
            text=typed.texts.get(name, ""),
            problem=typed.problems.get(name, ""),
            meanwhile=typed.meanwhile.get(name, ""),
            options=options.get(name, ()),
        )
        for name, question in QUESTIONS.items()
    }
    main = ("is_inverse", "strength", "lag_from", "lag_to")
    return LinkForm(
        ends=tuple(fields[name] for name in ENDS) if version == 0 else (),
        fields=tuple(fields[name] for name in main),
        more=tuple(fields[name] for name in ("cause_kpi", "effect_kpi", "note")),
        version=version,
        problem=" ".join(text for name, text in typed.problems.items() if name in ELSEWHERE),
        has_problems=bool(typed.problems.keys() & QUESTIONS.keys()),
        saved_by=typed.saved_by,
    )


def _options(scorecard: Scorecard, *, is_new: bool) -> dict[str, tuple[Option, ...]]:
    kpis = (Option("", SCORE), *(Option(kpi.code, kpi.name) for kpi in scorecard_kpis(scorecard)))
    options = {
        "is_inverse": DIRECTIONS,
        "strength": tuple(Option(str(value), str(label)) for value, label in Strength.choices),
        "cause_kpi": kpis,
        "effect_kpi": kpis,
    }
    if is_new:
        options |= dict.fromkeys(ENDS, _objectives(scorecard))
    return options


def _objectives(scorecard: Scorecard) -> tuple[Option, ...]:
    rows = Objective.objects.live().filter(scorecard=scorecard, perspective__deleted_at=None)
    order = ("perspective__position", "perspective_id", "position", "pk")
    named = rows.order_by(*order).values_list("code", "name", "perspective__name")
    return (
        Option("", "Choose an objective"),
        *(Option(code, f"{name} ({lane})") for code, name, lane in named),
    )


# --- What another has saved meanwhile


def beside_current(current: CausalLink, typed: Texts, version: int) -> Typed:
    """What was typed, over the link as another has saved it since that version.

    What was not typed into shows what is stored now; beside what was stands what is stored.
    """
    now = texts_of(current)
    history = current.history.filter(version=version)
    seen = history.order_by("-history_date", "-history_id").first()
    before = texts_of(seen) if seen else now
    own = {name for name in now if typed[name] != before[name]}
    texts = {name: typed[name] if name in own else now[name] for name in now}
    meanwhile = {name: _told(current, name) for name in own if typed[name] != now[name]}
    latest = current.history.filter(version=current.version).select_related("history_user")
    by = latest.order_by("-history_date", "-history_id").first()
    return Typed(
        texts, {}, meanwhile, str(by.history_user) if by and by.history_user else "Somebody"
    )


def _told(row: CausalLink, name: str) -> str:
    """What a field says, as people read it."""
    if name == "is_inverse":
        return "gets worse" if row.is_inverse else "improves too"
    if name == "strength":
        return str(Strength(row.strength).label)
    if name in ("cause_kpi", "effect_kpi"):
        return str(getattr(row, name) or SCORE)
    return texts_of(row)[name] or "nothing"
