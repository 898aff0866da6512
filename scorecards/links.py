"""Addresses of pages, with the period and the rest of what they show in them."""

from urllib.parse import urlencode

from django.urls import reverse


def with_query(address: str, **query: str | None) -> str:
    """The address with those parameters that are given."""
    given = {name: value for name, value in query.items() if value}
    return f"{address}?{urlencode(given)}" if given else address


def organization_href(
    organization: str, period: str | None = None, *, as_of: str | None = None
) -> str:
    return with_query(reverse("organization", args=[organization]), period=period, as_of=as_of)


def switcher_href(organization: str, period: str | None = None, as_of: str | None = None) -> str:
    """The units to go to; their boards keep the period and the moment."""
    return with_query(reverse("switcher", args=[organization]), period=period, as_of=as_of)


def board_href(
    organization: str,
    unit: str,
    period: str | None = None,
    trace: str | None = None,
    *,
    as_of: str | None = None,
    figures: str | None = None,
    scorecard: str | None = None,
) -> str:
    """as_of: the moment that the page tells of; figures: which ones of a closed period.

    scorecard: one of the unit's that is not the one of the period.
    """
    address = reverse("board", args=[organization, unit])
    about = {"period": period, "trace": trace, "as_of": as_of, "figures": figures}
    return with_query(address, **about, scorecard=scorecard)


def scorecards_href(organization: str, unit: str | None = None) -> str:
    """The scorecards of a unit, or of all."""
    if unit is None:
        return reverse("all-scorecards", args=[organization])
    return reverse("scorecards", args=[organization, unit])


def scorecard_deed_href(
    deed: str, organization: str, unit: str, scorecard: str, valid_from: str | None = None
) -> str:
    """The page of a deed: `scorecard-activate`, `scorecard-archive` or `scorecard-duplicate`."""
    address = reverse(deed, args=[organization, unit])
    return with_query(address, scorecard=scorecard, valid_from=valid_from)


def commentary_href(
    organization: str, unit: str, objective: str, period: str, scorecard: str | None = None
) -> str:
    """The form in which people say how an objective goes."""
    address = reverse("commentary", args=[organization, unit])
    return with_query(address, objective=objective, period=period, scorecard=scorecard)


def evidence_href(organization: str, unit: str, sha256: str) -> str:
    """A file behind a sentence on one of the unit's objectives."""
    return reverse("evidence", args=[organization, unit, sha256])


def books_href(organization: str) -> str:
    """Files for meetings."""
    return reverse("books", args=[organization])


def book_href(organization: str, book: str) -> str:
    """For what is done with one of them."""
    return reverse("book", args=[organization, book])


def book_file_href(organization: str, book: str) -> str:
    return reverse("book-file", args=[organization, book])


def closing_href(organization: str, unit: str, period: str | None = None) -> str:
    return with_query(reverse("closing", args=[organization, unit]), period=period)


def editor_href(organization: str, unit: str, **query: str | None) -> str:
    """The board as it is edited.

    scorecard: another than the one in force; valid_from: the period from which changes hold; open:
    the row whose panel is open.
    """
    return with_query(reverse("editor", args=[organization, unit]), **query)


def sharing_href(organization: str, unit: str) -> str:
    """Where the unit's board is published."""
    return reverse("sharing", args=[organization, unit])


def chart_sharing_href(organization: str, unit: str, kpi: str) -> str:
    """Where the chart of a KPI at the unit is published."""
    return reverse("chart-sharing", args=[organization, unit, kpi])


def public_links_href(organization: str) -> str:
    """All that is public, of what the reader manages."""
    return reverse("public-links", args=[organization])


def structure_href(organization: str, unit: str) -> str:
    return reverse("structure", args=[organization, unit])


def kpi_href(
    organization: str,
    kpi: str,
    unit: str | None = None,
    period: str | None = None,
    *,
    as_of: str | None = None,
    edit: str | None = None,
    q: str | None = None,
    page: str | None = None,
) -> str:
    """edit: the own period whose value stands in the form; q, page: of the list of its units."""
    address = reverse("kpi", args=[organization, kpi])
    query = {"unit": unit, "period": period, "as_of": as_of, "edit": edit, "q": q, "page": page}
    return with_query(address, **query)


def kpi_values_href(organization: str, kpi: str) -> str:
    return reverse("kpi-values", args=[organization, kpi])


def process_changes_href(organization: str, kpi: str) -> str:
    """Where changes of the process behind a KPI are declared."""
    return reverse("process-changes", args=[organization, kpi])


def entry_href(
    organization: str, unit: str, until: str | None = None, *, scores: str | None = None
) -> str:
    """The grid of a unit's values.

    until: a day in the last periods that it shows; scores: one in the period of its scores.
    """
    return with_query(reverse("entry", args=[organization, unit]), until=until, scores=scores)


def my_page_href(organization: str, period: str | None = None) -> str:
    """What the reader owes and answers for."""
    return with_query(reverse("my-page", args=[organization]), period=period)


def values_due_href(organization: str) -> str:
    """What the reader is to enter, over all units."""
    return reverse("values-due", args=[organization])


def reminders_href(organization: str) -> str:
    """When the reader is reminded of what they are to enter."""
    return reverse("reminders", args=[organization])


def kpis_href(organization: str, q: str | None = None, **query: str | None) -> str:
    """The library, or what of it has the words and is as the query says."""
    return with_query(reverse("kpis", args=[organization]), q=q, **query)


def kpi_new_href(
    organization: str,
    *,
    unit: str | None = None,
    objective: str | None = None,
    scorecard: str | None = None,
    valid_from: str | None = None,
    like: str | None = None,
) -> str:
    """objective, of the unit's scorecard: which counts the KPI then, from the period on.

    like: the KPI whose definition is the start.
    """
    query = {"unit": unit, "for": objective, "scorecard": scorecard, "valid_from": valid_from}
    return with_query(reverse("kpi-new", args=[organization]), **query, like=like)


def kpi_delete_href(organization: str, kpi: str) -> str:
    return reverse("kpi-delete", args=[organization, kpi])


def kpi_restore_href(organization: str, kpi: str) -> str:
    return reverse("kpi-restore", args=[organization, kpi])


def kpi_places_href(organization: str, kpi: str, **query: str | None) -> str:
    """Where the KPI is measured; edit: the unit whose row is open."""
    return with_query(reverse("kpi-places", args=[organization, kpi]), **query)


def kpi_edit_href(
    organization: str, kpi: str, unit: str | None = None, period: str | None = None
) -> str:
    """unit, period: of the page to come back to."""
    address = reverse("kpi-edit", args=[organization, kpi])
    return with_query(address, unit=unit, period=period)


def targets_href(
    organization: str, unit: str, year: str | None = None, *, restate: str | None = None
) -> str:
    """The year's targets of a unit; restate: with the fields of closed periods open."""
    address = reverse("targets", args=[organization, unit])
    return with_query(address, year=year, restate=restate)


def target_href(organization: str, unit: str, kpi: str, period: str | None = None) -> str:
    """All figures of one target."""
    return with_query(reverse("target", args=[organization, unit, kpi]), period=period)


def target_split_href(organization: str, unit: str, kpi: str, year: str) -> str:
    return with_query(reverse("target-split", args=[organization, unit, kpi]), year=year)


def target_roll_over_href(organization: str, unit: str, year: str) -> str:
    return with_query(reverse("target-roll-over", args=[organization, unit]), year=year)


def initiatives_href(organization: str, **query: str | None) -> str:
    """All initiatives, or those that the query names, in one of the list's views."""
    return with_query(reverse("initiatives", args=[organization]), **query)


def initiative_href(organization: str, initiative: str, *, as_of: str | None = None) -> str:
    return with_query(reverse("initiative", args=[organization, initiative]), as_of=as_of)


def initiative_new_href(
    organization: str, unit: str | None = None, objective: str | None = None
) -> str:
    """objective: one that it shall serve, by the codes of its scorecard and its own."""
    address = reverse("initiative-new", args=[organization])
    return with_query(address, unit=unit, objective=objective)


def initiative_edit_href(organization: str, initiative: str) -> str:
    return reverse("initiative-edit", args=[organization, initiative])


def timeline_href(organization: str, **query: str | None) -> str:
    """The figure of the initiatives that the query names."""
    return with_query(reverse("timeline", args=[organization]), **query)


def units_href(organization: str, **query: str | None) -> str:
    """The tree of units; unit: the one beside it, at: the one whose level is open."""
    return with_query(reverse("units", args=[organization]), **query)


def organization_text_href(organization: str) -> str:
    """All of it as one text."""
    return reverse("organization-text", args=[organization])


def jobs_href(organization: str, **query: str | None) -> str:
    """Background work, or what of it the query names."""
    return with_query(reverse("jobs", args=[organization]), **query)


def tokens_href(organization: str, **query: str | None) -> str:
    """The keys of other systems; revoke: the name of the one that is to be revoked."""
    return with_query(reverse("tokens", args=[organization]), **query)


def people_href(organization: str, **query: str | None) -> str:
    return with_query(reverse("people", args=[organization]), **query)


def person_href(organization: str, person: str) -> str:
    return reverse("person", args=[organization, person])


def hand_over_href(organization: str, person: str) -> str:
    return reverse("hand-over", args=[organization, person])


def history_href(organization: str, kind: str, code: str, **query: str | None) -> str:
    """What changed in one thing; of: one part of it, such as objective.grow."""
    return with_query(reverse("history", args=[organization, kind, code]), **query)


def changes_href(organization: str, **query: str | None) -> str:
    """What changed anywhere in the organization, or what of it the query names."""
    return with_query(reverse("changes", args=[organization]), **query)


def data_href(organization: str, **query: str | None) -> str:
    """Tables that are taken out and brought in; before: the imports with a smaller number."""
    return with_query(reverse("data", args=[organization]), **query)


def export_href(organization: str, kind: str, **query: str | None) -> str:
    """A table as a file; form: csv or xlsx."""
    return with_query(reverse("export", args=[organization, kind]), **query)


def import_href(organization: str, number: int) -> str:
    return reverse("import", args=[organization, number])


def import_refused_href(organization: str, number: int) -> str:
    """What an import refuses, as a file to be corrected."""
    return reverse("import-refused", args=[organization, number])


def sources_href(organization: str) -> str:
    return reverse("sources", args=[organization])


def source_href(organization: str, source: str) -> str:
    return reverse("source", args=[organization, source])


def source_edit_href(organization: str, source: str) -> str:
    return reverse("source-edit", args=[organization, source])


def webhooks_href(organization: str) -> str:
    """Other systems that are told what happens."""
    return reverse("webhooks", args=[organization])


def webhook_href(organization: str, webhook: str) -> str:
    return reverse("webhook", args=[organization, webhook])


def cascade_href(organization: str, unit: str, objective: str, **query: str | None) -> str:
    """Handing an objective down. at: the unit whose units are listed; kpi, start: what, when."""
    address = reverse("cascade", args=[organization, unit, objective])
    return with_query(address, **query)


def alignment_href(organization: str, unit: str, **query: str | None) -> str:
    """How the unit's objectives and those around them hang together. view: which picture of it."""
    return with_query(reverse("alignment", args=[organization, unit]), **query)


def heat_map_href(organization: str, **query: str | None) -> str:
    """Units against what `of` names. unit: which and those beneath; scope, sort, period, page."""
    return with_query(reverse("heat-map", args=[organization]), **query)


def dashboards_href(organization: str) -> str:
    """All dashboards that the reader opens."""
    return reverse("dashboards", args=[organization])


def dashboard_href(organization: str, dashboard: str, **query: str | None) -> str:
    """view: tables, for paper and for who reads without scripts."""
    return with_query(reverse("dashboard", args=[organization, dashboard]), **query)


def dashboard_new_href(organization: str, **query: str | None) -> str:
    """of: the unit whose dashboard is the start; copy: the dashboard that is."""
    return with_query(reverse("dashboard-new", args=[organization]), **query)


def dashboard_deed_href(deed: str, organization: str, dashboard: str) -> str:
    """`dashboard-edit`, `dashboard-delete` or `dashboard-restore`."""
    return reverse(deed, args=[organization, dashboard])


def panel_href(
    page: str, organization: str, dashboard: str, number: int | None = None, **query: str | None
) -> str:
    """`panel-new`, or of one panel: `panel`, `panel-arrange`, `panel-restore`."""
    numbers = [] if number is None else [number]
    return with_query(reverse(page, args=[organization, dashboard, *numbers]), **query)


def unit_dashboard_href(organization: str, unit: str, **query: str | None) -> str:
    """What a unit shows of itself, put together by it or from its scorecard."""
    return with_query(reverse("unit-dashboard", args=[organization, unit]), **query)
