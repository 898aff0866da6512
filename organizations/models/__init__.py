"""Tenants, the unit tree, people and their roles, API tokens."""

from .access_stamp import AccessStamp
from .closing import ClosedPeriod
from .idempotency import IdempotencyKey
from .job import Job, Slot
from .organization import Organization
from .people import Membership, Person, Role, User
from .structure import LIVE, CodedStructure, CodeField, Structure, StructureQuerySet
from .token import SCOPES, ApiToken, is_well_formed, new_secret, secret_digest
from .unit import Unit

__all__ = [
    "LIVE",
    "SCOPES",
    "AccessStamp",
    "ApiToken",
    "ClosedPeriod",
    "CodeField",
    "CodedStructure",
    "IdempotencyKey",
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
    "is_well_formed",
    "new_secret",
    "secret_digest",
]
