"""The forms of dashboards and of their panels: what they ask, and what the answers mean."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db.models import Q

from kpis.models import KPI
from organizations.access import Access
from organizations.models import User
from organizations.selectors import UnitNode
from scorecards.links import (
    dashboard_href,
    dashboard_new_href,
    dashboards_href,
    panel_href,
)
from scorecards.models import Dashboard, Panel
from scorecards.selectors.administration.choices import (
    LONGEST_TEXT,
    MOST_SUGGESTED,
    SHORT,
    Choice,
    chosen_unit,
    unit_options,
)
from scorecards.selectors.kpis.form_words import Option
from scorecards.selectors.kpis.forms import FormField
from scorecards.selectors.kpis.pages import visible_kpi

from .default import default_panels
from .kinds import KINDS
from .page import HEIGHTS, WIDTHS
from .reading import managed_units, may_keep, panels_of, visible_dashboard
from .shapes import PanelPlan

MINE = ""
Texts = Mapping[str, str]
NOTHING: Texts = {}


@dataclass(frozen=True)
class Sent:
    """What was typed, what is wrong with it, and what another has saved meanwhile, by label."""

    texts: Texts = field(default_factory=dict)
    problems: Texts = field(default_factory=dict)
    theirs: tuple[tuple[str, str], ...] = ()
    is_stale: bool = False


@dataclass(frozen=True)
class DashboardForm:
    """The form of a dashboard; code: "" for a new one. kept: what a new one is made of."""

    code: str
    title: str
    version: int
    name: FormField
    whose: Choice | None
    shared: FormField | None
    kept: tuple[tuple[str, str], ...]
    start_text: str
    problem: str
    theirs: tuple[tuple[str, str], ...]
    is_stale: bool
    cancel_href: str


@dataclass(frozen=True)
class PanelForm:
    """The form of a panel; number: 0 for a new one, which asks for its kind first."""

    dashboard_name: str
    dashboard_href: str
    number: int
    version: int
    kind: str
    kind_label: str
    kind_hint: str
    kinds: tuple[tuple[str, str, str], ...]  # (label, hint, address) to choose from
    choices: tuple[Choice, ...]
    fields: tuple[FormField, ...]
    problem: str
    theirs: tuple[tuple[str, str], ...]
    is_stale: bool


# --- Dashboards


def dashboard_form(access: Access, dashboard: Dashboard | None, sent: Sent) -> DashboardForm:
    """A new one asks whose it shall be; a unit's is for all who see the unit."""
    texts, problems, code = sent.texts, sent.problems, access.organization.code
    is_of_unit = dashboard is not None and dashboard.unit_id is not None
    kept = tuple((name, texts[name]) for name in ("of", "copy") if texts.get(name))
    name = _field("name", "Name", "As people say it, such as Monday morning.", sent)
    shared_hint = f"Everybody in {access.organization.name} may open it and sees what they may see."
    shared = _field("is_shared", "Share it", shared_hint, sent, "box")
    return DashboardForm(
        code=dashboard.code if dashboard else "",
        title=f"Edit {dashboard.name}" if dashboard else "New dashboard",
        version=dashboard.version if dashboard else 0,
        name=name,
        whose=None if dashboard else _whose(access, sent),
        shared=None if is_of_unit else shared,
        kept=kept,
        start_text=_start_text(access, texts),
        problem=problems.get("") or problems.get("panels", ""),
        theirs=sent.theirs,
        is_stale=sent.is_stale,
        cancel_href=dashboard_href(code, dashboard.code) if dashboard else dashboards_href(code),
    )


def new_dashboard(access: Access, asked: Mapping[str, str]) -> dict[str, str]:
    """What the form of a new one begins with: a copy, with the name of what it is made of."""
    unit = access.visible_unit(asked["of"]) if asked.get("of") else None
    row = visible_dashboard(access, asked["copy"]) if asked.get("copy") else None
    name = f"Dashboard of {unit.name}" if unit else f"Copy of {row.name}" if row else ""
    return {"name": name[:LONGEST_TEXT], **asked}


def stored_dashboard(dashboard: Dashboard) -> dict[str, str]:
    return {"name": dashboard.name, "is_shared": "on" if dashboard.is_shared else ""}


def their_dashboard(dashboard: Dashboard, typed: Texts) -> tuple[tuple[str, str], ...]:
    """What another has saved, where it differs from what was typed."""
    stored = stored_dashboard(dashboard)
    shown = {"name": ("Name", stored["name"])}
    shown["is_shared"] = ("Shared", "yes" if stored["is_shared"] else "no")
    return tuple(shown[name] for name in shown if stored[name] != typed.get(name, ""))


def _whose(access: Access, sent: Sent) -> Choice | None:
    """Mine or a unit's; None where there is no choice."""
    units = managed_units(access)
    if not units:
        return None
    options, is_long = unit_options(units)
    return Choice(
        name="unit",
        label="Whose it is",
        text=sent.texts.get("unit", ""),
        options=options,
        is_long=is_long,
        hint="A unit’s is for everybody who sees the unit; its managers change it.",
        problem=sent.problems.get("unit", ""),
        nothing="mine" if may_keep(access) else "",
        suggest_href=dashboard_new_href(access.organization.code, suggest="1"),
    )


def chosen_owner(access: Access, text: str) -> tuple[User | None, UnitNode | None]:
    """Who shall have the dashboard: the reader, or a unit that they manage."""
    if text.strip() == MINE and may_keep(access):
        return access.user, None
    return None, chosen_unit(text, [node for node, _ in managed_units(access)], "unit")


def _start_text(access: Access, texts: Texts) -> str:
    if texts.get("of") and (unit := access.visible_unit(texts["of"])):
        return f"It starts with the panels of {unit.name}."
    if texts.get("copy") and (row := visible_dashboard(access, texts["copy"])):
        return f"It starts with the panels of “{row.name}”."
    return "It starts empty: add panels to it."


def start_panels(access: Access, texts: Texts) -> list[PanelPlan]:
    """The panels of what a new dashboard is made of, as far as the reader opens that."""
    if texts.get("of"):
        unit = access.visible_unit(texts["of"])
        return default_panels(access, unit) if unit else []
    row = visible_dashboard(access, texts["copy"]) if texts.get("copy") else None
    return panels_of(row) if row else []


def _field(name: str, label: str, hint: str, sent: Sent, kind: str = "text") -> FormField:
    text, problem = sent.texts.get(name, ""), sent.problems.get(name, "")
    return FormField(name, label, hint, kind, LONGEST_TEXT, text, problem)


# --- Panels


def panel_form(
    access: Access, dashboard: Dashboard, panel: Panel | None, kind: str, sent: Sent
) -> PanelForm:
    """kind: of a new panel, "" where it is to be chosen."""
    organization, code = access.organization.code, dashboard.code
    of = KINDS.get(kind)
    asks = of.asks if of else ()
    makers = {"kpi": _kpi_choice, "unit": _unit_choice}
    suggest = panel_href("panel-new", organization, code, suggest="1")
    return PanelForm(
        dashboard_name=dashboard.name,
        dashboard_href=dashboard_href(organization, code),
        number=panel.number if panel else 0,
        version=panel.version if panel else 0,
        kind=kind if of else "",
        kind_label=of.label if of else "",
        kind_hint=of.hint if of else "",
        kinds=tuple(
            (each.label, each.hint, panel_href("panel-new", organization, code, kind=name))
            for name, each in KINDS.items()
        ),
        choices=tuple(makers[name](access, sent, suggest) for name in asks if name in makers),
        fields=tuple(_panel_fields(sent, asks)),
        problem=" ".join(
            sent.problems[name]
            for name in ("", "kind", "settings", "panels")
            if sent.problems.get(name)
        ),
        theirs=sent.theirs,
        is_stale=sent.is_stale,
    )


def _panel_fields(sent: Sent, asks: tuple[str, ...]) -> list[FormField]:
    fields = []
    if "text" in asks:
        hint = "An empty line begins a new paragraph."
        fields.append(_field("text", "Text", hint, sent, "area"))
    fields.append(_field("title", "Title", "Leave it empty to say what is shown.", sent))
    for name, label, options in (("width", "Width", WIDTHS), ("height", "Height", HEIGHTS)):
        text = sent.texts.get(name, "")
        problem = sent.problems.get(name, "")
        fields.append(FormField(name, label, "", "select", 2, text, problem, options=options))
    return fields


def _unit_choice(access: Access, sent: Sent, suggest_href: str) -> Choice:
    units = [(node, depth) for node, depth in access.tree.depth_first() if access.sees(node.id)]
    options, is_long = unit_options(units)
    return Choice(
        name="unit",
        label="Unit",
        text=sent.texts.get("unit", ""),
        options=options,
        is_long=is_long,
        problem=sent.problems.get("unit", ""),
        suggest_href=suggest_href,
    )


def _kpi_choice(access: Access, sent: Sent, suggest_href: str) -> Choice:
    rows = kpi_suggestions(access, "", SHORT + 1)
    is_long = len(rows) > SHORT
    return Choice(
        name="kpi",
        label="KPI",
        text=sent.texts.get("kpi", ""),
        options=tuple(rows[:MOST_SUGGESTED] if is_long else rows),
        is_long=is_long,
        problem=sent.problems.get("kpi", ""),
        suggest_href=suggest_href,
    )


def kpi_suggestions(access: Access, words: str, most: int = MOST_SUGGESTED) -> list[Option]:
    """The first KPIs whose name or code has the words."""
    rows = KPI.objects.live().filter(organization=access.organization)
    for word in words.replace("\x00", "").split():
        rows = rows.filter(Q(name__icontains=word) | Q(code__icontains=word))
    found = rows.order_by("name", "pk").values_list("code", "name")[:most]
    return [Option(code, name) for code, name in found]


def stored_panel(access: Access, panel: Panel) -> dict[str, str]:
    """As the form says it; a unit that the reader does not see is left out."""
    settings = {**panel.settings}
    if "unit" in settings and access.visible_unit(settings["unit"]) is None:
        settings["unit"] = ""
    own = {"title": panel.title, "width": str(panel.width), "height": str(panel.height)}
    return {**settings, **own}


def new_panel_texts(dashboard: Dashboard) -> dict[str, str]:
    """What an empty form says: the unit whose dashboard it is."""
    row = Panel()
    unit = dashboard.unit.code if dashboard.unit else ""
    return {"unit": unit, "width": str(int(row.width)), "height": str(int(row.height))}


def their_panel(access: Access, panel: Panel, typed: Texts) -> tuple[tuple[str, str], ...]:
    """What another has saved, where it differs from what was typed."""
    labels = {"kpi": "KPI", "unit": "Unit", "text": "Text", "title": "Title"}
    labels |= {"width": "Width", "height": "Height"}
    stored = stored_panel(access, panel)
    return tuple(
        (labels[name], text or "nothing")
        for name, text in stored.items()
        if name in labels and text != typed.get(name, "")
    )


def planned_panel(access: Access, kind: str, texts: Texts) -> PanelPlan:
    """What was typed as a panel. Raises ValidationError, by field."""
    if kind not in KINDS:
        raise ValidationError({"kind": "Choose what the panel shows."})
    problems: dict[str, list[str]] = {}
    settings: dict[str, str] = {}
    for name in KINDS[kind].asks:
        try:
            settings[name] = _setting(access, name, texts.get(name, ""))
        except ValidationError as refusal:
            problems |= refusal.message_dict
    sizes: dict[str, int] = {}
    for name, options in (("width", WIDTHS), ("height", HEIGHTS)):
        if texts.get(name, "") in {option.value for option in options}:
            sizes[name] = int(texts[name])
        else:
            problems[name] = ["Choose one of these."]
    if problems:
        raise ValidationError(problems)
    return PanelPlan(kind, settings, texts.get("title", "").strip(), **sizes)


def _setting(access: Access, name: str, text: str) -> str:
    if name == "unit":
        seen = [node for node in access.tree.by_id.values() if access.sees(node.id)]
        return chosen_unit(text, seen, "unit").code
    if name == "kpi":
        return str(_chosen_kpi(access, text).code)
    if not text.strip():
        raise ValidationError({"text": "Write what the panel shall say."})
    return text.replace("\r\n", "\n").strip()


def _chosen_kpi(access: Access, text: str) -> KPI:
    """The KPI that the text names by its code, or by a name that only it has."""
    wanted = text.strip()[:LONGEST_TEXT].replace("\x00", "")
    if not wanted:
        raise ValidationError({"kpi": "Choose a KPI."})
    exact = visible_kpi(access, wanted)
    if exact is not None:
        return exact
    named: list[KPI] = list(
        KPI.objects.live().filter(organization=access.organization, name=wanted)[:2]
    )
    if len(named) != 1:
        said = "Several have that name: write the code." if named else "There is no such KPI."
        raise ValidationError({"kpi": said})
    (found,) = named
    return found
