"""Who Aldermoor is: its name, its purpose and its units."""

from .plans import UnitPlan

CODE = "aldermoor"
NAME = "Aldermoor Heat Pumps"
DOMAIN = "aldermoor.example"
TIME_ZONE = "Europe/Dublin"

MISSION = (
    "We build heat pumps in Limerick, fit them in homes across the island, and look after them for"
    " as long as they run, so that changing how a home is heated is an ordinary, trustworthy job."
)
VISION = (
    "By the end of the decade one home in ten on the island is kept warm by an Aldermoor, and"
    " nobody in those homes has to think about it."
)
VALUES = (
    "Leave it better than we found it. Say the date we can keep. Learn before we hurry. The number"
    " is everybody's to see."
)

UNITS = tuple(
    UnitPlan(code, name, kind, parent, lead)
    for kind, code, name, parent, lead in (
        ("corporate", "corporate", "Aldermoor", None, "Niamh Kavanagh"),
        ("division", "products", "Products", "corporate", "Tomasz Zieba"),
        ("department", "engineering", "Engineering", "products", "Emi Tanaka"),
        ("team", "acoustics", "Acoustics and refrigeration lab", "engineering", "Jakub Horák"),
        ("team", "controls", "Controls software", "engineering", "Farah Siddiqui"),
        ("department", "plant", "Limerick plant", "products", "Gintarė Petrauskaitė"),
        ("team", "line_one", "Assembly line 1", "plant", "Aoife Nolan"),
        ("individual", "thabo_nkosi", "Thabo Nkosi", "line_one", "Thabo Nkosi"),
        ("team", "line_two", "Assembly line 2", "plant", "Bogdan Ionescu"),
        ("team", "test_bench", "End-of-line test", "plant", "Chiara Conti"),
        ("department", "supply", "Supply chain", "products", "Mateus Oliveira"),
        ("team", "sourcing", "Strategic sourcing", "supply", "Pieter van Wyk"),
        ("team", "warehouse", "Warehouse and dispatch", "supply", "Grace Mwangi"),
        ("division", "installation", "Installation", "corporate", "Adaeze Okonkwo"),
        ("department", "install_north", "Installation North", "installation", "Siobhán Gallagher"),
        ("team", "crews_belfast", "Crews Belfast", "install_north", "Rory McAllister"),
        ("team", "crews_galway", "Crews Galway", "install_north", "Peadar Flaherty"),
        ("department", "install_south", "Installation South", "installation", "Kwame Mensah"),
        ("team", "crews_cork", "Crews Cork", "install_south", "Eoin Crowley"),
        ("individual", "marta_santos", "Marta Santos", "crews_cork", "Marta Santos"),
        ("team", "crews_dublin", "Crews Dublin", "install_south", "Zanele Dlamini"),
        ("individual", "liam_keane", "Liam Keane", "crews_dublin", "Liam Keane"),
        ("department", "system_design", "Survey and design", "installation", "Ingrid Solberg"),
        ("team", "surveyors", "Home surveyors", "system_design", "Lukas Brandt"),
        ("division", "service", "Service", "corporate", "Ruairí Brennan"),
        ("department", "field_service", "Field service", "service", "Dariusz Nowak"),
        ("team", "field_east", "Field engineers East", "field_service", "Maeve Kinsella"),
        ("individual", "nadia_petrova", "Nadia Petrova", "field_east", "Nadia Petrova"),
        ("team", "field_west", "Field engineers West", "field_service", "Tiago Ferreira"),
        ("individual", "conor_ryan", "Conor Ryan", "field_west", "Conor Ryan"),
        ("department", "remote_care", "Remote care", "service", "Priya Raman"),
        ("team", "monitoring", "Remote monitoring", "remote_care", "Ananya Iyer"),
        ("individual", "arjun_mehta", "Arjun Mehta", "monitoring", "Arjun Mehta"),
        ("team", "customer_desk", "Customer desk", "remote_care", "Róisín Daly"),
        ("division", "sales", "Sales", "corporate", "Leïla Haddad"),
        ("department", "homes", "Homeowners", "sales", "Clodagh Byrne"),
        ("team", "showrooms", "Showrooms", "homes", "Karim Benali"),
        ("individual", "sofia_rossi", "Sofia Rossi", "showrooms", "Sofia Rossi"),
        ("department", "partners", "Partners", "sales", "Yusuf Demir"),
        ("team", "housing", "Housing associations", "partners", "Fionn Walsh"),
        ("department", "people", "People", "corporate", "Hannah Lindqvist"),
        ("team", "academy", "Aldermoor Academy", "people", "Ewa Kowalczyk"),
        ("individual", "brid_lenihan", "Bríd Lenihan", "academy", "Bríd Lenihan"),
        ("department", "finance", "Finance", "corporate", "Oisín Doyle"),
        ("department", "digital", "Digital", "corporate", "Mei-Ling Chen"),
        ("team", "data_platform", "Data platform", "digital", "Samuel Adeyemi"),
    )
)

BY_CODE = {unit.code: unit for unit in UNITS}
CHILDREN: dict[str | None, list[str]] = {}
for _unit in UNITS:
    CHILDREN.setdefault(_unit.parent, []).append(_unit.code)
