"""What was typed into a form, over what another has saved since the form was made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from organizations.access import Access
from scorecards.models import Initiative
from scorecards.selectors.viewing import AsOf

from .reading import ToldInitiative, told_initiative
from .texts import FIELDS, InitiativeTexts, MilestoneTexts, milestone_field, told_texts

NOBODY_KNOWS = "Somebody"


@dataclass(frozen=True)
class Typed:
    """What was sent: the texts, what is wrong with them, and what another has saved meanwhile."""

    texts: InitiativeTexts
    problems: Mapping[str, str] = field(default_factory=dict)
    meanwhile: Mapping[str, str] = field(default_factory=dict)
    saved_by: str = ""
    search: str = ""
    spare: int = 0  # empty rows for milestones beyond the usual ones


def beside_current(
    access: Access, current: ToldInitiative, typed: InitiativeTexts, version: int
) -> Typed:
    """What was typed, over the initiative that another has saved since that version.

    What was not typed into shows what is stored now; beside what was stands what the other has
    saved there. Milestones that another has removed stay if they were typed into.
    """
    seen = _seen(access, current, version) or current
    before, now = told_texts(seen), told_texts(current)
    own = {name for name in FIELDS if typed[name] != before[name]}
    fields = {name: (typed if name in own else now)[name] for name in FIELDS}
    meanwhile = {name: now[name] or "nothing" for name in own if now[name] != typed[name]}
    rows, beside = _milestones(seen, current, typed.milestones)
    objectives = _objectives(before, now, typed)
    if set(now.objectives) != set(before.objectives):
        meanwhile["objectives"] = _difference(seen, current)
    texts = InitiativeTexts(fields, rows, objectives)
    return Typed(texts, {}, {**meanwhile, **beside}, _saved_by(current.row))


def _seen(access: Access, current: ToldInitiative, version: int) -> ToldInitiative | None:
    """The initiative in the version that the form was made from."""
    history = Initiative.history.filter(id=current.row.pk, version=version)
    before = history.order_by("-history_date", "-history_id").first()
    if before is None:
        return None
    return told_initiative(access, before.code, AsOf("", before.history_date))


def _saved_by(row: Initiative) -> str:
    history = row.history.filter(version=row.version).select_related("history_user")
    latest = history.order_by("-history_date", "-history_id").first()
    return str(latest.history_user) if latest and latest.history_user else NOBODY_KNOWS


def _milestones(
    seen: ToldInitiative, current: ToldInitiative, typed: Sequence[MilestoneTexts]
) -> tuple[tuple[MilestoneTexts, ...], dict[str, str]]:
    """The rows of the form anew, and what another has saved beside those that were typed into."""
    before = _rows_by_id(seen)
    ids = list(before)
    mine: dict[int, MilestoneTexts] = {}
    new: list[MilestoneTexts] = []
    for row in typed:
        if 1 <= row.place <= len(ids):
            mine[ids[row.place - 1]] = row
        else:
            new.append(replace(row, key=""))
    rows: list[MilestoneTexts] = []
    beside: dict[str, str] = {}
    now = _rows_by_id(current)
    for pk, stored in now.items():
        own = mine.get(pk)
        if own is None or not (own.is_removed or own.said != before[pk].said):
            rows.append(stored)
            continue
        if stored.said not in (own.said, before[pk].said):
            beside[milestone_field(len(rows), "name")] = milestone_text(stored)
        rows.append(replace(own, key=stored.key))
    for pk, row in mine.items():
        if pk not in now and not row.is_removed and row.said != before[pk].said:
            beside[milestone_field(len(rows), "name")] = "removed"
            rows.append(replace(row, key=""))
    return (*rows, *new), beside


def _rows_by_id(told: ToldInitiative) -> dict[int, MilestoneTexts]:
    rows = told_texts(told).milestones
    return {each.pk: row for each, row in zip(told.milestones, rows, strict=True)}


def milestone_text(row: MilestoneTexts) -> str:
    """A milestone in words: "Pilot, due 2026-06-01, done 2026-05-28"."""
    done = f", done {row.done_on}" if row.done_on else ""
    return f"{row.name}, due {row.due_on}{done}"


def _objectives(
    before: InitiativeTexts, now: InitiativeTexts, typed: InitiativeTexts
) -> tuple[str, ...]:
    """What is stored now, with what was ticked and without what was unticked."""
    unticked = set(before.objectives) - set(typed.objectives)
    kept = [key for key in now.objectives if key not in unticked]
    ticked = [key for key in typed.objectives if key not in before.objectives]
    return tuple(dict.fromkeys([*kept, *ticked]))


def _difference(seen: ToldInitiative, current: ToldInitiative) -> str:
    """What another has let it serve, and serve no more."""
    before = {each.key: each.name for each in seen.objectives}
    now = {each.key: each.name for each in current.objectives}
    added = [f"“{name}” added" for key, name in now.items() if key not in before]
    removed = [f"“{name}” removed" for key, name in before.items() if key not in now]
    return ", ".join([*added, *removed])
