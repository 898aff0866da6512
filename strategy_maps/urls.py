"""Addresses of the strategy map: pages end in a slash, files in their form."""

from django.urls import path

from .views import editing, files, links, maps, sharing

UNIT = "<slug:organization>/units/<slug:unit>/"

urlpatterns = [
    path("<slug:organization>/map/", maps.own_map, name="strategy-maps"),
    path(f"{UNIT}map/", maps.strategy_map_page, name="strategy-map"),
    path(f"{UNIT}map/edit/", editing.edit, name="map-edit"),
    path(f"{UNIT}map/public/", sharing.sharing, name="map-sharing"),
    path(f"{UNIT}map/links/<slug:cause>/<slug:effect>/", links.link, name="map-link"),
    path(f"{UNIT}map.svg", files.as_svg, name="map-svg"),
    path(f"{UNIT}map.png", files.as_png, name="map-png"),
    path(f"{UNIT}map.pdf", files.as_printed, name="map-pdf"),
]
