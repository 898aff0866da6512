"""KPIs of the learning and growth perspective, and the library as a whole."""

from .kpis_building import BUILDING
from .kpis_customer import CUSTOMER
from .kpis_field import FIELD
from .kpis_financial import FINANCIAL
from .plans import KPIPlan

LEARNING = (
    KPIPlan(
        "certified_installers", "Certified installers", "%", "month last higher lead",
        "Share of installers on site who hold our own certificate for hydraulics and refrigerant.",
        "Crews with a certified lead are right first time eleven points more often.",
        at="corporate, installation, install_north, crews_belfast 110, crews_galway 115,"
        " install_south, crews_cork 118, crews_dublin 101, academy 113", over="mean",
        target=80, red=68, rise=2, baseline=60, decimals=1, low=0, high=100,
        moved_by="skills 32", noise=4,
    ),
    KPIPlan(
        "training_days", "Training days per person", "days", "month sum higher lead",
        "Days of training per head in the month, on the job with a mentor included.",
        "It was cut to clear the backlog after the fire, and it is the first cause in the chain.",
        at="corporate 113, installation 110, service 116, plant 110, academy 113,"
        " marta_santos 127, liam_keane 78, conor_ryan 124, nadia_petrova 116, thabo_nkosi 110",
        target=0.8, red=0.5, rise=0.05, decimals=2, low=0, moved_by="skills 35", noise=9,
    ),
    KPIPlan(
        "engagement", "Engagement", "points", "half last higher lead",
        "Index of 0 to 100 from the half-yearly survey of all people.",
        "Units in the upper third lose half as many people and have a third of the accidents.",
        at="corporate 108, products 113, installation 101, service 110, sales 113, people 108",
        target=76, red=68, rise=1, decimals=1, low=0, high=100, moved_by="mood 20", noise=3,
        grace=45,
    ),
    KPIPlan(
        "turnover", "People who left", "%", "month mean lower lag",
        "People who left by their own wish in the last twelve months, in percent of all.",
        "An installer who leaves takes two years of practice along, usually to a competitor.",
        at="corporate 108, products 116, installation 102, service 110, sales 108, people 108,"
        " install_north 108, install_south 95",
        target=9, red=13, rise=-0.3, decimals=1, low=0, high=100, moved_by="mood 13", noise=4,
    ),
    KPIPlan(
        "accident_rate", "Accidents", "per m hours", "month mean lower lag",
        "Accidents with at least one day lost per million hours worked, over twelve months.",
        "Everybody goes home as they came. There is no trade-off here.",
        at="corporate 116, plant 118, installation 104, warehouse 113",
        target=6, red=10, rise=-0.5, decimals=1, low=0, moved_by="skills 9, mood 5", noise=5,
    ),
    KPIPlan(
        "near_misses", "Near misses reported", "reports", "month sum higher lead",
        "Reports of what nearly went wrong, with a measure taken.",
        "A month without reports is not a safe month, it is a silent one.",
        at="plant 113 x1, installation 94 x1.6, warehouse 108 x0.4", target=18, red=11, low=0,
        moved_by="mood 8", noise=12,
    ),
    KPIPlan(
        "absence", "Days absent", "%", "month mean lower lag",
        "Working days lost to illness, in percent.",
        "Two points above normal is a crew of eight who are not there.",
        at="plant 108, field_service 101, customer_desk 76, crews_dublin 82", target=4.2, red=6.2,
        decimals=1, low=0, high=100, moved_by="mood 11", noise=9,
    ),
    KPIPlan(
        "connected_pumps", "Pumps that report to us", "%", "month last higher lead",
        "Share of the pumps under a care plan that sent readings this week.",
        "What we cannot hear we can only repair.",
        at="corporate 110, service 110, digital 110, data_platform 110", target=82, red=74, rise=5, is_phased=True,
        decimals=1, low=0, high=100, moved_by="data 9", noise=3,
    ),
    KPIPlan(
        "apprentices", "Apprentices", "people", "quarter last higher lead",
        "Apprentices in installation, service and the plant at the end of the quarter.",
        "The installers of the year after next can only be hired this year.",
        at="academy 101, people 101", target=64, red=48, rise=6, low=0, noise=4, grace=15,
    ),
    KPIPlan(
        "mentor_hours", "Hours with a mentor", "h", "month sum higher lead",
        "Hours that certified installers spent beside newcomers, in homes.",
        "Nobody learned to braze from a slide.",
        at="academy 113 x2.1, crews_belfast 108 x1, crews_galway 113 x0.9, crews_cork 116 x1,"
        " crews_dublin 88 x1.1",
        target=120, red=85, rise=6, low=0, moved_by="skills 23", noise=9,
    ),
    KPIPlan(
        "course_rating", "Rating of courses", "stars", "month mean higher lag",
        "One to five stars given two months later: could you use it?",
        "A course that nobody can use is a day taken from a home.",
        at="academy 116, brid_lenihan 113", target=4.4, red=4.0, decimals=2, low=1, high=5,
    ),
    KPIPlan(
        "exams_passed", "Exams passed", "%", "quarter mean higher lag",
        "Share of candidates for our certificate who passed at the first attempt.",
        "It fell when newcomers were sent to the exam with half the practice.",
        at="academy 110, people 110", target=84, red=74, decimals=1, low=0, high=100,
        moved_by="skills 17", noise=5, grace=15,
    ),
    KPIPlan(
        "time_to_hire", "Days to fill a trade post", "days", "quarter mean lower lead",
        "From the approved request to the signed contract, installers and service engineers.",
        "An empty post is overtime for seven others.",
        at="people 95, installation 95", target=52, red=70, low=0, noise=8, grace=15,
    ),
    KPIPlan(
        "critical_vacancies", "Critical posts empty", "posts", "month last lower lead",
        "Posts in trades and development empty for more than sixty days.",
        "Six of these are a crew.",
        at="people 100, installation 88 x0.6", target=12, red=20, low=0, moved_by="mood 9", noise=7,
    ),
    KPIPlan(
        "stations_covered", "Stations with three trained people", "%", "month last higher lead",
        "Share of stations at which at least three people are trained.",
        "With three, one may be ill and one may be learning.",
        at="plant, line_one 113, line_two 100, test_bench 88", over="mean", target=85, red=72,
        rise=3, decimals=0, low=0, high=100, moved_by="skills 9", noise=5,
    ),
    KPIPlan(
        "ideas_used", "Ideas put to use", "ideas", "month sum higher lead",
        "Ideas of people at the lines and in the lab that were put to use in the month.",
        "The best changeover we have was drawn on a glove box.",
        at="plant 101 x1, line_one 113 x0.4, line_two 94 x0.35, engineering 110 x0.3,"
        " thabo_nkosi 126 x0.05", target=20, red=13, rise=1, low=0, noise=12,
    ),
    KPIPlan(
        "both_trades", "Engineers with both trades", "%", "quarter last higher lead",
        "Share of engineers licensed for electrics and for refrigerant.",
        "One licence opens the fault, the other closes it.",
        at="service 98, field_service 98, field_east 108, field_west 82", target=70, red=58,
        rise=4, decimals=0, low=0, high=100, moved_by="skills 7", noise=4, grace=15,
    ),
    KPIPlan(
        "gas_licence", "Refrigerant licence valid", "", "half last higher lead",
        "Yes while the licence to handle refrigerant is valid.",
        "Without it the law says: do not open the circuit.",
        at="marta_santos 130, liam_keane 130, conor_ryan 130, nadia_petrova 130", kind="yes_no",
        noise=3, grace=10,
    ),
    KPIPlan(
        "skill_grade", "Grade of the crew's skills", "", "quarter last higher lead",
        "The academy's grade of a crew after riding along for two days, A the best.",
        "It looks at hands, not at certificates.",
        at="crews_belfast 101, crews_galway 116, crews_cork 115, crews_dublin 88", kind="graded",
        target=4, red=2, grades=(("A", 5), ("B", 4), ("C", 3), ("D", 2), ("E", 1)),
        moved_by="skills 14", noise=10, grace=15,
    ),
    KPIPlan(
        "women_in_trades", "Women in trades", "%", "year last higher lag",
        "Share of women among installers, service engineers and line workers at the year's end.",
        "Half of the talent has never been asked.",
        at="people 94, installation 94", target=14, rise=1, spread=3, decimals=1, low=0, high=100,
        noise=3, grace=45,
    ),
    KPIPlan(
        "posts_with_successor", "Key posts with a successor", "%", "year last higher lead",
        "Share of key posts for which somebody could take over within three months.",
        "Two of our five best planners retire next year.",
        at="people 104, corporate 104", target=70, red=55, rise=4, low=0, high=100, noise=5,
        grace=45,
    ),
    KPIPlan(
        "data_trained", "Managers trained in reading data", "%", "half last higher lead",
        "Share of managers who finished the two days on variation, trends and targets.",
        "So that nobody is praised or scolded for noise.",
        at="digital 94, people 94", target=75, spread=20, rise=8, low=0, high=100, noise=4,
        grace=45,
    ),
    KPIPlan(
        "advisers_trained", "Advisers who know the new models", "%", "quarter last higher lead",
        "Share of advisers who passed the test on the current range.",
        "A customer notices within two questions.",
        at="showrooms 113, homes 106, sales 106, housing 98", target=92, red=80, low=0, high=100,
        noise=6, grace=15, moved_by="skills 4",
    ),
    KPIPlan(
        "own_ideas", "Improvements I proposed", "ideas", "quarter sum higher lead",
        "Improvements to tools, routes or instructions that the person proposed.",
        "Whoever does the work sees the waste first.",
        at="conor_ryan 116, arjun_mehta 102, sofia_rossi 88, marta_santos 118", target=2, spread=2,
        low=0, noise=20, grace=10,
    ),
    KPIPlan(
        "courses_given", "Courses given", "courses", "month sum higher lead",
        "Courses of at least half a day held by the trainer.",
        "One course reaches eight people, and through them a hundred homes.",
        at="academy 110 x1, brid_lenihan 110 x0.25", target=16, red=11, low=0, moved_by="skills 16",
        noise=9,
    ),
    KPIPlan(
        "model_tests_automated", "Tests that run by themselves", "%", "month last higher lead",
        "Share of the release tests that run without a person.",
        "The monthly release stands on them.",
        at="controls 106, engineering 106", target=78, red=64, rise=6, low=0, high=100, noise=4,
    ),
    KPIPlan(
        "pipelines_documented", "Data flows documented", "%", "month last higher lead",
        "Share of data flows with an owner, a description and a test.",
        "What only one person understands is on holiday when it breaks.",
        at="data_platform 76, digital 76", target=90, red=70, rise=10, low=0, high=100, noise=4,
    ),
)  # fmt: skip

KPIS = FINANCIAL + CUSTOMER + BUILDING + FIELD + LEARNING
