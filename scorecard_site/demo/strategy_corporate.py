"""The corporate scorecard, its themes, and those of the central departments."""

from functools import partial

from .plans import ObjectivePlan, ScorecardPlan

financial = partial(ObjectivePlan, perspective="financial")
customer = partial(ObjectivePlan, perspective="customer")
process = partial(ObjectivePlan, perspective="process")
learning = partial(ObjectivePlan, perspective="learning")

PERSPECTIVES = {
    "financial": "Financial",
    "customer": "Customer",
    "process": "Internal process",
    "learning": "Learning and growth",
}

THEMES = (
    ("right_from_the_start", "Right from the start",
     "People who know their trade leave homes that stay warm, and neighbours who ask for our"
     " number. Everything we earn later begins with the first visit."),
    ("never_waiting", "Never waiting for a part",
     "A date is a promise. We keep it only if boards, units and crews arrive in the same week."),
    ("homes_that_speak_up", "Homes that speak up",
     "Pumps that tell us how they feel let us repair by day what would have failed by night, and"
     " turn a purchase into years of care."),
)  # fmt: skip

CORPORATE = ScorecardPlan(
    "corporate",
    "financial 30, customer 25, process 25, learning 20",
    (
        financial(
            "profitable_growth", "Grow profitably",
            "Grow by about seven percent a year in homes we can serve well, and keep ten of every"
            " hundred euros. We would rather be late in a region than thin in all of them.",
            "revenue 50, operating_margin 50",
            weight=40, owner="Oisín Doyle",
        ),
        financial(
            "full_order_book", "Keep the order book full",
            "Four months of work ahead: enough to buy and hire for, not so much that people wait.",
            "order_book 60, installations 40",
            weight=15, owner="Leïla Haddad", theme="right_from_the_start",
        ),
        financial(
            "care_income", "Earn from care as well as from sales",
            "Make looking after homes a business that carries the winter and the next recession.",
            "care_revenue_share 50, care_plans 50",
            weight=20, owner="Ruairí Brennan", theme="homes_that_speak_up",
        ),
        financial(
            "fewer_mistakes_paid", "Pay less for our own mistakes",
            "What we spend under warranty is what we did not spend on training.",
            "warranty_cost 20",
            weight=5, owner="Ruairí Brennan", theme="right_from_the_start",
        ),
        financial(
            "cash_and_trust", "Turn work into cash, and keep the bank's trust",
            "Finish, invoice and collect without chasing, so that growth pays for itself.",
            "days_to_cash 60, credit_rating 40",
            weight=20, owner="Oisín Doyle",
        ),
        customer(
            "recommended", "Be the one that neighbours recommend",
            "A heat pump is chosen over the garden fence. We want every tenth customer to sell the"
            " eleventh for us.",
            "nps 60, referral_share 40",
            weight=40, owner="Leïla Haddad", theme="right_from_the_start",
        ),
        customer(
            "bills_as_promised", "Make bills as low as we said",
            "We name the saving before the order and check it after the first winter.",
            "savings_kept 20",
            weight=10, owner="Ingrid Solberg", theme="right_from_the_start",
        ),
        customer(
            "heard_at_once", "Leave nobody to complain twice",
            "Whoever has to ask again tells the street.",
            "complaints 10",
            weight=5, owner="Priya Raman", theme="homes_that_speak_up",
        ),
        customer(
            "promise_kept", "Keep the date that we promised",
            "Say a date we can keep and keep the date we said, in winter too.",
            "on_promised_date 60, order_to_warm 40",
            weight=45, owner="Adaeze Okonkwo", theme="never_waiting",
        ),
        process(
            "right_first_time", "Right the first time",
            "Leave every home so that nobody has to come back: surveyed well, fitted well,"
            " explained well. It is cheaper than any other way of growing.",
            "first_time_right 60, second_visits 40",
            weight=40, owner="Adaeze Okonkwo", theme="right_from_the_start",
        ),
        process(
            "parts_never_wait", "Build without waiting for a part",
            "No single fire, strike or storm may stop the lines again for longer than a week.",
            "supplier_on_time 60, single_source 40",
            weight=25, owner="Mateus Oliveira", theme="never_waiting",
        ),
        process(
            "better_models", "Bring quieter, thriftier models to market",
            "Stay a step ahead of the subsidy's threshold and of the neighbour's ear.",
            "seasonal_efficiency 50",
            weight=8, owner="Emi Tanaka",
        ),
        process(
            "finish_what_we_start", "Finish what we start to develop",
            "Fewer projects at once, each with a day on which it is done.",
            "milestones_kept 50",
            weight=7, owner="Emi Tanaka",
        ),
        process(
            "fix_before_cold", "Fix it before the home gets cold",
            "Hear a fault before the customer feels it, and solve it with one visit or none.",
            "fixed_remotely 50, fixed_first_visit 50",
            weight=20, owner="Ruairí Brennan", theme="homes_that_speak_up",
        ),
        learning(
            "time_to_learn", "Protect the days for training",
            "If practice is cut for a season, quality follows in two months, reputation in five,"
            " orders in a year.",
            "training_days 55",
            weight=23, owner="Hannah Lindqvist", theme="right_from_the_start",
        ),
        learning(
            "skilled_installers", "Grow installers who know their trade",
            "Certify people faster than we hire them.",
            "certified_installers 45",
            weight=23, owner="Hannah Lindqvist", theme="right_from_the_start",
        ),
        learning(
            "teams_that_stay", "Proud teams that stay",
            "Be the place that people in the trade tell their friends about.",
            "engagement 40, turnover 40, team_pulse 20",
            weight=23, owner="Hannah Lindqvist",
        ),
        learning(
            "everybody_home", "Everybody home unhurt",
            "Stop the work whenever it is not safe; nobody will ask who stopped it.",
            "accident_rate 20",
            weight=5, owner="Gintarė Petrauskaitė",
        ),
        learning(
            "successors_ready", "Somebody ready for every key post",
            "Name the next person before the last one leaves.",
            "posts_with_successor 5",
            weight=2, owner="Hannah Lindqvist",
        ),
        learning(
            "every_pump_heard", "Hear every pump",
            "Know how every pump we look after runs, tonight, and trust the reading.",
            "connected_pumps 100",
            weight=20, owner="Mei-Ling Chen", theme="homes_that_speak_up",
        ),
    ),
    was="financial 40, customer 25, process 25, learning 10",
)  # fmt: skip

CENTRAL = (
    ScorecardPlan(
        "people",
        "financial 10, customer 20, process 25, learning 45",
        (
            financial(
                "money_for_learning", "Spend the learning budget on learning",
                "Unspent training money is not a saving but a debt with a due date.",
                "budget_used", "corporate.profitable_growth 0",
            ),
            customer(
                "leaders_served", "Give leaders the people they asked for",
                "Fill posts in the trades before the season, not during it.",
                "time_to_hire 50, critical_vacancies 50", "corporate.promise_kept 0",
            ),
            process(
                "fair_paths", "Fair paths into and up the trade",
                "Apprenticeships, second careers and successors planned by name.",
                "apprentices 50, women_in_trades 20, posts_with_successor 30",
                "corporate.teams_that_stay 10",
            ),
            learning(
                "learning_protected", "Protect time for learning",
                "Training days are booked like installations, and moved as rarely.",
                "exams_passed 60, data_trained 40", "corporate.time_to_learn 10",
            ),
            learning(
                "people_stay", "People who want to stay",
                "Know why people leave before they do.",
                "engagement 50, turnover 50", "corporate.teams_that_stay 15",
            ),
        ),
    ),
    ScorecardPlan(
        "academy",
        "customer 35, process 30, learning 35",
        (
            customer(
                "useful_courses", "Courses that crews can use next day",
                "Ask two months later, not at the coffee machine.",
                "course_rating", "people.learning_protected 20",
            ),
            process(
                "practice_in_homes", "Practice in real homes",
                "Half of every course takes place beside a mentor, in a home, with a deadline.",
                "mentor_hours 50, courses_given 50", "people.learning_protected 30",
            ),
            learning(
                "certify_faster", "Certify faster than we hire",
                "The share of certified installers may never again fall in a year of growth.",
                "certified_installers 40, training_days 25, exams_passed 20, apprentices 15",
                "people.learning_protected 30, corporate.skilled_installers 0",
            ),
            process(
                "budget_for_practice", "Use the budget for practice",
                "Workshops, mentors' hours and travel first; screens last.",
                "budget_used", "people.money_for_learning 0", weight=0.5,
            ),
        ),
    ),
    ScorecardPlan(
        "brid_lenihan",
        "customer 60, process 40",
        (
            customer(
                "good_courses", "Courses that I would have wanted as an apprentice",
                "Hydraulics taught with cold hands and a running pump.",
                "course_rating", "academy.useful_courses 10",
            ),
            process(
                "give_courses", "Teach four courses a month",
                "New in the team since this month: the first course is being prepared.",
                "courses_given", "academy.practice_in_homes 0",
            ),
        ),
    ),
    ScorecardPlan(
        "finance",
        "financial 40, customer 20, process 40",
        (
            financial(
                "cash_in", "Bring the cash in",
                "Invoices that are right at once and calls that are friendly.",
                "days_to_cash 60, overdue_receivables 40", "corporate.cash_and_trust 25",
            ),
            financial(
                "sound_balance", "A balance sheet that needs no explaining",
                "Keep the rating that lets us borrow for the second plant.",
                "credit_rating 60, budget_used 20, rnd_share 20", "corporate.cash_and_trust 10",
            ),
            customer(
                "numbers_in_time", "Numbers in time to act on",
                "Five working days after month end, the same figures for everybody.",
                "closing_days 60, forecast_error 40",
            ),
            process(
                "clean_books", "Clean books",
                "Find our own errors before the auditors do.",
                "invoice_accuracy 60, audit_findings 40", "corporate.cash_and_trust 0",
            ),
        ),
    ),
    ScorecardPlan(
        "digital",
        "financial 10, customer 25, process 35, learning 30",
        (
            financial(
                "digital_budget", "Spend what was agreed",
                "Cloud bills grow silently; look at them every month.",
                "budget_used", "corporate.profitable_growth 0",
            ),
            customer(
                "colleagues_helped", "Colleagues who get on with their work",
                "A crew in a driveway is the customer who cannot wait.",
                "helpdesk_rating 50, tickets_in_time 50", "corporate.teams_that_stay 0",
            ),
            process(
                "always_on", "Always on, always safe",
                "Two things end us in a night: a silent platform and an open door.",
                "platform_uptime 45, patched_in_time 35, audit_findings 20",
                "corporate.fix_before_cold 0",
            ),
            learning(
                "pumps_heard", "Every pump connected, every reading trusted",
                "Connect at handover, not later; check readings before showing them.",
                "connected_pumps 50, readings_plausible 50", "corporate.every_pump_heard 40",
            ),
            learning(
                "data_understood", "Data that people understand",
                "Teach managers the difference between a signal and a wobble.",
                "data_trained 60, pipelines_documented 40",
                weight=0.5,
            ),
        ),
    ),
    ScorecardPlan(
        "data_platform",
        "customer 20, process 40, learning 40",
        (
            customer(
                "platform_there", "A platform that is simply there",
                "Monitoring must be able to forget that we exist.",
                "platform_uptime", "digital.always_on 20",
            ),
            process(
                "readings_checked", "Readings checked before anybody sees them",
                "Implausible readings are stopped at the door and their sensor is replaced.",
                "readings_plausible 50, connected_pumps 50", "digital.pumps_heard 20",
            ),
            process(
                "doors_closed", "Doors closed",
                "Fourteen days from the warning to the patch, on every server.",
                "patched_in_time", "digital.always_on 10",
            ),
            learning(
                "flows_documented", "Flows that a newcomer understands",
                "An owner, a description and a test for every data flow.",
                "pipelines_documented", "digital.data_understood 20",
            ),
        ),
    ),
)  # fmt: skip
