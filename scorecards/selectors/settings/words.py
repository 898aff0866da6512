"""What the first start and the settings ask, and what each choice means."""

import calendar
import zoneinfo
from functools import cache

from scorecards.selectors.kpis.form_words import Option, Question

START_QUESTIONS = {
    "name": Question("Your name", "As colleagues know you."),
    "email": Question("E-mail address", "You sign in with it.", "email", 254),
    "password": Question("Password", "At least eight characters that nobody guesses.", "password"),
    "password_again": Question("Password, once more", "", "password"),
    "organization": Question("Name of the organization", "As it stands on its pages."),
    "code": Question(
        "Code",
        "Stands in every address, such as /acme/, and never changes; left empty, it is made of"
        " the name.",
        "code",
        50,
    ),
    "time_zone": Question("Time zone", "Decides when a day, and so a period, is over.", "select"),
    "fiscal_month": Question(
        "Fiscal year begins in", "Quarters, half-years and years begin there.", "select"
    ),
}

QUESTIONS = {
    "name": Question(
        "Name",
        "Stands on top of every page. The unit at the top of the tree has a name of its own.",
    ),
    "mission": Question(
        "Mission", "Why it exists. Stands on the organization's page, above its units.", "area"
    ),
    "vision": Question(
        "Vision", "What it wants to be one day. Stands beneath the mission.", "area"
    ),
    "values": Question("Values", "What it holds to on the way. Stands beneath the vision.", "area"),
    "fiscal_month": Question(
        "Fiscal year begins in",
        "Quarters, half-years and years begin there. It can change as long as no value, target or"
        " report belongs to a period that would then not exist.",
        "select",
    ),
    "fiscal_year_named_by": Question(
        "A fiscal year is named by",
        "Only counts where the year does not begin in January.",
        "select",
    ),
    "time_zone": Question(
        "Time zone",
        "Decides when a day, and so a period, is over, and the hours that pages show.",
        "select",
    ),
    "minimum_coverage": Question(
        "Minimum coverage, in %",
        "A score with less of its weight measured is told as insufficient data. A new share holds"
        " for all periods; what was reported of closed ones stays as it was.",
        "number",
        10,
    ),
    "reporting_frequencies": Question(
        "Scores are reported by",
        "Each has scores and a page of its own. One that is left out can be taken up again: its"
        " scores are then computed from the values. One with closed periods stays.",
    ),
    "display_scale": Question(
        "Scores are shown as",
        "Only how pages print a score: nothing is computed again.",
        "radio",
    ),
    "openness": Question(
        "Members see",
        "Holds from the next page on. An individual's own scorecard is seen by the person and by"
        " the managers above, either way.",
        "radio",
    ),
}

OPTIONS: dict[str, tuple[Option, ...]] = {
    "fiscal_month": tuple(Option(str(n), calendar.month_name[n]) for n in range(1, 13)),
    "fiscal_year_named_by": (
        Option("end", "the year it ends in"),
        Option("start", "the year it starts in"),
    ),
    "display_scale": (
        Option("index", "0 to 150", "100 is on target, 50 the red flag"),
        Option("percent", "0 to 100 %", "66.7 % is on target: a share of all that can be reached"),
        Option("ten", "0 to 10", "6.7 is on target"),
    ),
    "openness": (
        Option("all", "All units", "of the organization"),
        Option(
            "line",
            "Their own line",
            "their units, all that is beneath, and the units above; a score made of others sums"
            " them up without names",
        ),
    ),
}
FREQUENCIES = (
    Option("day", "Days", "many pages: for few scorecards"),
    Option("week", "Weeks"),
    Option("month", "Months"),
    Option("quarter", "Quarters"),
    Option("half", "Half-years"),
    Option("year", "Years"),
)
AREAS = (
    *("Africa/", "America/", "Antarctica/", "Arctic/", "Asia/", "Atlantic/", "Australia/"),
    *("Europe/", "Indian/", "Pacific/"),
)


@cache
def _zones() -> tuple[str, ...]:
    known = zoneinfo.available_timezones()
    return ("UTC", *sorted(name for name in known if name.startswith(AREAS)))


def zone_options(current: str) -> tuple[Option, ...]:
    """The zones of the world by place; with the current one where it is called otherwise."""
    names = _zones()
    if current and current not in names:
        names = (current, *names)
    return tuple(Option(name, name.replace("_", " ")) for name in names)
