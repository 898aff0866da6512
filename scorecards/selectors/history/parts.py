"""What has a history: each kind of row, where it belongs, and what of it can be set back."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kpis.models import (
    KPI,
    POINTS,
    RANGE,
    Assignment,
    ProcessChange,
    Restatement,
    Source,
    Target,
)
from organizations.models import ApiToken, ClosedPeriod, Membership, Organization, Person, Unit
from scorecards.models import (
    Alignment,
    Initiative,
    InitiativeObjective,
    Milestone,
    Objective,
    ObjectiveKPI,
    Perspective,
    PublicLink,
    Scorecard,
    Theme,
    Webhook,
)

# What every row has and no history tells by itself.
UNTOLD = frozenset({"id", "code", "organization", "version", "deleted_at"})


@dataclass(frozen=True)
class Part:
    """A kind of row with a history.

    kind: of the page that tells of it. unit: the way from its history to the unit to which it
    belongs, "" of none. untold: fields that only say what it is. fixed: fields that are told and
    never set back by themselves. ends: of what ties objectives, the fields that name them, that of
    the scorecard's own first. is_published: whether a change holds from a period on. called: how a
    row of a package above is called, from a record of its history and the names in it. deed: of
    what happens once and has no history of its own; see `events`.
    """

    name: str
    kind: str
    label: str
    model: Any
    unit: str = ""
    untold: frozenset[str] = frozenset()
    fixed: frozenset[str] = frozenset()
    ends: tuple[str, ...] = ("objective", "supported")
    is_published: bool = True
    called: Callable[[Any, Any], str] | None = None
    deed: str = ""

    @property
    def is_tie(self) -> bool:
        """Whether it belongs to a scorecard by one of its objectives."""
        return self.kind == "scorecard" and self.name not in NODES

    @property
    def fields(self) -> tuple[Any, ...]:
        """The columns that the history tells."""
        skipped = UNTOLD | self.untold
        return tuple(f for f in self.model._meta.concrete_fields if f.name not in skipped)

    @property
    def restorable(self) -> tuple[str, ...]:
        """The names of the fields that can be set back."""
        return tuple(f.name for f in self.fields if f.name not in self.fixed)


NODES = ("scorecard", "perspective", "theme", "objective")
OF_SCORECARD = "scorecard__unit_id"
OF_OBJECTIVE = "objective__scorecard__unit_id"
OF_INITIATIVE = "initiative__unit_id"
FIGURES = ("baseline", *POINTS, *RANGE, "curve")

SOURCES_OWN = frozenset({"scheduled_at", "configured_by", "author"})
TOKENS_OWN = frozenset({"digest", "last_used_at", "created_at", "created_by"})

# In the order in which the entries of one moment are told: the whole before its parts.
PARTS: dict[str, Part] = {
    part.name: part
    for part in (
        Part("settings", "settings", "Settings", Organization),
        Part("unit", "unit", "Unit", Unit, "id", fixed=frozenset({"person", "position"})),
        Part("person", "person", "Person", Person, fixed=frozenset({"user"})),
        Part("role", "person", "Role", Membership, "unit_id", untold=frozenset({"user", "unit"})),
        Part("token", "token", "Token", ApiToken, "unit_id", untold=TOKENS_OWN),
        Part("kpi", "kpi", "KPI", KPI),
        Part(
            *("assignment", "kpi", "Measured", Assignment, "unit_id"),
            untold=frozenset({"kpi", "unit"}),
        ),
        Part(
            *("target", "kpi", "Target", Target, "assignment__unit_id"),
            untold=frozenset({"assignment", "valid_from", "said_at"}),
        ),
        Part(
            *("process_change", "kpi", "Process change", ProcessChange, "assignment__unit_id"),
            untold=frozenset({"assignment", "period_start", "declared_at", "declared_by"}),
            fixed=frozenset({"note"}),
        ),
        Part(
            *("scorecard", "scorecard", "Scorecard", Scorecard, "unit_id"),
            fixed=frozenset({"unit", "status", "starts_on", "ends_on"}),
        ),
        Part(
            *("perspective", "scorecard", "Perspective", Perspective, OF_SCORECARD),
            untold=frozenset({"scorecard"}),
        ),
        Part(
            *("theme", "scorecard", "Theme", Theme, OF_SCORECARD),
            untold=frozenset({"scorecard"}),
        ),
        Part(
            *("objective", "scorecard", "Objective", Objective, OF_SCORECARD),
            untold=frozenset({"scorecard"}),
        ),
        Part(
            *("link", "scorecard", "KPI of an objective", ObjectiveKPI, OF_OBJECTIVE),
            untold=frozenset({"kpi"}),
        ),
        Part(
            *("alignment", "scorecard", "Support", Alignment, OF_OBJECTIVE),
            untold=frozenset({"objective", "supported"}),
        ),
        Part(
            *("share", "share", "Public address", PublicLink, "unit_id"),
            untold=frozenset({"nonce", "digest", "created_at", "created_by", "kind", "kpi"}),
        ),
        Part("source", "source", "Source", Source, untold=SOURCES_OWN),
        Part("webhook", "webhook", "Webhook", Webhook),
        Part("closing", "closing", "Period", ClosedPeriod, "unit_id", deed="closed"),
        Part("reopening", "closing", "Period", ClosedPeriod, "unit_id", deed="reopened"),
        Part(
            *("restating", "closing", "Closed period", Restatement, "assignment__unit_id"),
            deed="restated",
        ),
        Part("initiative", "initiative", "Initiative", Initiative, "unit_id"),
        Part(
            *("milestone", "initiative", "Milestone", Milestone, OF_INITIATIVE),
            untold=frozenset({"initiative"}),
        ),
        Part(
            *("serves", "initiative", "Serves", InitiativeObjective, OF_INITIATIVE),
            untold=frozenset({"initiative", "objective"}),
        ),
    )
}

# The kinds of pages that tell a history, as people call them.
KINDS = {
    "settings": "Settings",
    "unit": "Units",
    "person": "People and roles",
    "token": "Tokens",
    "kpi": "KPIs and targets",
    "scorecard": "Scorecards",
    "closing": "Closed periods",
    "share": "Public addresses",
    "initiative": "Initiatives",
    "source": "Sources",
    "webhook": "Webhooks",
}
# They are told of, and changed back on their own pages, if at all.
ONLY_TOLD = frozenset({"token", "closing", "share", "source", "webhook"})
# Those that belong to the organization as a whole.
OF_THE_WHOLE = frozenset({"settings", "source", "webhook"})


def join_part(part: Part) -> None:
    """Tell of a kind of row of a package above, too; announced when Django starts.

    How it is set back is said to `scorecards.services.joined`.
    """
    PARTS[part.name] = part


def joined_parts() -> tuple[Part, ...]:
    """Those of packages above."""
    return tuple(part for part in PARTS.values() if part.called)


def parts_of(kind: str) -> tuple[Part, ...]:
    """The kinds of rows that the page of a kind tells of."""
    return tuple(part for part in PARTS.values() if part.kind == kind)
