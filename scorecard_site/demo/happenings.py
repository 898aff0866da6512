"""What happened to single values: who is silent or new, what was remarked, what was corrected."""

# (KPI, unit): how many months of the last completed quarter still came in; nothing since.
SILENT = {
    ("mentor_hours", "crews_belfast"): 0,
    ("mentor_hours", "crews_dublin"): 0,
    ("near_misses", "installation"): 0,
    ("gross_margin", "housing"): 0,
    ("stock_accuracy", "warehouse"): 0,
    ("posts_with_successor", "corporate"): 0,
    ("skill_grade", "crews_belfast"): 0,
    ("handover_rating", "crews_galway"): 1,
    ("helpdesk_rating", "digital"): 1,
    ("absence", "field_service"): 1,
    ("visit_rating", "nadia_petrova"): 1,
    ("fixed_first_visit", "nadia_petrova"): 1,
    # The data platform's own figures stopped with its move to a new system.
    ("platform_uptime", "data_platform"): 1,
    ("patched_in_time", "data_platform"): 0,
    ("pipelines_documented", "data_platform"): 1,
    ("connected_pumps", "data_platform"): 0,
    ("review_stars", "homes"): 2,
    ("grid_notices", "system_design"): 2,
    # Belfast's papers are late: the crews' homes are counted by a system, the rest by hand.
    ("crew_cost", "crews_belfast"): 2,
    ("crew_revenue", "crews_belfast"): 2,
    ("headcount", "crews_belfast"): 2,
    ("team_pulse", "crews_belfast"): 2,
    ("overdue_receivables", "homes"): 2,
}

# Started this month: no value is due yet.
NEW = frozenset({("course_rating", "brid_lenihan"), ("courses_given", "brid_lenihan")})

# (KPI, months ago): a remark on the value of every unit.
NOTES = {
    ("supplier_on_time", 14): "Fire at the board maker on the 9th; no deliveries since.",
    ("supplier_on_time", 12): "First boards from the maker's other hall.",
    ("on_promised_date", 12): "Dates moved for want of units.",
    ("order_to_warm", 11): "Includes the homes that waited for boards.",
    ("training_days", 12): "Courses cancelled until the backlog is cleared.",
    ("training_days", 9): "Still no courses; newcomers ride along where possible.",
    ("certified_installers", 7): "Forty newcomers on site without certificate.",
    (
        "first_time_right",
        5,
    ): "Refilled circuits and wrong flow rates; mostly crews without a mentor.",
    ("first_time_right", 2): "Lowest since we count.",
    ("second_visits", 2): "Every ninth home visited twice.",
    ("nps", 9): "Remarks about moved dates.",
    ("nps", 2): "Remarks about second visits, for the first time more than about dates.",
    ("premium_freight", 13): "Vans to the maker's other hall every night.",
}

CORRECTION_REASONS = (
    "Two late reports added.",
    "Forgotten in the first count.",
    "Booked in the wrong month.",
    "Figures of the new depot added.",
    "Typing error.",
)
CORRECTIONS = 90

# Share of the older months that were never reported, where people report by hand.
FORGOTTEN = 0.015

# (KPI, unit): the share of it that was reported first, and why it was restated after the closing.
RESTATED = {
    ("warranty_cost", "corporate"): (
        0.72,
        "The auditors found €96,000 of warranty repairs booked as service jobs.",
    ),
    ("crew_cost", "crews_galway"): (0.95, "Ferry and tolls of January had been booked in April."),
}

# (KPI, unit), months ago, why: values since then come from a changed process.
PROCESS_CHANGE = (
    ("supplier_on_time", "supply"),
    9,
    "A second maker of inverter boards delivers every week since this month.",
)

# A manager's word on an objective in the last quarter that is over.
ASSESSMENT = (
    "installation",
    "worth_recommending",
    "critical",
    "The survey asks three weeks after handover, so it has not heard of the second visits of last"
    " month yet. My crew leads hear it every day at the door: this is red before the figure is.",
)
CLOSING_NOTE = "Figures as presented to the supervisory board."
