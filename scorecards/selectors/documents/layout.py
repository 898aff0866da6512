"""How records stand in the text: which kind beneath which, and by what its entries are named."""

from dataclasses import dataclass
from functools import cached_property

from scorecards.selectors.records import ALL_KINDS, Field, Kind

FORMAT = 1
# Where a record stands says it; in the text no field does.
BY_PLACE = frozenset({"position", "number"})


@dataclass(frozen=True)
class Section:
    """Entries of one kind, each beneath its name.

    name: its key in the text; named_by: the fields that the entry's own key says, with a dot
    between them, none in a list; from_above: the record's fields that the entries above say, by
    the fields of those. only: the one field that the entry holds, where it is no mapping.
    """

    name: str
    kind_name: str
    named_by: tuple[str, ...] = ("code",)
    from_above: tuple[tuple[str, str], ...] = ()
    only: str = ""
    own_parts: tuple["Section", ...] = ()

    @property
    def kind(self) -> Kind:
        return ALL_KINDS[self.kind_name]

    @property
    def parts(self) -> tuple["Section", ...]:
        """What stands beneath an entry, with what packages above put there."""
        return (*self.own_parts, *_joined.get(self.kind_name, ()))

    @property
    def is_list(self) -> bool:
        return not self.named_by

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """What an entry says itself."""
        elsewhere = {*self.named_by, *BY_PLACE, *(name for name, _ in self.from_above)}
        return tuple(item for item in self.kind.fields if item.name not in elsewhere)

    @cached_property
    def known(self) -> tuple[str, ...]:
        """All keys that an entry may have."""
        return (*(item.name for item in self.fields), *(part.name for part in self.parts))


_joined: dict[str, list[Section]] = {}


def join_section(beneath: str, section: Section) -> None:
    """Let entries of a package above stand beneath those of a kind; told when Django starts."""
    _joined.setdefault(beneath, []).append(section)


TARGETS = Section("targets", "targets", ("valid_from",), (("kpi", "kpi"), ("unit", "unit")))
PROCESS_CHANGES = Section(
    "process_changes",
    "process_changes",
    ("changed_from",),
    (("kpi", "kpi"), ("unit", "unit")),
    only="note",
)
ASSIGNMENTS = Section(
    "assignments",
    "assignments",
    ("unit",),
    (("kpi", "code"),),
    own_parts=(TARGETS, PROCESS_CHANGES),
)
OBJECTIVE = (("scorecard", "scorecard"), ("objective", "code"))
OBJECTIVES = Section(
    "objectives",
    "objectives",
    ("code",),
    (("scorecard", "scorecard"), ("perspective", "code")),
    own_parts=(
        Section("kpis", "objective_kpis", ("kpi",), OBJECTIVE, only="weight"),
        Section(
            "supports",
            "alignments",
            ("supported_scorecard", "supported_objective"),
            OBJECTIVE,
            only="weight",
        ),
    ),
)
OF_SCORECARD = (("scorecard", "code"),)

SETTINGS = Section("organization", "settings", ())
SECTIONS = (
    Section(
        "people",
        "people",
        own_parts=(Section("roles", "roles", ("unit",), (("person", "code"),), only="role"),),
    ),
    Section("units", "units"),
    Section("kpis", "kpis", own_parts=(ASSIGNMENTS,)),
    Section(
        "scorecards",
        "scorecards",
        own_parts=(
            Section("themes", "themes", ("code",), OF_SCORECARD),
            Section(
                "perspectives", "perspectives", ("code",), OF_SCORECARD, own_parts=(OBJECTIVES,)
            ),
        ),
    ),
    Section(
        "initiatives",
        "initiatives",
        own_parts=(Section("milestones", "milestones", (), (("initiative", "code"),)),),
    ),
)
# By kind with a position: the fields that its siblings have in common.
SIBLINGS = {
    "units": ("parent",),
    "perspectives": ("scorecard",),
    "objectives": ("scorecard", "perspective"),
    "objective_kpis": ("scorecard", "objective"),
}
