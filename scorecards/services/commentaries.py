"""Saying how an objective goes: a sentence for exactly one period, with evidence."""

import datetime as dt
import unicodedata
from collections.abc import Collection, Iterable, Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from calculations.periods import Period
from organizations.models import User
from organizations.models.structure import validate_text
from organizations.selectors import closings, unit_tree
from organizations.services.locks import lock_closings
from scorecards.models import Assessment, Commentary, Evidence, Scorecard
from scorecards.models.commentary import LONGEST_SENTENCE, CommentaryQuerySet

from .assessments import require_node
from .evidence import CheckedFile, Upload, checked_files, stored_file


class StaleCommentary(Exception):
    """Somebody else has said something since it was read; `standing` is what stands, if any."""

    def __init__(self, standing: Commentary | None) -> None:
        self.standing = standing
        super().__init__("Somebody else has changed this sentence meanwhile.")


@transaction.atomic
def say_commentary(
    *,
    scorecard: Scorecard,
    objective: str,
    period: Period,
    text: str,
    by: User | None,
    seen: dt.datetime | None = None,
    files: Sequence[Upload] = (),
    kept: Collection[str] = (),
) -> Commentary:
    """Say how the objective goes in the period; what was said before is superseded.

    objective: its code in the structure valid then. seen: when the sentence that the writer has
    seen was said, None for none: StaleCommentary if another stands. kept: the names of its files
    that stay. Raises ValidationError, by field.
    """
    standing = _standing(scorecard, objective, period)
    if (standing.said_at if standing else None) != seen:
        raise StaleCommentary(standing)
    _require_sayable(scorecard, objective, period)
    sentence = _sentence(text)
    old = [each for each in standing.evidence.all() if each.name in kept] if standing else []
    new = checked_files(files, [each.name for each in old])
    if standing and _is_same(standing, sentence, old, new):
        return standing
    now = timezone.now()
    if standing:
        _supersede(standing, now, by)
    said = _say(scorecard, objective, period, sentence, now, by)
    _show(said, old, new)
    return said


@transaction.atomic
def take_back_commentary(
    *,
    scorecard: Scorecard,
    objective: str,
    period: Period,
    seen: dt.datetime | None,
    by: User | None,
) -> Commentary:
    """Let nothing stand; what was said stays in the history, from where it can come back."""
    standing = _standing(scorecard, objective, period)
    if standing is None or standing.said_at != seen:
        raise StaleCommentary(standing)
    _require_open(scorecard, period)
    _supersede(standing, timezone.now(), by)
    return standing


@transaction.atomic
def restore_commentary(
    *, scorecard: Scorecard, objective: str, period: Period, said_at: dt.datetime, by: User | None
) -> Commentary:
    """Say again what was taken back, with its evidence. StaleCommentary where another stands."""
    standing = _standing(scorecard, objective, period)
    if standing is not None:
        raise StaleCommentary(standing)
    _require_sayable(scorecard, objective, period)
    gone = _of(scorecard, objective, period).filter(said_at=said_at).order_by("-pk").first()
    if gone is None:
        raise ValidationError("Nothing was said then that could come back.")
    said = _say(scorecard, objective, period, gone.text, timezone.now(), by)
    _show(said, gone.evidence.all(), ())
    return said


def _say(
    scorecard: Scorecard,
    objective: str,
    period: Period,
    text: str,
    said_at: dt.datetime,
    by: User | None,
) -> Commentary:
    return Commentary.objects.create(
        organization_id=scorecard.organization_id,
        scorecard=scorecard,
        objective=objective,
        frequency=period.frequency,
        period_start=period.start,
        text=text,
        said_at=said_at,
        said_by=by,
    )


def _of(scorecard: Scorecard, objective: str, period: Period) -> CommentaryQuerySet:
    return Commentary.objects.filter(
        scorecard=scorecard,
        objective=objective,
        frequency=period.frequency,
        period_start=period.start,
    )


def _standing(scorecard: Scorecard, objective: str, period: Period) -> Commentary | None:
    """What stands; whoever else would say something of the scorecard, or close, waits."""
    lock_closings(scorecard.organization_id)
    Scorecard.objects.select_for_update(no_key=True, of=("self",)).get(pk=scorecard.pk)
    return _of(scorecard, objective, period).standing().first()


def _require_sayable(scorecard: Scorecard, objective: str, period: Period) -> None:
    organization = scorecard.organization
    label = organization.calendar.label(period)
    if period.frequency not in organization.frequencies:
        raise ValidationError(f"{organization} does not report by {period.frequency}.")
    if period.start > organization.today():
        raise ValidationError(f"{label} has not begun: there is nothing to say yet.")
    _require_open(scorecard, period)
    require_node(scorecard, Assessment.Node.OBJECTIVE, objective, period)


def _require_open(scorecard: Scorecard, period: Period) -> None:
    organization = scorecard.organization
    closed = closings(organization)
    line = unit_tree(organization).line(scorecard.unit_id) if closed else []
    closing = closed.covering(line, period)
    if closing is not None:
        label = organization.calendar.label(closing.period)
        raise ValidationError(f"{label} is closed: have it opened again first.", "period_closed")


def _sentence(text: str) -> str:
    if len(text) > 4 * LONGEST_SENTENCE:
        raise ValidationError({"text": f"Say it in at most {LONGEST_SENTENCE} characters."})
    sentence = " ".join(unicodedata.normalize("NFC", text).split())
    if not sentence:
        raise ValidationError({"text": "Write a sentence, or take the old one back."})
    if len(sentence) > LONGEST_SENTENCE:
        raise ValidationError(
            {"text": f"Say it in at most {LONGEST_SENTENCE} characters: it has {len(sentence)}."}
        )
    try:
        validate_text(sentence)
    except ValidationError as refusal:
        raise ValidationError({"text": refusal.messages}) from None
    return sentence


def _is_same(
    standing: Commentary, text: str, old: Sequence[Evidence], new: Sequence[CheckedFile]
) -> bool:
    return standing.text == text and not new and len(old) == standing.evidence.count()


def _supersede(standing: Commentary, at: dt.datetime, by: User | None) -> None:
    standing.superseded_at = max(at, standing.said_at)
    standing.superseded_by = by
    standing.save(update_fields=["superseded_at", "superseded_by"])


def _show(said: Commentary, old: Iterable[Evidence], new: Iterable[CheckedFile]) -> None:
    """Hang the files on the sentence: those that stay share their bytes with what they were."""
    organization = said.scorecard.organization
    files = [(each.file_id, each.name, each.media_type) for each in old]
    files += [(stored_file(organization, f.content).pk, f.name, f.media_type) for f in new]
    Evidence.objects.bulk_create(
        Evidence(
            organization=organization,
            commentary=said,
            file_id=file_id,
            name=name,
            media_type=media_type,
            position=position,
        )
        for position, (file_id, name, media_type) in enumerate(files)
    )
