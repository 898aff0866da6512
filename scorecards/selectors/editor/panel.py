"""What else may be said of the row that is open: everything that has no room in a line."""

from collections.abc import Sequence
from dataclasses import replace

from organizations.access import Access, Action
from organizations.models import Person
from organizations.selectors import UnitNode
from scorecards.links import kpi_new_href, with_query
from scorecards.models import Alignment, Objective, Scorecard
from scorecards.selectors.administration.choices import Choice, person_options
from scorecards.selectors.editions.changes import HIDDEN, weight_text
from scorecards.selectors.kpis.form_words import Option

from .picking import kpi_choice
from .rows import Drawing, id_of
from .shapes import EditedField, EditedRow, Panel, SupportLine

HOMES = {"objective": "perspective", "kpi": "objective"}
MOST_ABOVE = 400


def panel(drawing: Drawing, scorecard: Scorecard, row: EditedRow, words: str) -> Panel:
    """The panel of the row; of an objective by a fixed number of statements."""
    node = next(each for each in drawing.nodes if each.key == row.key)
    home_kind = HOMES.get(row.kind, "")
    found = Panel(
        row=row,
        homes=tuple(
            Option(each.key, each.name) for each in drawing.nodes if each.kind == home_kind
        ),
        home=node.parent or "",
        home_word=home_kind,
    )
    if row.kind != "objective":
        return found
    objective, access = node.row, drawing.access
    ties = support_rows(objective)
    return replace(
        found,
        owner=_owner(access, row),
        supports=tuple(_support(drawing, row, tie) for tie in ties),
        above=_above(access, drawing.unit, ties),
        support=drawing.add_field("support", row.key),
        kpis=replace(
            kpi_choice(
                access, drawing.unit, objective, words, _new_href(drawing, scorecard, objective)
            ),
            problem=drawing.problems.get(f"add-kpi-{row.id}", ""),
        ),
    )


def support_rows(objective: Objective) -> list[Alignment]:
    """What it supports, in the order of what is above, by one statement."""
    rows = Alignment.objects.live().filter(objective=objective, supported__deleted_at=None)
    return list(rows.select_related("supported__scorecard").order_by("pk"))


def supportable(access: Access, unit: UnitNode) -> list[Objective]:
    """Objectives of units above that the reader sees, of scorecards in force, from the top down."""
    line = [node.id for node in access.line(unit.id) if node != unit]
    rows = (
        Objective.objects.live()
        .filter(
            scorecard__unit_id__in=line,
            scorecard__status=Scorecard.State.ACTIVE,
            scorecard__deleted_at=None,
        )
        .select_related("scorecard")
        .order_by("perspective__position", "position", "pk")
    )
    return sorted(rows[:MOST_ABOVE], key=lambda each: -line.index(each.scorecard.unit_id))


def key_of(objective: Objective) -> str:
    return f"{objective.scorecard.code}.{objective.code}"


def _owner(access: Access, row: EditedRow) -> Choice:
    people = Person.objects.live().filter(organization=access.organization)
    options, is_long = person_options(people)
    held = row.fields["owner"]
    if not is_long and held.text and held.text not in {option.value for option in options}:
        options = (*options, Option(held.text, row.owner or held.text))
    return Choice(held.name, "Owner", held.text, options, is_long, nothing="nobody")


def _support(drawing: Drawing, row: EditedRow, tie: Alignment) -> SupportLine:
    access, supported = drawing.access, tie.supported
    unit_id = supported.scorecard.unit_id
    is_seen = access.sees(unit_id)
    key = key_of(supported)
    place = f"support-{row.id}-{id_of(key)}"
    text = drawing.added.get(place, weight_text(tie.weight))
    problem = drawing.problems.get(place, "")
    return SupportLine(
        code=key,
        name=supported.name if is_seen else HIDDEN,
        unit=access.tree.by_id[unit_id].name if is_seen else "",
        version=tie.version,
        weight=EditedField(place, text, weight_text(tie.weight), problem),
        may_weigh=access.can(Action.EDIT_STRUCTURE, unit_id),
    )


def _above(access: Access, unit: UnitNode, ties: Sequence[Alignment]) -> tuple[Option, ...]:
    known = {tie.supported_id for tie in ties}
    return tuple(
        Option(key_of(each), f"{access.tree.by_id[each.scorecard.unit_id].name} · {each.name}")
        for each in supportable(access, unit)
        if each.pk not in known
    )


def _new_href(drawing: Drawing, scorecard: Scorecard, objective: Objective) -> str:
    """The form of a KPI, which leads back here with the new one linked."""
    query = {
        "unit": drawing.unit.code,
        "for": objective.code,
        "scorecard": scorecard.code,
        "valid_from": drawing.period_label,
    }
    return with_query(kpi_new_href(drawing.access.organization.code), **query)
