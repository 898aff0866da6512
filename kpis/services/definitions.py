"""What a definition must obey beyond its own fields: its formula, its weighting, their graph.

Checked under the organization's lock, so that two definitions saved at once cannot make a cycle.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from django.core.exceptions import ValidationError

from calculations.formulas.expressions import codes, inputs
from calculations.formulas.parsing import InvalidFormula, check_codes, parsed
from calculations.periods import Frequency
from calculations.units import UnitRule
from kpis.models import KPI, KPIInput, Measurement, MeasurementRevision, Target
from kpis.selectors.graph import KPIEdges, kpi_edges
from organizations.models import Organization

from .targets import FIGURES, check_figures

MAX_LAYERS = 10
# Each way down from a formula to what it reads is evaluated by itself, for its windows differ.
MAX_READINGS = 300
NOT_STORED = 0  # stands for the id of a definition that has none yet


@dataclass
class Library:
    """Live KPIs of the organization, and what all read of each other; by id, and by code.

    Whoever defines many at once, alone in the organization, reads it once, and adds what is stored.
    """

    kpis: dict[int, KPI]
    by_code: dict[str, KPI]
    edges: KPIEdges

    def add(self, kpi: KPI, input_ids: set[int]) -> None:
        """A definition that is stored now; nothing reads it yet."""
        self.kpis[kpi.pk] = self.by_code[kpi.code] = kpi
        if input_ids:
            self.edges = self.edges.with_reader(kpi.pk, input_ids)


def library_of(organization: Organization, *, without: int | None = None) -> Library:
    """As it stands, by two statements; without: the id of a KPI that is left out."""
    rows = KPI.objects.live().filter(organization=organization).exclude(pk=without)
    kpis = {kpi.pk: kpi for kpi in rows}
    return Library(kpis, {kpi.code: kpi for kpi in kpis.values()}, kpi_edges(organization))


def checked_inputs(kpi: KPI, library: Library | None = None) -> set[int]:
    """The ids of the KPIs that the definition reads.

    library: of the others, where it is at hand. Raises ValidationError, by field, where the
    definition contradicts itself or the library.
    """
    _check_alone(kpi)
    if kpi._state.adding and not kpi.formula and kpi.weighting_id is None:
        return set()
    library = library or library_of(kpi.organization, without=kpi.pk)
    input_ids = _formula_inputs(kpi, library)
    if kpi.weighting_id is not None:
        _check_weighting(kpi, library)
    _check_frequencies(kpi, input_ids, library)
    _check_weighted(kpi, library)
    if kpi.weighting_id is not None:
        input_ids.add(kpi.weighting_id)
    _check_graph(kpi, input_ids, library)
    return input_ids


def write_new_inputs(organization: Organization, read: Mapping[int, set[int]]) -> None:
    """Store at once what new definitions read, by their ids."""
    KPIInput.objects.bulk_create(
        KPIInput(organization=organization, kpi_id=kpi_id, input_id=input_id)
        for kpi_id, input_ids in read.items()
        for input_id in sorted(input_ids)
    )


def write_inputs(kpi: KPI, input_ids: set[int]) -> None:
    """Let the stored graph say what the definition says."""
    known = set(KPIInput.objects.filter(kpi=kpi).values_list("input_id", flat=True))
    if known - input_ids:
        KPIInput.objects.filter(kpi=kpi).exclude(input_id__in=input_ids).delete()
    KPIInput.objects.bulk_create(
        KPIInput(organization_id=kpi.organization_id, kpi=kpi, input_id=input_id)
        for input_id in sorted(input_ids - known)
    )


def check_values_fit(kpi: KPI, changed: Iterable[str]) -> None:
    """Refuse another frequency or kind once values are recorded: they would mean nothing."""
    fixed = [name for name in ("frequency", "value_kind") if name in changed]
    if not fixed:
        return
    of_kpi = {"assignment__kpi": kpi}
    is_recorded = Measurement.objects.filter(**of_kpi).exists()
    if is_recorded or MeasurementRevision.objects.filter(**of_kpi).exists():
        said = "Values are recorded already, so this cannot change; define another KPI instead."
        raise ValidationError(dict.fromkeys(fixed, said))


def check_targets_fit(kpi: KPI, changed: Iterable[str]) -> None:
    """Refuse a direction, kind or bounds that contradict a target that is set."""
    if not {"direction", "value_kind", "natural_minimum", "natural_maximum"} & set(changed):
        return
    targets = Target.objects.live().filter(assignment__kpi=kpi, assignment__deleted_at=None)
    for target in targets.select_related("assignment__unit"):
        try:
            check_figures(kpi, {name: getattr(target, name) for name in FIGURES})
        except ValidationError as refusal:
            where = f"“{target.assignment.unit}” from {target.valid_from}"
            raise ValidationError(
                f"The target of {where} would not fit: {refusal.messages[0]} Remove it first."
            ) from None


def _check_alone(kpi: KPI) -> None:
    errors = {}
    if kpi.formula and kpi.value_kind != KPI.ValueKind.NUMBER:
        errors["formula"] = (
            f"A {kpi.get_value_kind_display().lower()} KPI is recorded, never computed; remove the"
            " formula, or choose a number."
        )
    if kpi.unit_rule == UnitRule.FORMULA and not kpi.formula:
        errors["unit_rule"] = "Rolling up by the formula needs a formula; write one."
    if kpi.weighting_id is not None and kpi.unit_rule != UnitRule.MEAN:
        errors["weighting"] = "Only a mean over units is weighted; choose mean, or no weighting."
    if errors:
        raise ValidationError(errors)


def _formula_inputs(kpi: KPI, library: Library) -> set[int]:
    """The ids of the KPIs that the formula names; its own is among them if it names itself."""
    if not kpi.formula:
        return set()
    by_code = library.by_code
    try:
        named = codes(parsed(kpi.formula))
        check_codes(kpi.formula, {*by_code, kpi.code})
    except InvalidFormula as refusal:
        raise ValidationError({"formula": _sentence(refusal)}) from None
    return {_id(kpi) if code == kpi.code else by_code[code].pk for code in named}


def _sentence(refusal: InvalidFormula) -> str:
    text = str(refusal)
    return text if text.endswith((".", "?")) else f"{text}."


def _check_weighting(kpi: KPI, library: Library) -> None:
    if kpi.weighting_id == kpi.pk:
        raise ValidationError({"weighting": "A KPI cannot be weighted by itself; choose another."})
    weighting = library.kpis.get(kpi.weighting_id or 0)
    if weighting is None:
        raise ValidationError({"weighting": "There is no such KPI here; choose another."})
    if weighting.value_kind != KPI.ValueKind.NUMBER:
        raise ValidationError(
            {"weighting": f"`{weighting.code}` is not a number, so it weighs nothing."}
        )


def _check_frequencies(kpi: KPI, input_ids: set[int], library: Library) -> None:
    """A formula is never finer than what it reads: neither this one nor those that read it."""
    own = Frequency(kpi.frequency)
    read = [library.kpis[pk] for pk in input_ids if pk in library.kpis]
    coarsest = max(
        read, key=lambda other: (Frequency(other.frequency).rank, other.code), default=kpi
    )
    if own.is_finer_than(Frequency(coarsest.frequency)):
        raise ValidationError(
            {
                "frequency": f"The formula reads `{coarsest.code}`, which is measured by"
                f" {coarsest.frequency}; choose {coarsest.frequency} or a longer period."
            }
        )
    for reader in _readers(kpi, library):
        if Frequency(reader.frequency).is_finer_than(own) and _is_in_formula(kpi, reader):
            raise ValidationError(
                {
                    "frequency": f"The formula of `{reader.code}` reads this KPI and is computed"
                    f" by {reader.frequency}; choose {reader.frequency} or a shorter period."
                }
            )


def _is_in_formula(kpi: KPI, reader: KPI) -> bool:
    return bool(reader.formula) and kpi.code in codes(parsed(reader.formula))


def _check_weighted(kpi: KPI, library: Library) -> None:
    """What weighs another KPI stays a number."""
    if kpi.value_kind == KPI.ValueKind.NUMBER:
        return
    for reader in _readers(kpi, library):
        if reader.weighting_id == kpi.pk:
            raise ValidationError(
                {"value_kind": f"`{reader.code}` is weighted by this KPI, so it stays a number."}
            )


def _readers(kpi: KPI, library: Library) -> Iterator[KPI]:
    for pk in library.edges.feeds.get(_id(kpi), ()):
        if pk in library.kpis:
            yield library.kpis[pk]


def _check_graph(kpi: KPI, input_ids: set[int], library: Library) -> None:
    """No cycle, and no more than ten layers of formulas on each other."""
    is_new = _id(kpi) == NOT_STORED
    edges = library.edges
    # Nothing reads what is new: so the graph of the others stays as it is.
    edges = (edges.with_reader if is_new else edges.with_inputs)(_id(kpi), input_ids)
    field = "formula" if kpi.formula else "weighting"
    by_id = {_id(kpi): kpi, **library.kpis}
    cycle = [by_id[pk].code for pk in edges.path(_id(kpi), _id(kpi))]
    if cycle:
        raise ValidationError({field: f"A KPI cannot need itself: {chain_sentence(cycle)}."})
    reached = {_id(kpi), *edges.needed_by(_id(kpi))}
    layers = edges.layers(reached)
    highest = max(reached, key=lambda pk: layers.get(pk, 0))
    if layers.get(highest, 0) > MAX_LAYERS:
        raise ValidationError({field: layers_sentence(by_id[highest].code, layers[highest])})
    _check_readings(kpi, reached, layers, by_id)


def _check_readings(
    kpi: KPI, reached: Iterable[int], layers: Mapping[int, int], by_id: Mapping[int, KPI]
) -> None:
    """No formula that unfolds, through those that it reads, into more than can be evaluated."""
    by_code = {each.code: each for each in by_id.values()}
    known: dict[str, int] = {}
    for each in sorted((by_id[pk] for pk in reached), key=lambda one: layers.get(_id(one), 0)):
        if _readings(each, by_code, known) > MAX_READINGS:
            field = "formula" if kpi.formula else "weighting"
            raise ValidationError(
                {
                    field: f"With the formulas that it reads, `{each.code}` would read more than"
                    f" {MAX_READINGS} figures, counting each once on every way down to it. Let it"
                    " read fewer formulas, or through fewer of `prev`, `ytd` and `rolling`."
                }
            )


def _readings(kpi: KPI, by_code: Mapping[str, KPI], known: dict[str, int]) -> int:
    """How many figures the formula reads, with what the formulas among them read in their turn."""
    if kpi.code not in known:
        read = inputs(parsed(kpi.formula)) if kpi.formula else ()
        found = [by_code[one.code] for one in read if one.code in by_code]
        known[kpi.code] = sum(1 + _readings(each, by_code, known) for each in found)
    return known[kpi.code]


def layers_sentence(code: str, layers: int) -> str:
    """Why no formula builds on so many others."""
    return (
        f"Formulas build on each other in at most {MAX_LAYERS} layers; `{code}` would have"
        f" {layers}. Let it read KPIs further beneath."
    )


def chain_sentence(path: list[str]) -> str:
    """From each code to the next.

    >>> chain_sentence(["margin", "profit", "margin"])
    '`margin` needs `profit`, which needs `margin`'
    """
    steps = [f"needs `{below}`" for _, below in pairwise(path)]
    return f"`{path[0]}` " + ", which ".join(steps)


def _id(kpi: KPI) -> int:
    return kpi.pk or NOT_STORED
