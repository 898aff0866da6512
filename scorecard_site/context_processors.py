"""What templates of allauth need from the site."""

from django.conf import settings
from django.http import HttpRequest


def demo_people(request: HttpRequest) -> dict[str, object]:
    """The demo people, offered on the sign-in page of a demo and nowhere else."""
    match = request.resolver_match
    if not settings.DEMO or match is None or match.url_name != "account_login":
        return {}
    from scorecard_site.demo.people import demo_people

    people = [(p.role, p.email, p.password, p.can) for p in demo_people()]
    return {"demo_people": people}
