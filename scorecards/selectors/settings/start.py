"""The form of the first start: what is asked, what was typed, and what it means."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import QueryDict

from organizations.models import Organization, Person, User
from organizations.models.structure import validate_text
from scorecards.selectors.kpis.forms import FormField
from scorecards.selectors.kpis.texts import suggested_code
from scorecards.selectors.starters import Starter, starters

from .words import OPTIONS, START_QUESTIONS, zone_options

SECRET = ("password", "password_again")
LONGEST_PASSWORD = 1000
DEFAULTS = {"time_zone": "UTC", "fiscal_month": "1", "starter": "blank"}
MISSING = {
    "name": "Write your name.",
    "email": "Write your e-mail address.",
    "password": "Choose a password.",
    "organization": "Write the name of the organization.",
}
NO_STARTER = "Choose one of these."


@dataclass(frozen=True)
class TypedStart:
    """What was sent, by field, and what is wrong with it."""

    texts: Mapping[str, str] = field(default_factory=lambda: dict(DEFAULTS))
    problems: Mapping[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.texts.get(name, "")


@dataclass(frozen=True)
class StarterChoice:
    """A starter as it is offered."""

    key: str
    starter: Starter
    is_chosen: bool


@dataclass(frozen=True)
class StartForm:
    """All that the page shows; `problems`: (field, label) of each, to go to."""

    fields: dict[str, FormField]
    choices: tuple[StarterChoice, ...]
    starter_problem: str
    problem: str  # what belongs to no field
    problems: tuple[tuple[str, str], ...]


def typed_start(posted: QueryDict) -> TypedStart:
    names = (*START_QUESTIONS, "starter")
    texts = {name: posted.get(name, "") for name in names}
    return TypedStart({name: t if name in SECRET else t.strip() for name, t in texts.items()})


def checked_start(typed: TypedStart) -> dict[str, Any]:
    """What the texts mean, ready to be stored; raises ValidationError, by field."""
    name, organization = typed["name"], typed["organization"]
    values = {
        "name": name,
        "email": typed["email"].lower(),
        "password": typed["password"],
        "person_code": suggested_code(name) or "administrator",
        "organization": organization,
        "code": typed["code"] or suggested_code(organization),
        "time_zone": typed["time_zone"],
        "fiscal_month": typed["fiscal_month"],
        "starter": starters().get(typed["starter"]),
    }
    problems = _problems(typed, values)
    if problems:
        raise ValidationError(problems)
    return values | {
        "name": unicodedata.normalize("NFC", name),
        "fiscal_month": int(typed["fiscal_month"]),
    }


def _problems(typed: TypedStart, values: Mapping[str, Any]) -> dict[str, str]:
    person = Person(name=values["name"], email=values["email"])
    organization = Organization(
        code=values["code"], name=values["organization"], time_zone=values["time_zone"]
    )
    found = _said(person, name="name", email="email")
    found |= _said(organization, organization="name", code="code", time_zone="time_zone")
    found |= _choice_problems(values) | _password_problems(typed)
    found |= {name: text for name, text in MISSING.items() if not typed[name].strip()}
    if "code" not in found or not values["code"]:
        found["code"] = _code_problem(values)
    return {name: text for name, text in found.items() if text}


def _said(row: Person | Organization, **columns: str) -> dict[str, str]:
    """What is wrong with a row that is not stored, by field of the form; columns: of the row."""
    found = {}
    for name, column in columns.items():
        try:
            validate_text(getattr(row, column))
            kind: Any = row._meta.get_field(column)
            kind.clean(getattr(row, column), row)
        except ValidationError as refusal:
            found[name] = " ".join(refusal.messages)
    return found


def _code_problem(values: Mapping[str, Any]) -> str:
    """What is wrong with a code that is written as codes are; "" where nothing is."""
    if not values["code"]:
        has_name = bool(values["organization"])
        return "The name has no letter from a to z to make a code of; write one." * has_name
    if Organization.objects.filter(code=values["code"]).exists():
        return f"There is an organization `{values['code']}` already; choose another code."
    return ""


def _choice_problems(values: Mapping[str, Any]) -> dict[str, str]:
    months = {option.value for option in OPTIONS["fiscal_month"]}
    problems = {} if values["fiscal_month"] in months else {"fiscal_month": "Choose a month."}
    return problems if values["starter"] else problems | {"starter": NO_STARTER}


def _password_problems(typed: TypedStart) -> dict[str, str]:
    password = typed["password"]
    if len(password) > LONGEST_PASSWORD:
        return {"password": f"A password has at most {LONGEST_PASSWORD:,} characters."}
    try:
        validate_password(password, User(email=typed["email"], name=typed["name"]))
    except ValidationError as refusal:
        return {"password": " ".join(refusal.messages)}
    if password != typed["password_again"]:
        return {"password_again": "This is not the same password; write both again."}
    return {}


def start_form(typed: TypedStart) -> StartForm:
    """The form with what was typed into it; passwords are never sent back."""
    options = OPTIONS | {"time_zone": zone_options(typed["time_zone"])}
    fields = {
        name: FormField(
            name=name,
            **question._asdict(),
            text="" if name in SECRET else typed[name],
            problem=typed.problems.get(name, ""),
            options=options.get(name, ()),
        )
        for name, question in START_QUESTIONS.items()
    }
    named = [(name, fields[name].label) for name in fields if name in typed.problems]
    if "starter" in typed.problems:
        named.append(("starter", "What to start from"))
    return StartForm(
        fields=fields,
        choices=starter_choices(typed["starter"]),
        starter_problem=typed.problems.get("starter", ""),
        problem=typed.problems.get("", ""),
        problems=tuple(named),
    )


def starter_choices(chosen: str) -> tuple[StarterChoice, ...]:
    return tuple(StarterChoice(key, each, key == chosen) for key, each in starters().items())
