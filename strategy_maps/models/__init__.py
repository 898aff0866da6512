"""Causal links between objectives, what the figures say of them, and where people put nodes."""

from .causal_link import MOST_LINKS, MOST_MONTHS, CausalLink, Strength
from .evidence import Evidence, Verdict
from .position import Position

__all__ = [
    "MOST_LINKS",
    "MOST_MONTHS",
    "CausalLink",
    "Evidence",
    "Position",
    "Strength",
    "Verdict",
]
