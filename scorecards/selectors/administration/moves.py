"""What it means to hang a unit beneath another one, told before it is done."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

from calculations.units import UnitRule
from kpis.models import Assignment, Target
from organizations.access import Access
from organizations.models import Membership, Person, Role
from organizations.selectors import UnitNode, closings
from scorecards.models import Alignment
from scorecards.selectors.structure.periods import listed

ROLLED_UP = (UnitRule.SUM, UnitRule.MEAN)
FROM_ABOVE = (UnitRule.MEAN, UnitRule.FORMULA)
MOST_NAMES = 5
ALWAYS = (
    "Closed periods keep what was reported, and stay closed. Scores of open periods are computed"
    " again, here and above in both lines."
)


def move_consequences(access: Access, unit: UnitNode, to: UnitNode) -> tuple[str, ...]:
    """Sentences on figures, targets, alignments, roles and closed periods; seven statements."""
    move = _Move(access, unit, to)
    return (*move.rolled_up(), *move.targets(), *move.alignments(), *move.roles(), *move.closed())


@dataclass(frozen=True)
class _Move:
    access: Access
    unit: UnitNode
    to: UnitNode

    @cached_property
    def moved(self) -> list[int]:
        return [node.id for node in self.access.tree.beneath(self.unit.id)]

    @cached_property
    def before(self) -> list[int]:
        """The units above now, the nearest first."""
        return [node.id for node in self.access.tree.line(self.unit.id)[-2::-1]]

    @cached_property
    def after(self) -> list[int]:
        """The units above from then on, the nearest first."""
        return [node.id for node in self.access.tree.line(self.to.id)[::-1]]

    @cached_property
    def left(self) -> list[int]:
        return [pk for pk in self.before if pk not in self.after]

    @cached_property
    def entered(self) -> list[int]:
        return [pk for pk in self.after if pk not in self.before]

    def name(self, unit_id: int | None) -> str:
        if unit_id is None:
            return ""
        node = self.access.tree.by_id[unit_id]
        return node.name if self.access.sees(unit_id) else "a unit that you may not see"

    # --- Figures and targets

    @cached_property
    def _places(self) -> dict[int, list[tuple[int, bool, bool]]]:
        """By KPI, where it is measured; whether it rolls up, and takes targets from above."""
        found: dict[int, list[tuple[int, bool, bool]]] = defaultdict(list)
        rows = Assignment.objects.live().filter(
            organization=self.access.organization,
            kpi__deleted_at=None,
            unit_id__in=[*self.moved, *self.before, *self.after],
        )
        for kpi_id, unit_id, rule, inherits in rows.values_list(
            "kpi_id", "unit_id", "kpi__unit_rule", "kpi__inherits_target"
        ):
            place = unit_id, rule in ROLLED_UP, inherits or rule in FROM_ABOVE
            found[kpi_id].append(place)
        moved = set(self.moved)
        return {pk: places for pk, places in found.items() if any(p[0] in moved for p in places)}

    def rolled_up(self) -> list[str]:
        counted: Counter[tuple[int | None, int | None]] = Counter()
        for places in self._places.values():
            if places[0][1]:
                counted[self._nearest({place[0] for place in places})] += 1
        return self._told(
            counted,
            both=lambda n, old, new: f"{_kpis(n)} rolled up into {new} instead of {old}.",
            gained=lambda n, new: f"{_kpis(n)} rolled up into {new}, and into no unit before.",
            lost=lambda n, old: f"{_kpis(n)} no longer rolled up into {old}.",
        )

    def targets(self) -> list[str]:
        kpi_ids = [pk for pk, places in self._places.items() if places[0][2]]
        having: dict[int, set[int]] = defaultdict(set)
        rows = Target.objects.live().filter(
            assignment__kpi_id__in=kpi_ids,
            assignment__deleted_at=None,
            assignment__unit_id__in=[*self.moved, *self.before, *self.after],
        )
        for kpi_id, unit_id in rows.values_list("assignment__kpi_id", "assignment__unit_id"):
            having[kpi_id].add(unit_id)
        counted = Counter(
            self._nearest(having[pk]) for pk in kpi_ids if self.unit.id not in having[pk]
        )
        return self._told(
            counted,
            both=lambda n, old, new: f"{_take(n)} the target of {new} instead of that of {old}.",
            gained=lambda n, new: f"{_take(n)} the target of {new}, and had none before.",
            lost=lambda n, old: f"{n} KPI{_loses(n)} the target of {old}.",
        )

    def _nearest(self, having: Collection[int]) -> tuple[int | None, int | None]:
        """The nearest unit above among these, now and from then on."""
        old = next((pk for pk in self.before if pk in having), None)
        return old, next((pk for pk in self.after if pk in having), None)

    def _told(
        self,
        counted: Counter[tuple[int | None, int | None]],
        both: Callable[[int, str, str], str],
        gained: Callable[[int, str], str],
        lost: Callable[[int, str], str],
    ) -> list[str]:
        told = []
        for (old, new), n in counted.items():
            if old == new:
                continue
            if old and new:
                told.append(both(n, self.name(old), self.name(new)))
            else:
                told.append(gained(n, self.name(new)) if new else lost(n, self.name(old)))
        return told

    # --- Alignments, roles, closed periods

    def alignments(self) -> list[str]:
        rows = Alignment.objects.live().filter(
            organization=self.access.organization,
            objective__deleted_at=None,
            objective__scorecard__unit_id__in=self.moved,
            supported__scorecard__unit_id__in=self.left,
        )
        counted = Counter(rows.values_list("supported__scorecard__unit_id", flat=True))
        return [
            f"{n} objective{'s' if n > 1 else ''} still support{'' if n > 1 else 's'} objectives of"
            f" {self.name(unit_id)}, which is no longer above: align them anew."
            for unit_id, n in counted.items()
        ]

    def roles(self) -> list[str]:
        rows = Membership.objects.live().filter(unit_id__in=[*self.left, *self.entered])
        held = list(rows.order_by("unit_id", "pk").values_list("user_id", "unit_id", "role"))
        people = Person.objects.live().filter(
            organization=self.access.organization, user_id__in=[user_id for user_id, _, _ in held]
        )
        names = dict(people.values_list("user_id", "name"))
        told = []
        for units, verb in ((self.left, "lose"), (self.entered, "get")):
            texts = [
                f"{names.get(user_id, 'somebody')} ({Role(role).label} of {self.name(unit_id)})"
                for user_id, unit_id, role in held
                if unit_id in units and self.access.sees(unit_id)
            ]
            if texts:
                told.append(f"By their roles above, these {verb} it: {_some(texts)}.")
        return told

    def closed(self) -> list[str]:
        known = closings(self.access.organization)
        told = []
        for units, words in (
            (self.left, "which stays closed here"),
            (self.entered, "which closes it here, too"),
        ):
            for unit_id in units:
                labels = [known.calendar.label(c.period) for c in known.by_unit.get(unit_id, ())]
                if labels:
                    told.append(f"{self.name(unit_id)} has closed {_some(labels)}, {words}.")
        return [*told, ALWAYS]


def _kpis(count: int) -> str:
    return f"{count} KPI{'s are' if count > 1 else ' is'}"


def _take(count: int) -> str:
    return f"{count} KPI{'s take' if count > 1 else ' takes'}"


def _loses(count: int) -> str:
    return "s lose" if count > 1 else " loses"


def _some(texts: Sequence[str]) -> str:
    more = len(texts) - MOST_NAMES
    shown = [*texts[:MOST_NAMES], f"{more} more"] if more > 0 else texts
    return listed(shown)
