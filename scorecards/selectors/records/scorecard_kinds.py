"""The kinds of records that say what is wanted, and what is done about it."""

from dataclasses import replace

from scorecards.models import Initiative, Scorecard

from .fields import Field, Form
from .shapes import (
    POSITION,
    Kind,
    choice_field,
    code_field,
    day_field,
    key_field,
    name_field,
    rolled_up_fields,
    text_field,
    weight_field,
    whole_field,
)

SCORECARDS = Kind(
    "scorecards",
    "Scorecards",
    (
        key_field("code", "Code"),
        key_field("unit", "Unit", "units"),
        name_field(),
        choice_field("status", "State", Scorecard.State.values, Scorecard.State.DRAFT),
        day_field("starts_on", "Holds from", "The first day; of a draft none."),
        day_field(
            "ends_on", "Holds until", "The first day on which it holds no more, if archived."
        ),
        *rolled_up_fields(),
    ),
    key=("code",),
)

PERSPECTIVES = Kind(
    "perspectives",
    "Perspectives",
    (
        key_field("scorecard", "Scorecard", "scorecards"),
        key_field("code", "Code"),
        name_field(),
        weight_field(1),
        *rolled_up_fields(),
        POSITION,
    ),
    key=("scorecard", "code"),
)

THEMES = Kind(
    "themes",
    "Themes",
    (
        key_field("scorecard", "Scorecard", "scorecards"),
        key_field("code", "Code"),
        name_field(),
        text_field("description", "Description"),
    ),
    key=("scorecard", "code"),
)

OBJECTIVES = Kind(
    "objectives",
    "Objectives",
    (
        key_field("scorecard", "Scorecard", "scorecards"),
        key_field("code", "Code"),
        key_field("perspective", "Perspective"),
        name_field(),
        text_field("description", "Description"),
        text_field(
            "hint", "Hint", "A question to whoever makes an example their own.", longest=500
        ),
        code_field("theme", "Theme"),
        code_field("owner", "Owner", "people"),
        weight_field(1),
        *rolled_up_fields(),
        POSITION,
    ),
    key=("scorecard", "code"),
)

OBJECTIVE_KPIS = Kind(
    "objective_kpis",
    "KPIs of objectives",
    (
        key_field("scorecard", "Scorecard", "scorecards"),
        key_field("objective", "Objective"),
        key_field("kpi", "KPI", "kpis"),
        weight_field(1),
        POSITION,
    ),
    key=("scorecard", "objective", "kpi"),
)

ALIGNMENTS = Kind(
    "alignments",
    "Alignments",
    (
        key_field("scorecard", "Scorecard", "scorecards"),
        key_field("objective", "Objective"),
        key_field("supported_scorecard", "Supported scorecard", "scorecards"),
        key_field("supported_objective", "Supported objective"),
        weight_field(0, "0: context only, not counted in the score above."),
    ),
    key=("scorecard", "objective", "supported_scorecard", "supported_objective"),
)

INITIATIVES = Kind(
    "initiatives",
    "Initiatives",
    (
        key_field("code", "Code"),
        key_field("unit", "Unit", "units"),
        name_field(),
        text_field("description", "Description"),
        code_field("owner", "Owner", "people"),
        choice_field("status", "State", Initiative.State.values, Initiative.State.PLANNED),
        day_field("starts_on", "Starts on"),
        day_field("ends_on", "Ends on"),
        whole_field("percent_done", "Percent done", 100),
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
        key_field("initiative", "Initiative", "initiatives"),
        name_field(),
        Field(
            "number",
            "Number",
            "1, or counting on where an initiative has several milestones of this name.",
            Form.WHOLE,
            default=1,
            lowest=1,
            highest=100,
        ),
        replace(day_field("due_on", "Due on"), is_required=True),
        day_field("done_on", "Done on"),
    ),
    key=("initiative", "name", "number"),
)
