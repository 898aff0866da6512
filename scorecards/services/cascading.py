"""Handing an objective down: all that units are handed is created, and taken back, in one step."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from kpis.models import Assignment, Target
from kpis.selectors.held_targets import target_values
from kpis.services.library import remove_assignment
from kpis.services.targets import remove_target, set_target, set_targets
from organizations.models import Organization, Structure, Unit, User
from organizations.services.locks import lock_organization
from organizations.services.structure import InUse, delete_structure, require_same_organization
from scorecards.models import Alignment, Objective, ObjectiveKPI, Perspective, Scorecard
from scorecards.selectors.cascade.wishes import Wish, matching_perspective

from .adding import begin_scorecard, placed_kpi, placed_objective
from .arranging import ARCHIVED
from .duplicating import delete_draft
from .editions import publish_edition
from .structure import align

MEANWHILE = (
    "“{}” was changed meanwhile, so this cannot be undone in one step: take it back by hand."
)
Previous = dict[str, Any] | None


@dataclass
class Handed:
    """What was created, by primary key: enough to take it back. `units` are codes.

    targets: assignment, first day, version, and what began there before.
    """

    start: str
    units: list[str] = field(default_factory=list)
    scorecards: list[int] = field(default_factory=list)
    objectives: list[int] = field(default_factory=list)
    links: list[int] = field(default_factory=list)
    assignments: list[int] = field(default_factory=list)
    alignments: list[int] = field(default_factory=list)
    targets: list[tuple[int, str, int, Previous]] = field(default_factory=list)

    def packed(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def count(self) -> int:
        rows = (self.scorecards, self.objectives, self.links, self.alignments)
        return sum(len(ids) for ids in rows) + len(self.targets)


@transaction.atomic
def hand_down(
    *,
    organization: Organization,
    wishes: Sequence[Wish],
    valid_from: dt.date,
    by: User | None = None,
) -> Handed:
    """Create all that is wished, or nothing; published once for each scorecard, from the day on.

    What is there already stays. Drafts are begun where a unit has no scorecard. Whether the user
    may is for the caller to check. Raises ValidationError with sentences by the units' codes.
    """
    lock_organization(organization.pk)
    run = _Run(organization, valid_from, by)
    for wish in wishes:
        run.fulfil(wish)
    run.raise_problems()
    run.set_targets()
    run.raise_problems()
    run.publish()
    run.raise_problems()
    return run.handed


class _Run:
    """One transaction in which wishes are fulfilled; problems are kept by the unit's code."""

    def __init__(self, organization: Organization, valid_from: dt.date, by: User | None) -> None:
        self.organization, self.start, self.by = organization, valid_from, by
        self.handed = Handed(start=valid_from.isoformat())
        self.problems: dict[str, str] = {}
        self.touched: dict[int, tuple[str, Scorecard]] = {}
        self.begun: dict[int, Scorecard] = {}
        self.wanted: dict[tuple[int, dt.date], tuple[str, Assignment, dict[str, Any]]] = {}

    def fulfil(self, wish: Wish) -> None:
        try:
            self._fulfil(wish)
        except ValidationError as refusal:
            self.problems[wish.unit_code] = " ".join(refusal.messages)

    def _fulfil(self, wish: Wish) -> None:
        require_same_organization(self.organization.pk, wish.supported, wish.kpi, wish.objective)
        if wish.unit_code not in self.handed.units:
            self.handed.units.append(wish.unit_code)
        scorecard = self._scorecard(wish)
        objective = self._objective(wish, scorecard)
        if wish.kpi is not None:
            self._count(wish, objective)
        self._support(wish, objective)
        if scorecard.status == Scorecard.State.ACTIVE:
            self.touched[scorecard.pk] = (wish.unit_code, scorecard)

    def _scorecard(self, wish: Wish) -> Scorecard:
        known = wish.scorecard or self.begun.get(wish.unit_id)
        if known is None:
            unit = Unit.objects.live().get(pk=wish.unit_id, organization=self.organization)
            known = begin_scorecard(unit=unit, by=self.by)
            self.begun[wish.unit_id] = known
            self.handed.scorecards.append(known.pk)
        rows = Scorecard.objects.live().filter(pk=known.pk).select_related("unit")
        current: Scorecard | None = rows.first()
        if current is None or current.status == Scorecard.State.ARCHIVED:
            raise ValidationError(ARCHIVED)
        return current

    def _objective(self, wish: Wish, scorecard: Scorecard) -> Objective:
        if wish.objective is not None:
            mine: Objective = _standing(Objective, wish.objective, scorecard)
            return mine
        rows = list(Perspective.objects.live().filter(scorecard=scorecard))
        perspective = wish.perspective or matching_perspective(rows, wish.supported.perspective)
        if perspective is None:
            raise ValidationError("Its scorecard has no perspective yet.")
        perspective = _standing(Perspective, perspective, scorecard)
        objective = placed_objective(perspective, wish.name)
        self.handed.objectives.append(objective.pk)
        return objective

    def _count(self, wish: Wish, objective: Objective) -> None:
        assert wish.kpi is not None
        unit_id = objective.scorecard.unit_id
        rows = Assignment.objects.live().filter(unit_id=unit_id)
        before = set(rows.values_list("pk", flat=True))
        if not ObjectiveKPI.objects.live().filter(objective=objective, kpi=wish.kpi).exists():
            link = placed_kpi(
                objective, wish.kpi, wish.targets[0][0] if wish.targets else self.start
            )
            self.handed.links.append(link.pk)
        self.handed.assignments += sorted(set(rows.values_list("pk", flat=True)) - before)
        assignment = rows.get(kpi=wish.kpi)
        for day, figures in wish.targets:
            self.wanted[assignment.pk, day] = (wish.unit_code, assignment, figures)

    def _support(self, wish: Wish, objective: Objective) -> None:
        held = Alignment.objects.live().filter(objective=objective, supported=wish.supported)
        if not held.exists():
            tie = align(objective=objective, supported=wish.supported, weight=wish.weight)
            self.handed.alignments.append(tie.pk)

    def set_targets(self) -> None:
        """All targets at once; those that say so already are left alone."""
        standing = _targets(self.wanted)
        figures = [(row, day, wanted) for (_, day), (_, row, wanted) in self.wanted.items()]
        try:
            stored = set_targets(assignment_figures=figures, by=self.by)
        except ValidationError as refusal:
            self._refuse_targets(refusal)
            return
        for target in stored:
            before = standing.get((target.assignment_id, target.valid_from))
            if before is None or before.version != target.version:
                previous = target_values(before) if before else None
                day = target.valid_from.isoformat()
                self.handed.targets.append((target.assignment_id, day, target.version, previous))

    def _refuse_targets(self, refusal: ValidationError) -> None:
        if not hasattr(refusal, "error_dict"):
            self.problems[""] = " ".join(refusal.messages)
            return
        codes: dict[Any, str] = {cell: code for cell, (code, _, _) in self.wanted.items()}
        for cell, errors in refusal.error_dict.items():
            code = codes.get(cell, "")
            self.problems[code] = " ".join(text for each in errors for text in each.messages)

    def publish(self) -> None:
        for code, scorecard in self.touched.values():
            try:
                _publish(scorecard, self.start, self.by)
            except ValidationError as refusal:
                self.problems[code] = " ".join(refusal.messages)

    def raise_problems(self) -> None:
        if self.problems:
            raise ValidationError(self.problems)


def _publish(scorecard: Scorecard, day: dt.date, by: User | None) -> None:
    """From the day on, but not before the scorecard itself holds."""
    publish_edition(scorecard=scorecard, valid_from=max(day, scorecard.starts_on or day), by=by)


def _standing(model: Any, row: Any, scorecard: Scorecard) -> Any:
    found = model.objects.live().filter(pk=row.pk, scorecard=scorecard).first()
    if found is None:
        raise ValidationError(f"“{row.name}” was removed meanwhile.")
    found.scorecard = scorecard
    return found


def _targets(cells: Iterable[tuple[int, dt.date]]) -> dict[tuple[int, dt.date], Target]:
    wanted = set(cells)
    rows = Target.objects.live().filter(assignment_id__in={pk for pk, _ in wanted})
    found = {(row.assignment_id, row.valid_from): row for row in rows}
    return {cell: row for cell, row in found.items() if cell in wanted}


# --- Taking it back


@transaction.atomic
def take_back(
    *, organization: Organization, handed: Mapping[str, Any], by: User | None = None
) -> None:
    """Undo what `hand_down` did, whole: `handed` is what it packed.

    Raises ValidationError, with nothing taken back, where any of it was changed, or is used by
    something else by now.
    """
    lock_organization(organization.pk)
    done = Handed(**handed)
    try:
        touched = _removed(done, organization, by)
    except InUse as used:
        raise ValidationError(str(used)) from None
    start = dt.date.fromisoformat(done.start)
    for scorecard in touched.values():
        if scorecard.status == Scorecard.State.ACTIVE:
            _publish(scorecard, start, by)


def _removed(done: Handed, organization: Organization, by: User | None) -> dict[int, Scorecard]:
    """The scorecards whose structure is another one now; what hung on others goes first."""
    touched: dict[int, Scorecard] = {}
    for model, ids in ((Alignment, done.alignments), (ObjectiveKPI, done.links)):
        for row in _unchanged(model, ids, organization):
            touched[row.objective.scorecard_id] = row.objective.scorecard
            _remove(row, by)
    _reset_targets(done, organization, by)
    for row in reversed(_unchanged(Assignment, done.assignments, organization)):
        remove_assignment(assignment=row, by=by)
    for row in _unchanged(Objective, done.objectives, organization):
        touched[row.scorecard_id] = row.scorecard
        _remove(row, by)
    for row in _unchanged(Scorecard, done.scorecards, organization):
        _remove_draft(row, by)
    return touched


def _unchanged(model: Any, ids: Sequence[int], organization: Organization) -> list[Any]:
    """The rows, all of which stand as they were created; raises ValidationError."""
    rows = {
        row.pk: row
        for row in model.objects.filter(pk__in=ids, organization=organization).order_by("pk")
    }
    for pk in ids:
        row = rows.get(pk)
        if row is None or row.deleted_at is not None or row.version != 1:
            raise ValidationError(MEANWHILE.format(row or "it"))
    return [rows[pk] for pk in sorted(ids)]


def _remove(row: Structure, by: User | None) -> None:
    if by is not None:
        row._history_user = by  # type: ignore[attr-defined]
    delete_structure(row=row)


def _remove_draft(row: Scorecard, by: User | None) -> None:
    if row.status != Scorecard.State.DRAFT or Objective.objects.live().filter(scorecard=row):
        raise ValidationError(MEANWHILE.format(row))
    delete_draft(scorecard=row, by=by)


def _reset_targets(done: Handed, organization: Organization, by: User | None) -> None:
    wanted = [(pk, dt.date.fromisoformat(day)) for pk, day, _, _ in done.targets]
    standing = _targets(wanted)
    for cell, (_, _, version, previous) in zip(wanted, done.targets, strict=True):
        row = standing.get(cell)
        if row is None or row.version != version or row.organization_id != organization.pk:
            raise ValidationError(MEANWHILE.format("the target"))
        if previous is None:
            remove_target(target=row, by=by)
        else:
            set_target(assignment=row.assignment, valid_from=cell[1], by=by, **previous)
