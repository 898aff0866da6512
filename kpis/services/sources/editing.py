"""Setting sources up, changing them, and letting one win over what was entered by hand."""

from collections.abc import Collection, Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from calculations.periods import Frequency
from calculations.schedules import Schedule
from kpis.models import KPI, Source, SourceRun
from kpis.services.measurements import record_measurements
from kpis.services.resolution import RowToRecord
from organizations.access import Access
from organizations.models import ApiToken, Organization, User, new_secret, secret_digest
from organizations.services.structure import (
    changed,
    created,
    locked,
    require_version,
    restore_structure,
    retire_structure,
)

from .asking import kind_of
from .judging import Verdict
from .running import as_source
from .secrets import keep_secrets, secrets_of
from .shapes import COMMON, MOST_PERIODS, Field, Kind, Unreadable

MOST_SOURCES = 200


def fields_of(kind: Kind) -> tuple[Field, ...]:
    """Everything that a source of the kind is asked."""
    return (*kind.fields, *COMMON)


def checked_settings(
    access: Access, kind: Kind, typed: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str]]:
    """The settings and the secrets of what was typed; raises ValidationError, by field."""
    texts = {field.name: typed.get(field.name, "").strip() for field in fields_of(kind)}
    problems: dict[str, str] = {}
    for field in fields_of(kind):
        said = _problem(field, texts[field.name])
        if said:
            problems[field.name] = said
    settings = {f.name: texts[f.name] for f in fields_of(kind) if not f.is_secret}
    secrets = {f.name: texts[f.name] for f in kind.fields if f.is_secret and texts[f.name]}
    for name, said in {**kind.check(settings), **_unknown_codes(access, settings)}.items():
        problems.setdefault(name, said)
    if problems:
        raise ValidationError(problems)
    return settings, secrets


def _problem(field: Field, text: str) -> str:
    if field.is_required and not text:
        return "This cannot stay empty."
    if len(text) > field.most:
        return f"This may have at most {field.most} characters."
    if not all(sign.isprintable() or sign in "\r\n\t" for sign in text):
        return "The text holds a character that cannot be stored; remove it."
    if field.options and text not in dict(field.options):
        return "Choose one of these."
    is_count = text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_PERIODS
    if field.name == "periods" and not is_count:
        return f"Write a number from 1 to {MOST_PERIODS}."
    return ""


def _unknown_codes(access: Access, settings: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with the KPI and the unit that are chosen for all rows."""
    problems = {}
    kpi, unit = settings["kpi"], settings["unit"]
    known = KPI.objects.visible_in(access.visible_unit_ids).filter(organization=access.organization)
    if kpi and not known.filter(code=kpi).exists():
        problems["kpi"] = "There is no KPI of this code here."
    if unit and access.visible_unit(unit) is None:
        problems["unit"] = "There is no unit of this code here."
    if settings["frequency"] not in set(Frequency):
        problems["frequency"] = "Choose one of these."
    return problems


@transaction.atomic
def create_source(
    *,
    organization: Organization,
    code: str,
    name: str,
    kind: str,
    settings: Mapping[str, str],
    secrets: Mapping[str, str],
    schedule: Schedule,
    by: User,
) -> Source:
    """A new source, with checked settings. Raises ValidationError, by field."""
    if Source.objects.live().filter(organization=organization).count() >= MOST_SOURCES:
        raise ValidationError(f"There are {MOST_SOURCES} sources already; delete one first.")
    source = Source(
        organization=organization,
        code=code,
        name=name,
        kind=kind_of(kind).code,
        settings=dict(settings),
        schedule=schedule.packed(),
        scheduled_at=timezone.now(),
        configured_by=by,
        author=_author(organization, name, by),
    )
    source._history_user = by  # type: ignore[attr-defined]
    created(source)
    keep_secrets(source, secrets)
    return source


def _author(organization: Organization, name: str, by: User) -> ApiToken:
    """As whom the source records: a token of no scope that is revoked from its beginning.

    Its secret is thrown away, so that nobody can use it; it only gives values their author.
    """
    now = timezone.now()
    token = ApiToken(
        organization=organization,
        name=_author_name(name),
        digest=secret_digest(new_secret()),
        scopes=[],
        created_by=by,
        expires_at=now,
        revoked_at=now,
    )
    return _stored(token)


def _stored(token: ApiToken) -> ApiToken:
    """Without a line in the history of tokens, since it is none that anybody has."""
    token.skip_history_when_saving = True  # type: ignore[attr-defined]
    token.full_clean(exclude=["scopes"])
    token.save()
    return token


def _author_name(name: str) -> str:
    return f"source “{name}”"


@transaction.atomic
def change_source(
    *,
    source: Source,
    by: User,
    version: int,
    name: str,
    settings: Mapping[str, str],
    secrets: Mapping[str, str],
    schedule: Schedule,
) -> Source:
    """Other settings; from now on it records as far as this person may.

    Secrets that are typed replace those that are kept; where the source asks another host or as
    another user, the ones that are kept are forgotten. Raises StaleVersion and ValidationError.
    """
    source = locked(source)
    require_version(source, version)
    kept = kept_secrets(source, settings)
    if source.schedule != schedule.packed():
        source.schedule, source.scheduled_at = schedule.packed(), timezone.now()
    source.name, source.settings, source.configured_by = name, dict(settings), by
    source = changed(source, by)
    keep_secrets(source, {**kept, **secrets})
    author = source.author
    if author.name != _author_name(name):
        author.name = _author_name(name)
        _stored(author)
    return source


def kept_secrets(source: Source, settings: Mapping[str, str]) -> dict[str, str]:
    """The stored secrets as far as they still go to whom they were meant for."""
    aim = kind_of(source.kind).aim
    if aim(settings) != aim(source.settings):
        return {}
    try:
        return secrets_of(source)
    except Unreadable:
        return {}


@transaction.atomic
def pause_source(*, source: Source, by: User, version: int, is_paused: bool) -> Source:
    """Let the schedule rest, or go on from now. Raises StaleVersion."""
    source = locked(source)
    require_version(source, version)
    if source.is_paused == is_paused:
        return source
    source.is_paused = is_paused
    if not is_paused:
        source.scheduled_at = timezone.now()
    return changed(source, by)


@transaction.atomic
def delete_source(*, source: Source, by: User, version: int) -> Source:
    """The values that it brought stay. Raises StaleVersion."""
    return retire_structure(row=source, by=by, version=version)


@transaction.atomic
def restore_source(*, source: Source, by: User) -> Source:
    """Let a deleted source stand again; it is paused, so that it can be looked at first."""
    source = restore_structure(row=source, by=by)
    return pause_source(source=source, by=by, version=source.version, is_paused=True)


@transaction.atomic
def let_source_win(
    *, access: Access, source: Source, run: SourceRun, keys: Collection[str]
) -> tuple[int, list[str]]:
    """Record what the run brought where it was kept from overwriting what was entered by hand.

    keys: of lines, "assignment start". The values are the source's from now on, and its next
    refresh goes on with them. Returns how many were recorded, and why others were not.
    """
    run = SourceRun.objects.select_for_update().get(pk=run.pk, source=source)
    chosen = [
        line for line in run.lines if line["verdict"] == Verdict.KEPT and line_key(line) in keys
    ]
    rows = [
        RowToRecord(
            kpi=line["kpi"], unit=line["unit"] or None, period=line["period"], value=line["value"]
        )
        for line in chosen
    ]
    recorded = record_measurements(access=as_source(access, source), rows=rows, is_atomic=False)
    refused = {refusal.index: refusal.detail for refusal in recorded.rejected}
    taken = [line for index, line in enumerate(chosen) if index not in refused]
    run.lines = [line for line in run.lines if line not in taken]
    run.kept -= len(taken)
    run.updated += len(taken)
    run.save(update_fields=["lines", "kept", "updated"])
    return len(taken), list(refused.values())


def line_key(line: Mapping[str, object]) -> str:
    """By which a form names a line of a run."""
    return f"{line['assignment_id']} {line['start']}"
