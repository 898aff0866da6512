"""What moves the demonstration company: a handful of forces, month by month, cause before effect.

A force is 0 when all is normal, -1 a noticeable and -3 a dreadful state. Months are counted back
from today, so that the story ends today whenever it is told:

- 14 months ago the only maker of inverter boards burnt down: supply fell for ten weeks, the
  plant's output a month later, promised dates another month later, and recommendations after that.
- To clear the backlog, training was cancelled from 13 months ago on. Skills have slid since;
  quality follows skills by two months, loyalty follows quality by three, demand loyalty by six.
- Whoever is in the training house is not on the road: in months of much practice, dates slip.
"""

from zlib import crc32

import numpy as np
import pandas as pd

from calculations.arrays import FloatArray

SEED = 20_240_607
HISTORY = 36  # months of values, today's month not counted
_BURN_IN = 24  # months before them, so that every lag has something to look back to
FIRE, COURSES_CANCELLED = 14, 13  # months ago


def noise(name: str, n: int) -> FloatArray:
    """Standard normal numbers, oldest first; the latest are the same however many are asked for."""
    generator = np.random.default_rng([SEED, crc32(name.encode())])
    return generator.standard_normal(n)[::-1]


def monthly_forces(today: pd.Timestamp) -> pd.DataFrame:
    """One row a month up to today's, indexed by the month's first day; one column a force."""
    months = pd.period_range(end=today.to_period("M"), periods=HISTORY + _BURN_IN + 1, freq="M")
    ago = np.arange(months.size)[::-1]
    supply = _shock(ago) + _wobble("supply", ago.size, 0.22)
    output = 0.8 * _later(supply, 1) + _overtime(ago) + _wobble("output", ago.size, 0.2)
    practice = _wobble("skills", ago.size, 0.26)
    skills = -2.5 * _slide(ago, COURSES_CANCELLED, 2) + practice
    promise = 0.85 * _later(output, 1) - 0.6 * practice + _wobble("promise", ago.size, 0.2)
    quality = 1.05 * _later(skills, 2) + _wobble("quality", ago.size, 0.15)
    loyalty = (
        0.65 * _later(quality, 3) + 0.5 * _later(promise, 2) + _wobble("loyalty", ago.size, 0.2)
    )
    demand = 0.25 * _later(loyalty, 6) + 0.5 + _wobble("demand", ago.size, 0.25)
    mood = -0.9 * _slide(ago, COURSES_CANCELLED, 1) + _wobble("mood", ago.size, 0.2)
    data = 0.6 * _slide(ago, 24, 0) + _wobble("data", ago.size, 0.2)
    columns = {
        "supply": supply,
        "output": output,
        "promise": promise,
        "skills": skills,
        "quality": quality,
        "loyalty": loyalty,
        "demand": demand,
        "mood": mood,
        "data": data,
    }
    return pd.DataFrame(columns, index=months.to_timestamp())


def daily_forces(today: pd.Timestamp) -> pd.DataFrame:
    """The monthly forces on every day up to the end of today's month."""
    monthly = monthly_forces(today)
    days = pd.date_range(monthly.index[0], today + pd.offsets.MonthEnd(0), freq="D")
    return monthly.reindex(days, method="ffill")


def _wobble(name: str, n: int, size: float) -> FloatArray:
    """What varies without a reason, a good part of it carried over to the next month."""
    shocks = noise(f"force {name}", n + _BURN_IN)
    weights = 0.5 ** np.arange(8)
    carried = np.convolve(shocks, weights / np.linalg.norm(weights))[: shocks.size]
    return size * carried[-n:]


def _later(force: FloatArray, months: int) -> FloatArray:
    """The force as it was some months before; at the beginning as it was then."""
    return np.concatenate([np.full(months, force[0]), force[:-months]])


def _slide(ago: np.ndarray, start: int, end: int) -> FloatArray:
    """0 before `start` months ago, 1 from `end` months ago on, and straight between."""
    return np.clip((start - ago) / (start - end), 0.0, 1.0)


def _shock(ago: np.ndarray) -> FloatArray:
    """The fire: deliveries stop, and come back over ten weeks."""
    depth = {FIRE: -2.0, FIRE - 1: -3.0, FIRE - 2: -2.2, FIRE - 3: -1.1, FIRE - 4: -0.4}
    return np.array([depth.get(int(months), 0.0) for months in ago])


def _overtime(ago: np.ndarray) -> FloatArray:
    """The plant catches up for half a year."""
    return np.where((ago <= FIRE - 5) & (ago > FIRE - 11), 0.2, 0.0)
