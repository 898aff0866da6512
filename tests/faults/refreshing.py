"""The sources of a round: those that are asked by people, and those that a clock asks."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from calculations.schedules import Every, Schedule
from kpis.models import Source, SourceRun
from kpis.services.sources.editing import checked_settings, create_source, delete_source
from kpis.services.sources.kinds import kinds
from kpis.services.sources.running import JOB, ask_for_run, key_of
from organizations.access import user_access
from organizations.models import Job, Slot
from tests.faults.accounts import Ended, Fired
from tests.faults.answers import GATE, Answers
from tests.faults.pushing import Ledger
from tests.kpis.sources_world import typed
from tests.worlds import World

STANDING = ("hangs", "drips")  # answers that end only when nobody waits any more
AWAY = (*STANDING, "endless", "short")  # no answer: tried again
LIES = ("page", "nonsense", "nan", "leads_away")  # an answer that is none: not tried again
FUTURE = "future"  # an answer whose values are refused
STEADY = "steady"
FIRST_SLOTS = ("clock_one", "clock_two", "clock_three")
LAST_SLOTS = ("clock_four", "clock_five")
OF_RIVAL = (STEADY, GATE, "clock_three", "clock_five")
EVERY = (*AWAY, *LIES, FUTURE, STEADY, GATE, *FIRST_SLOTS, *LAST_SLOTS)
TAKEN = {"acme": ("root", "revenue", "sales"), "rival": ("charlie", "secret_sauce", "emea")}
State = Job.State


@dataclass(frozen=True)
class Ask:
    """A refresh that somebody has asked for, by the code of its job."""

    name: str
    job: Any
    should: str


class Refreshing:
    """All of them, and what was asked of each."""

    def __init__(self, number: int, worlds: dict[str, World], server: Answers) -> None:
        self.number, self.server = number, server
        self.asks: list[Ask] = []
        self.slot = (timezone.now() - dt.timedelta(minutes=1)).replace(second=0, microsecond=0)
        server.be_ill()
        self.sources = {
            name: self._created(worlds["rival" if name in OF_RIVAL else "acme"], name, month)
            for month, name in enumerate(EVERY)
        }
        self.organizations = {code: world.organization for code, world in worlds.items()}

    def _created(self, world: World, name: str, month: int) -> Source:
        by, kpi, unit = TAKEN[world.organization.code]
        access = user_access(world.users[by], world.organization.code)
        assert access
        path = self.path(name)
        self.server.months[path] = f"{2019 + month // 12}-{month % 12 + 1:02d}"
        said = {"url": self.server.url(path), "value_path": "value", "period_path": "period"}
        about = typed("json", **said, kpi=kpi, unit=unit, periods="1")
        settings, _ = checked_settings(access, kinds()["json"], about)
        return create_source(
            organization=world.organization,
            code=f"{name}_{self.number}",
            name=f"{name} {self.number}",
            kind="json",
            settings=settings,
            secrets={},
            schedule=Schedule(Every.HOUR, minutes=self.slot.minute),
            by=world.users[by],
        )

    def path(self, name: str) -> str:
        return f"{name}/{self.number}"

    # --- Asking

    def ask(self, name: str, should: str = "done") -> Job:
        job = ask_for_run(source=self.sources[name], by=None)
        if all(each.job != job.code for each in self.asks):
            self.asks.append(Ask(name, job.code, should))
        return job

    def ask_all(self) -> None:
        """Acme's bad ones."""
        for name in AWAY:
            self.ask(name)
        for name in LIES:
            self.ask(name, should="failed")
        self.ask(FUTURE)

    def stand(self, *names: str) -> bool:
        """Whether a worker waits for the answer of each."""
        return all(self.server.standing[self.path(name)] for name in names)

    def ask_steady(self) -> None:
        """Rival's, behind all of Acme's, by several at once."""
        for _ in range(3):
            self.ask(STEADY)

    def is_undisturbed(self) -> bool:
        """Rival's is done while Acme's still hold their workers up."""
        if not self.jobs(STEADY).filter(state=State.DONE).exists():
            return False
        late = [n for n in STANDING if not self.jobs(n).filter(state=State.RUNNING).exists()]
        assert not late, f"The source of Rival waited for {late} of Acme."
        return True

    def have_failed(self, tries: int, *names: str) -> bool:
        """Whether they were tried so often, and wait to be tried again."""
        mine = [self.jobs(name).filter(state=State.WAITING, tries=tries) for name in names]
        return all(jobs.exists() for jobs in mine)

    def lies_have_ended(self) -> bool:
        return not any(self.jobs(name).unfinished().exists() for name in (*LIES, FUTURE))

    def press(self) -> None:
        """As a person does who sees that a source waits to be tried again."""
        waiting = Job.objects.filter(kind=JOB, state=State.WAITING, due_at__gt=timezone.now())
        keys = set(waiting.values_list("key", flat=True))
        for source in self.sources.values():
            if key_of(source) in keys:
                ask_for_run(source=source, by=None)

    def gated_run(self) -> int:
        run = SourceRun.objects.get(source=self.sources[GATE])
        return int(run.pk)

    def get_well(self) -> None:
        """From now on every source answers well, and those that have lied are asked again."""
        self.server.well.set()
        self.server.gate.set()
        for name in (*LIES, FUTURE, STEADY):
            self.ask(name)

    def have_ended(self) -> bool:
        self.press()
        keys = [key_of(source) for source in self.sources.values()]
        return not Job.objects.unfinished().filter(kind=JOB, key__in=keys).exists()

    # --- The clock

    def make_due(self, *names: str) -> None:
        """Their last slot counts: as if their schedule had been made before it."""
        before = self.slot - dt.timedelta(minutes=1)
        for name in names:
            Source.objects.filter(pk=self.sources[name].pk).update(scheduled_at=before)

    def have_fired(self, *names: str) -> bool:
        whats = [key_of(self.sources[name]) for name in names]
        return Slot.objects.filter(what__in=whats).values("what").distinct().count() == len(names)

    # --- What is left

    def jobs(self, name: str) -> Any:
        source = self.sources[name]
        return Job.objects.filter(organization=source.organization, kind=JOB, key=key_of(source))

    def note(self, ledger: Ledger) -> None:
        """What good answers said is promised, once: the last one, where workers were killed."""
        for name, source in self.sources.items():
            _, kpi, unit = TAKEN[source.organization.code]
            path = self.path(name)
            key = (source.organization.code, kpi, unit, self.server.months[path])
            said = self.server.said[path]
            for value in said if name == STEADY else said[-1:]:
                ledger.note(key, value)

    def ended(self) -> Iterator[Ended]:
        """Every refresh that was asked for, by people and by the clock, and any other."""
        asked = {each.job: each for each in self.asks}
        for name in self.sources:
            known = {job.code: job for job in self.jobs(name)}
            mine = {code: each.should for code, each in asked.items() if each.name == name}
            by_clock = {code: "done" for code, job in known.items() if "slot" in job.args}
            for code in {**dict.fromkeys(known), **mine}:
                should = {**mine, **by_clock}.get(code, "never asked for")
                yield self._ended(name, known.get(code), should)
        if self.server.asked["trap"]:
            yield Ended("the redirect", "followed", "", "", 1, 0, "failed")

    def _ended(self, name: str, job: Job | None, should: str) -> Ended:
        run = SourceRun.objects.filter(job=job.code).first() if job else None
        said = run.said or " ".join(line["said"] for line in run.lines) if run else ""
        return Ended(
            about=f"{name} {self.number}",
            job=job.state if job else "",
            run=run.state if run else "",
            said=said or (job.reason if job else ""),
            brought=run.created + run.updated if run else 0,
            refused=run.refused if run and said else 0,
            should=should,
        )

    def fired(self) -> Iterator[Fired]:
        """What came of each slot that was made due, and of any other."""
        for name in (*FIRST_SLOTS, *LAST_SLOTS):
            claims = Slot.objects.filter(what=key_of(self.sources[name]))
            jobs = self.jobs(name).filter(args__slot=self.slot.isoformat())
            yield Fired(self.sources[name].name, self.slot, claims.count(), jobs.count())

    def retire(self) -> None:
        """An organization has a limited number of sources."""
        for source in self.sources.values():
            source.refresh_from_db()
            by = source.configured_by
            delete_source(source=source, by=by, version=source.version)
