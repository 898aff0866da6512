"""What the form of a KPI asks, and what each choice means."""

from typing import NamedTuple

from kpis.models import NOTE_LENGTH

from .seven_questions import WORDS


class Option(NamedTuple):
    """A choice: what it is called and what it means."""

    value: str
    label: str
    hint: str = ""


class Question(NamedTuple):
    """A field: its label, a sentence on it, how it is asked, and how much it may hold."""

    label: str
    hint: str = ""
    kind: str = "text"  # text, area, whole, number, radio, select, box, code
    most: int = 200


QUESTIONS = {
    "name": Question("Name", "As people say it, such as On-time delivery."),
    "code": Question(
        "Code",
        "Stands in addresses, files and formulas, and never changes; left empty, it is made of"
        " the name.",
        "code",
        50,
    ),
    "description": Question("Description", "What exactly is counted, and what is not.", "area"),
    "why_it_matters": Question("Why it matters", "What goes wrong when it is red.", "area"),
    "owner": Question("Owner", "Answers for the definition.", "select"),
    "timing": Question("Lead or lag", kind="radio"),
    "value_kind": Question("What is measured", kind="radio"),
    "grades": Question("Grades", "In order, each with the number that it counts as."),
    "unit_of_measure": Question("Unit of measure", "Such as %, k€ or days.", "text", 30),
    "decimals": Question("Decimals", "How many are shown.", "whole", 1),
    "natural_minimum": Question(
        "Natural minimum", "None can be lower, such as 0 for a count; or empty.", "number", 40
    ),
    "natural_maximum": Question(
        "Natural maximum",
        "None can be higher, such as 100 for a share; or empty.",
        "number",
        40,
    ),
    "direction": Question("Direction", kind="radio"),
    "frequency": Question("Frequency", "How often there is a value.", "select"),
    "grace_days": Question(
        "Days of grace", "A value is overdue so many days after its period's end.", "whole", 4
    ),
    "time_rule": Question("Over time", kind="radio"),
    "carry_forward": Question(
        "Periods carried forward",
        "For so many periods the last value stands in for one that is missing, marked as carried.",
        "whole",
        2,
    ),
    "unit_rule": Question("Over units", kind="radio"),
    "weighting": Question("Weighted by", "The KPI that says how much each unit counts.", "select"),
    "inherits_target": Question(
        "Units without a target take the one of the nearest unit above", kind="box"
    ),
    "formula": Question(
        "Formula", "Empty where values are recorded. Codes are completed while you type.", most=2000
    ),
    "is_input": Question(
        "Only feeds formulas", "Stays out of lists of KPIs, such as a number of employees.", "box"
    ),
    "benchmark": Question(
        "Benchmark",
        "What others reach. It is drawn beside the target, and changes no score.",
        "number",
        40,
    ),
    "benchmark_source": Question(
        "Source of the benchmark", "Who says so, and of when: Housing survey 2025, median."
    ),
}
QUESTIONS |= {
    f"answer_{name}": Question(words.question, words.hint, "answer")
    for name, words in WORDS.items()
}
QUESTIONS |= {
    f"note_{name}": Question(f"Note: {words.question}", "", "text", NOTE_LENGTH)
    for name, words in WORDS.items()
}
ANSWERS = (Option("yes", "Yes"), Option("no", "No"), Option("", "Open"))

OPTIONS = {
    "timing": (
        Option("lead", "Lead", "moves first: what we do"),
        Option("lag", "Lag", "follows: what comes of it"),
    ),
    "value_kind": (
        Option("number", "Number", "an amount, a share, a duration"),
        Option("yes_no", "Yes or no", "met or not met"),
        Option("graded", "Graded", "an ordered list such as A, B, C"),
    ),
    "direction": (
        Option("higher", "Higher is better", "such as revenue: above the target is good"),
        Option("lower", "Lower is better", "such as complaints: beneath the target is good"),
        Option("range", "Best within a range", "too much is as bad as too little"),
    ),
    "frequency": (
        Option("day", "Daily"),
        Option("week", "Weekly"),
        Option("month", "Monthly"),
        Option("quarter", "Quarterly"),
        Option("half", "Half-yearly"),
        Option("year", "Yearly"),
    ),
    "time_rule": (
        Option("sum", "Sum", "a quarter is its three months together"),
        Option("mean", "Mean", "a quarter is the average of its months"),
        Option("last", "Last", "a quarter ends as its last month did: stocks, head counts"),
        Option("min", "Lowest", "the lowest value of all counts"),
        Option("max", "Highest", "the highest value of all counts"),
    ),
    "unit_rule": (
        Option("own", "Each unit for itself", "nothing is rolled up"),
        Option("sum", "Sum", "a unit is the units beneath it together"),
        Option("mean", "Mean", "a unit is the average of those beneath, weighted if you like"),
        Option("formula", "Formula", "the formula again, on inputs that are rolled up: for ratios"),
    ),
}

OPTIONS |= {f"answer_{name}": ANSWERS for name in WORDS}

# Which choice a field needs to mean anything: its name and the values of it.
NEEDS = {
    "grades": ("value_kind", "graded"),
    "unit_of_measure": ("value_kind", "number"),
    "decimals": ("value_kind", "number"),
    "natural_minimum": ("value_kind", "number"),
    "natural_maximum": ("value_kind", "number"),
    "formula": ("value_kind", "number"),
    "benchmark": ("value_kind", "number"),
    "benchmark_source": ("value_kind", "number"),
    "weighting": ("unit_rule", "mean"),
    "inherits_target": ("unit_rule", "own sum"),
}

FUNCTIONS = (
    Option("if", "if(revenue > 0, cost / revenue, 0)", "one of two values"),
    Option("sum", "sum(a, b, c)", "their sum"),
    Option("avg", "avg(a, b)", "their mean"),
    Option("min", "min(a, b)", "the lowest; of two conditions: both"),
    Option("max", "max(a, b)", "the highest; of two conditions: either"),
    Option("abs", "abs(a - b)", "without its sign"),
    Option("round", "round(a / b, 2)", "to so many decimals"),
    Option("coalesce", "coalesce(a, 0)", "the first that is there, in place of nothing"),
    Option("prev", "prev(revenue, 12)", "so many viewed periods earlier; 1 where nothing is said"),
    Option("ytd", "ytd(revenue)", "from the fiscal year's start on"),
    Option("rolling", "rolling(revenue, 12)", "over the last 12 of its own periods"),
)
