"""manage.py create_token: the token alone on stdout, all else on stderr."""

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from organizations.access import valid_token
from organizations.models import ApiToken
from tests.worlds import World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def run(*arguments: str, **options: Any) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command("create_token", *arguments, stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


BILLING = ("--organization", "acme", "--name", "billing", "--scope", "measurements:write")


def test_the_token_alone_is_printed(acme: World) -> None:
    out, err = run(*BILLING, "--scope", "structure:read", "--unit", "emea", "--days", "30")
    assert out.count("\n") == 1
    token = valid_token(out.strip())
    assert token
    assert token.scopes == ["measurements:write", "structure:read"]
    assert token.unit == acme.units["emea"]
    assert (token.expires_at - token.created_at).days in (29, 30)
    assert "EMEA and what is beneath it" in err
    assert out.strip() not in err
    assert not ApiToken.objects.filter(digest__contains=out.strip()).exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--organization", "nowhere", *BILLING[2:]), 'no organization "nowhere"'),
        ((*BILLING[:4], "--scope", "everything"), "invalid choice: 'everything'"),
        ((*BILLING, "--unit", "nowhere"), 'no unit "nowhere"'),
        ((*BILLING, "--unit", "rival"), 'no unit "rival"'),
        ((*BILLING, "--days", "0"), "between 1 and 3650 days"),
        ((*BILLING, "--days", "3651"), "between 1 and 3650 days"),
        (BILLING[:4], "--scope"),
        (("--organization", "acme", "--name", "x" * 101, *BILLING[4:]), "at most 100"),
        (("--organization", "acme", "--name", "", *BILLING[4:]), "blank"),
        (("--organization", "acme", "--name", "a\u2028b", *BILLING[4:]), "on one line"),
    ],
)
def test_what_is_wrong_is_told(
    acme: World, rival: World, arguments: tuple[str, ...], told: str
) -> None:
    with pytest.raises(CommandError, match=told):
        run(*arguments)
    assert not ApiToken.objects.exists()


def test_a_name_is_used_once(acme: World) -> None:
    run(*BILLING)
    with pytest.raises(CommandError, match="name"):
        run(*BILLING)
    ApiToken.objects.get()
