"""Facts reach every listener once, whatever is repeated, late or broken."""

import json
import sqlite3
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from aimak import operations
from aimak.contracts import billing
from aimak.jobs import Worker
from aimak.messaging import dead_letters, faults, inbox
from aimak.messaging.envelope import Message, Unconfirmed
from aimak.messaging.inprocess import Pump
from aimak.messaging.relay import Relay
from aimak.problems import Conflict, NotFound, PermanentFault, Problem
from aimak.service import Service, Subscription
from aimak.storage import database
from aimak.storage.work import UnitOfWork
from sqlalchemy import func, insert, select
from sqlalchemy.exc import OperationalError

from tests.simulation.newer import ADDED, with_a_column_more
from tests.unit.shared.kernel.conftest import define_tenant

Make = Callable[[str], Service]


class Recorder:
    """A broker that remembers, and confirms only what it is told to."""

    def __init__(self, confirms: bool = True) -> None:
        self.messages: list[Message] = []
        self.confirms = confirms

    def publish(self, message: Message) -> None:
        """Remember; the message is stored even where the confirmation is lost."""
        self.messages.append(message)
        if not self.confirms:
            raise Unconfirmed(message.message_id)


def alias(name: str) -> billing.AliasesDefined:
    """A small fact."""
    return billing.AliasesDefined.of("naryn", [{"alias": name, "account_id": 1, "version": 1}])


def publish(service: Service, *names: str) -> None:
    """One fact a name, each in a transaction of its own."""
    for name in names:
        with service.work("naryn") as work:
            work.publish(alias(name))
            work.commit()


def counted(work: UnitOfWork, event: billing.AliasesDefined) -> None:
    """A handler whose effect can be counted."""
    for row in event.rows():
        work.execute(insert(work.table("counter")).values(tenant="naryn", name=row["alias"], next=1))


def effects(service: Service) -> list[str]:
    """What `counted` has written."""
    with service.work("naryn") as work:
        return list(work.execute(select(work.table("counter").c.name).order_by("name")).scalars())


def test_small_facts_travel_together_under_one_id(make_service: Make) -> None:
    """Waiting facts of a type become one message, and a repeat after a lost confirmation is that message again."""
    service, broker = make_service("billing"), Recorder(confirms=False)
    publish(service, "a", "b")
    relay = Relay(service, broker)
    assert relay.step() == 0
    publish(service, "c")
    broker.confirms = True
    assert relay.step() == 2
    first, again, late = broker.messages
    assert (first.message_id, first.body) == (again.message_id, again.body)
    assert billing.AliasesDefined.decode("naryn", first.body).columns["alias"] == ["a", "b"]
    assert billing.AliasesDefined.decode("naryn", late.body).columns["alias"] == ["c"]
    assert relay.step() == 0


def test_an_older_relay_carries_what_a_newer_version_wrote(make_service: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """A column that this relay's contract does not know yet arrives whole, null where a fact is from before it."""
    service, broker = make_service("billing"), Recorder()
    publish(service, "a")
    with monkeypatch.context() as patch:
        patch.setattr(billing.AliasesDefined, "encode", with_a_column_more(billing.AliasesDefined.encode))
        publish(service, "b", "c")
    assert Relay(service, broker).step() == 1
    columns = json.loads(broker.messages[0].body)["columns"]
    assert (columns["alias"], columns[ADDED]) == (["a", "b", "c"], [None, 0, 0])


def test_two_relays_do_not_trip_over_each_other(make_service: Make) -> None:
    """What another relay published between this one's look and its turn is passed over, and the rest is published."""
    service = make_service("billing")
    with service.work("naryn") as work:
        for chunk in range(3):
            work.publish(billing.PreviewChunksCut.of("naryn", [{"run_id": 1, "chunk": chunk, "attempt": 1}]))
        work.commit()
    rival = Recorder()

    class Overtaken(Recorder):
        """A broker at which another relay is faster after the first message."""

        def publish(self, message: Message) -> None:
            """Remember, and let the other relay publish everything."""
            super().publish(message)
            if len(self.messages) == 1:
                Relay(service, rival).step()

    broker = Overtaken()
    assert Relay(service, broker).step() == 1
    assert (len(broker.messages), len(rival.messages)) == (1, 3)


def test_who_has_nothing_to_do_waits_for_nobody(make_service: Make) -> None:
    """Relay and worker look for work without the file's write lock: a long transaction does not hold them up, nor
    they a payment."""
    service, broker = make_service("billing"), Recorder()
    with service.work("naryn"):
        begun = time.monotonic()
        assert (Relay(service, broker).step(), Worker(service).step()) == (0, False)
        assert time.monotonic() - begun < 5


def test_what_several_jobs_tell_travels_together(make_service: Make) -> None:
    """Jobs that are due together run before messages move on."""
    service = make_service("billing")
    heard: list[list[str]] = []
    service.listens(Subscription(billing.AliasesDefined, lambda _, event: heard.append(event.columns["alias"])))
    service.jobs["tell"] = lambda service, job: publish(service, job.key)
    with service.work("naryn") as work:
        for key in "abc":
            work.schedule("tell", key)
        work.commit()
    Pump([service]).drain()
    assert heard == [["a", "b", "c"]]


def test_a_passing_lock_costs_no_attempt(make_service: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message that meets a locked file is handled in the same step, and does not wait on the ladder."""
    monkeypatch.setattr(database, "SQLITE_BUSY_S", 0.01)
    owner, listener = make_service("billing"), make_service("payments")
    listener.listens(Subscription(billing.AliasesDefined, counted))
    publish(owner, "a")
    other = sqlite3.connect(str(listener.online.url.database), isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    threading.Timer(0.15, other.execute, ["COMMIT"]).start()
    Pump([owner, listener]).step()
    assert effects(listener) == ["a"]
    other.close()


def test_tasks_travel_alone(make_service: Make) -> None:
    """Chunks cut together are a message each: several workers can take them."""
    service, broker = make_service("billing"), Recorder()
    with service.work("naryn") as work:
        for chunk in range(3):
            row = {"run_id": 1, "chunk": chunk, "attempt": 1}
            work.publish(billing.PreviewChunksCut.of("naryn", [row]))
        work.commit()
    Relay(service, broker).step()
    chunks = [billing.PreviewChunksCut.decode("naryn", message.body).columns["chunk"] for message in broker.messages]
    assert sorted(chunks) == [[0], [1], [2]]


def test_a_message_is_handled_once(make_service: Make) -> None:
    """The same message ten times has one effect."""
    service, broker = make_service("billing"), Recorder()
    service.listens(Subscription(billing.AliasesDefined, counted))
    publish(service, "a")
    Relay(service, broker).step()
    outcomes = [inbox.handle(service, broker.messages[0]) for _ in range(10)]
    assert outcomes == [inbox.Outcome.DONE] + [inbox.Outcome.REPEATED] * 9
    assert effects(service) == ["a"]


def test_a_failed_handler_leaves_no_inbox_row(make_service: Make) -> None:
    """A handler that raises has changed nothing, so the next delivery is handled in full."""
    service, broker = make_service("billing"), Recorder()
    passing = [OperationalError("x", {}, Exception("away"))]

    def flaky(work: UnitOfWork, event: billing.AliasesDefined) -> None:
        counted(work, event)
        if passing:
            raise passing.pop()

    service.listens(Subscription(billing.AliasesDefined, flaky))
    publish(service, "a")
    Relay(service, broker).step()
    with pytest.raises(OperationalError):
        inbox.handle(service, broker.messages[0])
    assert effects(service) == []
    assert inbox.handle(service, broker.messages[0]) is inbox.Outcome.DONE
    assert effects(service) == ["a"]


def test_a_permanent_fault_becomes_a_dead_letter(make_service: Make) -> None:
    """It is kept with its reason, does not stop what comes after it, and is handled once when replayed."""
    service = make_service("billing")
    broken = {"on": True}

    def handler(work: UnitOfWork, event: billing.AliasesDefined) -> None:
        if broken["on"] and event.columns["alias"] == ["bad"]:
            raise PermanentFault(Problem("AIM-K010", {"event": "x", "reason": "planted"}))
        counted(work, event)

    service.listens(Subscription(billing.AliasesDefined, handler))
    pump = Pump([service])
    for name in ("bad", "good"):
        publish(service, name)
        pump.drain()
    assert effects(service) == ["good"]
    (letter,) = dead_letters.listed(service)
    assert "planted" in letter.reason
    broken["on"] = False
    with service.work("naryn") as work:
        dead_letters.replay(work, letter.id, "ayna", "mended")
        work.commit()
    pump.drain()
    pump.drain()
    assert effects(service) == ["bad", "good"]
    (decided,) = dead_letters.listed(service, None)
    assert (decided.state, decided.decided_by, decided.decided_why) == ("replayed", "ayna", "mended")


def test_a_dead_letter_is_decided_once_and_by_its_own_town(make_service: Make) -> None:
    """A dropped letter cannot be replayed, and another municipality does not even see it."""
    service = make_service("billing")
    message = Message("m1", billing.AliasesDefined.routing_key, "naryn", alias("a").encode(), service.clock.now())
    dead_letters.record(service, message, ValueError("x"))
    with service.work("osh") as work, pytest.raises(NotFound):
        dead_letters.drop(work, "m1", "ayna", "not ours")
    with service.work("naryn") as work:
        dead_letters.drop(work, "m1", "ayna", "a test")
        with pytest.raises(Conflict):
            dead_letters.replay(work, "m1", "ayna", "after all")


def again(service: Service) -> int:
    """Publish once more what was published in the last day; messages."""
    with service.work("naryn") as work:
        messages = operations.publish_again(service, work, work.now - timedelta(days=1))
        work.commit()
    return messages


def test_what_was_replayed_twice_is_published_again_as_the_last_time(make_service: Make) -> None:
    """Each message goes once, with its rows once, though its outbox holds it three times."""
    service, broker = make_service("billing"), Recorder()
    service.listens(Subscription(billing.AliasesDefined, counted))
    publish(service, "a", "b")
    Relay(service, broker).step()
    (sealed,) = broker.messages
    for _ in range(2):
        service.clock.instant += timedelta(hours=1)  # type: ignore[attr-defined]
        dead_letters.record(service, sealed, ValueError("planted"))
        with service.work("naryn") as work:
            dead_letters.replay(work, sealed.message_id, "ayna", "mended")
            work.commit()
        Relay(service, broker).step()
    broker.messages.clear()
    assert again(service) == 1
    Relay(service, broker).step()
    (told,) = broker.messages
    assert (told.message_id, told.body) == (sealed.message_id, sealed.body)


def test_what_was_dropped_stays_dropped(make_service: Make) -> None:
    """A letter that a person dropped has no effect when everything is published once more, and waits for nobody."""
    service, broker = make_service("billing"), Recorder()
    service.listens(Subscription(billing.AliasesDefined, counted))
    publish(service, "a")
    Relay(service, broker).step()
    (sealed,) = broker.messages
    dead_letters.record(service, sealed, ValueError("planted"))
    with service.work("naryn") as work:
        dead_letters.drop(work, sealed.message_id, "ayna", "never meant")
        work.commit()
    assert again(service) == 1
    assert inbox.handle(service, sealed) is inbox.Outcome.REPEATED
    dead_letters.record(service, sealed, ValueError("unreadable still"))
    assert (effects(service), dead_letters.listed(service)) == ([], [])


def test_no_fact_outlives_what_inboxes_remember(make_service: Make) -> None:
    """Published once more again and again, a fact is forgotten before an inbox may have forgotten it."""
    service = make_service("billing")
    publish(service, "a")
    for _ in range(5):
        with service.work("naryn") as work:
            operations.publish_again(service, work, work.now - timedelta(days=90))
            work.commit()
        Relay(service, Recorder()).step()
        operations.prune(service)
        service.clock.instant += timedelta(days=20)  # type: ignore[attr-defined]
    assert operations.prune(service)["outbox"] == 1


def test_state_sent_again_reaches_the_one_service_alone(make_service: Make) -> None:
    """A rebuild's messages go to the service that asked, not to every listener."""
    owner, asking, other = make_service("billing"), make_service("payments"), make_service("metering")
    for service in (asking, other):
        service.listens(Subscription(billing.AliasesDefined, counted))
    with owner.work("naryn") as work:
        work.publish(alias("a"), to="payments")
        work.commit()
    Pump([owner, asking, other]).drain()
    assert (effects(asking), effects(other)) == (["a"], [])


def test_a_town_reaches_every_service(make_service: Make) -> None:
    """The municipality that billing defines is known everywhere, with its zone."""
    services = [make_service("billing"), make_service("payments")]
    define_tenant(services[0])
    Pump(services).drain()
    for service in services:
        with service.work("naryn") as work:
            assert work.tenant_facts().languages == ("ky", "ru")


def test_the_ladder_of_attempts_ends() -> None:
    """Eight attempts in all, none sooner than five seconds after the last, then the dead letters."""
    delays = [faults.retry_delay_s(attempts) for attempts in range(1, faults.MAX_ATTEMPTS + 1)]
    assert delays == [5, 5, 30, 30, 300, 300, 3600, None]


def test_outbox_and_inbox_are_pruned_only_when_old(make_service: Make) -> None:
    """Maintenance leaves what may still be needed."""
    service = make_service("billing")
    define_tenant(service)
    Pump([service]).drain()
    assert operations.prune(service) == {"outbox": 0, "inbox": 0, "job": 0}
    service.clock.instant = service.clock.instant.replace(year=2027)  # type: ignore[attr-defined]
    assert operations.prune(service)["outbox"] == 1
    with service.work("naryn") as work:
        assert work.execute(select(func.count()).select_from(work.table("inbox"))).scalar_one() == 0
