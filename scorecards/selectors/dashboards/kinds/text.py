"""Words of people: plain paragraphs."""

from scorecards.selectors.dashboards.shapes import Told

from .about import About, Kind


def _tell(about: About) -> Told:
    parts = (part.strip() for part in about.text.replace("\r\n", "\n").split("\n\n"))
    return Told(about.title, paragraphs=tuple(part for part in parts if part))


TEXT = Kind("Text", "Plain paragraphs; an empty line begins a new one.", ("text",), "Note", _tell)
