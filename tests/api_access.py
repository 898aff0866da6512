"""Who gets what at the addresses of the API's records: rows of the table in test_access.py."""

import datetime as dt

from scorecards.services.initiatives import add_initiative
from scorecards.services.structure import (
    add_objective,
    add_perspective,
    add_theme,
    align,
    create_scorecard,
)
from strategy_maps.services.links import add_link
from tests.worlds import World

#        anonymous charlie bob  carol alice root reads writes structure foreign
ANY = "      401   404     200  200   200   200  200   200    200       404"
READ = "     401   404     200  200   200   200  403   403    200       404"
PEOPLE = "   401   404     403  403   403   200  403   403    403       404"
PERSON = "   401   404     404  404   404   200  403   403    404       404"
EDIT = "     401   404     403  403   422   422  403   403    403       404"
VERSION = "  401   404     403  403   428   428  403   403    403       404"
ADMINISTER = "401  404     403  403   403   422  403   403    403       404"
ADMINISTERED = "401 404    403  403   403   428  403   403    403       404"
NONE = "     401   404     405  405   405   405  405   405    405       404"

LIST = {"GET": READ, "POST": EDIT, "others": NONE}
ONE = {"GET": READ, "PATCH": VERSION, "DELETE": VERSION, "others": NONE}
EDITED = (
    *("assignments", "targets", "scorecards", "perspectives", "themes", "objectives"),
    *("objective-kpis", "alignments", "initiatives", "milestones", "causal-links"),
)
RECORDS: dict[str, dict[str, str]] = {
    **{f"api-{name}": LIST for name in EDITED},
    **{f"api-{name}-one": ONE for name in EDITED},
    "api-kpis": LIST | {"GET": ANY},
    "api-kpis-one": ONE | {"GET": ANY},
    "api-units": {"GET": ANY, "POST": ADMINISTER, "others": NONE},
    "api-units-one": {
        "GET": ANY,
        "PATCH": ADMINISTERED,
        "DELETE": ADMINISTERED,
        "others": NONE,
    },
    "api-people": {"GET": PEOPLE, "others": NONE},
    "api-people-one": {"GET": PERSON, "others": NONE},
    "api-roles": {"GET": PEOPLE, "others": NONE},
    "api-roles-one": {"GET": PERSON, "others": NONE},
    "api-settings": {"GET": READ, "PATCH": ADMINISTERED, "others": NONE},
}

SAID = "     401   404     404  404   404   404  403   403    404       404"
SAY = "      401   404     403  403   422   422  403   403    403       404"
UNSAY = "    401   404     403  403   404   404  403   403    403       404"
SHOW = "     401   404     404  404   404   404  403   404    403       404"
ASKED = "    401   404     403  403   400   400  403   403    403       404"
FILES = "    401   404     200  200   200   200  403   403    403       404"
SEND = "     401   404     403  415   415   415  403   403    403       404"
FILE = "     401   404     404  200   404   200  403   403    403       404"
STEP = "     401   404     404  422   404   422  403   403    403       404"
GIVE_UP = "  401   404     404  202   404   202  403   403    403       404"
TAKE_BACK = "401   404     404  409   404   409  403   403    403       404"
ASKS = "     401   404     422  422   422   422  403   403    403       404"
KEPT = "     401   404     404  404   404   200  403   403    403       404"
LET_GO = "   401   404     404  404   404   204  403   403    403       404"
GIVEN_UP = " 401   404     404  404   404   409  403   403    403       404"
PUBLISHED = "401   404     403  403   200   200  403   403    403       404"
UNPUBLISHED = "401 404     404  404   404   404  403   403    403       404"
DEEDS: dict[str, dict[str, str]] = {
    "api-assessments": {"GET": READ, "POST": EDIT, "DELETE": ASKED, "others": NONE},
    "api-sentences": {"GET": READ, "others": NONE},
    "api-sentence": {"GET": SAID, "PUT": SAY, "DELETE": UNSAY, "others": NONE},
    "api-sentence-files": {"POST": SHOW, "others": NONE},
    "api-sentence-file": {"GET": SAID, "DELETE": SHOW, "others": NONE},
    "api-process-changes": {"GET": READ, "POST": EDIT, "others": NONE},
    "api-process-change": {"GET": SAID, "DELETE": UNSAY, "others": NONE},
    "api-activate": {"POST": EDIT, "others": NONE},
    "api-archive": {"POST": EDIT, "others": NONE},
    "api-bring-back": {"POST": VERSION, "others": NONE},
    "api-withdraw": {"POST": VERSION, "others": NONE},
    "api-duplicate": {"POST": EDIT, "others": NONE},
    "api-closings": {"GET": READ, "POST": EDIT, "others": NONE},
    "api-closing": {"GET": READ, "others": NONE},
    "api-reopen": {"POST": EDIT, "others": NONE},
    "api-public-links": {"GET": PUBLISHED, "POST": EDIT, "others": NONE},
    "api-public-link": {"GET": UNPUBLISHED, "DELETE": UNPUBLISHED, "others": NONE},
    "api-books": {"GET": FILES, "POST": ASKS, "others": NONE},
    "api-book": {"GET": KEPT, "DELETE": LET_GO, "others": NONE},
    "api-book-file": {"GET": KEPT, "others": NONE},
    "api-book-cancel": {"POST": GIVEN_UP, "others": NONE},
    "api-imports": {"GET": FILES, "POST": SEND, "others": NONE},
    "api-import": {"GET": FILE, "others": NONE},
    "api-import-map": {"POST": STEP, "others": NONE},
    "api-import-apply": {"POST": STEP, "others": NONE},
    "api-import-cancel": {"POST": GIVE_UP, "others": NONE},
    "api-import-undo": {"POST": TAKE_BACK, "others": NONE},
}
RECORDS |= DEEDS

OWN = "      401   404     422  422   422   422  403   403    403       404"
RECORDS |= {
    "api-dashboards": {"GET": READ, "POST": OWN, "others": NONE},
    "api-dashboard": {"GET": READ, "PUT": VERSION, "DELETE": VERSION, "others": NONE},
    "api-unit-dashboard": {"GET": READ, "others": NONE},
}

# What the addresses say, what Bob does not see, and what there is not.
CODES = {
    "scorecard": "sales_scorecard",
    "perspective": "financial",
    "theme": "trust",
    "objective": "grow",
    "supported_scorecard": "emea_scorecard",
    "supported_objective": "grow",
    "cause": "improve",
    "effect": "grow",
    "valid_from": "2026-01",
    "period": "2026-01",
    "file": "survey.pdf",
    "milestone": "Review",
    "milestone_number": "1",
    "link": "ffffffffffff",
}
UNSEEN = {
    "scorecard": "sales_draft",
    "perspective": "hidden",
    "theme": "hidden",
    "objective": "hidden",
    "supported_scorecard": "sales_draft",
    "supported_objective": "hidden",
    "cause": "hidden",
    "effect": "hidden",
    "valid_from": "2026-02",
    "period": "no-period",
    "file": "hidden.pdf",
    "milestone": "Secret",
    "milestone_number": "2",
    "link": "eeeeeeeeeeee",
}
UNKNOWN = dict.fromkeys(UNSEEN, "nothing") | {"milestone_number": "99", "valid_from": "2026-03"}


def furnish(acme: World) -> None:
    """What the addresses name, and a draft that Bob does not see."""
    sales, emea = acme.units["sales"], acme.objectives["emea", "grow"]
    add_theme(scorecard=acme.scorecards["sales"], code="trust", name="Trust")
    draft = create_scorecard(unit=sales, code="sales_draft", name="Draft")
    part = add_perspective(scorecard=draft, code="hidden", name="Hidden")
    add_theme(scorecard=draft, code="hidden", name="Hidden")
    hidden = add_objective(perspective=part, code="hidden", name="Hidden")
    align(objective=hidden, supported=emea)
    other = add_objective(perspective=part, code="other", name="Other")
    add_link(cause=hidden, effect=other)
    add_link(cause=acme.objectives["sales", "improve"], effect=acme.objectives["sales", "grow"])
    milestones = [("Review", dt.date(2026, 3, 1), None)]
    add_initiative(unit=sales, code="crm", name="crm", milestones=milestones)
