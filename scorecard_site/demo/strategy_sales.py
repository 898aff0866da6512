"""The scorecards of Sales: homeowners and partners."""

from .plans import ScorecardPlan
from .strategy_corporate import customer, financial, learning, process

SALES = (
    ScorecardPlan(
        "sales",
        "financial 35, customer 30, process 20, learning 15",
        (
            financial(
                "good_orders", "Orders that we are glad to have won",
                "Homes we can serve well, at a price that pays for doing so.",
                "orders_won 40, order_book 30, gross_margin 30",
                "corporate.full_order_book 30, corporate.profitable_growth 0",
            ),
            customer(
                "first_choice", "First choice in the street",
                "Recommendations before advertisements.",
                "referral_share 35, win_rate 35, nps 20, complaints 10",
                "corporate.recommended 15",
            ),
            process(
                "steady_pipeline", "A steady pipeline",
                "Two quarters of work in sight, and a forecast that the plant can buy on.",
                "pipeline_cover 40, forecast_error 30, enquiries 30", "corporate.promise_kept 0",
            ),
            learning(
                "advisers_who_know", "Advisers who know what they sell",
                "Every adviser spends a day with a crew each quarter.",
                "advisers_trained 40, engagement 30, turnover 30", "corporate.teams_that_stay 5",
            ),
            customer(
                "worth_for_climate", "Count what it is good for",
                "Tell customers what their home saves, once the method is audited.",
                "carbon_saved", "corporate.recommended 0", weight=0.2,
            ),
        ),
    ),
    ScorecardPlan(
        "homes",
        "financial 35, customer 35, process 20, learning 10",
        (
            financial(
                "homes_worth_winning", "Homes worth winning",
                "Sell the right size, not the biggest.",
                "orders_won 50, gross_margin 25, discount_rate 25", "sales.good_orders 20",
            ),
            customer(
                "trusted_advice", "Advice that people trust",
                "We say no to one home in six, and say why.",
                "referral_share 30, win_rate 30, review_stars 40", "sales.first_choice 25",
            ),
            process(
                "quick_answers", "Quick answers",
                "A quotation while the visit is still remembered.",
                "quote_hours 40, enquiries 30, pipeline_cover 30", "sales.steady_pipeline 20",
            ),
            learning(
                "range_known", "Know the range",
                "New models are learned before they are advertised.",
                "advisers_trained", "sales.advisers_who_know 15",
            ),
            customer(
                "no_loose_ends", "No loose ends after the sale",
                "The adviser stays the customer's person until the house is warm.",
                "order_to_warm 50, overdue_receivables 50", "corporate.promise_kept 0", weight=0.4,
            ),
        ),
    ),
    ScorecardPlan(
        "showrooms",
        "financial 35, customer 45, learning 20",
        (
            financial(
                "orders_from_rooms", "Orders from the rooms",
                "Four rooms, each paying its own rent.",
                "orders_won 50, gross_margin 25, discount_rate 25", "homes.homes_worth_winning 25",
            ),
            customer(
                "hear_it_run", "Come and hear it run",
                "The quietest argument we have.",
                "consultations 40, review_stars 30, win_rate 30", "homes.trusted_advice 25",
            ),
            customer(
                "quote_tomorrow", "Your quotation tomorrow",
                "Finished before the next visit begins.",
                "quote_hours", "homes.quick_answers 20", weight=0.5,
            ),
            learning(
                "know_and_show", "Know it and show it",
                "Everybody can open the casing and name the parts.",
                "advisers_trained", "homes.range_known 20",
            ),
        ),
    ),
    ScorecardPlan(
        "sofia_rossi",
        "customer 60, process 40",
        (
            customer(
                "my_customers", "Customers who come back with a neighbour",
                "Twelve consultations a week, one follow-up call for each.",
                "consultations 50, win_rate 50", "showrooms.hear_it_run 10",
            ),
            process(
                "my_quotes", "Quotations that need no discount",
                "Size it well, explain it well, send it the next day.",
                "quote_hours 40, discount_rate 40, own_ideas 20", "showrooms.quote_tomorrow 10",
            ),
        ),
    ),
    ScorecardPlan(
        "partners",
        "financial 40, customer 40, process 20",
        (
            financial(
                "programmes", "Programmes, not single orders",
                "Work for the months in which homeowners do not buy.",
                "orders_won 60, gross_margin 40", "sales.good_orders 20",
            ),
            customer(
                "partners_who_stay", "Partners who stay",
                "Spare parts, training and one phone number.",
                "partner_satisfaction 40, frame_contracts 40, win_rate 20",
                "sales.first_choice 15",
            ),
            process(
                "pipeline_of_programmes", "A pipeline of programmes",
                "Be in the room a year before the tender.",
                "pipeline_cover", "sales.steady_pipeline 15",
            ),
        ),
    ),
    ScorecardPlan(
        "housing",
        "financial 35, customer 35, process 15, learning 15",
        (
            financial(
                "big_programmes", "Programmes that fill a crew for a year",
                "Fifty homes or more, planned with the residents.",
                "orders_won 60, gross_margin 40", "partners.programmes 30",
            ),
            customer(
                "chosen_by_associations", "Chosen by associations",
                "Residents' evenings first, contracts later.",
                "frame_contracts 50, win_rate 50", "partners.partners_who_stay 25",
            ),
            process(
                "tenders_complete", "Tenders complete and in time",
                "Two people read each tender, one of them new to it.",
                "tenders_in_time", "partners.pipeline_of_programmes 15",
            ),
            learning(
                "know_buildings", "Know blocks as well as houses",
                "Advisers learn heat networks and shared meters.",
                "advisers_trained", "sales.advisers_who_know 10",
            ),
        ),
    ),
)  # fmt: skip
