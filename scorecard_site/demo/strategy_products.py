"""The scorecards of Products: engineering, the plant and the supply chain."""

from .plans import ScorecardPlan
from .strategy_corporate import customer, financial, learning, process

PRODUCTS = (
    ScorecardPlan(
        "products",
        "financial 25, customer 20, process 35, learning 20",
        (
            financial(
                "cost_down", "Take three percent out of every unit, every year",
                "Design, purchasing and the lines share one list of savings and one target.",
                "unit_cost 50, operating_margin 30, revenue 20", "corporate.profitable_growth 10",
            ),
            financial(
                "capital_working", "Make capital work",
                "Stock where it protects a promise, machines where they remove a bottleneck.",
                "inventory_days 70, plant_spending 30", "corporate.cash_and_trust 0", weight=0.5,
            ),
            customer(
                "partners_content", "Partners who order again",
                "Installers who buy our units judge us by what is in the box and when it comes.",
                "partner_satisfaction 50, defect_rate 50", "corporate.recommended 0",
            ),
            process(
                "flow", "Lines that never wait",
                "Material, people and plan for the week are complete on the Thursday before.",
                "supplier_on_time 100", "corporate.parts_never_wait 15, corporate.promise_kept 0",
            ),
            process(
                "launch_better_models", "Launch better models on time",
                "One new model for each season, on the date printed in the catalogue.",
                "seasonal_efficiency 30, milestones_kept 55, energy_label 15",
                "corporate.better_models 30",
            ),
            process(
                "clean_plant", "Build with less energy and keep every certificate",
                "What we ask of homes we ask of the plant.",
                "energy_per_unit 60, certificates_kept 40", "corporate.better_models 0", weight=0.5,
            ),
            learning(
                "proud_builders", "Builders who improve their own work",
                "People at the lines change their stations themselves; engineers come when called.",
                "engagement 50, turnover 50", "corporate.teams_that_stay 10",
            ),
        ),
    ),
    ScorecardPlan(
        "engineering",
        "financial 15, customer 25, process 40, learning 20",
        (
            financial(
                "money_into_models", "Put the money where the models are",
                "Four to five percent of revenue, most of it in the next two launches.",
                "rnd_share", "products.cost_down 0",
            ),
            customer(
                "quiet_and_thrifty", "Quiet enough for terraces, thrifty enough for flats",
                "The two numbers on the first page of every brochure.",
                "seasonal_efficiency 40, sound_level 40, energy_label 20",
                "products.launch_better_models 25",
            ),
            process(
                "dates_kept", "Keep development dates",
                "Late hardware costs a season. Better a smaller model in September than a bigger"
                " one in January.",
                "milestones_kept",
                "products.launch_better_models 25, corporate.finish_what_we_start 20",
            ),
            process(
                "safe_releases", "Release software every month, safely",
                "Small steps, tested by machines, undone in an hour if need be.",
                "release_shipped 40, field_defects 60", "products.partners_content 0",
            ),
            learning(
                "learn_from_field", "Learn from the field",
                "Every engineer spends four days a year in homes.",
                "ideas_used 50, model_tests_automated 50", "products.proud_builders 10",
            ),
        ),
    ),
    ScorecardPlan(
        "acoustics",
        "customer 50, process 50",
        (
            customer(
                "no_neighbour_objects", "A unit that no neighbour hears",
                "Fan, compressor and casing are tuned as one instrument.",
                "sound_level 50, seasonal_efficiency 50", "engineering.quiet_and_thrifty 30",
            ),
            process(
                "fast_lab", "Two prototypes a month through the lab",
                "Faster tests are cheaper than better guesses.",
                "lab_days 50, milestones_kept 50", "engineering.dates_kept 20",
            ),
        ),
    ),
    ScorecardPlan(
        "controls",
        "customer 40, process 35, learning 25",
        (
            customer(
                "no_surprises", "No surprises for installers",
                "A defect is ours to find.",
                "field_defects", "engineering.safe_releases 25",
            ),
            process(
                "monthly_release", "A release every month",
                "The date is fixed, the content is what is ready.",
                "release_shipped 50, milestones_kept 50",
                "engineering.safe_releases 25, engineering.dates_kept 10",
            ),
            learning(
                "tests_first", "Tests that run by themselves",
                "So that a Friday release is as boring as a Monday one.",
                "model_tests_automated", "engineering.learn_from_field 10",
            ),
        ),
    ),
    ScorecardPlan(
        "plant",
        "financial 25, customer 20, process 35, learning 20",
        (
            financial(
                "frugal_plant", "A frugal plant",
                "Less scrap, less energy, fewer minutes between models.",
                "unit_cost 50, scrap_cost 30, energy_per_unit 20", "products.cost_down 25",
            ),
            customer(
                "units_that_last", "Units that last",
                "Found at the bench, not in a kitchen in January.",
                "defect_rate 60, bench_yield 40", "products.partners_content 20",
            ),
            process(
                "week_as_planned", "Build the week as planned",
                "The plan is made on Thursday and not touched before the next.",
                "line_output 40, plan_kept 30, line_effectiveness 30", "products.flow 25",
            ),
            process(
                "order_in_house", "A house in order",
                "Certificates kept and actions closed on their date.",
                "certificates_kept 50, open_actions 50", "products.clean_plant 20", weight=0.5,
            ),
            learning(
                "many_hands", "Three people for every station",
                "Nobody is irreplaceable on a Monday morning, and everybody can go on a course.",
                "stations_covered 50, ideas_used 25, training_days 25",
                "products.proud_builders 10",
            ),
            learning(
                "home_safe", "Everybody goes home safe",
                "We count what nearly happened so that less does.",
                "accident_rate 40, near_misses 40, absence 20", "corporate.everybody_home 20",
            ),
        ),
    ),
    ScorecardPlan(
        "line_one",
        "financial 25, process 45, learning 30",
        (
            financial(
                "waste_less", "Waste less",
                "Weigh the scrap bin on Fridays, together.",
                "scrap_cost", "plant.frugal_plant 15",
            ),
            process(
                "steady_pace", "A steady pace",
                "Better nine good units an hour all day than eleven before lunch.",
                "line_output 40, line_effectiveness 35, changeover 25", "plant.week_as_planned 25",
            ),
            process(
                "sent_on_good", "Pass on only good work",
                "Each station checks what it receives and what it gives.",
                "defect_rate", "plant.units_that_last 20",
            ),
            learning(
                "every_station", "Every station learned by three",
                "Rotate on Tuesdays, whatever the backlog.",
                "stations_covered 60, ideas_used 40", "plant.many_hands 20",
            ),
            learning(
                "people_stay", "A team that people stay in",
                "What the pulse says hangs beside the output of the shift.",
                "team_pulse", "corporate.teams_that_stay 0", weight=0.5,
            ),
        ),
    ),
    ScorecardPlan(
        "thabo_nkosi",
        "process 60, learning 40",
        (
            process(
                "my_station", "Nothing wrong leaves my station",
                "Brazing and leak test, station 4.",
                "station_defects", "line_one.sent_on_good 10",
            ),
            learning(
                "my_trade", "Learn a second station and improve the first",
                "Hydraulic assembly by the end of the year, with Aoife as mentor.",
                "training_days 60, ideas_used 40", "line_one.every_station 10",
            ),
        ),
    ),
    ScorecardPlan(
        "line_two",
        "financial 25, process 45, learning 30",
        (
            financial(
                "waste_less", "Waste less",
                "Pipework bent twice is two thirds of our scrap.",
                "scrap_cost", "plant.frugal_plant 15",
            ),
            process(
                "steady_pace", "A steady pace",
                "Get the new leak tester to run a whole shift without a stop.",
                "line_output 40, line_effectiveness 35, changeover 25", "plant.week_as_planned 25",
            ),
            process(
                "sent_on_good", "Pass on only good work",
                "Stop the line rather than the customer's heating.",
                "defect_rate", "plant.units_that_last 20",
            ),
            learning(
                "every_station", "Every station learned by three",
                "Two stations still depend on one person.",
                "stations_covered 60, ideas_used 40", "plant.many_hands 20",
            ),
            learning(
                "people_stay", "A team that people stay in",
                "The leak tester's stops are a nuisance with a name; mend it.",
                "team_pulse", "corporate.teams_that_stay 0", weight=0.5,
            ),
        ),
    ),
    ScorecardPlan(
        "test_bench",
        "customer 50, process 25, learning 25",
        (
            customer(
                "nothing_slips", "Nothing slips through",
                "Every unit runs an hour at minus ten before it leaves.",
                "bench_yield", "plant.units_that_last 25",
            ),
            process(
                "close_the_loop", "Close the loop to the lines",
                "A finding is worth something when its cause is gone.",
                "open_actions", "plant.order_in_house 15",
            ),
            learning(
                "bench_skills", "Everybody can run every bench",
                "Four benches, nine people, no specialists.",
                "stations_covered", "plant.many_hands 10",
            ),
        ),
    ),
    ScorecardPlan(
        "supply",
        "financial 30, customer 30, process 40",
        (
            financial(
                "stock_with_purpose", "Stock with a purpose",
                "Hold what protects the line, sell what does not.",
                "inventory_days 50, premium_freight 50", "products.capital_working 20",
            ),
            customer(
                "deliveries_complete", "Complete deliveries on the planned day",
                "To crews, partners and vans alike.",
                "dispatched_on_time 40, complete_deliveries 40, parts_available 20",
                "products.partners_content 15, corporate.promise_kept 10",
            ),
            process(
                "suppliers_reliable", "Suppliers we can rely on",
                "Fewer, closer, visited, and never only one.",
                "supplier_on_time 50, single_source 30, suppliers_audited 20",
                "products.flow 30, corporate.parts_never_wait 20",
            ),
        ),
    ),
    ScorecardPlan(
        "sourcing",
        "process 70, learning 30",
        (
            process(
                "two_for_everything", "Two suppliers for everything that stops a line",
                "Boards first, then compressors, then valves.",
                "single_source 60, second_source 40", "supply.suppliers_reliable 25",
            ),
            process(
                "dates_confirmed", "Dates that suppliers keep",
                "A monthly call with the ten that matter, with their own curve on the screen.",
                "supplier_on_time", "supply.suppliers_reliable 25",
            ),
            learning(
                "know_suppliers", "Know suppliers' halls, not only their prices",
                "Every critical supplier is visited once a year by a buyer and an engineer.",
                "suppliers_audited", "supply.suppliers_reliable 10",
            ),
        ),
    ),
    ScorecardPlan(
        "warehouse",
        "financial 20, customer 45, process 35",
        (
            financial(
                "calm_dispatch", "Dispatch without express vans",
                "Pack on Wednesday what leaves on Friday.",
                "premium_freight 50, inventory_days 50", "supply.stock_with_purpose 20",
            ),
            customer(
                "complete_in_time", "Complete and in time",
                "The bracket is part of the heat pump.",
                "dispatched_on_time 40, complete_deliveries 30, parts_available 30",
                "supply.deliveries_complete 30",
            ),
            process(
                "bins_right", "Every bin right, every floor dry",
                "Count a little every day; tidy is safe.",
                "stock_accuracy 50, near_misses 20, accident_rate 30",
                "supply.deliveries_complete 0",
            ),
        ),
    ),
)  # fmt: skip
