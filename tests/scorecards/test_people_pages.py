"""The pages of people: who is shown what, roles, invitations, leaving and handing over."""

import html
import re
from typing import Any

import pytest
import time_machine
from django.contrib.auth import get_user
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from kpis.models import KPI, Assignment
from kpis.services.library import change_assignment, change_kpi
from organizations.access import user_access
from organizations.models import Membership, Person, User
from organizations.selectors import roles_held
from organizations.services.people import create_person, grant_role, revoke_role
from organizations.services.roles import deactivate_person
from scorecards.models import Initiative, Objective
from scorecards.selectors.administration.people import people_page
from scorecards.selectors.administration.person import (
    hand_over_page,
    person_page,
    visible_person,
)
from scorecards.selectors.administration.units import Asked
from scorecards.selectors.editions.reading import content_at
from scorecards.services.editions import publish_edition
from scorecards.services.structure import add_objective
from tests.pages import undo
from tests.worlds import CANARY, NOW, PASSWORD, World

pytestmark = pytest.mark.django_db
PAGE = "/acme/people/"


@pytest.fixture
def root(acme: World, client: Client) -> Client:
    client.force_login(acme.users["root"])
    return client


@pytest.fixture
def emea(acme: World) -> Client:
    """Carol administers EMEA, and nothing above or beside it."""
    grant_role(user=acme.users["carol"], unit=acme.units["emea"], role="administrator")
    client = Client()
    client.force_login(acme.users["carol"])
    return client


def text(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def post(client: Client, who: str, do: str, **fields: Any) -> tuple[int, str]:
    """The status, and the page that the answer leads to."""
    answer = client.post(f"{PAGE}{who}/" if who else PAGE, {"do": do, **fields})
    status = answer.status_code
    return status, text(client.get(answer["Location"]) if status == 302 else answer)


def roles(person: Person) -> dict[str, str]:
    person.refresh_from_db()
    return {held.unit.code: held.role for held in roles_held(person)}


# --- The list


def test_people_are_listed_with_roles_and_what_they_own(acme: World, root: Client) -> None:
    change_kpi(kpi=acme.kpis["nps"], owner=acme.people["ada"])
    page = text(root.get(PAGE))
    for told in ("Viewer of Sales", "alice@example.org", "1 KPI", "no sign-in", "signs in"):
        assert told in page
    found = text(root.get(PAGE, {"q": "ALICE example"}))
    assert re.findall(r'href="/acme/people/(\w+)/"', found) == ["alice"]
    assert "Nobody matches “nobody\x00”" in text(root.get(PAGE, {"q": "nobody\x00"}))
    for number in ("2", "0", "x", "9" * 30):
        assert "1 to 5 of 5" in text(root.get(PAGE, {"page": number}))


def test_hundreds_of_people_take_as_many_statements(
    acme: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    access = user_access(acme.users["root"], "acme")
    assert access is not None
    assert access.visible_unit_ids
    for count in (0, 250):
        Person.objects.bulk_create(
            Person(organization=acme.organization, code=f"p{n}", name=f"P {n:03}", email="p@x.org")
            for n in range(count)
        )
        with django_assert_num_queries(3):
            people_page(access, "", 1, Asked())
    page = people_page(access, "", 2, Asked())
    assert (page.total, page.first, page.last, len(page.rows)) == (255, 101, 200, 100)
    assert page.next_href.endswith("?page=3")


def test_a_person_takes_as_many_statements_whatever_they_own(
    acme: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    bob = acme.people["bob"]
    access = user_access(acme.users["root"], "acme")
    assert access is not None
    assert access.visible_unit_ids
    perspective = acme.objectives["sales", "grow"].perspective
    for count in (1, 20):
        for n in range(count):
            add_objective(perspective=perspective, code=f"o{count}_{n}", name="O", owner=bob)
        found = visible_person(access, "bob")
        assert found is not None
        with django_assert_num_queries(7):
            shown = person_page(access, found, Asked())
        with django_assert_num_queries(5):
            page = hand_over_page(access, found, Asked())
    assert shown.owns == "21 objectives"
    assert page.total == 21


# --- Somebody new


def test_somebody_is_added_with_a_code_of_the_name_and_taken_back(
    acme: World, root: Client
) -> None:
    status, page = post(root, "", "add", name="Ève Ndiaye")
    eve = Person.objects.live().get(code="eve_ndiaye")
    assert (status, eve.user, "Added Ève Ndiaye." in page) == (302, None, True)
    status, page = post(root, "eve_ndiaye", **undo(page))
    assert not Person.objects.live().filter(code="eve_ndiaye").exists()
    status, page = post(root, "", **undo(page))
    assert Person.objects.live().filter(code="eve_ndiaye").exists()
    assert mail.outbox == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": ""}, "Write their name"),
        ({"code": "bob"}, "There is a person `bob` already"),
        ({"code": "A B"}, "A code starts with a letter"),
        ({"name": "佐藤"}, "no letter from a to z"),
        ({"email": "nonsense"}, "Enter a valid email address"),
        ({"role": "viewer", "unit": "sales"}, "Write an e-mail address"),
        ({"role": "viewer", "email": "eve@example.org", "unit": "x"}, "no such unit"),
        ({"role": "emperor", "email": "eve@example.org", "unit": "sales"}, "not a valid choice"),
        ({"role": "viewer", "email": "bob@example.org", "unit": "sales"}, "“Bob” signs in with"),
        ({"do": "explode"}, "Choose what to do"),
    ],
)
def test_what_cannot_be_added_is_told_beside_what_was_typed(
    acme: World, root: Client, fields: dict[str, str], said: str
) -> None:
    answer = root.post(PAGE, {"do": "add", "name": "Eve", **fields})
    assert (answer.status_code, said in text(answer)) == (422, True)
    assert not Person.objects.filter(name="Eve").exists()
    assert mail.outbox == []


# --- Invitations


def link_in(message: Any) -> str:
    found = re.search(r"http://testserver(/accounts/password/reset/key/\S+)", message.body)
    assert found is not None
    return found[1]


def test_an_invited_person_sets_a_password_and_signs_in(acme: World, root: Client) -> None:
    fields = {"name": "Eve", "email": "Eve@Example.org", "role": "contributor", "unit": "sales"}
    status, page = post(root, "", "add", **fields)
    assert (status, "An invitation is on its way to eve@example.org." in page) == (302, True)
    assert "not signed in yet" in page
    (message,) = mail.outbox
    assert message.to == ["eve@example.org"]
    assert message.subject == "Line of Sight: You are invited to Acme"
    assert "Root invites you to the balanced scorecards of Acme" in message.body
    eve = Client()
    form = eve.get(link_in(message), follow=True)
    action = form.redirect_chain[-1][0]
    done = eve.post(action, {"password1": PASSWORD, "password2": PASSWORD})
    assert done.status_code == 302
    assert "no longer works" in text(Client().get(link_in(message), follow=True))
    eve.post("/accounts/login/", {"login": "eve@example.org", "password": PASSWORD})
    assert get_user(eve).is_authenticated
    assert eve.get("/acme/units/sales/scorecard/").status_code == 200
    assert "signs in" in text(root.get(f"{PAGE}eve/"))


def test_an_invitation_ends_after_its_days_and_is_sent_again(acme: World, root: Client) -> None:
    with time_machine.travel(NOW, tick=True):
        root.force_login(acme.users["root"])
        fields = {"name": "Eve", "email": "eve@example.org", "role": "viewer", "unit": "sales"}
        post(root, "", "add", **fields)
    with time_machine.travel("2026-05-09T12:00Z", tick=True):
        assert "no longer works" in text(Client().get(link_in(mail.outbox[0]), follow=True))
        status, page = post(root, "eve", "resend")
        assert (status, "is on its way" in page) == (302, True)
        assert "Set a new password" in text(Client().get(link_in(mail.outbox[1]), follow=True))


def test_who_has_a_sign_in_elsewhere_is_told_apart_by_nobody(
    acme: World, rival: World, root: Client
) -> None:
    """Charlie's sign-in is the rival's: only Charlie learns that it serves here, too."""
    pages = []
    for name, email in (("Zchu", "charlie@example.org"), ("Zoe", "zhoe@example.org")):
        fields = {"name": name, "email": email, "role": "viewer", "unit": "sales"}
        status, page = post(root, "", "add", **fields)
        assert status == 302
        listed = text(root.get(PAGE, {"q": email}))
        who, code = email.split("@")[0], name.lower()
        both = f"{page}{listed}".replace(who, "?").replace(name, "?").replace(code, "?")
        pages.append(re.sub(r'csrfmiddlewaretoken" value="[^"]+"', "", both))
    assert pages[0] == pages[1]
    assert CANARY not in pages[0]
    for_charlie, for_eve = mail.outbox
    assert "/accounts/password/reset/key/" not in for_charlie.body
    assert "Sign in with this e-mail address" in for_charlie.body
    assert "/accounts/password/reset/key/" in for_eve.body
    charlie = Client()
    charlie.force_login(rival.users["charlie"])
    assert charlie.get("/acme/").status_code == 200


def test_what_a_sign_in_did_elsewhere_before_is_not_told(
    acme: World, rival: World, root: Client
) -> None:
    Client().force_login(rival.users["charlie"])
    fields = {"name": "Chu", "email": "charlie@example.org", "role": "viewer", "unit": "sales"}
    assert "not signed in yet" in post(root, "", "add", **fields)[1]
    Client().force_login(rival.users["charlie"])
    assert "not signed in yet" not in text(root.get(f"{PAGE}chu/"))


def test_a_person_is_invited_later_and_an_address_is_put_right(acme: World, root: Client) -> None:
    fields = {"invited": "adda@example.org", "role": "viewer", "unit": "sales", "version": 1}
    assert post(root, "ada", "invite", **fields)[0] == 302
    assert post(root, "ada", "invite", invited="ada@example.org", version=1)[0] == 409
    assert post(root, "ada", "invite", invited="ada@example.org", version=2)[0] == 302
    assert [message.to for message in mail.outbox] == [["adda@example.org"], ["ada@example.org"]]
    assert roles(acme.people["ada"]) == {"sales": "viewer"}
    status, page = post(root, "bob", "resend")
    assert status == 302
    Client().force_login(acme.users["bob"])
    status, page = post(root, "bob", "resend")
    assert (status, "no open invitation of Bob" in page) == (422, True)
    status, page = post(root, "ada", "invite", invited="nonsense", version=3)
    assert (status, "Write an e-mail address" in page) == (422, True)


def test_a_mail_server_that_is_away_loses_no_role(
    acme: World, root: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> int:
        raise ConnectionRefusedError

    monkeypatch.setattr(EmailBackend, "send_messages", fails)
    fields = {"name": "Eve", "email": "eve@example.org", "role": "viewer", "unit": "sales"}
    status, page = post(root, "", "add", **fields)
    assert (status, "could not be sent" in page) == (302, True)
    assert roles(Person.objects.get(code="eve")) == {"sales": "viewer"}


def test_without_a_mail_server_the_page_says_where_the_link_stands(
    acme: World, root: Client, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    fields = {"name": "Eve", "email": "eve@example.org", "role": "viewer", "unit": "sales"}
    assert "stands in the server’s log" in post(root, "", "add", **fields)[1]
    assert "/accounts/password/reset/key/" in capsys.readouterr().out


# --- Roles, names, leaving


def test_a_role_is_given_changed_taken_and_each_undone(acme: World, root: Client) -> None:
    bob = acme.people["bob"]
    _, page = post(root, "bob", "give", unit="apac", role="manager")
    assert "Bob is Manager of APAC from now on" in page
    post(root, "bob", **undo(page))
    assert roles(bob) == {"sales": "viewer"}
    _, page = post(root, "bob", "give", unit="sales", role="manager", version=1)
    post(root, "bob", **undo(page))
    assert roles(bob) == {"sales": "viewer"}
    _, page = post(root, "bob", "take", unit="sales", version=3)
    assert roles(bob) == {}
    post(root, "bob", **undo(page))
    assert roles(bob) == {"sales": "viewer"}
    status, page = post(root, "bob", "give", unit="sales", role="manager")
    assert (status, "Bob is Viewer there already" in page) == (422, True)
    assert post(root, "bob", "give", unit="sales", role="manager", version=7)[0] == 409


def test_a_name_is_changed_and_one_changed_meanwhile_stands_beside(
    acme: World, root: Client
) -> None:
    _, page = post(root, "bob", "change", name="Robert", version=1)
    assert "Robert is saved" in page
    status, page = post(root, "bob", "change", name="Rob", version=1)
    assert (status, "Saved meanwhile: <b>Robert</b>" in page) == (409, True)
    _, page = post(root, "bob", "change", name="Robert", version=2)
    assert "Nothing was changed" in page


def test_who_is_deactivated_is_out_with_the_next_click(acme: World, root: Client) -> None:
    alice = Client()
    alice.force_login(acme.users["alice"])
    assert alice.get("/acme/").status_code == 200
    status, page = post(root, "alice", "deactivate", version=1)
    assert (status, alice.get("/acme/").status_code) == (302, 404)
    assert "no role" in page
    assert "Manager of EMEA" in page
    post(root, "alice", **undo(page))
    assert alice.get("/acme/").status_code == 200
    assert post(root, "alice", "deactivate", version=9)[0] == 409


def test_the_last_administrator_is_told_what_to_do_first(acme: World, root: Client) -> None:
    said = "Nobody else administers all of Acme"
    for do, fields in (
        ("deactivate", {"version": 1}),
        ("take", {"unit": "acme", "version": 1}),
        ("give", {"unit": "acme", "role": "viewer", "version": 1}),
    ):
        status, page = post(root, "root", do, **fields)
        assert (status, said in page) == (422, True), do


def test_who_gives_up_their_own_role_is_led_out(acme: World, root: Client) -> None:
    grant_role(user=acme.users["bob"], unit=acme.units["acme"], role="administrator")
    answer = root.post(f"{PAGE}root/", {"do": "take", "unit": "acme", "version": 1})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert root.get(PAGE).status_code == 404


def test_who_owns_something_is_not_removed(acme: World, root: Client) -> None:
    change_kpi(kpi=acme.kpis["nps"], owner=acme.people["ada"])
    status, page = post(root, "ada", "remove", version=1)
    assert (status, "KPI “Nps”" in page) == (422, True)
    status, page = post(root, "bob", "remove", version=1)
    assert (status, "Bob holds a role" in page) == (422, True)


# --- Who may


def test_others_are_forbidden_even_to_look(acme: World, client: Client) -> None:
    client.force_login(acme.users["alice"])
    for address in (PAGE, f"{PAGE}bob/", f"{PAGE}bob/hand-over/"):
        assert client.get(address).status_code == 403
        assert client.post(address, {"do": "deactivate"}).status_code == 403
    assert client.get(f"{PAGE}charlie/").status_code == 404


@pytest.mark.parametrize(
    ("who", "fields", "status"),
    [
        ("", {"do": "add", "name": "Eve"}, 302),
        ("", {"do": "add", "name": "E", "email": "e@x.org", "role": "viewer", "unit": "emea"}, 302),
        ("", {"do": "add", "name": "E", "email": "e@x.org", "role": "viewer", "unit": "apac"}, 403),
        ("bob", {"do": "give", "unit": "sales", "role": "manager", "version": 1}, 302),
        ("root", {"do": "give", "unit": "emea", "role": "viewer"}, 302),
        ("bob", {"do": "give", "unit": "acme", "role": "administrator"}, 403),
        ("bob", {"do": "give", "unit": "apac", "role": "viewer"}, 403),
        ("root", {"do": "take", "unit": "acme", "version": 1}, 403),
        ("bob", {"do": "take", "unit": "sales", "version": 1}, 302),
        ("bob", {"do": "change", "name": "Robert", "version": 1}, 302),
        ("root", {"do": "change", "name": "R", "version": 1}, 403),
        ("bob", {"do": "deactivate", "version": 1}, 302),
        ("root", {"do": "deactivate", "version": 1}, 403),
        ("dora", {"do": "deactivate", "version": 1}, 403),
        ("dora", {"do": "resend"}, 403),
        ("gone", {"do": "reactivate"}, 403),
        ("ada", {"do": "invite", "invited": "a@x.org", "role": "viewer", "unit": "apac"}, 403),
        ("charlie", {"do": "take", "unit": "sales", "version": 1}, 404),
    ],
)
def test_an_administrator_of_a_unit_manages_people_beneath(
    acme: World, rival: World, emea: Client, who: str, fields: dict[str, Any], status: int
) -> None:
    for code in ("dora", "gone"):
        user = User.objects.create_user(f"{code}@example.org")
        person = create_person(
            organization=acme.organization, code=code, name=code.title(), user=user
        )
        for unit in ("sales", "apac"):
            grant_role(user=user, unit=acme.units[unit], role="viewer")
    deactivate_person(person=person)
    assert emea.post(f"{PAGE}{who}/" if who else PAGE, fields).status_code == status
    assert not Membership.objects.filter(organization=rival.organization, version__gt=1).exists()


# --- Handing over


@pytest.fixture
def owner(acme: World) -> Person:
    """Ada owns one of everything at Sales, and an objective of Acme as a whole."""
    ada = acme.people["ada"]
    change_kpi(kpi=acme.kpis["nps"], owner=ada)
    change_assignment(assignment=acme.assignment("nps", "sales"), responsible=ada)
    for unit in ("sales", "acme"):
        objective = acme.objectives[unit, "grow"]
        objective.owner = ada
        objective.save()
        publish_edition(scorecard=acme.scorecards[unit])
    Initiative.objects.create(
        organization=acme.organization,
        unit=acme.units["sales"],
        code="crm",
        name="One file",
        owner=ada,
    )
    return ada


def owners(acme: World) -> list[str]:
    nps = KPI.objects.get(code="nps")
    at_sales = Assignment.objects.get(kpi=nps, unit=acme.units["sales"])
    grow = Objective.objects.get(code="grow", scorecard=acme.scorecards["sales"])
    crm = acme.units["sales"].initiatives.get()
    return [str(each) for each in (nps.owner, at_sales.responsible, grow.owner, crm.owner)]


def board_owner(acme: World, unit: str, day: Any = None) -> str:
    content = content_at(acme.scorecards[unit], day or acme.organization.today())
    assert content is not None
    return content.perspectives[0].objectives[0].owner


def test_everything_is_handed_over_in_one_step_and_comes_back(
    acme: World, root: Client, owner: Person
) -> None:
    page = text(root.get(f"{PAGE}ada/hand-over/"))
    assert "5 in all" in page
    status, page = post(root, "ada/hand-over", "hand_over", all="alice", kpis="bob")
    assert (status, "Handed over 5 from Ada Byron to Alice, Bob." in page) == (302, True)
    assert owners(acme) == ["Bob", "Alice", "Alice", "Alice"]
    assert (board_owner(acme, "sales"), board_owner(acme, "acme")) == ("Alice", "Alice")
    grow = acme.objectives["sales", "grow"]
    before = grow.history.filter(owner=owner).first()
    assert before is not None
    assert grow.history.first().history_user == acme.users["root"]
    status, page = post(root, "ada/hand-over", **undo(page))
    assert (status, "Ada Byron owns 5 again" in page) == (302, True)
    assert owners(acme) == ["Ada Byron"] * 4
    assert board_owner(acme, "sales") == "Ada Byron"


def test_what_was_reported_keeps_its_owner(acme: World, root: Client) -> None:
    ada = acme.people["ada"]
    grow = acme.objectives["sales", "grow"]
    grow.owner = ada
    grow.save()
    with time_machine.travel("2026-03-10T12:00Z", tick=True):
        publish_edition(scorecard=acme.scorecards["sales"])
    grow.name = "Edited, not published"
    grow.save()
    with time_machine.travel(NOW, tick=True):
        root.force_login(acme.users["root"])
        post(root, "ada/hand-over", "hand_over", all="bob")
        day = acme.organization.today()
    assert board_owner(acme, "sales", day) == "Bob"
    assert board_owner(acme, "sales", day.replace(month=3, day=31)) == "Ada Byron"
    content = content_at(acme.scorecards["sales"], day)
    assert content is not None
    assert content.perspectives[0].objectives[0].name == "Grow Sales"


def test_what_has_changed_since_stays_where_it_is(acme: World, root: Client, owner: Person) -> None:
    _, page = post(root, "ada/hand-over", "hand_over", all="bob")
    change_kpi(kpi=KPI.objects.get(code="nps"), owner=acme.people["alice"])
    again = undo(page)
    _, page = post(root, "ada/hand-over", **again)
    assert "Ada Byron owns 4 again. 1 stay where they are" in page
    assert owners(acme) == ["Alice", "Ada Byron", "Ada Byron", "Ada Byron"]
    _, page = post(root, "ada/hand-over", **again)
    assert "owns 0 again" in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "Choose who gets it"),
        ({"all": "ada"}, "There is no such person"),
        ({"all": "charlie"}, "There is no such person"),
        ({"all": "x\x00"}, "There is no such person"),
        ({"objectives": "nobody"}, "There is no such person"),
    ],
)
def test_nothing_is_handed_over_to_nobody(
    acme: World, rival: World, root: Client, owner: Person, fields: dict[str, str], said: str
) -> None:
    status, page = post(root, "ada/hand-over", "hand_over", **fields)
    assert (status, said in page) == (422, True)
    assert owners(acme) == ["Ada Byron"] * 4


def test_an_administrator_of_a_unit_hands_over_what_is_beneath(
    acme: World, emea: Client, root: Client, owner: Person
) -> None:
    page = text(emea.get(f"{PAGE}ada/hand-over/"))
    assert "1 more stays, at units that are not yours to change" in page
    status, page = post(emea, "ada/hand-over", "hand_over", all="bob")
    assert (status, "Handed over 4" in page) == (302, True)
    assert board_owner(acme, "acme") == "Ada Byron"
    _, page = post(root, "ada/hand-over", "hand_over", all="bob")
    foreign = undo(page)
    post(emea, "ada/hand-over", **foreign)
    assert board_owner(acme, "acme") == "Bob"


def test_leaving_leads_to_handing_over(acme: World, root: Client, owner: Person) -> None:
    change_kpi(kpi=acme.kpis["share"], owner=acme.people["alice"])
    answer = root.post(f"{PAGE}alice/", {"do": "deactivate", "version": 1})
    assert answer["Location"] == f"{PAGE}alice/hand-over/"
    revoke_role(user=acme.users["bob"], unit=acme.units["sales"])
    assert "owns nothing that you can hand over" in text(root.get(f"{PAGE}bob/hand-over/"))
