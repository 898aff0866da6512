"""Changing an organization's settings, and what is computed again because of it."""

import copy
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from kpis.services.wake import wake_refresh
from organizations.models import Organization, User
from organizations.services.locks import lock_closings, lock_organization, lock_scores
from organizations.services.structure import StaleVersion
from scorecards.models import ScoreSheet
from scorecards.selectors.settings.periods import (
    FISCAL,
    reported_in,
    required_by_data,
    required_by_reports,
)

from .staleness import mark_everything

# What scores follow from, and what only says how they are named and shown, and to whom.
COMPUTED = frozenset({"fiscal_month", "minimum_coverage", "reporting_frequencies", "time_zone"})
SHOWN = frozenset({"name", "mission", "vision", "values", "fiscal_year_named_by"})
SHOWN |= {"display_scale", "openness"}


@transaction.atomic
def change_settings(
    *, organization: Organization, by: User | None = None, version: int | None = None, **fields: Any
) -> Organization:
    """Change settings; all scores are computed again where they follow from what changed.

    version: the one that the writer has seen (StaleVersion if there is a newer one). Raises
    ValidationError, by field: among others for a fiscal year in which stored values, targets or
    reports would belong to no period, and for leaving out a frequency in which was reported.
    """
    lock_organization(organization.pk)
    lock_closings(organization.pk, may_close=True)
    lock_scores(organization.pk)
    current = Organization.objects.get(pk=organization.pk)
    if version is not None and current.version != version:
        raise StaleVersion(current)  # type: ignore[arg-type]  # it has a version, too
    before = copy.copy(current)
    altered = _filled(current, fields)
    if not altered:
        return current
    current.version += 1
    current._history_user = by  # type: ignore[attr-defined]  # what the history looks for
    current.full_clean()
    _require_fitting(before, current)
    current.save()
    if altered & COMPUTED:
        _compute_again(before, current)
    return current


def _filled(organization: Organization, fields: dict[str, Any]) -> set[str]:
    """Give the organization the fields; returns the names of those that differ from before."""
    if unknown := fields.keys() - COMPUTED - SHOWN:
        raise ValidationError(f"{min(unknown).capitalize()} cannot be changed.")
    before = {name: getattr(organization, name) for name in fields}
    for name, value in fields.items():
        setattr(organization, name, value)
    organization.clean_fields()
    return {name for name, value in before.items() if getattr(organization, name) != value}


def _require_fitting(before: Organization, after: Organization) -> None:
    """Raises ValidationError, by field, where stored data would not fit the new settings."""
    problems = {}
    calendar = after.calendar
    if before.calendar != calendar:
        is_shifted = before.fiscal_month != after.fiscal_month
        field = "fiscal_month" if is_shifted else "fiscal_year_named_by"
        problems[field] = required_by_data(before, calendar) or required_by_reports(
            before, calendar
        )
    gone = set(before.reporting_frequencies) - set(after.reporting_frequencies)
    problems["reporting_frequencies"] = reported_in(before, gone) if gone else ""
    found = {name: text for name, text in problems.items() if text}
    if found:
        raise ValidationError(found)


def _compute_again(before: Organization, after: Organization) -> None:
    """Mark every score; those of periods that are not reported any more, or not there, go."""
    sheets = ScoreSheet.objects.filter(organization=after)
    sheets.exclude(frequency__in=after.reporting_frequencies).delete()
    if before.fiscal_month != after.fiscal_month:
        sheets.filter(frequency__in=FISCAL).delete()
    mark_everything(after)
    wake_refresh(after.pk)
