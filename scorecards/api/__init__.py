"""HTTP for machines: values in, values and scores out."""

from .measurements import MeasurementsView

__all__ = ["MeasurementsView"]
