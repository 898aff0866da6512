"""How allauth behaves here."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from .models import Person, User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """People are invited: nobody signs up by themselves."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def populate_username(self, request: HttpRequest, user: Any) -> None:
        """There are no user names."""

    def send_invitation(self, person: Person, by: User) -> None:
        """Tell somebody that they may sign in; without a password yet, by a link that sets one.

        The link is that of a password reset: signed, for one use, and for the same time. Raises
        OSError where the mail cannot be sent.
        """
        user = person.user
        assert user is not None
        context = {
            "person": person,
            "organization": person.organization,
            "by": _name_in(person, by),
            "days": settings.PASSWORD_RESET_TIMEOUT // (24 * 3600),
            "sign_in_url": self.request.build_absolute_uri(reverse("home")),
            "forgotten_url": self.request.build_absolute_uri(reverse("account_reset_password")),
        }
        if user.has_usable_password():
            self.send_mail("account/email/access", user.email, context)
            return
        key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
        context["invitation_url"] = self.get_reset_password_from_key_url(key)
        self.send_mail("account/email/invitation", user.email, context)


def _name_in(person: Person, by: User) -> str:
    """What the inviting user is called in the organization of the invited one."""
    known = Person.objects.live().filter(organization_id=person.organization_id, user=by).first()
    return str(known or by)
