"""The axes and the marks that all pictures share."""

from dataclasses import dataclass

RED_FLAG, TARGET, STRETCH = 50.0, 100.0, 150.0


@dataclass(frozen=True)
class Scale:
    """A linear scale from values to pixels; a range of no width maps to its middle."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """The pixel of a value, pinned to the ends of the scale."""
        if self.high <= self.low:
            return round((self.start + self.end) / 2, 1)
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)


@dataclass(frozen=True)
class Dot:
    """A point of a picture."""

    x: float
    y: float


@dataclass(frozen=True)
class Band:
    """A stretch of a bar with one status."""

    x: float
    width: float
    status: str
    label: str = ""
