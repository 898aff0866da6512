"""Deeds over HTTP: assessments, sentences, closings, the life of scorecards, imports."""

from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from kpis.models import Measurement
from scorecards.models import Import
from scorecards.services.imports.work import run_import
from scorecards.services.refresh import refresh_scores
from tests.scorecards.api_client import Api, problem
from tests.worlds import NOW, World

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
SALES = "scorecards/sales_scorecard"
WRITES = ("structure:read", "structure:write", "measurements:write")


@pytest.fixture
def at_now() -> Any:
    with time_machine.travel(NOW, tick=True):
        yield


def token(world: World, by: str, *scopes: str, **about: Any) -> Api:
    scopes = scopes or WRITES
    name = f"{by} {len(scopes)} {len(about)}"
    return Api(world.token(*scopes, name=name, created_by=world.users[by], **about)[1])


def codes(answer: Any) -> list[tuple[str, str]]:
    return [(each["pointer"], each["code"]) for each in answer.json()["errors"]]


@pytest.mark.both_databases
def test_nodes_are_assessed_and_computed_scores_stand_again(acme: World) -> None:
    api = token(acme, "alice")
    place = f"{SALES}/assessments"
    body = {"node": "objective", "code": "grow", "period": "2026-03", "status": "critical"}
    assert codes(api.send("POST", place, body)) == [("/reason", "missing_field")]
    said = api.send("POST", place, body | {"reason": "Two orders are lost."})
    assert said.status_code == 201
    assert said.json() | {"at": "…"} == body | {
        "reason": "Two orders are lost.",
        "by": "Alice",
        "at": "…",
    }
    assert api.get(f"{place}?node=objective").json()["results"] == [said.json()]
    assert api.get(f"{place}?status=on_target&period=2026-03").json()["results"] == []
    assert problem(api.get(f"{place}?status=fine")) == (400, "invalid_parameter")
    gone = f"{place}?node=objective&code=grow&period=2026-03"
    assert api.send("DELETE", gone).status_code == 204
    assert problem(api.send("DELETE", gone)) == (404, "not_found")
    wrong: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
        ({"code": "nothing", "reason": "x"}, [("", "invalid_value")]),
        ({"status": "fine", "reason": "x"}, [("/status", "invalid_value")]),
        ({"period": "soon", "reason": "x"}, [("/period", "invalid_value")]),
        ({"reason": "a\x00b"}, [("/reason", "invalid_text")]),
        ({"reason": "x", "colour": 1}, [("/colour", "unknown_field")]),
        ({"reason": 7}, [("/reason", "invalid_value")]),
    ]
    for change, expected in wrong:
        assert codes(api.send("POST", place, body | change)) == expected, change


@pytest.mark.both_databases
def test_sentences_are_said_changed_and_taken_back_by_who_has_read_them(acme: World) -> None:
    api = token(acme, "alice")
    place = f"{SALES}/objectives/grow/sentences/2026-03"
    assert problem(api.get(place)) == (404, "not_found")
    assert problem(api.send("PUT", place, {"text": "Hm"}, if_match="*")) == (412, "version_stale")
    first = api.send("PUT", place, {"text": "Orders are back."})
    assert first.status_code == 200, first.content
    assert api.get(place)["ETag"] == first["ETag"]
    assert problem(api.send("PUT", place, {"text": "No."})) == (428, "version_missing")
    second = api.send("PUT", place, {"text": "Orders stay."}, if_match=first["ETag"])
    assert second.json()["text"] == "Orders stay."
    stale = api.send("PUT", place, {"text": "No."}, if_match=first["ETag"])
    assert (problem(stale), stale.json()["current"]) == ((412, "version_stale"), second.json())
    assert api.get(f"{SALES}/sentences?period=2026-03").json()["results"] == [second.json()]
    assert api.get(f"{SALES}/sentences?objective=improve").json()["results"] == []
    for empty in ("objective=", "objective=%20"):
        answer = api.get(f"{SALES}/sentences?{empty}")
        assert problem(answer) == (400, "invalid_parameter"), empty
        assert answer.json()["detail"] == "The parameter objective is empty."
    assert codes(api.send("PUT", place, {"text": " "}, if_match="*")) == [
        ("/text", "invalid_value")
    ]
    assert problem(api.send("DELETE", place, if_match=first["ETag"])) == (412, "version_stale")
    assert api.send("DELETE", place, if_match=second["ETag"]).status_code == 204
    assert problem(token(acme, "carol").send("PUT", place, {"text": "Hm"})) == (
        403,
        "not_permitted",
    )
    objective = acme.objectives["sales", "grow"]
    objective.owner = acme.people["carol"]
    objective.save()
    owner = token(acme, "carol", "measurements:write")
    assert owner.send("PUT", place, {"text": "Mine."}).json()["by"] == "Carol"


def test_what_uses_something_is_named_as_far_as_the_reader_sees_it(acme: World) -> None:
    place = f"{SALES}/objectives/grow"
    whole = token(acme, "root").send("DELETE", place, if_match="*")
    assert (problem(whole)[1], len(whole.json()["users"])) == ("in_use", 3)
    assert "3 others" in whole.json()["detail"]
    limited = token(acme, "root", unit=acme.units["sales"]).send("DELETE", place, if_match="*")
    told = limited.json()
    assert problem(limited)[1] == "in_use"
    assert "3 others" in told["detail"]
    assert "1 that you do not see" in told["detail"]
    (hidden,) = set(whole.json()["users"]) - set(told["users"])
    assert "alignment" in hidden
    assert hidden not in limited.content.decode()


def attached(api: Api, place: str, if_match: str, **files: bytes) -> Any:
    """The answer to files, by their names without their ending."""
    sent = [SimpleUploadedFile(f"{name}.pdf", content) for name, content in files.items()]
    headers = api.headers | {"if-match": if_match}
    return api.client.post(f"{api.base}{place}/files", {"file": sent}, headers=headers)


def test_files_of_a_sentence_are_added_read_and_taken_away(acme: World) -> None:
    api, place = token(acme, "alice"), f"{SALES}/objectives/grow/sentences/2026-03"
    pdf = b"%PDF-1.7 orders"
    assert problem(attached(api, place, "*", survey=pdf)) == (404, "not_found")
    said = api.send("PUT", place, {"text": "Orders are back."})
    assert problem(attached(api, place, '"old"', survey=pdf)) == (412, "version_stale")
    assert codes(attached(api, place, "*")) == [("/file", "missing_field")]
    assert codes(attached(api, place, "*", survey=b"none")) == [("/file", "invalid_value")]
    large = attached(api, place, "*", survey=pdf + b" " * 10_000_000)
    assert codes(large) == [("/file", "invalid_value")]
    many = attached(api, place, "*", **{f"n{n}": pdf for n in range(6)})
    assert codes(many) == [("/file", "invalid_value")]
    added = attached(api, place, said["ETag"], survey=pdf, costs=pdf)
    assert added.status_code == 201, added.content
    assert [each["name"] for each in added.json()["evidence"]] == ["survey.pdf", "costs.pdf"]
    file = token(acme, "bob", "structure:read").get(f"{place}/files/survey.pdf")
    assert (file.getvalue(), file["Content-Type"]) == (pdf, "application/pdf")
    assert file["Content-Disposition"] == 'attachment; filename="survey.pdf"'
    assert file["X-Content-Type-Options"] == "nosniff"
    assert file["Content-Security-Policy"] == "sandbox; default-src 'none'"
    reader = token(acme, "bob")
    assert problem(attached(reader, place, "*", more=pdf)) == (403, "not_permitted")
    taken = f"{place}/files/costs.pdf"
    assert problem(api.send("DELETE", taken, if_match=said["ETag"])) == (412, "version_stale")
    assert api.send("DELETE", taken, if_match=added["ETag"]).status_code == 204
    assert problem(api.get(taken)) == (404, "not_found")
    kept = api.send("PUT", place, {"text": "Orders stay."}, if_match="*").json()
    assert [each["name"] for each in kept["evidence"]] == ["survey.pdf"]


@pytest.mark.both_databases
def test_periods_are_closed_and_opened_again(acme: World) -> None:
    acme.record("revenue", "sales", {"2026-03-01": 90})
    refresh_scores(organization_id=acme.organization.pk)
    api = token(acme, "alice")
    place = "units/sales/closings"
    state = api.get(f"{place}/2026-03").json()
    assert state["state"] == "open"
    missing = {(each["kpi"], each["unit"]) for each in state["missing"]}
    assert ("defects", "sales") in missing
    assert ("revenue", "sales") not in missing
    early = api.send("POST", place, {"period": "2026-05"})
    assert (problem(early), codes(early)) == ((422, "invalid_body"), [("", "invalid_value")])
    closed = api.send("POST", place, {"period": "2026-03", "note": "April's board"})
    assert closed.status_code == 201, closed.content
    assert closed.json()["reports"] == 1
    assert closed.json()["missing"] == state["missing"]
    assert problem(api.send("POST", place, {"period": "2026-03"})) == (409, "conflict")
    assert api.get(f"{place}/2026-03").json()["state"] == "closed"
    assert api.get("units/ada/closings/2026-03").json()["state"] == "covered"
    grow = {"node": "objective", "code": "grow", "period": "2026-03", "status": "critical"}
    late = api.send("POST", f"{SALES}/assessments", grow | {"reason": "x"})
    assert problem(late) == (409, "period_closed")
    unknown = api.send("POST", place, {"period": "2026-03", "colour": 1}).json()["errors"][0]
    assert unknown["detail"] == "There is no such field. It has the fields period, note."
    opened = api.send("POST", f"{place}/2026-03/reopen", {"reason": "A late invoice."})
    assert opened.json()["reason"] == "A late invoice."
    again = api.send("POST", f"{place}/2026-03/reopen", {"reason": "A late invoice."})
    assert problem(again) == (409, "conflict")
    assert api.get(place).json()["results"] == [opened.json()]


def test_scorecards_begin_end_come_back_and_are_duplicated(acme: World) -> None:
    api = token(acme, "alice")
    made = api.send("POST", f"{SALES}/duplicate", {})
    assert made.status_code == 201, made.content
    code = made.json()["code"]
    assert made.json()["status"] == "draft"
    assert api.get(f"scorecards/{code}")["ETag"] == made["ETag"]
    assert problem(api.send("POST", f"{SALES}/duplicate", {"code": code})) == (
        409,
        "already_exists",
    )
    assert problem(api.send("POST", f"{SALES}/duplicate", {"unit": "apac"})) == (
        403,
        "not_permitted",
    )
    hidden = api.send("POST", f"{SALES}/duplicate", {"unit": "rival"})
    assert codes(hidden) == [("/unit", "unknown_reference")]

    activate = f"scorecards/{code}/activate"
    assert problem(api.send("POST", activate, {})) == (428, "version_missing")
    taken = api.send("POST", activate, {"valid_from": "2026-06"}, if_match="*")
    assert problem(taken) == (409, "conflict")
    body = {"valid_from": "2026-06", "replaces": "sales_scorecard"}
    active = api.send("POST", activate, body, if_match=made["ETag"])
    assert active.status_code == 200, active.content
    assert (active.json()["status"], active.json()["starts_on"]) == ("active", "2026-06-01")
    assert api.get(SALES).json()["ends_on"] == "2026-06-01"
    draft = api.send("POST", f"scorecards/{code}/withdraw", if_match=active["ETag"])
    assert draft.json() == made.json()
    back = api.send("POST", f"{SALES}/bring-back", if_match="*")
    assert back.json()["status"] == "active"
    past = api.send("POST", f"{SALES}/archive", {"valid_from": "1999-01"}, if_match="*")
    assert codes(past) == [("/valid_from", "invalid_value")]
    ended = api.send("POST", f"{SALES}/archive", {}, if_match=back["ETag"])
    assert ended.json()["ends_on"] == "2026-05-01"
    assert problem(api.send("POST", f"{SALES}/withdraw", if_match="*")) == (409, "conflict")


def sent(api: Api, name: str, text: str, **about: str) -> Any:
    file = SimpleUploadedFile(name, text.encode(), "text/csv")
    return api.client.post(f"{api.base}imports", {"file": file, **about}, headers=api.headers)


def run() -> None:
    for row in Import.objects.filter(state__in=Import.WORKING):
        run_import(import_id=row.pk)


def test_a_file_is_brought_in_looked_at_applied_and_taken_back(acme: World) -> None:
    api = token(acme, "alice")
    text = "kpi,unit,period,value,mood\nrevenue,sales,2026-03,90,good\nnothing,sales,2026-03,1,,x\n"
    begun = sent(api, "values.csv", text, kind="values")
    assert begun.status_code == 202, begun.content
    place = begun["Location"].removeprefix(api.base)
    run()
    found = api.get(place).json()
    mapped = ["kpi", "unit", "period", "value", "", ""]
    assert (found["state"], found["mappings"]) == ("mapping", [mapped])
    assert found["skipped"] == [
        {"sheet": "", "column": "E", "name": "mood", "cells": 1, "rows": [2]},
        {"sheet": "", "column": "F", "name": "", "cells": 1, "rows": [3]},
    ]
    assert found["decimals"] == [""]
    assert api.send("POST", f"{place}/map", {"decimal": "comma"}).status_code == 202
    run()
    ready = api.get(place).json()
    assert (ready["state"], ready["added"], ready["refused"]) == ("ready", 1, 1)
    assert ready["problems"][0]["said"] == "nothing"
    assert ready["decimals"] == ["comma"]
    whole = {"attempt": ready["attempt"], "scope": "whole"}
    assert problem(api.send("POST", f"{place}/apply", whole)) == (422, "invalid_body")
    moved = {"attempt": ready["attempt"] + 1, "scope": "good"}
    assert problem(api.send("POST", f"{place}/apply", moved)) == (409, "conflict")
    assert api.send("POST", f"{place}/apply", whole | {"scope": "good"}).status_code == 202
    run()
    assert api.get(place).json()["state"] == "done"
    assert Measurement.objects.get(assignment=acme.assignment("revenue", "sales")).value == 90
    assert api.send("POST", f"{place}/undo").status_code == 202
    run()
    assert api.get("imports?state=done").json()["results"] == []
    assert api.get("imports?state=undone&kind=values").json()["results"][0]["state"] == "undone"
    assert not Measurement.objects.filter(assignment=acme.assignment("revenue", "sales")).exists()


def test_tokens_bring_in_no_more_than_they_may(acme: World) -> None:
    root = token(acme, "root")
    people = sent(root, "people.csv", "code,name\nzoe,Zoe\n", kind="people")
    assert codes(people) == [("/kind", "invalid_value")]
    assert codes(sent(root, "any.csv", "code,name\nzoe,Zoe\n")) == [("/kind", "invalid_value")]
    page = sent(Api.signed_in(acme, "root"), "any.csv", "code,name\nzoe,Zoe\n")
    assert page.status_code == 202
    step = page["Location"].removeprefix(root.base)
    assert problem(root.send("POST", f"{step}/cancel")) == (404, "not_found")
    assert problem(root.get(step)) == (404, "not_found")
    assert root.get("imports").json()["results"] == []
    values = sent(root, "v.csv", "kpi\n", kind="values").json()
    assert root.get("imports").json()["results"] == [values]
    few = token(acme, "root", "measurements:write")
    assert problem(sent(few, "v.csv", "kpi\n", kind="values")) == (403, "missing_scope")
    limited = token(acme, "root", unit=acme.units["emea"])
    assert problem(sent(limited, "v.csv", "kpi\n", kind="values")) == (403, "not_permitted")
    for weak, code in ((few, "missing_scope"), (limited, "not_permitted")):
        assert problem(weak.get("imports")) == (403, code)
        assert problem(weak.get(f"imports/{values['number']}")) == (403, code)
