"""What somebody typed into the settings, and what it means; everything is text until checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.http import QueryDict

from calculations.numerals import InvalidNumber, parsed_number
from organizations.models import Organization
from organizations.models.structure import validate_text
from scorecards.selectors.kpis.texts import number_text

from .words import FREQUENCIES, OPTIONS, QUESTIONS

MANY = "reporting_frequencies"
NO_CHOICE = "Choose one of these."


@dataclass(frozen=True)
class TypedSettings:
    """The form's fields as text (frequencies parted by spaces), with what is wrong with them.

    meanwhile: what another has saved in a field that was typed into, in words.
    """

    texts: Mapping[str, str]
    problems: Mapping[str, str] = field(default_factory=dict)
    meanwhile: Mapping[str, str] = field(default_factory=dict)
    saved_by: str = ""

    def __getitem__(self, name: str) -> str:
        return self.texts.get(name, "")


def typed_settings(posted: QueryDict) -> TypedSettings:
    """What the form sent; line ends as they are stored."""
    texts = {name: posted.get(name, "").replace("\r\n", "\n").strip() for name in QUESTIONS}
    return TypedSettings(texts | {MANY: " ".join(posted.getlist(MANY))})


def stored_texts(organization: Any) -> dict[str, str]:
    """The settings of an organization, or of a row of its history, as the form shows them."""
    texts = {name: str(getattr(organization, name)) for name in QUESTIONS}
    return texts | {
        "minimum_coverage": number_text(round(organization.minimum_coverage * 100, 6)),
        MANY: " ".join(_in_order(organization.reporting_frequencies)),
    }


def _in_order(frequencies: list[str]) -> list[str]:
    return [option.value for option in FREQUENCIES if option.value in frequencies]


def checked_settings(typed: TypedSettings) -> dict[str, Any]:
    """The settings that the texts mean; raises ValidationError, by field."""
    fields: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for name in QUESTIONS:
        try:
            fields[name] = _value(name, typed[name])
            kind: Any = Organization._meta.get_field(name)
            kind.clean(fields[name], None)
        except ValidationError as refusal:
            problems[name] = " ".join(refusal.messages)
    if problems:
        raise ValidationError(problems)
    return fields


def _value(name: str, text: str) -> Any:
    if name == MANY:
        return _frequencies(text)
    if name == "minimum_coverage":
        return _share(text)
    validate_text(text)
    if name == "name" and not text:
        raise ValidationError("Write a name.")
    if name in OPTIONS and text not in {option.value for option in OPTIONS[name]}:
        raise ValidationError(NO_CHOICE)
    return int(text) if name == "fiscal_month" else text


def _share(text: str) -> float:
    try:
        percent = parsed_number(text, 3, "%")
    except InvalidNumber as refusal:
        raise ValidationError(f"{refusal}.") from None
    if not 0 <= percent <= 100:
        raise ValidationError("Write a number from 0 to 100.")
    return percent / 100


def _frequencies(text: str) -> list[str]:
    chosen = text.split(" ") if text else []
    if not chosen:
        raise ValidationError("Choose at least one.")
    if set(chosen) - {option.value for option in FREQUENCIES}:
        raise ValidationError("Choose among these.")
    return _in_order(chosen)


def shown_text(name: str, text: str) -> str:
    """A field's text in words."""
    if name == MANY:
        chosen = text.split(" ")
        return ", ".join(option.label.lower() for option in FREQUENCIES if option.value in chosen)
    if name == "minimum_coverage":
        return f"{text} %"
    named = {option.value: option.label for option in OPTIONS.get(name, ())}
    return named.get(text, text) or "nothing"


def beside_current(organization: Organization, typed: TypedSettings, version: int) -> TypedSettings:
    """What was typed, over the settings that another has saved since that version.

    Fields that were not typed into show what is stored now; beside the others stands what the
    other has saved there.
    """
    history = organization.history.select_related("history_user")
    before = history.filter(version=version).first()
    seen = stored_texts(before) if before else {}
    now = stored_texts(organization)
    own = {name for name in QUESTIONS if typed[name] != seen.get(name)}
    latest = history.filter(version=organization.version).first()
    return TypedSettings(
        texts={name: typed[name] if name in own else now[name] for name in QUESTIONS},
        meanwhile={
            name: shown_text(name, now[name])
            for name in own
            if now[name] not in (typed[name], seen.get(name))
        },
        saved_by=str(latest.history_user) if latest and latest.history_user else "Somebody",
    )
