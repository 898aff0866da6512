"""Which kinds of records there are, and what each says."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from calculations.aggregation import TimeRule
from calculations.periods import Frequency
from calculations.rollup import RollUpRule
from calculations.units import UnitRule
from kpis.models import FORMULA_LENGTH, KPI, MAX_CARRY_FORWARD, QUESTIONS, Assignment
from kpis.models.questions import NOTE_LENGTH
from organizations.models import Organization, Role, Unit
from scorecards.models import Initiative, Scorecard
from scorecards.models.scorecard import MAX_WEIGHT

from .fields import Field, Form, Value

Record = dict[str, Value]
Key = tuple[Value, ...]


@dataclass(frozen=True)
class Kind:
    """A kind of record: what it says, and which of its fields name one."""

    name: str
    label: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]

    @property
    def word(self) -> str:
        """One of them, in a sentence."""
        return _WORDS.get(self.name, self.name[:-1])

    @cached_property
    def by_name(self) -> Mapping[str, Field]:
        return {field.name: field for field in self.fields}

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields)

    def key_of(self, record: Mapping[str, Value]) -> Key:
        """What names the record; a part that it does not say is its default."""
        return tuple(record.get(name, self.by_name[name].default) for name in self.key)

    def blank(self) -> Record:
        """What a new record holds before it says anything."""
        return {field.name: field.default for field in self.fields}


_WORDS = {
    "settings": "settings",
    "people": "person",
    "kpis": "KPI",
    "objective_kpis": "KPI of an objective",
}
TEXT = 5000
LARGEST = 2**31 - 1
RULES = tuple(rule.value for rule in RollUpRule)


def _code(name: str, label: str, refers_to: str = "", hint: str = "") -> Field:
    return Field(name, label, hint, Form.CODE, default="", refers_to=refers_to, longest=50)


def _key(name: str, label: str, refers_to: str = "") -> Field:
    """A code that must be said."""
    return replace(_code(name, label, refers_to), is_required=True)


def _name() -> Field:
    return Field("name", "Name", is_required=True, default="")


def _text(name: str, label: str, hint: str = "", longest: int = TEXT) -> Field:
    is_of_lines = longest > 500
    return Field(name, label, hint, default="", longest=longest, is_of_lines=is_of_lines)


def _choice(name: str, label: str, choices: Iterable[str], default: str, hint: str = "") -> Field:
    return Field(name, label, hint, Form.CHOICE, default=str(default), choices=tuple(choices))


def _number(name: str, label: str, hint: str = "") -> Field:
    return Field(name, label, hint, Form.NUMBER)


def _whole(name: str, label: str, highest: int, hint: str = "") -> Field:
    return Field(name, label, hint, Form.WHOLE, default=0, lowest=0, highest=highest)


def _day(name: str, label: str, hint: str = "") -> Field:
    return Field(name, label, hint, Form.DATE)


def _yes_no(name: str, label: str, hint: str = "") -> Field:
    return Field(name, label, hint, Form.YES_NO, default=False)


def _weight(default: float, hint: str = "") -> Field:
    return Field(
        "weight", "Weight", hint, Form.NUMBER, default=default, lowest=0, highest=MAX_WEIGHT
    )


def _rolled_up() -> tuple[Field, Field]:
    return (
        _choice("rule", "Roll-up rule", RULES, RollUpRule.WEIGHTED_MEAN),
        _yes_no("is_capped", "Capped at 100", "Whether more than on target counts as on target."),
    )


POSITION = _whole("position", "Position", LARGEST, "Its place among its siblings, from 0.")

SETTINGS = Kind(
    "settings",
    "Settings",
    (
        _name(),
        _text("mission", "Mission"),
        _text("vision", "Vision"),
        _text("values", "Values"),
        Field(
            "fiscal_month",
            "Fiscal year's first month",
            form=Form.WHOLE,
            default=1,
            lowest=1,
            highest=12,
        ),
        _choice(
            "fiscal_year_named_by", "Fiscal year named by the year it", ("end", "start"), "end"
        ),
        Field("time_zone", "Time zone", "Such as Europe/Berlin.", default="UTC", longest=64),
        _choice(
            "display_scale",
            "Scores shown as",
            Organization.DisplayScale.values,
            Organization.DisplayScale.INDEX,
        ),
        Field(
            "minimum_coverage",
            "Minimum coverage",
            "From 0 to 1.",
            Form.NUMBER,
            default=0.5,
            lowest=0,
            highest=1,
        ),
        Field(
            "reporting_frequencies",
            "Reporting frequencies",
            form=Form.CHOICES,
            choices=tuple(f.value for f in Frequency),
            default=["month", "quarter", "year"],
        ),
        _choice(
            "openness",
            "Members read",
            Organization.Openness.values,
            Organization.Openness.ALL,
            "all: all units except individuals'; line: their own, what is beneath, the line above.",
        ),
    ),
    key=(),
)

UNITS = Kind(
    "units",
    "Units",
    (
        _key("code", "Code"),
        _name(),
        Field("kind", "Kind", form=Form.CHOICE, is_required=True, choices=tuple(Unit.Kind.values)),
        _code("parent", "Parent", "units", hint="The unit above; none for the topmost."),
        _code("person", "Person", "people", hint="Of an individual's unit, and of no other."),
        POSITION,
    ),
    key=("code",),
)

PEOPLE = Kind(
    "people",
    "People",
    (
        _key("code", "Code"),
        _name(),
        Field("email", "E-mail", default="", longest=254),
    ),
    key=("code",),
)

ROLES = Kind(
    "roles",
    "Roles",
    (
        _key("person", "Person", "people"),
        _key("unit", "Unit", "units"),
        Field("role", "Role", form=Form.CHOICE, is_required=True, choices=tuple(Role.values)),
    ),
    key=("person", "unit"),
)

_QUESTION_FIELDS = tuple(
    field
    for name in QUESTIONS
    for field in (
        _choice(f"question_{name}", f"Question: {name}", ("yes", "no"), ""),
        _text(f"question_{name}_note", f"Note on: {name}", longest=NOTE_LENGTH),
    )
)

KPI_KIND = Kind(
    "kpis",
    "KPIs",
    (
        _key("code", "Code"),
        _name(),
        _text("description", "Description"),
        _text("why_it_matters", "Why it matters"),
        _code("owner", "Owner", "people"),
        _choice("value_kind", "Kind of value", KPI.ValueKind.values, KPI.ValueKind.NUMBER),
        Field("grades", "Grades", "Of a graded KPI: labels with their numbers.", Form.PAIRS),
        Field("unit_of_measure", "Unit of measure", default="", longest=30),
        _whole("decimals", "Decimals", 9),
        _number("natural_minimum", "Natural minimum"),
        _number("natural_maximum", "Natural maximum"),
        _choice("direction", "Direction", KPI.Direction.values, KPI.Direction.HIGHER),
        _choice("frequency", "Frequency", (f.value for f in Frequency), Frequency.MONTH),
        _whole("grace_days", "Grace days", 32767),
        _choice("time_rule", "Over time", (rule.value for rule in TimeRule), TimeRule.SUM),
        _choice("unit_rule", "Over units", (rule.value for rule in UnitRule), UnitRule.OWN),
        _code("weighting", "Weighted by", "kpis", hint="The KPI that weighs a mean over units."),
        _text("formula", "Formula", longest=FORMULA_LENGTH),
        _whole("carry_forward", "Periods carried forward", MAX_CARRY_FORWARD),
        _yes_no("is_input", "Only feeds formulas"),
        _yes_no("inherits_target", "Target inherited from above"),
        _choice("timing", "Lead or lag", KPI.Timing.values, KPI.Timing.LAG),
        _number("benchmark", "Benchmark"),
        Field("benchmark_source", "Source of the benchmark", default="", longest=200),
        *_QUESTION_FIELDS,
    ),
    key=("code",),
)

ASSIGNMENTS = Kind(
    "assignments",
    "Assignments",
    (
        _key("kpi", "KPI", "kpis"),
        _key("unit", "Unit", "units"),
        _code("responsible", "Responsible", "people"),
        _choice(
            "own_values",
            "Own values",
            Assignment.OwnValues.values,
            Assignment.OwnValues.NONE,
            "What a value entered here means where units beneath report the KPI too.",
        ),
        _day("starts_on", "Measured from"),
        _day("ends_on", "Measured until", "The first day on which it is not measured any more."),
    ),
    key=("kpi", "unit"),
)

TARGETS = Kind(
    "targets",
    "Targets",
    (
        _key("kpi", "KPI", "kpis"),
        _key("unit", "Unit", "units"),
        Field(
            "valid_from",
            "Valid from",
            "The first period for which it holds, until the next target.",
            Form.PERIOD,
            is_required=True,
            default="",
        ),
        _number("baseline", "Baseline"),
        _number("floor", "Floor"),
        _number("red_flag", "Red flag"),
        _number("target", "Target"),
        _number("stretch", "Stretch"),
        _number("red_low", "Red below"),
        _number("target_low", "On target from"),
        _number("target_high", "On target to"),
        _number("red_high", "Red above"),
        Field("curve", "Curve", "Values with their scores.", Form.POINTS),
    ),
    key=("kpi", "unit", "valid_from"),
)

SCORECARDS = Kind(
    "scorecards",
    "Scorecards",
    (
        _key("code", "Code"),
        _key("unit", "Unit", "units"),
        _name(),
        _choice("status", "State", Scorecard.State.values, Scorecard.State.DRAFT),
        _day("starts_on", "Holds from", "The first day; of a draft none."),
        _day("ends_on", "Holds until", "The first day on which it holds no more, if archived."),
        *_rolled_up(),
    ),
    key=("code",),
)

PERSPECTIVES = Kind(
    "perspectives",
    "Perspectives",
    (
        _key("scorecard", "Scorecard", "scorecards"),
        _key("code", "Code"),
        _name(),
        _weight(1),
        *_rolled_up(),
        POSITION,
    ),
    key=("scorecard", "code"),
)

THEMES = Kind(
    "themes",
    "Themes",
    (
        _key("scorecard", "Scorecard", "scorecards"),
        _key("code", "Code"),
        _name(),
        _text("description", "Description"),
    ),
    key=("scorecard", "code"),
)

OBJECTIVES = Kind(
    "objectives",
    "Objectives",
    (
        _key("scorecard", "Scorecard", "scorecards"),
        _key("code", "Code"),
        _key("perspective", "Perspective"),
        _name(),
        _text("description", "Description"),
        _text("hint", "Hint", "A question to whoever makes an example their own.", longest=500),
        _code("theme", "Theme"),
        _code("owner", "Owner", "people"),
        _weight(1),
        *_rolled_up(),
        POSITION,
    ),
    key=("scorecard", "code"),
)

OBJECTIVE_KPIS = Kind(
    "objective_kpis",
    "KPIs of objectives",
    (
        _key("scorecard", "Scorecard", "scorecards"),
        _key("objective", "Objective"),
        _key("kpi", "KPI", "kpis"),
        _weight(1),
        POSITION,
    ),
    key=("scorecard", "objective", "kpi"),
)

ALIGNMENTS = Kind(
    "alignments",
    "Alignments",
    (
        _key("scorecard", "Scorecard", "scorecards"),
        _key("objective", "Objective"),
        _key("supported_scorecard", "Supported scorecard", "scorecards"),
        _key("supported_objective", "Supported objective"),
        _weight(0, "0: context only, not counted in the score above."),
    ),
    key=("scorecard", "objective", "supported_scorecard", "supported_objective"),
)

INITIATIVES = Kind(
    "initiatives",
    "Initiatives",
    (
        _key("code", "Code"),
        _key("unit", "Unit", "units"),
        _name(),
        _text("description", "Description"),
        _code("owner", "Owner", "people"),
        _choice("status", "State", Initiative.State.values, Initiative.State.PLANNED),
        _day("starts_on", "Starts on"),
        _day("ends_on", "Ends on"),
        _whole("percent_done", "Percent done", 100),
        Field("budget_planned", "Planned budget", form=Form.MONEY),
        Field("budget_spent", "Spent budget", form=Form.MONEY),
        Field("currency", "Currency", "Such as EUR.", default="", longest=3),
        Field(
            "objectives",
            "Objectives served",
            "Each as scorecard.objective.",
            Form.CODES,
            default=[],
            longest=101,
        ),
    ),
    key=("code",),
)

MILESTONES = Kind(
    "milestones",
    "Milestones",
    (
        _key("initiative", "Initiative", "initiatives"),
        _name(),
        Field(
            "number",
            "Number",
            "1, or counting on where an initiative has several milestones of this name.",
            Form.WHOLE,
            default=1,
            lowest=1,
            highest=100,
        ),
        replace(_day("due_on", "Due on"), is_required=True),
        _day("done_on", "Done on"),
    ),
    key=("initiative", "name", "number"),
)

# In the order in which they depend on each other.
KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        *(PEOPLE, UNITS, ROLES, KPI_KIND, ASSIGNMENTS, TARGETS, SCORECARDS, PERSPECTIVES, THEMES),
        *(OBJECTIVES, OBJECTIVE_KPIS, ALIGNMENTS, INITIATIVES, MILESTONES),
    )
}
# With the organization's own settings, which are one record and no table.
ALL_KINDS: dict[str, Kind] = {SETTINGS.name: SETTINGS, **KINDS}
