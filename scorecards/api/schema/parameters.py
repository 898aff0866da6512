"""Every parameter of the API, described once by name; a method may mean it otherwise."""

from dataclasses import dataclass, field
from typing import Any

from organizations.models.structure import validate_code_form

CODE = {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,49}$"}
PERIOD = {"type": "string", "minLength": 1, "maxLength": 20}
SWITCH = {"type": "string", "enum": ["0", "1"]}
assert validate_code_form.regex.pattern[2:-2] in CODE["pattern"]  # type: ignore[union-attr]


@dataclass(frozen=True)
class Parameter:
    """A parameter: what it means, and the JSON schema of its value."""

    meaning: str
    schema: dict[str, Any] = field(default_factory=lambda: CODE)
    example: Any = None
    is_required: bool = False


# In addresses.
PATH: dict[str, Parameter] = {
    "organization": Parameter("Code of the organization.", CODE, "acme"),
    "unit": Parameter("Code of a unit.", CODE, "sales"),
    "kpi": Parameter("Code of a KPI.", CODE, "revenue"),
    "source": Parameter("Code of a source.", CODE, "crm"),
    "token": Parameter(
        "Name of a token.", {"type": "string", "minLength": 1, "maxLength": 100}, "billing"
    ),
}

# Behind the question mark.
QUERY: dict[str, Parameter] = {
    "as_of": Parameter(
        "What stood at this moment: a day, or a moment with its zone.",
        {"type": "string", "minLength": 1, "maxLength": 40},
        "2026-05-03",
    ),
    "cursor": Parameter(
        "What `next` said on the page before.",
        {"type": "string", "minLength": 1, "maxLength": 1000},
    ),
    "from": Parameter("The first period.", PERIOD, "2026-01"),
    "kpi": Parameter("Code of a KPI.", CODE, "revenue"),
    "limit": Parameter(
        "Rows on a page.", {"type": "integer", "minimum": 1, "maximum": 200, "default": 100}, 100
    ),
    "period": Parameter("Label of a period.", PERIOD, "2026-03"),
    "reason": Parameter(
        "Why a closed period is changed after all.", {"type": "string", "maxLength": 1000}
    ),
    "to": Parameter("The last period, included.", PERIOD, "2026-03"),
    "unit": Parameter("Code of a unit.", CODE, "sales"),
    "wait": Parameter("1 answers when all scores are computed that this reaches.", SWITCH, "1"),
}
