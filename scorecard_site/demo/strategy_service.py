"""The scorecards of Service: field engineers and remote care."""

from .plans import ScorecardPlan
from .strategy_corporate import customer, financial, learning, process

SERVICE = (
    ScorecardPlan(
        "service",
        "financial 25, customer 30, process 25, learning 20",
        (
            financial(
                "care_that_earns", "Care that earns its keep",
                "Care plans priced for the winter we had, not for the one we hoped for.",
                "care_revenue_share 20, service_margin 25, care_plans 25, operating_margin 15,"
                " revenue 15",
                "corporate.care_income 25",
            ),
            financial(
                "old_sins", "Pay less for old sins",
                "Find the ten causes behind half of the warranty bill and send them upstream.",
                "warranty_cost", "corporate.fewer_mistakes_paid 20", weight=0.4,
            ),
            customer(
                "warm_within_a_day", "No home cold for longer than a day",
                "Whatever it takes, and then find out why it took that.",
                "cold_homes 60, longest_outage 40", "corporate.fix_before_cold 15",
            ),
            customer(
                "customers_who_renew", "Customers who renew without thinking",
                "A letter in spring, a visit in summer, no surprise in winter.",
                "care_renewals 35, visit_rating 30, nps 25, complaints 10",
                "corporate.recommended 10",
            ),
            process(
                "first_visit_or_none", "One visit or none",
                "Diagnose from the desk, send the right part with the right person.",
                "fixed_remotely 40, fixed_first_visit 40, planned_visits 20",
                "corporate.fix_before_cold 30",
            ),
            learning(
                "hands_and_heads", "Hands for both trades, heads for data",
                "Engineers who can open the circuit and read the curve.",
                "both_trades 40, training_days 40, connected_pumps 20",
                "corporate.skilled_installers 10, corporate.every_pump_heard 0",
            ),
            learning(
                "steady_teams", "Teams that get through the winter",
                "Rotas that respect families, also in January.",
                "engagement 50, turnover 50", "corporate.teams_that_stay 10",
            ),
        ),
    ),
    ScorecardPlan(
        "field_service",
        "financial 20, customer 35, process 30, learning 15",
        (
            financial(
                "vans_that_earn", "Vans that earn",
                "Short roads, full days, few returns.",
                "service_margin", "service.care_that_earns 20",
            ),
            customer(
                "there_in_time", "There in time",
                "Homes without heat first, always.",
                "hours_to_visit 35, cold_homes 40, longest_outage 25",
                "service.warm_within_a_day 30",
            ),
            customer(
                "visits_people_praise", "Visits that people praise",
                "Boots off, cause explained, filter shown.",
                "visit_rating", "service.customers_who_renew 20", weight=0.5,
            ),
            process(
                "fixed_once", "Fixed once",
                "The part in the van, the manual in the pocket, the colleague on the phone.",
                "fixed_first_visit 40, van_stock 20, second_visits 15, planned_visits 15,"
                " parts_available 10",
                "service.first_visit_or_none 30",
            ),
            learning(
                "both_licences", "Both licences in every team",
                "One course a month through the summer.",
                "both_trades 60, absence 40", "service.hands_and_heads 25",
            ),
        ),
    ),
    ScorecardPlan(
        "field_east",
        "customer 45, process 35, learning 20",
        (
            customer(
                "warm_again_today", "Warm again today",
                "Nobody on the east coast goes to bed cold.",
                "hours_to_visit 40, cold_homes 30, visit_rating 30",
                "field_service.there_in_time 25",
            ),
            process(
                "right_part_right_hands", "The right part in the right hands",
                "Stock the van for the week's weather.",
                "fixed_first_visit 50, van_stock 30, visits_per_day 20",
                "field_service.fixed_once 25",
            ),
            learning(
                "second_licence", "A second licence for everybody",
                "Three exams before the next season.",
                "both_trades", "field_service.both_licences 20",
            ),
            learning(
                "people_stay", "A team that people stay in",
                "No fourth night shift in a row, whatever the weather.",
                "team_pulse", "corporate.teams_that_stay 0", weight=0.5,
            ),
        ),
    ),
    ScorecardPlan(
        "nadia_petrova",
        "customer 35, process 35, learning 30",
        (
            customer(
                "my_visits", "Visits that people praise",
                "Say what it was, in words a child understands.",
                "visit_rating", "field_east.warm_again_today 5",
            ),
            process(
                "my_repairs", "Repairs that hold",
                "If I do not know, I call Tiago before I guess.",
                "fixed_first_visit", "field_east.right_part_right_hands 10",
            ),
            learning(
                "my_trade", "Both trades",
                "The electrician's licence by summer.",
                "training_days 60, gas_licence 40", "field_east.second_licence 5",
            ),
        ),
    ),
    ScorecardPlan(
        "field_west",
        "customer 45, process 35, learning 20",
        (
            customer(
                "warm_again_today", "Warm again today",
                "Long roads: leave earlier, carry more.",
                "hours_to_visit 40, cold_homes 30, visit_rating 30",
                "field_service.there_in_time 25",
            ),
            process(
                "right_part_right_hands", "The right part in the right hands",
                "Two hours back to the depot is half a day of heat.",
                "fixed_first_visit 50, van_stock 30, visits_per_day 20",
                "field_service.fixed_once 25",
            ),
            learning(
                "second_licence", "A second licence for everybody",
                "Start with those who live furthest out.",
                "both_trades", "field_service.both_licences 20",
            ),
            learning(
                "people_stay", "A team that people stay in",
                "Long roads need short rotas.",
                "team_pulse", "corporate.teams_that_stay 0", weight=0.5,
            ),
        ),
    ),
    ScorecardPlan(
        "conor_ryan",
        "customer 35, process 35, learning 30",
        (
            customer(
                "my_visits", "Visits that people praise",
                "Mayo and Sligo know my van; they should like seeing it.",
                "visit_rating", "field_west.warm_again_today 5",
            ),
            process(
                "my_repairs", "Repairs that hold",
                "Read the log before knocking.",
                "fixed_first_visit", "field_west.right_part_right_hands 10",
            ),
            learning(
                "my_trade", "Teach what I know, learn what I do not",
                "Ride along with two newcomers; refrigerant refresher in autumn.",
                "training_days 50, gas_licence 25, own_ideas 25", "field_west.second_licence 5",
            ),
        ),
    ),
    ScorecardPlan(
        "remote_care",
        "financial 15, customer 35, process 30, learning 20",
        (
            financial(
                "renewals", "Plans renewed on the phone",
                "The best moment to renew is the minute after a problem was solved.",
                "care_renewals", "service.care_that_earns 10",
            ),
            customer(
                "somebody_answers", "Somebody answers",
                "A person, a name, an answer.",
                "call_wait 50, complaint_answer 50", "service.customers_who_renew 20",
            ),
            process(
                "seen_before_felt", "Seen before it is felt",
                "Act on the alarm while the house is still warm.",
                "fixed_remotely 60, alarms_acted_on 40", "service.first_visit_or_none 25",
            ),
            learning(
                "shared_solutions", "Solutions that everybody can look up",
                "Write it down while the line is still warm.",
                "articles_written", "service.hands_and_heads 10",
            ),
        ),
    ),
    ScorecardPlan(
        "monitoring",
        "process 70, learning 30",
        (
            process(
                "alarm_to_action", "From alarm to action in an hour",
                "Day and night, with the same care.",
                "alarms_acted_on 50, fixed_remotely 50", "remote_care.seen_before_felt 30",
            ),
            learning(
                "patterns_known", "Know the patterns",
                "Every new pattern of failure becomes an article, then a rule.",
                "articles_written", "remote_care.shared_solutions 25",
            ),
        ),
    ),
    ScorecardPlan(
        "arjun_mehta",
        "process 60, learning 40",
        (
            process(
                "my_alarms", "Solve it from the desk",
                "Compressor and defrost faults are mine.",
                "fixed_remotely", "monitoring.alarm_to_action 10",
            ),
            learning(
                "my_articles", "Write down what I found",
                "One article a week, and one rule a quarter.",
                "articles_written 60, own_ideas 40", "monitoring.patterns_known 10",
            ),
        ),
    ),
    ScorecardPlan(
        "customer_desk",
        "customer 70, learning 30",
        (
            customer(
                "pick_up", "Pick up, listen, solve",
                "Three rings in the morning, two in the afternoon.",
                "call_wait 35, complaint_answer 35, nps 30", "remote_care.somebody_answers 35",
            ),
            learning(
                "calm_desk", "A calm desk in a loud winter",
                "Enough people, enough breaks, answers at hand.",
                "absence 50, articles_written 50", "remote_care.shared_solutions 15",
            ),
        ),
    ),
)  # fmt: skip
