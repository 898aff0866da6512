"""Which kinds of records there are, and what each says; of scorecards see scorecard_kinds.py."""

from dataclasses import replace

from calculations.aggregation import TimeRule
from calculations.periods import Frequency
from calculations.units import UnitRule
from kpis.models import (
    FORMULA_LENGTH,
    KPI,
    LONGEST_CHANGE_NOTE,
    MAX_CARRY_FORWARD,
    QUESTIONS,
    Assignment,
)
from kpis.models.questions import NOTE_LENGTH
from organizations.models import Organization, Role, Unit

from .fields import Field, Form
from .scorecard_kinds import (
    ALIGNMENTS,
    INITIATIVES,
    MILESTONES,
    OBJECTIVE_KPIS,
    OBJECTIVES,
    PERSPECTIVES,
    SCORECARDS,
    THEMES,
)
from .shapes import (
    POSITION,
    Kind,
    choice_field,
    code_field,
    day_field,
    key_field,
    name_field,
    number_field,
    text_field,
    whole_field,
    yes_no_field,
)

SETTINGS = Kind(
    "settings",
    "Settings",
    (
        name_field(),
        text_field("mission", "Mission"),
        text_field("vision", "Vision"),
        text_field("values", "Values"),
        Field(
            "fiscal_month",
            "Fiscal year's first month",
            form=Form.WHOLE,
            default=1,
            lowest=1,
            highest=12,
        ),
        choice_field(
            "fiscal_year_named_by", "Fiscal year named by the year it", ("end", "start"), "end"
        ),
        Field("time_zone", "Time zone", "Such as Europe/Berlin.", default="UTC", longest=64),
        choice_field(
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
        choice_field(
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
        key_field("code", "Code"),
        name_field(),
        Field("kind", "Kind", form=Form.CHOICE, is_required=True, choices=tuple(Unit.Kind.values)),
        code_field("parent", "Parent", "units", hint="The unit above; none for the topmost."),
        code_field("person", "Person", "people", hint="Of an individual's unit, and of no other."),
        POSITION,
    ),
    key=("code",),
)

PEOPLE = Kind(
    "people",
    "People",
    (
        key_field("code", "Code"),
        name_field(),
        Field("email", "E-mail", default="", longest=254),
    ),
    key=("code",),
)

ROLES = Kind(
    "roles",
    "Roles",
    (
        key_field("person", "Person", "people"),
        key_field("unit", "Unit", "units"),
        Field("role", "Role", form=Form.CHOICE, is_required=True, choices=tuple(Role.values)),
    ),
    key=("person", "unit"),
)

_QUESTION_FIELDS = tuple(
    field
    for name in QUESTIONS
    for field in (
        choice_field(f"question_{name}", f"Question: {name}", ("yes", "no"), ""),
        text_field(f"question_{name}_note", f"Note on: {name}", longest=NOTE_LENGTH),
    )
)

KPI_KIND = Kind(
    "kpis",
    "KPIs",
    (
        key_field("code", "Code"),
        name_field(),
        text_field("description", "Description"),
        text_field("why_it_matters", "Why it matters"),
        code_field("owner", "Owner", "people"),
        choice_field("value_kind", "Kind of value", KPI.ValueKind.values, KPI.ValueKind.NUMBER),
        Field("grades", "Grades", "Of a graded KPI: labels with their numbers.", Form.PAIRS),
        Field("unit_of_measure", "Unit of measure", default="", longest=30),
        whole_field("decimals", "Decimals", 9),
        number_field("natural_minimum", "Natural minimum"),
        number_field("natural_maximum", "Natural maximum"),
        choice_field("direction", "Direction", KPI.Direction.values, KPI.Direction.HIGHER),
        choice_field("frequency", "Frequency", (f.value for f in Frequency), Frequency.MONTH),
        whole_field("grace_days", "Grace days", 32767),
        choice_field("time_rule", "Over time", (rule.value for rule in TimeRule), TimeRule.SUM),
        choice_field("unit_rule", "Over units", (rule.value for rule in UnitRule), UnitRule.OWN),
        code_field(
            "weighting", "Weighted by", "kpis", hint="The KPI that weighs a mean over units."
        ),
        text_field("formula", "Formula", longest=FORMULA_LENGTH),
        whole_field("carry_forward", "Periods carried forward", MAX_CARRY_FORWARD),
        yes_no_field("is_input", "Only feeds formulas"),
        yes_no_field("inherits_target", "Target inherited from above"),
        choice_field("timing", "Lead or lag", KPI.Timing.values, KPI.Timing.LAG),
        number_field("benchmark", "Benchmark"),
        Field("benchmark_source", "Source of the benchmark", default="", longest=200),
        *_QUESTION_FIELDS,
    ),
    key=("code",),
)

ASSIGNMENTS = Kind(
    "assignments",
    "Assignments",
    (
        key_field("kpi", "KPI", "kpis"),
        key_field("unit", "Unit", "units"),
        code_field("responsible", "Responsible", "people"),
        choice_field(
            "own_values",
            "Own values",
            Assignment.OwnValues.values,
            Assignment.OwnValues.NONE,
            "What a value entered here means where units beneath report the KPI too.",
        ),
        day_field("starts_on", "Measured from"),
        day_field(
            "ends_on", "Measured until", "The first day on which it is not measured any more."
        ),
    ),
    key=("kpi", "unit"),
)

TARGETS = Kind(
    "targets",
    "Targets",
    (
        key_field("kpi", "KPI", "kpis"),
        key_field("unit", "Unit", "units"),
        Field(
            "valid_from",
            "Valid from",
            "The first period for which it holds, until the next target.",
            Form.PERIOD,
            is_required=True,
            default="",
        ),
        number_field("baseline", "Baseline"),
        number_field("floor", "Floor"),
        number_field("red_flag", "Red flag"),
        number_field("target", "Target"),
        number_field("stretch", "Stretch"),
        number_field("red_low", "Red below"),
        number_field("target_low", "On target from"),
        number_field("target_high", "On target to"),
        number_field("red_high", "Red above"),
        Field("curve", "Curve", "Values with their scores.", Form.POINTS),
    ),
    key=("kpi", "unit", "valid_from"),
)

# What was declared is not edited: another note is another declaration, at the same place.
PROCESS_CHANGES = Kind(
    "process_changes",
    "Process changes",
    (
        key_field("kpi", "KPI", "kpis"),
        key_field("unit", "Unit", "units"),
        Field(
            "changed_from",
            "Changed from",
            "The first period of the KPI whose value comes from the changed process.",
            Form.PERIOD,
            is_required=True,
            default="",
        ),
        replace(
            text_field("note", "Note", "What was changed.", longest=LONGEST_CHANGE_NOTE),
            is_required=True,
        ),
    ),
    key=("kpi", "unit", "changed_from"),
)

# In the order in which they depend on each other.
KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        *(PEOPLE, UNITS, ROLES, KPI_KIND, ASSIGNMENTS, TARGETS, PROCESS_CHANGES),
        *(SCORECARDS, PERSPECTIVES, THEMES, OBJECTIVES, OBJECTIVE_KPIS, ALIGNMENTS),
        *(INITIATIVES, MILESTONES),
    )
}
# With the organization's own settings, which are one record and no table.
ALL_KINDS: dict[str, Kind] = {SETTINGS.name: SETTINGS, **KINDS}
# The kinds of packages above: all of them belong to a scorecard, which their keys name first.
JOINED: list[str] = []


def join_kind(kind: Kind) -> None:
    """Announce a kind of a package above, when Django starts; it depends on all before it.

    How its records are read is told to `reading.join_reader`, how they are written to
    `scorecards.services.joined`.
    """
    KINDS[kind.name] = ALL_KINDS[kind.name] = kind
    JOINED.append(kind.name)
