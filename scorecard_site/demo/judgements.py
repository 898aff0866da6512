"""What the company thinks of its KPIs: what others reach, and the seven questions it asked.

The companies, surveys and figures are as invented as the company itself.
"""

from typing import Any

from kpis.models.questions import NO, QUESTIONS, YES

from .kpis_building import BUILDING

# By KPI, what others reach and who says so.
BENCHMARKS = {
    "nps": (44.0, "Home Energy Panel 2025, best quarter of 60 installers"),
    "first_time_right": (90.0, "Installers' benchmark circle, 2025, median of nine"),
    "second_visits": (9.0, "Installers' benchmark circle, 2025, median of nine"),
    "on_promised_date": (88.0, "Installers' benchmark circle, 2025, median of nine"),
    "crew_margin": (24.0, "Trade association, company comparison 2025, upper third"),
    "operating_margin": (8.5, "Trade association, company comparison 2025, upper third"),
    "accident_rate": (9.0, "Accident insurer, all installers, 2024"),
    "turnover": (12.0, "Trade association, staff survey 2025, median"),
    "fixed_first_visit": (80.0, "Service Managers' Round Table 2025, mean of six"),
}
# Not everything is well: by KPI, the questions that were answered with no, and why.
DOUBTS = {
    "nps": {"owned": "Half of it is decided at the boiler maker and the bank."},
    "near_misses": {"balanced": "Fewer reports look good: read it beside the accidents."},
    "engagement": {"timely": "Twice a year is late for what a team can mend in a week."},
    "carbon_saved": {"decides": "Nobody has done anything differently because of it."},
    "order_book": {"reaches": "It grows as well when we are late."},
    "own_ideas": {"balanced": "Ten small ideas count more than a good one."},
    "discount_rate": {"compared": "We know nobody else's."},
    "team_pulse": {"defined": "Teams ask on different days of the month."},
}
# The factory has not gone through the questions yet, nor has anybody for what feeds formulas.
UNASKED = {plan.code for plan in BUILDING} | {
    "crew_cost",
    "crew_revenue",
    "crew_profit",
    "headcount",
}


def judgement(code: str) -> dict[str, Any]:
    """The fields of a KPI that say what is thought of it."""
    value, source = BENCHMARKS.get(code, (None, ""))
    return {"benchmark": value, "benchmark_source": source, "answers": _answers(code)}


def _answers(code: str) -> dict[str, dict[str, str]]:
    if code in UNASKED:
        return {}
    doubts = DOUBTS.get(code, {})
    return {
        name: {"answer": NO if name in doubts else YES, "note": doubts.get(name, "")}
        for name in QUESTIONS
    }
