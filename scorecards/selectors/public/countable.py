"""Which KPIs may count persons or cases."""

import re

from kpis.models import KPI

# Whole numbers of these are no counts; of every other word they may be.
NO_COUNTS = frozenset(
    {"%", "‰", "pp", "min", "minutes", "h", "hours", "days", "weeks", "months", "points", "stars"}
)
# Money by itself, however many thousands: "k€", "$m". In "cases over 500 €", cases are counted.
SCALE = r"(k|m|mn|mio\.?|million|bn|b|mrd\.?|billion|t|thousand)?"
MONEY = re.compile(rf"{SCALE}\s*[€$£¥]|[€$£¥]\s*{SCALE}", re.IGNORECASE)


def is_count(kpi: KPI) -> bool:
    """Whether its whole numbers may count persons or cases; rather one KPI too many."""
    is_whole = kpi.value_kind == KPI.ValueKind.NUMBER and kpi.decimals == 0
    unit = kpi.unit_of_measure.strip()
    return is_whole and unit not in NO_COUNTS and not MONEY.fullmatch(unit)
