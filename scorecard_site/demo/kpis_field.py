"""KPIs of the processes in homes, and of those that support them."""

from .plans import KPIPlan

FIELD = (
    KPIPlan(
        "first_time_right", "Right the first time", "%", "month mean higher lead",
        "Share of installations that needed no second visit within 30 days of handover.",
        "A second visit costs about €410, half a day of a crew and one recommendation. It moves two"
        " months after training does.",
        at="corporate, installation, install_north, crews_belfast 110, crews_galway 118,"
        " install_south, crews_cork 118, crews_dublin 104, marta_santos 128, liam_keane 102",
        over="mean", target=93, red=87, rise=0.8, baseline=85, decimals=1, low=0, high=100,
        moved_by="quality 38", noise=6,
    ),
    KPIPlan(
        "second_visits", "Second visits", "per 100", "month mean lower lead",
        "Visits to put right our own work, per hundred installations.",
        "Second visits take the crew away from the next home, which is then late as well.",
        at="corporate 108, installation 108, field_service 110", target=7, red=12, rise=-0.5,
        decimals=1, low=0, moved_by="quality 28",
    ),
    KPIPlan(
        "installations", "Installations completed", "homes", "month sum higher lag",
        "Homes handed over in the month.",
        "It fills the revenue line; it says nothing about whether we have to come back.",
        at="installation, install_north, crews_belfast 108 x0.9, crews_galway 106 x0.8,"
        " install_south, crews_cork 116 x1.1, crews_dublin 114 x1.3, corporate",
        over="sum", rolls=True, wanted_at="crews_belfast crews_galway crews_cork crews_dublin",
        target=140, red=120, rise=9, low=0, season="heating",
        moved_by="promise 9, demand 3", noise=6,
    ),
    KPIPlan(
        "homes_led", "Homes I led", "homes", "month sum higher lag",
        "Homes handed over in the month with this person as the lead of the crew.",
        "It is pride and practice; beyond seven a month something is left out.",
        at="marta_santos 116, liam_keane 124", target=5.6, red=4.8, rise=0.35, low=0,
        season="heating", moved_by="promise 9, demand 3", noise=6,
    ),
    KPIPlan(
        "crew_days_used", "Crew days on site", "%", "month mean range lead",
        "Share of the available crew days spent in homes.",
        "Below three quarters crews wait for parts, above nine tenths nobody has time to learn.",
        at="install_north 110, install_south 76, crews_dublin 72, crews_cork 88",
        span=(66, 75, 88, 95), decimals=1, low=0, high=100, moved_by="promise 4, skills 6", noise=7,
    ),
    KPIPlan(
        "survey_accuracy", "Surveys that were right", "%", "month mean higher lead",
        "Share of homes where heat demand, pipework and fuse board were as surveyed.",
        "The survey is where a right first time begins.",
        at="installation, system_design, surveyors 108", over="mean", target=95, red=90, rise=0.5,
        decimals=1, low=0, high=100, moved_by="skills 6",
    ),
    KPIPlan(
        "design_changes", "Changes of design on site", "per 100", "month mean lower lead",
        "Designs changed after the crew had arrived, per hundred installations.",
        "Half a day of a crew for what would have been ten minutes at a desk.",
        at="system_design 106, surveyors 101", target=6, red=10, decimals=1, low=0,
        moved_by="skills 7",
    ),
    KPIPlan(
        "survey_backlog", "Homes waiting for a survey", "homes", "week last lower lead",
        "Homes with a signed order and no survey yet.",
        "The queue nobody sees, and the first to grow.",
        at="surveyors 110, system_design 110", target=90, red=140, low=0, moved_by="demand -6",
        noise=9,
    ),
    KPIPlan(
        "grid_notices", "Grid notices filed in time", "%", "month mean higher lead",
        "Share of connections notified to the grid operator at least four weeks ahead.",
        "The one form that can stop a finished installation.",
        at="system_design 114", target=98, red=94, decimals=1, low=0, high=100, noise=8,
    ),
    KPIPlan(
        "fixed_remotely", "Fixed without a visit", "%", "month mean higher lead",
        "Share of faults solved from the desk.",
        "The quickest visit is the one nobody needs; each saves €140 and a cold evening.",
        at="corporate 113, service 113, remote_care 113, monitoring 113, arjun_mehta 115",
        target=46, red=38, rise=3, decimals=1, low=0, high=100, moved_by="data 7",
    ),
    KPIPlan(
        "alarms_acted_on", "Alarms acted on within the hour", "%", "day mean higher lead",
        "Share of the day's alarms that a person looked at within sixty minutes.",
        "Most pumps announce a fault two days before the home gets cold.",
        at="monitoring 113, remote_care 113", target=92, red=84, decimals=1, low=0, high=100,
        moved_by="data 4", noise=18, grace=1,
    ),
    KPIPlan(
        "fixed_first_visit", "Fixed at the first visit", "%", "month mean higher lead",
        "Share of faults solved by the first engineer at the door.",
        "It takes the right part in the van and the right hands.",
        at="corporate, service, field_service, field_east 113, field_west 107, conor_ryan 110,"
        " nadia_petrova 118", over="mean", target=86, red=79, rise=0.8, decimals=1, low=0, high=100,
        moved_by="skills 9, supply 4",
    ),
    KPIPlan(
        "visits_per_day", "Visits of an engineer per day", "visits", "week mean range lag",
        "Average visits per engineer and day on the road.",
        "Below four the route is bad, above six somebody skips the explanation at the door.",
        at="field_east 121, field_west 82", span=(3.4, 4.0, 5.6, 6.4), decimals=1, low=0, noise=11,
    ),
    KPIPlan(
        "van_stock", "Part was in the van", "%", "month mean higher lead",
        "Share of parts needed at a visit that the engineer had on board.",
        "The difference between one visit and two.",
        at="field_service, field_east 108, field_west 95", over="mean", target=88, red=81,
        decimals=1, low=0, high=100, moved_by="supply 9",
    ),
    KPIPlan(
        "planned_visits", "Visits that were planned", "%", "month mean higher lead",
        "Share of visits that were maintenance, not repair.",
        "Planned work is half as dear and done in daylight.",
        at="service 108, field_service 108", target=58, red=48, rise=2, decimals=1, low=0, high=100,
        moved_by="quality 7",
    ),
    KPIPlan(
        "longest_outage", "Longest time without heat", "h", "month max lower lag",
        "The longest that any one home was without heat.",
        "Averages are warm. Somebody was not.",
        at="service 98, field_service 98", target=36, red=60, low=0, noise=16, moved_by="quality 5",
    ),
    KPIPlan(
        "platform_uptime", "Uptime of remote monitoring", "%", "month min higher lead",
        "Worst week of the month for the platform that hears the pumps.",
        "While it is down we are as surprised as our customers.",
        at="digital 110, data_platform 110", target=99.7, red=99.0, decimals=2, low=0, high=100,
        noise=10,
    ),
    KPIPlan(
        "readings_plausible", "Plausible readings", "%", "week mean higher lead",
        "Share of pump readings that are complete and physically possible.",
        "Every forecast of a fault is only as good as the sensor beneath it.",
        at="digital 110, data_platform 110", target=97, red=93, rise=0.5, decimals=1, low=0,
        high=100, moved_by="data 6", noise=7,
    ),
    KPIPlan(
        "tickets_in_time", "Tickets solved in time", "%", "month mean higher lag",
        "Share of internal tickets solved within the agreed hours.",
        "Digital is a supplier, too.",
        at="digital 106", target=92, red=85, decimals=1, low=0, high=100,
    ),
    KPIPlan(
        "patched_in_time", "Systems patched within two weeks", "%", "month min higher lead",
        "Share of systems with all critical updates within fourteen days.",
        "A heat pump that answers to strangers is the end of the brand.",
        at="digital 82, data_platform 98", target=98, red=93, decimals=1, low=0, high=100, noise=9,
    ),
    KPIPlan(
        "invoice_accuracy", "Invoices right at once", "%", "month mean higher lead",
        "Share of invoices that needed no correction.",
        "A wrong invoice adds three weeks and one doubt.",
        at="finance 108", target=98.5, red=96.5, decimals=1, low=0, high=100,
    ),
    KPIPlan(
        "audit_findings", "Audit findings open", "findings", "quarter last lower lag",
        "Findings of internal audits that are still open at the end of the quarter.",
        "An open finding is a known weakness with a date on it.",
        at="finance 95, digital 79", target=6, red=12, low=0, grace=15, noise=8,
    ),
    KPIPlan(
        "carbon_saved", "Carbon saved in homes", "t", "quarter sum higher lag",
        "Emissions avoided by the pumps installed in the last two years, against gas. No target"
        " yet: the method is being audited.",
        "It is why many of us work here.",
        at="corporate 104, sales 104", target=9_400, red=8_000, rise=900, has_target=False, low=0,
        noise=4, grace=20,
    ),
    KPIPlan(
        "articles_written", "Solutions written down", "articles", "month sum higher lead",
        "Articles added to the solutions that desk and engineers look up.",
        "What one person solved once, all can solve tonight.",
        at="remote_care 104 x1, monitoring 113 x0.5, customer_desk 88 x0.5, arjun_mehta 110 x0.1",
        target=40, red=28, rise=2, low=0, noise=12,
    ),
)  # fmt: skip
