"""Who may see and do what: the one place that decides, for people and for tokens.

Roles hold for a unit and everything beneath it. Members see all units except individuals', which
are seen by the person and by managers above; an organization may restrict its members to their
own line. A token never sees more than its maker, its unit limit and its scopes allow.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from django.utils import timezone

from .models import ApiToken, Membership, Organization, Role, User, secret_digest
from .selectors import UnitNode, UnitTree, unit_tree


class Action(StrEnum):
    READ = "read"
    RECORD_VALUES = "record values"
    EDIT_STRUCTURE = "edit scorecards, KPIs, targets and initiatives"
    RESTATE = "close and reopen periods, and restate closed values"
    ADMINISTER = "manage people, units, tokens and settings"


PERMISSIONS: dict[str, frozenset[Action]] = {
    Role.VIEWER: frozenset({Action.READ}),
    Role.CONTRIBUTOR: frozenset({Action.READ, Action.RECORD_VALUES}),
    Role.MANAGER: frozenset(Action) - {Action.ADMINISTER},
    Role.ADMINISTRATOR: frozenset(Action),
}
SCOPE_ACTIONS: dict[str, frozenset[Action]] = {
    "measurements:read": frozenset({Action.READ}),
    "measurements:write": frozenset({Action.RECORD_VALUES}),
    "structure:read": frozenset({Action.READ}),
    "structure:write": frozenset({Action.EDIT_STRUCTURE, Action.RESTATE}),
}


@dataclass(frozen=True)
class Access:
    """What somebody may see and do in one organization.

    `roles` maps unit ids to roles; `limit_id` confines a token to a unit and what is beneath it;
    `actions` are the ones its scopes allow.
    """

    organization: Organization
    roles: dict[int, str]
    user: User | None = None
    token: ApiToken | None = None
    is_unbound: bool = False  # a token made by an operator: no person's roles bound it
    limit_id: int | None = None
    actions: frozenset[Action] = frozenset(Action)

    @cached_property
    def tree(self) -> UnitTree:
        return unit_tree(self.organization)

    def can(self, action: Action, unit_id: int) -> bool:
        """Whether the action is allowed at the unit, which must be one of the organization."""
        if action not in self.actions or not self._is_within_limit(unit_id):
            return False
        return self.is_unbound or any(
            action in PERMISSIONS[role] for role in self._roles_at(unit_id)
        )

    def sees(self, unit_id: int) -> bool:
        """Whether a unit of the organization may be seen."""
        if self.is_unbound and self.limit_id is None:
            return True
        return unit_id in self.visible_unit_ids

    @cached_property
    def visible_unit_ids(self) -> frozenset[int]:
        return frozenset(node.id for node in self.tree.by_id.values() if self._sees(node))

    def visible_unit(self, code: str) -> UnitNode | None:
        """The unit of that code if it may be seen; None alike if it may not or does not exist."""
        node = self.tree.by_code.get(code)
        return node if node and self.sees(node.id) else None

    def line(self, unit_id: int) -> list[UnitNode]:
        """From the topmost unit down to the unit itself, those of them that may be seen."""
        return [node for node in self.tree.line(unit_id) if self.sees(node.id)]

    def told_above(self, unit_id: int) -> str:
        """What to call a unit above one that may be seen: its name only if it may be seen, too."""
        node = self.tree.by_id.get(unit_id)
        return node.name if node and self.sees(unit_id) else "a unit above"

    def _sees(self, node: UnitNode) -> bool:
        if not self._is_within_limit(node.id):
            return False
        if self.is_unbound:
            return True
        if node.is_individual:
            return self._is_own(node) or self.can_read_individual(node.id)
        return self.organization.openness == Organization.Openness.ALL or self._is_on_own_line(node)

    def _is_own(self, node: UnitNode) -> bool:
        return self.user is not None and node.user_id == self.user.pk

    def can_read_individual(self, unit_id: int) -> bool:
        """Managers and administrators above see an individual's unit."""
        return any(Action.EDIT_STRUCTURE in PERMISSIONS[role] for role in self._roles_at(unit_id))

    def _roles_at(self, unit_id: int) -> list[str]:
        return [self.roles[node.id] for node in self.tree.line(unit_id) if node.id in self.roles]

    def _is_on_own_line(self, node: UnitNode) -> bool:
        return node.id in self._ids_above_own or bool(self._roles_at(node.id))

    @cached_property
    def _ids_above_own(self) -> frozenset[int]:
        return frozenset(above.id for own in self.roles for above in self.tree.line(own))

    def _is_within_limit(self, unit_id: int) -> bool:
        if self.limit_id is None:
            return True
        return any(node.id == self.limit_id for node in self.tree.line(unit_id))


def user_access(user: User, organization_code: str) -> Access | None:
    """What a signed-in person may do in the organization; None without a role in it."""
    memberships = list(
        Membership.objects.live()
        .filter(user=user, organization__code=organization_code)
        .select_related("organization")
    )
    if not memberships or not user.is_active:
        return None
    return Access(
        organization=memberships[0].organization,
        roles={membership.unit_id: membership.role for membership in memberships},
        user=user,
    )


def valid_token(secret: str) -> ApiToken | None:
    """The token of that secret, unless it is unknown, expired, revoked or its maker has left.

    With what `bearers` needs beside it: the organization with its stamp, and the maker.
    """
    token = (
        ApiToken.objects.select_related("organization__access_stamp", "created_by")
        .filter(digest=secret_digest(secret))
        .first()
    )
    if token is None or not token.is_valid_at(timezone.now()):
        return None
    if token.created_by and not token.created_by.is_active:
        return None
    return token


def token_access(token: ApiToken, organization_code: str) -> Access | None:
    """What a valid token may do in the organization; None if it belongs to another."""
    if token.organization.code != organization_code:
        return None
    maker = user_access(token.created_by, organization_code) if token.created_by else None
    if token.created_by and maker is None:
        return None
    return Access(
        organization=token.organization,
        roles=maker.roles if maker else {},
        user=token.created_by,
        token=token,
        is_unbound=maker is None,
        limit_id=token.unit_id,
        actions=frozenset().union(
            *(SCOPE_ACTIONS.get(scope, frozenset()) for scope in token.scopes)
        ),
    )


def scopes_of(access: Access, unit_id: int | None = None) -> frozenset[str]:
    """The scopes of which somebody may do something, anywhere or at a unit and beneath it."""
    held = [pk for pk in access.roles if unit_id is None or _is_beneath(access.tree, pk, unit_id)]
    places = held if unit_id is None else [unit_id, *held]
    may = {action for action in Action if any(access.can(action, place) for place in places)}
    if unit_id is not None and access.sees(unit_id):
        may.add(Action.READ)
    return frozenset(scope for scope, actions in SCOPE_ACTIONS.items() if actions & may)


def _is_beneath(tree: UnitTree, unit_id: int, upper_id: int) -> bool:
    return any(node.id == upper_id for node in tree.line(unit_id))
