"""What the demonstration company does about it; months are counted from today's."""

from .plans import InitiativePlan

INITIATIVES = (
    InitiativePlan(
        "mentor_in_every_van", "A mentor in every van",
        "Put a certified installer beside every newcomer for their first forty homes, and plan the"
        " slower pace into the dates that we promise. Started late: the backlog always came first.",
        "installation", "Adaeze Okonkwo",
        "installation.grow_crews, corporate.skilled_installers",
        status="running", starts=-4, ends=8, percent=25, planned=620_000, spent=148_000,
        milestones=(
            ("Mentors chosen and their targets lowered", -3, -3),
            ("First twenty pairs on the road", -2, -1),
            ("Crews Dublin complete", -1, None),
            ("All crews complete", 5, None),
        ),
    ),
    InitiativePlan(
        "training_days_back", "Bring the training days back",
        "Twelve fixed days per person and year, booked before installations are. The works council"
        " agreed; the planning system does not yet know them.",
        "people", "Hannah Lindqvist",
        "corporate.skilled_installers, people.learning_protected",
        status="running", starts=-5, ends=4, percent=40, planned=380_000, spent=121_000,
        milestones=(
            ("Agreement with the works council", -4, -4),
            ("Days in the planning system", -2, None),
            ("Autumn calendar full", 1, None),
        ),
    ),
    InitiativePlan(
        "second_board_maker", "A second maker of inverter boards",
        "Approve boards of a second maker for every model, with firmware that runs on both.",
        "sourcing", "Pieter van Wyk",
        "sourcing.two_for_everything, corporate.parts_never_wait",
        status="running", starts=-11, ends=3, percent=70, planned=540_000, spent=655_000,
        milestones=(
            ("Samples tested in the lab", -8, -7),
            ("Firmware runs on both boards", -4, -2),
            ("Approved for the small models", -1, None),
            ("Approved for all models", 2, None),
        ),
    ),
    InitiativePlan(
        "checklist_app", "One checklist in every van",
        "The paper list becomes an app with photographs; nobody can close a job with a step open.",
        "installation", "Dev Kapoor",
        "installation.right_first_time, corporate.right_first_time",
        status="running", starts=-7, ends=2, percent=60, planned=210_000, spent=119_000,
        milestones=(
            ("Pilot in Galway", -4, -4),
            ("Crews North equipped", -1, -1),
            ("Crews South equipped", 1, None),
        ),
    ),
    InitiativePlan(
        "quiet_fan", "The quiet fan",
        "A new fan and casing for outdoor units: 52 dB(A) with the motor that we have.",
        "engineering", "Jakub Horák",
        "engineering.quiet_and_thrifty, corporate.better_models",
        status="running", starts=-9, ends=6, percent=55, planned=890_000, spent=472_000,
        milestones=(
            ("Concept chosen from three", -6, -5),
            ("Prototype below 53 dB(A)", -2, -2),
            ("Endurance test passed", 2, None),
            ("First hundred units", 6, None),
        ),
    ),
    InitiativePlan(
        "remote_first", "Remote first",
        "Every fault call starts with the pump's own readings; an engineer drives only when the"
        " desk has said why.",
        "remote_care", "Priya Raman",
        "remote_care.seen_before_felt, corporate.fix_before_cold",
        status="done", starts=-20, ends=-3, percent=100, planned=340_000, spent=331_000,
        milestones=(
            ("Readings on the desk's screens", -15, -14),
            ("Night shift staffed", -9, -9),
            ("All care plans included", -3, -3),
        ),
    ),
    InitiativePlan(
        "connect_at_handover", "Connect at handover",
        "No handover without a first reading on our platform; a card with its own connection where"
        " the home has none.",
        "digital", "Samuel Adeyemi",
        "digital.pumps_heard, corporate.every_pump_heard",
        status="running", starts=-12, ends=2, percent=85, planned=260_000, spent=214_000,
        milestones=(
            ("Card works in all four networks", -8, -8),
            ("Part of the handover list", -4, -4),
            ("Older pumps visited", 2, None),
        ),
    ),
    InitiativePlan(
        "neighbour_evenings", "Evenings with the neighbours",
        "A customer opens the door, we bring soup and a sound meter.",
        "homes", "Clodagh Byrne",
        "homes.trusted_advice, corporate.recommended",
        status="running", starts=-6, ends=6, percent=45, planned=90_000, spent=38_000,
        milestones=(
            ("First ten evenings", -3, -3),
            ("Fifty evenings", 3, None),
        ),
    ),
    InitiativePlan(
        "housing_team", "A team for housing associations",
        "Advisers, a planner and a crew that do nothing but blocks.",
        "partners", "Yusuf Demir",
        "partners.programmes, partners.partners_who_stay",
        status="running", starts=-16, ends=1, percent=90, planned=420_000, spent=396_000,
        milestones=(
            ("Team complete", -11, -10),
            ("First programme handed over", -4, -4),
            ("Framework with the national buying group", 1, None),
        ),
    ),
    InitiativePlan(
        "line_two_tester", "A new leak tester for line 2",
        "Replace the tester that stops the line twice a shift.",
        "plant", "Bogdan Ionescu",
        "line_two.steady_pace, plant.week_as_planned",
        status="running", starts=-8, ends=-1, percent=80, planned=310_000, spent=298_000,
        milestones=(
            ("Ordered", -7, -7),
            ("Installed", -3, -2),
            ("Runs a whole shift without a stop", -1, None),
        ),
    ),
    InitiativePlan(
        "cash_at_handover", "Invoice at handover",
        "The crew lead's signature sends the invoice, with the subsidy papers attached.",
        "finance", "Oisín Doyle",
        "finance.cash_in, corporate.cash_and_trust",
        status="done", starts=-18, ends=-6, percent=100, planned=120_000, spent=104_000,
        milestones=(
            ("Pilot with Crews Cork", -13, -13),
            ("All crews", -6, -6),
        ),
    ),
    InitiativePlan(
        "second_licence", "The second licence",
        "Refrigerant courses for electricians and the reverse, in the quiet months.",
        "field_service", "Dariusz Nowak",
        "field_service.both_licences, service.hands_and_heads",
        status="running", starts=-10, ends=5, percent=35, planned=180_000, spent=61_000,
        milestones=(
            ("Spring course", -6, -6),
            ("Summer course", -3, None),
            ("Winter course", 3, None),
        ),
    ),
    InitiativePlan(
        "leaders_read_data", "Leaders who read data",
        "Two days on variation, targets and the difference between a signal and a wobble.",
        "people", "Saoirse Maguire",
        "people.learning_protected, digital.data_understood",
        status="running", starts=-14, ends=10, percent=60, planned=75_000, spent=41_000,
        milestones=(
            ("Board and divisions", -10, -10),
            ("Departments", -2, -1),
            ("Teams", 8, None),
        ),
    ),
    InitiativePlan(
        "own_finance_house", "A finance house of our own",
        "Lend customers the money for their pump. Stopped: the bank's offer was better than ours.",
        "finance", "Oisín Doyle",
        "corporate.profitable_growth",
        status="stopped", starts=-15, ends=-8, percent=30, planned=450_000, spent=96_000,
        milestones=(("Business case", -12, -11), ("Licence applied for", -9, None)),
    ),
    InitiativePlan(
        "second_plant", "A second plant in Waterford",
        "Find the site and the permits now, so that the decision can be made when skills allow it.",
        "products", "Tomasz Zieba",
        "products.cost_down, corporate.profitable_growth",
        status="planned", starts=3, ends=26, percent=0, planned=18_500_000, spent=0,
        milestones=(("Site chosen", 6, None), ("Decision of the board", 9, None)),
    ),
)  # fmt: skip
