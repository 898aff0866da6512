"""P8 and P9: what one value sets in motion, and whether every score is then what it should be."""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import msgspec
import orjson
from django.db import transaction
from django.test import Client
from django.utils import timezone

from kpis.models import KPI, Assignment, Target
from organizations.models import Organization, Unit
from organizations.services.people import create_organization
from scorecards.models import Objective, ObjectiveKPI, Perspective, Scorecard, ScoreSheet
from scorecards.services.refresh import rebuild_scores
from scorecards.services.sheet_storage import SAID

from .database import statement_count
from .measuring import Count, Finding
from .server import HOST
from .synthetic import Synthetic, editions, joined, months

SEED = 20260108
DEPTHS = (3, 6, 9)
MONTHS = 3
PUSHES = 10
# By code: time rule, unit rule, formula. Each is at every unit, and follows from those beneath.
KPIS = {
    "load": ("sum", "sum", ""),
    "capacity": ("mean", "mean", ""),
    "use": ("sum", "formula", "load / capacity"),
}
Push = tuple[str, str, str, float]


@dataclass(frozen=True)
class Line:
    """An organization as deep as wanted; beside every unit of the line down stands another one."""

    organization: Organization
    secret: str
    depth: int

    def rows(self) -> list[tuple[str, str, str]]:
        """KPI, unit and month of every value that can be entered: at units without any beneath."""
        starts = months(self.organization, MONTHS)
        return [
            (kpi, unit, f"{start:%Y-%m}")
            for kpi in ("load", "capacity")
            for unit in (*(f"side_{i}" for i in range(1, self.depth + 1)), f"line_{self.depth}")
            for start in starts
        ]


@transaction.atomic
def build_line(depth: int) -> Line:
    """The organization with its structure, targets and a token; without values."""
    organization = create_organization(code=f"deep_{depth}", name=f"Depth {depth}")
    units = _units(organization, depth)
    kpis = [
        KPI.objects.create(
            organization=organization, code=code, name=code.title(),
            time_rule=time_rule, unit_rule=unit_rule, formula=formula,
        )
        for code, (time_rule, unit_rule, formula) in KPIS.items()
    ]  # fmt: skip
    for unit in units:
        _measured_at(unit, kpis)
    editions(organization, months(organization, MONTHS)[0])
    _, _, secret = joined(organization, units[0])
    return Line(organization, secret, depth)


def _units(organization: Organization, depth: int) -> list[Unit]:
    root = Unit.objects.create(
        organization=organization, code="line_0", name="Line 0", kind="corporate"
    )
    units, parent = [root], root
    for level in range(1, depth + 1):
        below = [
            Unit.objects.create(
                organization=organization, code=f"{name}_{level}", name=f"{name.title()} {level}",
                kind="team", parent=parent, position=position,
            )
            for position, name in enumerate(("line", "side"))
        ]  # fmt: skip
        units += below
        parent = below[0]
    return units


def _measured_at(unit: Unit, kpis: Sequence[KPI]) -> None:
    """All KPIs on the unit's scorecard; targets where values are entered, and of the formula."""
    about = {"organization": unit.organization}
    card = Scorecard.objects.create(
        unit=unit,
        code=f"{unit.code}_card",
        name=unit.name,
        status="active",
        starts_on=months(unit.organization, MONTHS)[0],
        **about,
    )
    perspective = Perspective.objects.create(
        scorecard=card, code="process", name="Process", weight=100, **about
    )
    objective = Objective.objects.create(
        scorecard=card, perspective=perspective, code="flow", name="Keep work flowing", **about
    )
    for position, kpi in enumerate(kpis):
        assignment = Assignment.objects.create(kpi=kpi, unit=unit, **about)
        Target.objects.create(
            assignment=assignment,
            valid_from=months(unit.organization, MONTHS)[0],
            said_at=timezone.now(),
            red_flag=0.5,
            target=100,
            **about,
        )
        ObjectiveKPI.objects.create(
            objective=objective, kpi=kpi, weight=1 + position, position=position, **about
        )


def line_findings() -> Iterator[Finding]:
    """P8: one value at the bottom, in organizations of different depth."""
    statements = {}
    for depth in DEPTHS:
        line = build_line(depth)
        push, values = _pushing(line.organization, line.secret), count(1)
        everywhere = [(*row, 50.0) for row in line.rows()]
        push(everywhere)
        one = next(row for row in line.rows() if row[1] == f"line_{depth}")
        before = _versions(line.organization)
        statements[depth] = statement_count(lambda: push([(*one, 50.0 + next(values))]))  # noqa: B023
        yield _reached(depth, before, _versions(line.organization))
    yield _growth(statements)


def _growth(statements: dict[int, int]) -> Finding:
    fewest, most = statements[DEPTHS[0]], statements[DEPTHS[-1]]
    return Count(
        "P8",
        f"statements more to push one value and wait, depth {DEPTHS[-1]} than depth {DEPTHS[0]}",
        most - fewest,
        goal=0,
        detail=f"({', '.join(map(str, statements.values()))})",
        values={f"depth_{depth}": many for depth, many in statements.items()},
    )


Versions = dict[tuple[str, object, int], int]


def _versions(organization: Organization) -> Versions:
    rows = ScoreSheet.objects.filter(organization=organization, is_stale=False)
    fields = rows.values_list("frequency", "period_start", "scorecard_id", "version")
    return {(frequency, start, pk): version for frequency, start, pk, version in fields}


def _reached(depth: int, before: Versions, after: Versions) -> Finding:
    """The month, its quarter and its year have a sheet of every unit up to the root."""
    written = Counter(key[:2] for key, version in after.items() if before.get(key, 0) != version)
    return Count(
        "P8",
        f"depth {depth}: sheets of a period that one value reaches",
        max(written.values(), default=0),
        goal=depth + 1,
        detail=f"({sum(written.values())} of {len(after)} in {len(written)} periods)",
        values={"sheets": sum(written.values()), "periods": len(written)},
    )


def _pushing(organization: Organization, secret: str) -> Callable[[Sequence[Push]], None]:
    """Push values and wait for the scores."""
    client = Client(SERVER_NAME=HOST)
    headers = {"Authorization": f"Bearer {secret}"}
    path = f"/api/v1/{organization.code}/measurements?wait=1"

    def push(rows: Sequence[Push]) -> None:
        names = ("kpi", "unit", "period", "value")
        body = msgspec.json.encode([dict(zip(names, row, strict=True)) for row in rows])
        answer = client.post(path, body, content_type="application/json", headers=headers)
        assert answer.status_code == 200, answer.content[:300]

    return push


def equality_findings(filled: Synthetic) -> Iterator[Finding]:
    """P9: many small pushes, each refreshing what it reaches, then everything computed anew."""
    line = build_line(DEPTHS[-1] + 1)
    yield _compared("rolled-up KPIs and formulas", line.organization, line.secret, line.rows())
    rows = [(row.kpi, row.unit, f"{row.start:%Y-%m}") for row in filled.rows]
    yield _compared("contributing objectives", filled.organization, filled.secret, rows)


def _compared(
    what: str, organization: Organization, secret: str, rows: Sequence[tuple[str, str, str]]
) -> Finding:
    # Publishing gives every scorecard its sheets; here the structure was stored directly.
    rebuild_scores(organization_id=organization.pk)
    push, chance = _pushing(organization, secret), random.Random(SEED)  # noqa: S311
    for _ in range(PUSHES):
        some = chance.sample(rows, chance.randint(1, max(5, len(rows) // 50)))
        push([(*row, round(chance.uniform(1, 150), 3)) for row in some])
    incremental = _sheets(organization)
    rebuild_scores(organization_id=organization.pk)
    full = _sheets(organization)
    return Count(
        "P9",
        f"sheets that differ from a full recomputation after {PUSHES} pushes: {what}",
        sum(incremental.get(key) != full.get(key) for key in incremental | full),
        goal=0,
        detail=f"({len(full):,} compared)",
        values={"compared": len(full)},
    )


def _sheets(organization: Organization) -> dict[tuple[object, ...], bytes]:
    """Every sheet's content, to the last bit; a stale one equals none."""
    sheets = ScoreSheet.objects.filter(organization=organization)
    rows = sheets.values_list("scorecard_id", "frequency", "period_start", "is_stale", *SAID)
    return {row[:3]: orjson.dumps(row[3:]) for row in rows}
