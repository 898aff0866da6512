"""What Aldermoor believes of its strategy: which objective brings about which, and after how long.

Some of it is what moves the company (forces.py), some is hope; the data tell them apart.
"""

from .plans import HypothesisPlan as If

WEAK, MODERATE, STRONG = 1, 2, 3

HYPOTHESES = (
    If("time_to_learn", "skilled_installers", STRONG, (0, 2)),
    If("time_to_learn", "promise_kept", WEAK, (0, 1), is_inverse=True,
       cause_kpi="training_days", effect_kpi="on_promised_date",
       note="A day in the training house is a day off the road. Plan it into the quiet weeks."),
    If("skilled_installers", "right_first_time", STRONG, (1, 3),
       cause_kpi="certified_installers", effect_kpi="first_time_right",
       note="What the Academy is for: two months from the exam to the visit nobody repeats."),
    If("skilled_installers", "promise_kept", MODERATE, (0, 2), effect_kpi="on_promised_date",
       note="We thought that crews who know their trade are quicker. So far exams cost us dates."),
    If("teams_that_stay", "right_first_time", MODERATE, (3, 6)),
    If("everybody_home", "teams_that_stay", WEAK, (0, 3)),
    If("successors_ready", "teams_that_stay", WEAK, (6, 18)),
    If("every_pump_heard", "fix_before_cold", STRONG, (2, 3)),
    If("parts_never_wait", "promise_kept", STRONG, (1, 2),
       cause_kpi="supplier_on_time", effect_kpi="on_promised_date",
       note="The fire of the board maker: the plant a month later, our dates another month."),
    If("right_first_time", "recommended", STRONG, (2, 4),
       cause_kpi="first_time_right", effect_kpi="nps"),
    If("right_first_time", "bills_as_promised", MODERATE, (0, 3)),
    If("right_first_time", "heard_at_once", MODERATE, (1, 3),
       cause_kpi="first_time_right", effect_kpi="complaints"),
    If("right_first_time", "fewer_mistakes_paid", STRONG, (1, 6)),
    If("fix_before_cold", "recommended", MODERATE, (1, 3)),
    If("finish_what_we_start", "better_models", MODERATE, (6, 18)),
    If("better_models", "bills_as_promised", MODERATE, (3, 6)),
    If("better_models", "full_order_book", MODERATE, (3, 12)),
    If("promise_kept", "recommended", MODERATE, (1, 3)),
    If("promise_kept", "cash_and_trust", MODERATE, (0, 2)),
    If("heard_at_once", "recommended", MODERATE, (0, 2)),
    If("recommended", "full_order_book", STRONG, (3, 6)),
    If("recommended", "care_income", MODERATE, (0, 2)),
    If("full_order_book", "profitable_growth", STRONG, (0, 2),
       cause_kpi="installations", effect_kpi="revenue"),
    If("care_income", "profitable_growth", MODERATE, (0, 3)),
    If("fewer_mistakes_paid", "profitable_growth", WEAK, (0, 3)),
)  # fmt: skip
