"""Tenants, the unit tree, people and their roles, API tokens."""

from .closing import ClosedPeriod
from .job import Job, Slot
from .organization import Organization
from .people import Membership, Person, Role, User
from .structure import LIVE, CodedStructure, CodeField, Structure, StructureQuerySet
from .token import SCOPES, ApiToken, new_secret, secret_digest
from .unit import Unit

__all__ = [
    "LIVE",
    "SCOPES",
    "ApiToken",
    "ClosedPeriod",
    "CodeField",
    "CodedStructure",
    "Job",
    "Membership",
    "Organization",
    "Person",
    "Role",
    "Slot",
    "Structure",
    "StructureQuerySet",
    "Unit",
    "User",
    "new_secret",
    "secret_digest",
]
