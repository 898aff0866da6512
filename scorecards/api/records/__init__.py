"""The records of every kind, at addresses that follow from one table."""

from django.urls import URLPattern, path

from .resources import RESOURCES, SETTINGS, Resource
from .views import RecordsView, RecordView

LIST, ONE = ("get", "head", "post"), ("get", "head", "patch", "delete")


def record_urls() -> list[URLPattern]:
    """The addresses of all kinds: of the list, and of one record."""
    found = [pattern for resource in RESOURCES for pattern in resource_urls(resource)]
    settings = _one(SETTINGS, "settings", ("get", "head", "patch"))
    return [*found, settings]


def resource_urls(resource: Resource) -> list[URLPattern]:
    """Those of one kind, of a package above, too."""
    reading = ("get", "head")
    listing = RecordsView.as_view(
        resource=resource, http_method_names=LIST if resource.is_written else reading
    )
    route = f"<slug:organization>/{resource.path}"
    plural = resource.name.replace("_", "-")
    methods = ONE if resource.is_written else reading
    return [
        path(route, listing, name=f"api-{plural}"),
        _one(resource, resource.path + resource.one, methods),
    ]


def _one(resource: Resource, route: str, methods: tuple[str, ...]) -> URLPattern:
    view = RecordView.as_view(resource=resource, http_method_names=methods)
    return path(f"<slug:organization>/{route}", view, name=resource.address_name)


__all__ = ["Resource", "record_urls", "resource_urls"]
