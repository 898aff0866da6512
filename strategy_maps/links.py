"""Addresses of the strategy map's pages and files."""

from django.urls import reverse

from scorecards.links import with_query


def map_href(organization: str, unit: str, **query: str | None) -> str:
    """The map of a unit's scorecard.

    period: its scores; trace: the one that is explained; scorecard: another than the one that
    holds.
    """
    return with_query(reverse("strategy-map", args=[organization, unit]), **query)


def map_edit_href(organization: str, unit: str, **query: str | None) -> str:
    """The map as it is edited; of: the objective whose links are beside it."""
    return with_query(reverse("map-edit", args=[organization, unit]), **query)


def map_link_href(
    organization: str, unit: str, cause: str, effect: str, **query: str | None
) -> str:
    """A causal link, and what the figures say of it."""
    return with_query(reverse("map-link", args=[organization, unit, cause, effect]), **query)


def map_sharing_href(organization: str, unit: str) -> str:
    """Where the map of the unit's scorecard is published."""
    return reverse("map-sharing", args=[organization, unit])


def map_file_href(organization: str, unit: str, form: str, **query: str | None) -> str:
    """The picture as a file; form: svg, png or pdf."""
    return with_query(reverse(f"map-{form}", args=[organization, unit]), **query)
