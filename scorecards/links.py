"""Addresses of pages, with the period and the rest of what they show in them."""

from urllib.parse import urlencode

from django.urls import reverse


def with_query(address: str, **query: str | None) -> str:
    """The address with those parameters that are given."""
    given = {name: value for name, value in query.items() if value}
    return f"{address}?{urlencode(given)}" if given else address


def organization_href(organization: str, period: str | None = None) -> str:
    return with_query(reverse("organization", args=[organization]), period=period)


def board_href(
    organization: str, unit: str, period: str | None = None, trace: str | None = None
) -> str:
    address = reverse("board", args=[organization, unit])
    return with_query(address, period=period, trace=trace)


def kpi_href(
    organization: str, kpi: str, unit: str | None = None, period: str | None = None
) -> str:
    return with_query(reverse("kpi", args=[organization, kpi]), unit=unit, period=period)
