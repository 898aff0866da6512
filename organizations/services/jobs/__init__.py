"""Background work that loses nothing.

The row is the job; a message only tells a worker to look. Packages above register what is to be
done for each kind of job in their module `jobs` (found by itself, see `handlers`):

    @handles("refresh_source", name="Refreshing a source", tries=3)
    def refresh(work: Work) -> None:
        source = Source.objects.get(pk=work.args["source"], organization=work.organization)
        rows = fetched(source)                      # outside of any transaction
        work.tell(1, 2)                             # progress; raises GivenUp when cancelled
        with work.finishing():                      # the effect and "done" in one transaction
            record_measurements(...)

and ask for it by `queue.enqueue(kind="refresh_source", organization=…, args={"source": 7},
key="source 7", about="CRM")`, in a transaction of their own. What recurs is given to the clock by

    @recurring("sources")
    def scheduled_sources(now: dt.datetime) -> Iterable[Recurring]: ...

which `slots.fire_due_slots` asks every minute.

A handler raises `WorkFailed` where trying again would not help, `WorkPutOff` where it would; both
say why, in a sentence for people. Anything else is tried again, too, and is in the log. It has to
bear being run again from its beginning, since a worker may be killed at any moment. What cannot be
taken back and is outside the database stands between `work.begin_outside()`, which answers False
where an earlier try was broken off there, and the end; receivers that can tell repetitions apart
are given `work.job.code`, which stays the same.
"""
