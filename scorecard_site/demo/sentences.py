"""What people said of objectives in their reviews, quarter by quarter."""

from typing import NamedTuple


class SentencePlan(NamedTuple):
    """quarters: how many quarters before the last one that is over; who: a role."""

    unit: str
    objective: str
    quarters: int
    who: str
    text: str
    file: str = ""


FILES = {
    "second-visits-by-cause.csv": (
        "cause;homes\n"
        "circuit refilled;19\n"
        "flow rate set wrong;14\n"
        "sensor not connected;8\n"
        "customer could not be reached;4\n"
    )
}

SENTENCES = (
    SentencePlan(
        "corporate", "parts_never_wait", 4, "administrator",
        "The fire at the board maker cost us five weeks. The other hall delivers since October; a"
        " second maker is being approved, which takes until spring.",
    ),
    SentencePlan(
        "corporate", "skilled_installers", 3, "administrator",
        "We stopped courses to catch up with the backlog. It is the right thing for one winter and"
        " the wrong one for two.",
    ),
    SentencePlan(
        "corporate", "right_first_time", 0, "administrator",
        "Every ninth home was visited twice. The crews without a mentor are the ones that come"
        " back: mentors go first to Belfast and Dublin.",
    ),
    SentencePlan(
        "corporate", "promise_kept", 0, "administrator",
        "Dates hold again, now that units arrive on time. Customers notice with some delay.",
    ),
    SentencePlan(
        "installation", "full_weeks", 4, "manager",
        "Crews stood still for nine days in September. We used them for overdue checks and moved 61"
        " homes to November.",
    ),
    SentencePlan(
        "installation", "grow_crews", 1, "manager",
        "Forty newcomers work on site without a certificate. Courses begin again in June, two days"
        " a month for each of them.",
    ),
    SentencePlan(
        "installation", "right_first_time", 0, "manager",
        "Lowest since we count. Three of four second visits are refilled circuits and wrong flow"
        " rates: both are on the new checklist, and no van leaves without it.",
        "second-visits-by-cause.csv",
    ),
    SentencePlan(
        "installation", "warm_when_promised", 0, "manager",
        "The call a week before works: hardly anybody was surprised by a moved date.",
    ),
)  # fmt: skip
# Said before the quarter was reported: a part of the report.
REPORTED = SentencePlan(
    "corporate", "profitable_growth", 0, "administrator",
    "A strong start: the subsidy was extended in January, and people had waited for it.",
)  # fmt: skip

# The unit that had a scorecard of its own before the others of its level: what it looked at.
EARLY_UNIT = "crews_galway"
EARLY = (
    (
        *("customer", "Customer", "keep_dates", "Keep our dates"),
        "The wind moves enough of them: we move none ourselves.",
        ("on_promised_date", "moved_dates"),
    ),
    (
        *("process", "Internal process", "first_time", "Once is enough"),
        "Nobody likes the long road back.",
        ("first_time_right",),
    ),
)
