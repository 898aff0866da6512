"""The scorecards of Installation: regions, crews, survey and design."""

from .plans import ScorecardPlan
from .strategy_corporate import customer, financial, learning, process

INSTALLATION = (
    ScorecardPlan(
        "installation",
        "financial 25, customer 25, process 30, learning 20",
        (
            financial(
                "paid_for_well", "Installations that pay for themselves",
                "Earn on the work of the crews, not only on the unit they carry in.",
                "revenue 30, operating_margin 30, installation_cost 15, crew_margin_ytd 15,"
                " warranty_cost 10",
                "corporate.profitable_growth 15",
            ),
            customer(
                "warm_when_promised", "Warm on the day we said",
                "Promise late, keep the promise, and call a week before.",
                "on_promised_date 40, order_to_warm 30, moved_dates 30",
                "corporate.promise_kept 30",
            ),
            customer(
                "worth_recommending", "A job worth telling the neighbours",
                "Dust sheets, plain words, a warm house by the evening.",
                "nps 40, handover_rating 25, complaints 20, savings_kept 15",
                "corporate.recommended 15",
            ),
            process(
                "right_first_time", "Right the first time",
                "The same checklist in every van, and nobody leaves before the last line.",
                "first_time_right 50, second_visits 30, survey_accuracy 20",
                "corporate.right_first_time 30",
            ),
            process(
                "full_weeks", "Full, calm weeks",
                "Enough work in every week of the year, never two homes for one crew.",
                "installations 100", "corporate.full_order_book 0", weight=0.6,
            ),
            learning(
                "grow_crews", "Grow crews that know their trade",
                "One certified lead in every van and one learner beside them.",
                "certified_installers 45, training_days 40, women_in_trades 15",
                "corporate.skilled_installers 25",
            ),
            learning(
                "whole_crews", "Crews that stay whole and healthy",
                "Overtime is a loan from next year.",
                "engagement 20, turnover 25, accident_rate 25, near_misses 10,"
                " critical_vacancies 10, time_to_hire 10",
                "corporate.teams_that_stay 15",
            ),
        ),
    ),
    ScorecardPlan(
        "install_north",
        "financial 25, customer 25, process 30, learning 20",
        (
            financial(
                "lean_jobs", "Lean jobs",
                "Long roads make second visits dearer here than anywhere.",
                "installation_cost 60, crew_margin 40", "installation.paid_for_well 0",
            ),
            customer(
                "dates_kept", "Dates kept from Derry to Galway",
                "Plan with the ferry and the weather, not against them.",
                "on_promised_date 40, moved_dates 30, handover_rating 30",
                "installation.warm_when_promised 20, installation.worth_recommending 10",
            ),
            process(
                "right_first_time", "Right the first time",
                "Belfast and Galway swap crew leads for a week each quarter.",
                "first_time_right 75, crew_days_used 25",
                "installation.right_first_time 25",
            ),
            process(
                "full_weeks", "Full, calm weeks",
                "As many homes in February as in October.",
                "installations", "installation.full_weeks 0", weight=0.5,
            ),
            learning(
                "skills_north", "A certificate in every van",
                "Eleven people to certify before the autumn.",
                "certified_installers 60, turnover 40", "installation.grow_crews 20",
            ),
        ),
    ),
    ScorecardPlan(
        "crews_belfast",
        "financial 15, customer 30, process 35, learning 20",
        (
            financial(
                "pays_for_itself", "Jobs that pay for themselves",
                "Know on Friday what the week has cost, and send the papers on Monday.",
                "installation_cost 60, crew_margin 40", "install_north.lean_jobs 0",
            ),
            customer(
                "dates_we_keep", "Dates we keep",
                "Friday's plan is Monday's promise.",
                "on_promised_date 50, moved_dates 20, handover_rating 30",
                "install_north.dates_kept 25",
            ),
            process(
                "right_first_time", "Right the first time",
                "Take the photo, read the pressure, sign the list.",
                "first_time_right 70, installations 30", "install_north.right_first_time 25",
            ),
            learning(
                "certified_crews", "Certified crews",
                "Practise with a mentor before the exam, not after it.",
                "certified_installers 40, mentor_hours 30, skill_grade 30",
                "install_north.skills_north 25",
            ),
            learning(
                "people_stay", "A team that people stay in",
                "Ask on the last Friday, and send the answers in.",
                "team_pulse", "corporate.teams_that_stay 0", weight=0.5,
            ),
        ),
    ),
    ScorecardPlan(
        "crews_galway",
        "financial 15, customer 30, process 35, learning 20",
        (
            financial(
                "pays_for_itself", "Jobs that pay for themselves",
                "Long roads are paid for by jobs that need no second one.",
                "installation_cost 60, crew_margin 40", "install_north.lean_jobs 0",
            ),
            customer(
                "dates_we_keep", "Dates we keep",
                "One spare day in every fortnight for what the wind moved.",
                "on_promised_date 50, moved_dates 20, handover_rating 30",
                "install_north.dates_kept 25",
            ),
            process(
                "right_first_time", "Right the first time",
                "We stayed good by refusing to leave the mentor at home.",
                "first_time_right 70, installations 30", "install_north.right_first_time 25",
            ),
            learning(
                "certified_crews", "Certified crews",
                "Everybody certified, two people as examiners.",
                "certified_installers 40, mentor_hours 30, skill_grade 30",
                "install_north.skills_north 25",
            ),
            learning(
                "people_stay", "A team that people stay in",
                "Tea first, then the three questions.",
                "team_pulse", "corporate.teams_that_stay 0", weight=0.5,
            ),
        ),
    ),
    ScorecardPlan(
        "install_south",
        "financial 25, customer 25, process 30, learning 20",
        (
            financial(
                "lean_jobs", "Lean jobs",
                "Overtime and agency crews are this year's cost of last year's haste.",
                "installation_cost 60, crew_margin 40", "installation.paid_for_well 0",
            ),
            customer(
                "dates_kept", "Dates kept in town and country",
                "Parking permits in Dublin are part of the plan.",
                "on_promised_date 40, moved_dates 30, handover_rating 30",
                "installation.warm_when_promised 20, installation.worth_recommending 10",
            ),
            process(
                "right_first_time", "Right the first time",
                "No newcomer alone in a plant room.",
                "first_time_right 75, crew_days_used 25",
                "installation.right_first_time 25",
            ),
            process(
                "full_weeks", "Full, calm weeks",
                "Growth that the crews can carry, spread over the year.",
                "installations", "installation.full_weeks 0", weight=0.5,
            ),
            learning(
                "skills_south", "Bring the practice back",
                "Training days were cut here first and deepest.",
                "certified_installers 60, turnover 40", "installation.grow_crews 20",
            ),
        ),
    ),
    ScorecardPlan(
        "crews_cork",
        "financial 15, customer 30, process 35, learning 20",
        (
            financial(
                "pays_for_itself", "Jobs that pay for themselves",
                "The crew that packs the van knows what it leaves unpaid.",
                "installation_cost 60, crew_margin 40", "install_south.lean_jobs 0",
            ),
            customer(
                "dates_we_keep", "Dates we keep",
                "Call on the day before, every time.",
                "on_promised_date 50, moved_dates 20, handover_rating 30",
                "install_south.dates_kept 25",
            ),
            process(
                "right_first_time", "Right the first time",
                "The last hour of the job belongs to the checklist.",
                "first_time_right 60, installations 20, crew_days_used 20",
                "install_south.right_first_time 25",
            ),
            learning(
                "certified_crews", "Certified crews",
                "Four people through the exam by the end of the year.",
                "certified_installers 40, mentor_hours 30, skill_grade 30",
                "install_south.skills_south 25",
            ),
            learning(
                "people_stay", "A team that people stay in",
                "Say on Monday what Friday's answers changed.",
                "team_pulse", "corporate.teams_that_stay 0", weight=0.5,
            ),
        ),
    ),
    ScorecardPlan(
        "marta_santos",
        "customer 35, process 35, learning 30",
        (
            customer(
                "my_homes", "Homes I could move into",
                "The people in them should be glad that it was me.",
                "handover_rating", "crews_cork.dates_we_keep 5",
            ),
            process(
                "my_installations", "My installations, right the first time",
                "As crew lead: I sign, I answer for it.",
                "first_time_right 70, homes_led 30", "crews_cork.right_first_time 10",
            ),
            learning(
                "my_trade", "Stay at the top of the trade",
                "Licence kept, examiner's course finished, one improvement a month.",
                "training_days 50, gas_licence 25, own_ideas 25", "crews_cork.certified_crews 5",
            ),
        ),
    ),
    ScorecardPlan(
        "crews_dublin",
        "financial 15, customer 30, process 35, learning 20",
        (
            financial(
                "pays_for_itself", "Jobs that pay for themselves",
                "Overtime is a price that somebody decided to pay; say who.",
                "installation_cost 60, crew_margin 40", "install_south.lean_jobs 0",
            ),
            customer(
                "dates_we_keep", "Dates we keep",
                "Fewer promises on Mondays, fewer excuses on Fridays.",
                "on_promised_date 50, moved_dates 20, handover_rating 30",
                "install_south.dates_kept 25",
            ),
            process(
                "right_first_time", "Right the first time",
                "We grew by half in a year; now we learn to do it well.",
                "first_time_right 60, installations 20, crew_days_used 20",
                "install_south.right_first_time 25",
            ),
            learning(
                "certified_crews", "Certified crews",
                "A mentor in every second van until spring.",
                "certified_installers 35, mentor_hours 25, skill_grade 20, absence 20",
                "install_south.skills_south 25",
            ),
            learning(
                "people_stay", "A team that people stay in",
                "Three crews are new; nobody should feel alone in the van.",
                "team_pulse", "corporate.teams_that_stay 0", weight=0.5,
            ),
        ),
    ),
    ScorecardPlan(
        "liam_keane",
        "customer 35, process 35, learning 30",
        (
            customer(
                "my_homes", "Tidy homes, clear words",
                "Explain the controller twice, the second time to the person who will use it.",
                "handover_rating", "crews_dublin.dates_we_keep 5",
            ),
            process(
                "my_installations", "My installations, right the first time",
                "Ask before I guess.",
                "first_time_right 70, homes_led 30", "crews_dublin.right_first_time 10",
            ),
            learning(
                "my_certificate", "Get certified",
                "Hydraulics in spring, refrigerant in summer, with Zanele riding along.",
                "training_days 70, gas_licence 30", "crews_dublin.certified_crews 5",
            ),
        ),
    ),
    ScorecardPlan(
        "system_design",
        "customer 30, process 70",
        (
            customer(
                "promise_the_bill", "Promise a bill that comes true",
                "The heat demand is measured, not guessed from the floor area.",
                "savings_kept",
                "installation.worth_recommending 10, corporate.bills_as_promised 20",
            ),
            process(
                "designs_that_fit", "Designs that fit the home",
                "Nothing is drawn that nobody has looked at.",
                "survey_accuracy 50, design_changes 50", "installation.right_first_time 20",
            ),
            process(
                "papers_ahead", "Papers ahead of the crew",
                "Grid, council and subsidy before the date is promised.",
                "grid_notices 60, survey_backlog 40", "installation.warm_when_promised 10",
            ),
        ),
    ),
    ScorecardPlan(
        "surveyors",
        "process 100",
        (
            process(
                "look_twice", "Look twice, measure once more",
                "Cellar, fuse board and attic, whatever the customer says.",
                "survey_accuracy 60, design_changes 40", "system_design.designs_that_fit 30",
            ),
            process(
                "no_queue", "No home waits for us",
                "A survey within eight days of the order.",
                "survey_backlog", "system_design.papers_ahead 25", weight=0.6,
            ),
        ),
    ),
)  # fmt: skip
