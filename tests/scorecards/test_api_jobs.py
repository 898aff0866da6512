"""Background work over the API."""

import pytest
from django.test import Client

from organizations.models import Job
from tests.worlds import NOW, World

pytestmark = pytest.mark.django_db
JOBS = "/api/v1/acme/jobs"


def test_jobs_are_listed_tried_again_and_cancelled(acme: World, client: Client) -> None:
    client.force_login(acme.users["root"])
    about = {"organization": acme.organization, "kind": "remind"}
    waits = Job.objects.create(about="Ada", **about)
    failed = Job.objects.create(state="failed", reason="No.", finished_at=NOW, tries=8, **about)
    found = client.get(JOBS).json()["results"]
    assert [(each["code"], each["state"]) for each in found] == [
        (str(waits.code), "waiting"),
        (str(failed.code), "failed"),
    ]
    only = client.get(JOBS, {"state": "failed"}).json()["results"]
    assert [each["reason"] for each in only] == ["No."]
    for wrong in ("asleep", ""):
        told = client.get(JOBS, {"state": wrong}).json()
        assert told["code"] == "invalid_parameter"
        assert told["detail"].startswith("The parameter state is waiting or ")
    told = client.get(JOBS, {"status": "failed"}).json()
    assert told["code"] == "unknown_parameter"
    assert told["detail"] == "This address takes the parameters: state, limit, cursor."
    answer = client.post(f"{JOBS}/{failed.code}/retry")
    assert (answer.status_code, answer.json()["state"], answer.json()["tries"]) == (
        200,
        "waiting",
        0,
    )
    again = client.post(f"{JOBS}/{failed.code}/retry")
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    assert client.post(f"{JOBS}/nothing/retry").status_code == 404
    cancelled = client.post(f"{JOBS}/{waits.code}/cancel")
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    ended = client.post(f"{JOBS}/{waits.code}/cancel")
    assert (ended.status_code, ended.json()["code"]) == (409, "conflict")
