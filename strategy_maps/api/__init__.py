"""Strategy maps for machines: causal links as records, and the whole map of a unit."""

from .links import LINKS
from .maps import MapView

__all__ = ["LINKS", "MapView"]
