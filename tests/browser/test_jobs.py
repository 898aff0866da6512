"""Background work in a real browser: it moves by itself, and is tried again from the keyboard."""

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from organizations.models import Job
from organizations.services.jobs.running import run_due_jobs
from scorecards.selectors.reminders import stop_code
from tests.browser.test_pages import findings_in_every_form
from tests.worlds import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_failed_job_is_tried_again_and_the_page_follows(open_page: Any, acme: World) -> None:
    now = timezone.now()
    slot = {"slot": now.isoformat()}
    about = {"organization": acme.organization, "kind": "find_reminders", "args": slot}
    said = "The mail server does not answer."
    Job.objects.create(state="failed", finished_at=now, reason=said, about="today", **about)
    Job.objects.create(state="done", finished_at=now, about="yesterday", **about)
    page = open_page(user=acme.users["root"])
    stop = f"/reminders/stop/{stop_code(acme.organization, acme.users['carol'])}/"
    addresses = ("/acme/reminders/", stop, "/acme/jobs/")
    assert [found for each in addresses for found in findings_in_every_form(page, each)] == []
    failed = page.get_by_role("region", name="Failed")
    expect(failed).to_contain_text(said)
    failed.get_by_role("button", name="Try Finding who is to be reminded today again").press(
        "Enter"
    )
    expect(page.get_by_text("is tried again")).to_be_visible()
    expect(page.get_by_role("region", name="Waiting")).to_contain_text("today")
    assert run_due_jobs() == 1
    expect(page.get_by_role("region", name="Done")).to_contain_text("today")
    expect(page.locator("#jobs[hx-get]")).to_have_count(0)
