"""Jobs are done when due, once, and are kept when they fail."""

from collections.abc import Callable
from datetime import timedelta

from aimak.jobs import Worker
from aimak.problems import PermanentFault, Problem
from aimak.service import Job, Service
from sqlalchemy import select

Make = Callable[[str], Service]


def schedule(service: Service, kind: str, key: str = "k", after: timedelta = timedelta()) -> None:
    """Have a job done."""
    with service.work("naryn") as work:
        work.schedule(kind, key, {"n": 1}, due_at=work.now + after)
        work.commit()


def state(service: Service) -> list[tuple[str, int]]:
    """State and attempts of each job."""
    with service.work("naryn") as work:
        job = work.table("job")
        return [(row.state, row.attempts) for row in work.execute(select(job).order_by(job.c.id))]


def test_a_job_is_done_once_and_not_before_it_is_due(make_service: Make) -> None:
    """What is due now is done, what is due tomorrow waits; the same key again is the same job."""
    service, done = make_service("billing"), []
    service.jobs["note"] = lambda _, job: done.append((job.key, dict(job.payload)))
    schedule(service, "note", "now")
    schedule(service, "note", "now")
    schedule(service, "note", "later", timedelta(days=1))
    worker = Worker(service)
    assert [worker.step() for _ in range(3)] == [True, False, False]
    assert done == [("now", {"n": 1})]
    service.clock.instant += timedelta(days=2)  # type: ignore[attr-defined]
    assert worker.step()
    assert done[1][0] == "later"


def test_a_job_that_fails_for_good_is_kept_as_failed(make_service: Make) -> None:
    """A permanent fault is not tried again; it stays with its reason for doctor to find."""
    service = make_service("billing")

    def fail(_: Service, job: Job) -> None:
        raise PermanentFault(Problem("AIM-K010", {"event": job.kind, "reason": "planted"}))

    service.jobs["fail"] = fail
    schedule(service, "fail")
    worker = Worker(service)
    assert [worker.step(), worker.step()] == [True, False]
    assert state(service) == [("failed", 1)]


def test_a_passing_fault_waits_for_another_attempt(make_service: Make) -> None:
    """A job that failed stays due and is not hammered; another worker, after a restart, takes it up."""
    service, tries = make_service("billing"), []

    def flaky(_: Service, job: Job) -> None:
        tries.append(job.attempts)
        if len(tries) == 1:
            raise TimeoutError

    service.jobs["flaky"] = flaky
    schedule(service, "flaky")
    worker = Worker(service)
    assert [worker.step(), worker.step()] == [True, False]
    assert state(service) == [("waiting", 1)]
    assert Worker(service).step()
    assert tries == [0, 1]


def test_jobs_that_failed_do_not_hide_the_others(make_service: Make) -> None:
    """However many jobs wait for another attempt, one that is due after them is done."""
    service, done = make_service("billing"), []

    def away(_: Service, job: Job) -> None:
        raise TimeoutError

    service.jobs["away"] = away
    service.jobs["note"] = lambda _, job: done.append(job.key)
    for number in range(25):
        schedule(service, "away", str(number))
    worker = Worker(service)
    assert [worker.step() for _ in range(26)] == [True] * 25 + [False]
    schedule(service, "note", "now")
    assert worker.step()
    assert done == ["now"]


def test_a_repeating_job_is_due_again(make_service: Make) -> None:
    """A handler that answers with a time is run again after it."""
    service = make_service("billing")
    service.jobs["daily"] = lambda *_: timedelta(days=1)
    schedule(service, "daily")
    worker = Worker(service)
    assert [worker.step(), worker.step()] == [True, False]
    service.clock.instant += timedelta(days=1)  # type: ignore[attr-defined]
    assert worker.step()


def test_what_is_asked_for_while_a_job_runs_is_done_once_more(make_service: Make) -> None:
    """A job that is asked for again while it runs may have looked before there was something to do."""
    service, runs = make_service("billing"), []

    def send(running: Service, job: Job) -> None:
        runs.append(job.key)
        if len(runs) == 1:
            schedule(running, "send")

    service.jobs["send"] = send
    schedule(service, "send")
    worker = Worker(service)
    assert [worker.step() for _ in range(3)] == [True, True, False]
    assert state(service) == [("done", 0)]
