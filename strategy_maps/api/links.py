"""Causal links at addresses of the API: all else follows from what their kind says."""

from scorecards.api.records import Resource

LINKS = Resource(
    "causal_links",
    "CausalLink",
    "scorecards/<slug:scorecard>/causal-links",
    "/<slug:cause>/<slug:effect>",
    {"scorecard": "scorecard", "cause": "cause", "effect": "effect"},
)
