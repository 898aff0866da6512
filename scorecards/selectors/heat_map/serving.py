"""Which objectives of the units beneath serve those of the unit that a map is of."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from organizations.access import Access
from scorecards.models import Alignment

Objective = tuple[int, str]  # scorecard id, code


class Serving:
    """The objectives above that each objective supports, through however many units between."""

    def __init__(self, supported: Mapping[Objective, Collection[Objective]]) -> None:
        self.supported = supported

    def serve(self, scorecard_id: int, codes: Iterable[str], column: Objective) -> list[str]:
        """Of a scorecard's objectives, by their codes: those that support the column's.

        Where none does, the one of the same code: scorecards that were copied or started alike.
        """
        known = list(codes)
        if scorecard_id == column[0]:
            return [column[1]] if column[1] in known else []
        tied = [code for code in known if self._reaches((scorecard_id, code), column)]
        return tied or [code for code in known if code == column[1]]

    def _reaches(self, start: Objective, column: Objective) -> bool:
        waiting, seen = [start], {start}
        while waiting:
            for above in self.supported.get(waiting.pop(), ()):
                if above == column:
                    return True
                if above not in seen:
                    seen.add(above)
                    waiting.append(above)
        return False


def serving(access: Access) -> Serving:
    """As objectives are aligned now, by one statement."""
    rows = Alignment.objects.live().filter(
        organization=access.organization,
        objective__deleted_at=None,
        supported__deleted_at=None,
    )
    found: dict[Objective, set[Objective]] = defaultdict(set)
    fields = ("scorecard_id", "code")
    names = [f"{end}__{field}" for end in ("objective", "supported") for field in fields]
    for scorecard_id, code, upper_id, upper_code in rows.values_list(*names):
        found[scorecard_id, code].add((upper_id, upper_code))
    return Serving(found)
