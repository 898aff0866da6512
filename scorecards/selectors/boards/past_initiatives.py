"""Initiatives and the names of objectives as they were at a moment, from their histories."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Collection
from operator import attrgetter

from organizations.access import Access
from organizations.models import Person
from scorecards.models import Initiative, InitiativeObjective, Milestone, Objective, Scorecard


def past_initiatives(
    access: Access, scorecard: Scorecard, at: dt.datetime
) -> dict[str, list[Initiative]]:
    """By objective, in the order of their starts, with `n_served`.

    Only of units that the reader may see.
    """
    codes = dict(Objective.objects.filter(scorecard=scorecard).values_list("pk", "code"))
    links = list(
        InitiativeObjective.history.as_of(at).filter(objective_id__in=codes, deleted_at=None)
    )
    initiatives = _initiatives(access, {link.initiative_id for link in links}, at)
    by_code: dict[str, list[Initiative]] = defaultdict(list)
    for link in links:
        if link.initiative_id in initiatives:
            by_code[codes[link.objective_id]].append(initiatives[link.initiative_id])
    return {
        code: sorted(found, key=lambda each: (each.starts_on or dt.date.max, each.pk))
        for code, found in by_code.items()
    }


def _initiatives(access: Access, ids: set[int], at: dt.datetime) -> dict[int, Initiative]:
    found = Initiative.history.as_of(at).filter(
        id__in=ids, deleted_at=None, unit_id__in=access.visible_unit_ids
    )
    initiatives = {each.pk: each for each in found}
    milestones: dict[int, list[Milestone]] = {pk: [] for pk in initiatives}
    steps = Milestone.history.as_of(at).filter(initiative_id__in=initiatives, deleted_at=None)
    for step in sorted(steps, key=attrgetter("due_on", "pk")):
        milestones[step.initiative_id].append(step)
    owners = Person.objects.in_bulk({each.owner_id for each in initiatives.values()} - {None})
    links = InitiativeObjective.history.as_of(at).filter(
        initiative_id__in=initiatives, deleted_at=None
    )
    counts = Counter(link.initiative_id for link in links)
    for pk, initiative in initiatives.items():
        initiative.owner = owners.get(initiative.owner_id)
        initiative.n_served = counts[pk]
        initiative._prefetched_objects_cache = {"milestones": milestones[pk]}
    return initiatives


def past_names(objective_ids: Collection[int], at: dt.datetime) -> dict[int, str]:
    """The names that the objectives had, by id."""
    said = Objective.history.filter(id__in=objective_ids, history_date__lte=at)
    # The last one that was said by then stays.
    return dict(said.order_by("history_date", "history_id").values_list("id", "name"))
