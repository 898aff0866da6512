"""The page of a heat map: what it can be turned to, and where its links lead."""

from dataclasses import dataclass, replace

from django.db.models import Count

from calculations.periods import Period
from kpis.models import Assignment
from organizations.access import Access
from organizations.selectors import UnitNode
from scorecards.links import heat_map_href
from scorecards.selectors.boards.marks import PLURALS
from scorecards.selectors.imports.rights import may_use_files
from scorecards.selectors.kpis.form_words import Option
from scorecards.selectors.kpis.sight import seen_units
from scorecards.selectors.shapes import Link, PeriodChoice
from scorecards.selectors.viewing import Viewing, period_choice

from .map import heat_map
from .shapes import ALL, LENGTH, LEVEL, OBJECTIVES, PERSPECTIVES, HeatColumn, HeatMap

KINDS = {PERSPECTIVES: "Perspectives", OBJECTIVES: "Objectives"}
SCOPES = {LEVEL: "Directly beneath", ALL: "Everything beneath"}
MOST_KPIS = 300  # in a list to choose from


@dataclass(frozen=True)
class AskedHeatMap:
    """What an address says, beside the unit and the period."""

    of: str = PERSPECTIVES
    scope: str = ""
    sort: str = ""
    page: int = 1


@dataclass(frozen=True)
class Header:
    """A column that can be sorted by. order: as aria-sort says it, "" where it is not sorted."""

    text: str
    href: str
    order: str
    band: str = ""


@dataclass(frozen=True)
class Band:
    """Columns of one perspective beside each other."""

    name: str
    span: int


@dataclass(frozen=True)
class HeatMapPage:
    """headers: by key; columns: of the perspectives or objectives, in their order."""

    map: HeatMap
    title: str
    breadcrumbs: tuple[Link, ...]
    period: PeriodChoice
    kinds: tuple[Link, ...]
    scopes: tuple[Link, ...]
    kpis: tuple[Option, ...]
    kept: tuple[tuple[str, str], ...]  # what choosing a KPI keeps of the address
    headers: dict[str, Header]
    columns: tuple[Header, ...]
    bands: tuple[Band, ...]
    tree_href: str  # in the order of the tree
    beneath_href: str  # the same of another unit, whose code comes behind it
    export_href: str  # "" where the reader takes out no files
    plural: str  # "quarters"
    range_text: str = ""
    previous_href: str = ""
    next_href: str = ""


def heat_map_page(
    access: Access, unit: UnitNode, asked: AskedHeatMap, period: Period
) -> HeatMapPage | None:
    """None where the KPI is unknown, or measured nowhere that the reader sees."""
    found = heat_map(
        access, unit, asked.of, period, scope=asked.scope, sort=asked.sort, page=asked.page
    )
    return None if found is None else _Pages(access, unit, found, period).page()


@dataclass(frozen=True)
class _Pages:
    access: Access
    unit: UnitNode
    map: HeatMap
    shown: Period

    def page(self) -> HeatMapPage:
        first = (self.map.page - 1) * LENGTH
        of_map = self.map
        return HeatMapPage(
            map=of_map,
            title=of_map.kpi.name if of_map.kpi else KINDS[of_map.of],
            breadcrumbs=self._breadcrumbs(),
            period=self._period(),
            kinds=self._kinds(),
            scopes=self._scopes(),
            kpis=self._kpis(),
            kept=(("unit", of_map.unit_code), ("period", of_map.period_label)),
            headers=self._headers(),
            columns=tuple(self._header(each.key, each.name, each.band) for each in of_map.columns),
            bands=_bands(of_map.columns),
            tree_href=self._href(sort=""),
            beneath_href=self._href(unit="", scope=""),
            export_href=self._href() if may_use_files(self.access) else "",
            plural=PLURALS[of_map.frequency],
            range_text=f"{first + 1} to {first + len(of_map.rows)} of {of_map.n_units} units"
            if of_map.n_pages > 1
            else "",
            previous_href=self._page_href(of_map.page - 1),
            next_href=self._page_href(of_map.page + 1),
        )

    def _href(self, **changed: str) -> str:
        """This page with something changed; another order or scope begins with the first page."""
        said = {
            "of": self.map.of,
            "unit": self.map.unit_code,
            "period": self.map.period_label,
            "scope": self.map.scope,
            "sort": self.map.sort,
        }
        return heat_map_href(self.access.organization.code, **(said | changed))

    def _page_href(self, number: int) -> str:
        return self._href(page=str(number)) if 1 <= number <= self.map.n_pages else ""

    def _breadcrumbs(self) -> tuple[Link, ...]:
        """The line of sight; the units above have heat maps, too."""
        return tuple(
            Link(node.name, self._href(unit=node.code, sort=""))
            for node in self.access.line(self.unit.id)
        )

    def _period(self) -> PeriodChoice:
        organization = self.access.organization
        viewing = Viewing(organization.calendar, self.shown)
        choice = period_choice(
            organization, viewing, lambda label, _moment: self._href(period=label)
        )
        return replace(choice, today="")  # a heat map tells of what stands now

    def _kinds(self) -> tuple[Link, ...]:
        return tuple(
            Link(name, self._href(of=of, sort=""), "current" if of == self.map.of else "")
            for of, name in KINDS.items()
        )

    def _scopes(self) -> tuple[Link, ...]:
        """None where nothing lies further beneath."""
        children = self.access.tree.children(self.unit.id)
        if not any(self.access.tree.children(child.id) for child in children):
            return ()
        return tuple(
            Link(name, self._href(scope=scope), "current" if scope == self.map.scope else "")
            for scope, name in SCOPES.items()
        )

    def _kpis(self) -> tuple[Option, ...]:
        """The KPIs that are measured at several units that the reader sees."""
        rows = (
            Assignment.objects.live()
            .filter(seen_units(self.access), organization=self.access.organization)
            .filter(kpi__deleted_at=None)
            .values_list("kpi__code", "kpi__name")
            .annotate(n_units=Count("unit_id", distinct=True))
            .filter(n_units__gt=1)
            .order_by("kpi__name", "kpi__code")
        )
        found = [Option(code, f"{name} ({n} units)") for code, name, n in rows[:MOST_KPIS]]
        kpi = self.map.kpi
        if kpi and all(option.value != kpi.code for option in found):
            found.insert(0, Option(kpi.code, kpi.name))
        return tuple(found)

    # --- Columns

    def _headers(self) -> dict[str, Header]:
        names = {"name": "Unit", "score": "Scorecard"}
        if self.map.kpi:
            change = f"Since {self.map.kpi.before_label}"
            names |= {"value": "Actual", "change": change, "score": "Score"}
        return {key: self._header(key, name) for key, name in names.items()}

    def _header(self, key: str, text: str, band: str = "") -> Header:
        """The lowest first, and the highest first with the next click."""
        order = {key: "ascending", f"-{key}": "descending"}.get(self.map.sort, "")
        href = self._href(sort=f"-{key}" if order == "ascending" else key)
        return Header(text, href, order, band)


def _bands(columns: tuple[HeatColumn, ...]) -> tuple[Band, ...]:
    names = dict.fromkeys(column.band for column in columns if column.band)
    return tuple(Band(name, sum(column.band == name for column in columns)) for name in names)
