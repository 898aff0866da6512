"""What the figures say of causal links, computed anew: every night, and when a link changes.

A scorecard is done as a whole, under the organization's lock, so that nobody changes a link while
its evidence is computed; nothing is written where the figures say what they said.
"""

import datetime as dt
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from django.db import transaction
from django.utils import timezone

from calculations.evidence import lagged_evidence
from calculations.schedules import Every, Schedule
from organizations.services.jobs.handlers import Recurring
from organizations.services.jobs.leases import Work
from organizations.services.locks import lock_organization
from scorecards.models import Scorecard
from strategy_maps.models import CausalLink, Evidence
from strategy_maps.selectors.evidence.series import Compared, compared_series

from .asking import KIND, evidence_key

WHAT = "evidence"
AT = dt.time(3, 30)  # at the organization's place, after the sources' nightly values
EVER = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
FIELDS = ("verdict", "profile", "lag", "association", "p_value", "n", "frequency", "basis")


def evidence_slots(now: dt.datetime) -> Iterable[Recurring]:
    """Every night, a job for each scorecard that has causal links."""
    schedule = Schedule(Every.DAY, at=AT)
    linked = CausalLink.objects.live().values("cause__scorecard")
    scorecards = _open().filter(pk__in=linked).select_related("organization").order_by("pk")
    for scorecard in scorecards:
        yield Recurring(
            organization=scorecard.organization,
            what=evidence_key(scorecard.pk),
            schedule=schedule,
            since=EVER,
            kind=KIND,
            args={"scorecard": scorecard.pk},
            key=evidence_key(scorecard.pk),
            about=scorecard.name,
        )


def do_evidence(work: Work) -> None:
    """A job's work; of a scorecard that is gone or archived meanwhile there is none."""
    scorecards = _open().filter(organization=work.organization, pk=int(work.args["scorecard"]))
    scorecard = scorecards.select_related("organization").first()
    with work.finishing():
        if scorecard is not None:
            refresh_evidence(scorecard=scorecard)


@transaction.atomic
def refresh_evidence(*, scorecard: Scorecard) -> int:
    """Compute the evidence of all links of a scorecard; returns for how many it differs now."""
    lock_organization(scorecard.organization_id)
    links = _links(scorecard)
    compared = compared_series(scorecard, links)
    now = timezone.now()
    return _store([_evidence(link, compared[link.pk], now) for link in links])


def _open() -> Any:
    return Scorecard.objects.live().exclude(status=Scorecard.State.ARCHIVED)


def _links(scorecard: Scorecard) -> list[CausalLink]:
    rows = CausalLink.objects.live().filter(
        cause__scorecard=scorecard, cause__deleted_at=None, effect__deleted_at=None
    )
    return list(rows.select_related("cause", "effect", "cause_kpi", "effect_kpi").order_by("pk"))


def _evidence(link: CausalLink, compared: Compared, now: dt.datetime) -> Evidence:
    """What is to be stored; the seed is the link's own, so that a verdict does not flicker."""
    found = lagged_evidence(
        compared.cause,
        compared.effect,
        compared.lags,
        is_inverse=link.is_inverse,
        season=compared.season,
        seed=zlib.crc32(f"{link.cause.code} {link.effect.code}".encode()),
    )
    return Evidence(
        organization_id=link.organization_id,
        link=link,
        verdict=found.verdict.value,
        profile=[asdict(figure) for figure in found.profile],
        lag=found.lag,
        association=found.association,
        p_value=found.p_value,
        n=found.n,
        frequency=compared.frequency.value,
        basis=compared.basis,
        computed_at=now,
    )


def _store(rows: Sequence[Evidence]) -> int:
    """Write those that differ from what is stored; of the others the moment stays, too."""
    stored = {row.link_id: row for row in Evidence.objects.filter(link__in=[r.link for r in rows])}
    differing = [row for row in rows if _said(row) != _said(stored.get(row.link_id))]
    Evidence.objects.bulk_create(
        differing,
        update_conflicts=True,
        unique_fields=["link"],
        update_fields=[*FIELDS, "computed_at"],
    )
    return len(differing)


def _said(row: Evidence | None) -> list[Any]:
    return [getattr(row, name) for name in FIELDS] if row else []
