"""The people of the demonstration company, and the four of them who can sign in."""

from typing import NamedTuple

from .company import DOMAIN, UNITS
from .plans import person_code

# In functions without a unit of their own.
STAFF = ("Saoirse Maguire", "Helen Armitage", "Dev Kapoor", "Andrei Popescu")
NAMES = tuple(dict.fromkeys([*(unit.lead for unit in UNITS), *STAFF]))


class DemoPerson(NamedTuple):
    """Somebody who can sign in to the demonstration company, and what to try as that person."""

    role: str
    email: str
    password: str
    name: str
    can: str


_SIGN_INS = (
    ("administrator", "corporate", "Saoirse Maguire",
     "Strategy office: sees every scorecard and may push values everywhere."),
    ("manager", "installation", "Adaeze Okonkwo",
     "Leads Installation: sees also her people's own scorecards and may push their values."),
    ("contributor", "crews_cork", "Marta Santos",
     "Installer in Cork: pushes the values of her crews and has a scorecard of her own."),
    ("viewer", "corporate", "Helen Armitage",
     "Supervisory board: reads every scorecard except those of individuals."),
)  # fmt: skip
UNIT_OF_ROLE = {role: unit for role, unit, _, _ in _SIGN_INS}


def email_of(name: str) -> str:
    return f"{person_code(name).replace('_', '.')}@{DOMAIN}"


def demo_people() -> list[DemoPerson]:
    """Who can sign in once the demonstration data is loaded; before, nobody of them exists."""
    return [
        DemoPerson(role, email_of(name), "warm-homes", name, can)
        for role, _, name, can in _SIGN_INS
    ]
