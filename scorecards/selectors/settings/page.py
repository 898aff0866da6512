"""The page of an organization's settings: the form, and what was changed by whom."""

import zoneinfo
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from organizations.models import Organization
from scorecards.selectors.kpis.form_words import Option
from scorecards.selectors.kpis.forms import FormField

from .texts import MANY, TypedSettings, shown_text, stored_texts
from .words import FREQUENCIES, OPTIONS, QUESTIONS, zone_options

MOST_CHANGES = 10
LONG = frozenset({"mission", "vision", "values"})  # told without what they said


@dataclass(frozen=True)
class FrequencyChoice:
    option: Option
    is_chosen: bool


@dataclass(frozen=True)
class SettingsChange:
    """One save: when, at the organization's place, by whom, and what it changed."""

    at_text: str
    by: str
    phrases: tuple[str, ...]


@dataclass(frozen=True)
class SettingsPage:
    """All that the page shows; `problems`: (field, label) of each, to go to."""

    code: str
    version: int
    fields: dict[str, FormField]
    frequencies: tuple[FrequencyChoice, ...]
    problem: str  # what belongs to no field
    problems: tuple[tuple[str, str], ...]
    saved_by: str  # who has saved meanwhile; "" = nobody
    changes: tuple[SettingsChange, ...]  # newest first


def settings_page(organization: Organization, typed: TypedSettings | None = None) -> SettingsPage:
    """The settings as they are stored, or with what was typed; one statement."""
    typed = typed or TypedSettings(stored_texts(organization))
    options = OPTIONS | {"time_zone": zone_options(typed["time_zone"])}
    fields = {
        name: FormField(
            name=name,
            **question._asdict(),
            text=typed[name],
            problem=typed.problems.get(name, ""),
            meanwhile=typed.meanwhile.get(name, ""),
            options=options.get(name, ()),
        )
        for name, question in QUESTIONS.items()
    }
    chosen = typed[MANY].split(" ")
    return SettingsPage(
        code=organization.code,
        version=organization.version,
        fields=fields,
        frequencies=tuple(FrequencyChoice(each, each.value in chosen) for each in FREQUENCIES),
        problem=typed.problems.get("", ""),
        problems=tuple((name, fields[name].label) for name in fields if name in typed.problems),
        saved_by=typed.saved_by,
        changes=_changes(organization),
    )


def _changes(organization: Organization) -> tuple[SettingsChange, ...]:
    """The last saves, each told by what differs from the one before."""
    zone = zoneinfo.ZoneInfo(organization.time_zone)
    rows = organization.history.select_related("history_user").order_by("-history_id")
    found = []
    for row, earlier in pairwise(rows[: MOST_CHANGES + 1]):
        phrases = changed_phrases(earlier, row)
        if phrases:
            at_text = f"{row.history_date.astimezone(zone):%Y-%m-%d %H:%M}"
            found.append(SettingsChange(at_text, str(row.history_user or "Somebody"), phrases))
    return tuple(found)


def changed_phrases(before: Any, after: Any) -> tuple[str, ...]:
    """What differs between two states of the settings: "Time zone: UTC → Europe/Berlin"."""
    was, now = stored_texts(before), stored_texts(after)
    return tuple(
        _phrase(name, was[name], now[name]) for name in QUESTIONS if was[name] != now[name]
    )


def _phrase(name: str, was: str, now: str) -> str:
    label = QUESTIONS[name].label.removesuffix(", in %")
    if name in LONG:
        return f"{label} {'rewritten' if was and now else 'written' if now else 'removed'}"
    return f"{label}: {shown_text(name, was)} → {shown_text(name, now)}"
