"""The browser tests drive a real browser that notices what goes wrong."""

from typing import Any

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.usefixtures("acme")  # without anybody, every page leads to the start
def test_sign_in_page_draws_without_complaints(every_page: Any) -> None:
    page = every_page()
    answer = page.goto("/accounts/login/")
    assert answer.status == 200
    assert page.locator("input[type=password]").is_visible()
