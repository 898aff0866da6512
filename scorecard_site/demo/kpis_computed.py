"""KPIs that follow from others, with the inputs that only feed them.

The money of the crews in three layers: what homes cost and bring in (inputs), what is left of it
(formulas of inputs), and how that goes over the year (a formula of formulas). And how the teams
that work with their hands feel, weighted by how many people they are.
"""

from .plans import KPIPlan

_CREWS = "crews_belfast crews_galway crews_cork crews_dublin"
_CREWS_AND_ABOVE = "installation, install_north, install_south, " + ", ".join(_CREWS.split())

COMPUTED = (
    KPIPlan(
        "crew_cost", "Cost of the crews", "€", "month sum lower lag",
        "Labour, vehicles, subcontractors and second visits of the month, without the units.",
        "It feeds the cost of an installation and the margin of the crews.",
        at="installation, install_north, crews_belfast 97, crews_galway 106, install_south,"
        " crews_cork 110, crews_dublin 106", over="sum", rolls=True, per="installations",
        target=5_200, red=5_700, rise=-60, has_target=False, is_input=True, low=0,
        moved_by="quality 7, promise 4",
    ),
    KPIPlan(
        "crew_revenue", "Invoiced for the crews' work", "€", "month sum higher lag",
        "What the month's handovers brought in, without the units.",
        "It feeds the margin of the crews.",
        at="installation, install_north, crews_belfast 101, crews_galway 104, install_south,"
        " crews_cork 107, crews_dublin 106", over="sum", rolls=True, per="installations",
        target=7_000, red=6_300, rise=30, has_target=False, is_input=True, low=0,
        moved_by="demand 2", noise=3,
    ),
    KPIPlan(
        "crew_profit", "Gross profit of the crews", "€", "month sum higher lag",
        "What is left of the crews' revenue after their cost.",
        "It feeds the margin of the crews.",
        at=_CREWS_AND_ABOVE, rolls=True, formula="crew_revenue - crew_cost",
        has_target=False, is_input=True,
    ),
    KPIPlan(
        "installation_cost", "Cost of an installation", "€", "month mean lower lag",
        "Labour, vehicles, subcontractors and second visits for an average installation, without"
        " the unit.",
        "A second visit eats the margin of the first; overtime eats that of the second.",
        at=_CREWS_AND_ABOVE, rolls=True, formula="crew_cost / installations",
        target=5_200, red=5_700, rise=-60, low=0, wanted_at="installation",
    ),
    KPIPlan(
        "crew_margin", "Gross margin of installing", "%", "month mean higher lag",
        "Gross profit of the crews in percent of what their work brought in.",
        "Below a fifth we would earn more by only selling units.",
        at=_CREWS_AND_ABOVE, rolls=True, formula="100 * crew_profit / crew_revenue",
        target=25.5, red=21, decimals=1, wanted_at="installation", grows=1.02,
    ),
    KPIPlan(
        "crew_margin_ytd", "Gross margin of installing, year to date", "%",
        "month mean higher lag",
        "Gross profit of the crews since the new year in percent of what their work brought in.",
        "One calm month does not pay for a hurried one; the year tells.",
        at="installation", rolls=True,
        formula="100 * ytd(crew_profit) / ytd(crew_revenue)",
        target=25.5, red=21, decimals=1, grows=1.02,
    ),
    KPIPlan(
        "headcount", "People", "people", "month last higher lag",
        "People on the team's rota at the end of the month.",
        "It weighs the pulse of the teams: a large team counts for more.",
        at="corporate, products, plant, line_one 100 x2.2, line_two 100 x1.9, installation,"
        " install_north, crews_belfast 100 x1.5, crews_galway 100 x1.2, install_south,"
        " crews_cork 100 x1.4, crews_dublin 100 x2.1, service, field_service,"
        " field_east 100 x1.2, field_west 100 x1.3", over="sum", rolls=True,
        target=20, red=16, rise=1, has_target=False, is_input=True, low=1, noise=3, carry=3,
    ),
    KPIPlan(
        "team_pulse", "Pulse of the teams", "points", "month mean higher lead",
        "Mean of 0 to 10 from three questions a month in the eight teams that work with their"
        " hands: was there time, did it work, would you come again?",
        "The half-yearly survey asks everybody; this asks in time those who stand in the driveway.",
        at="corporate, line_one 112, line_two 95, crews_belfast 97, crews_galway 113,"
        " crews_cork 106, crews_dublin 86, field_east 109, field_west 95", over="mean", rolls=True,
        weighted_by="headcount", target=7.4, red=6.4, decimals=1, low=0, high=10,
        wanted_at="corporate", moved_by="mood 9",
    ),
)  # fmt: skip
