"""Messages over a real RabbitMQ and a real consumer process."""

import itertools
import json

import pytest
from aimak.messaging.envelope import Unconfirmed
from aimak.messaging.rabbitmq.broker import connect
from aimak.messaging.rabbitmq.topology import EVENTS, Topology, event_queue, unheard_queue
from aimak.problems import Conflict

from tests.integration.messaging.conftest import EVENT, Listener, wait_for

pytestmark = pytest.mark.servers


def test_a_message_is_handled_once_however_often_it_comes(listener: Listener) -> None:
    """A repeat of a message's id changes nothing."""
    listener.start_consumer()
    message = listener.say("plain")
    for _ in range(3):
        listener.broker.publish(message)
    listener.say("last")
    wait_for(lambda: listener.heard("last") == 1, 10)
    assert listener.heard("plain") == 1


def test_a_passing_fault_climbs_every_rung_and_then_is_a_dead_letter(listener: Listener) -> None:
    """Eight attempts, each after its rung's delay, then the dead letters with the reason; other messages pass by."""
    listener.start_consumer()
    message = listener.say("passing")
    listener.say("plain")
    wait_for(lambda: listener.heard("plain") == 1, 5)
    wait_for(lambda: message.message_id in listener.letters(), 20)
    attempts = listener.attempts("passing")
    assert len(attempts) == 8
    waits = [later - earlier for earlier, later in itertools.pairwise(attempts)]
    assert all(wait >= delay for wait, delay in zip(waits, (0.2, 0.2, 0.3, 0.3, 0.4, 0.4, 0.5), strict=True))
    assert listener.letters()[message.message_id] == "RuntimeError: this will pass"


def test_what_no_repetition_mends_is_a_dead_letter_at_once(listener: Listener) -> None:
    """Poison and an undecodable body are each tried once; what kombu cannot read and what is none of ours, not at all.
    Each of them is kept."""
    listener.start_consumer()
    poison = listener.say("poison")
    broken = listener.say("plain", body=b'{"version":1,"rows":')
    foreign = ("application/x-python-serialize", "application/json", "application/vnd.aimak.batch+json")
    with connect(listener.rabbit.url, confirms=True) as connection:
        producer = connection.Producer()
        for number, kind in enumerate(foreign):
            producer.publish(b"\x80" + bytes([number]), exchange=EVENTS.name, routing_key=EVENT, content_type=kind,
                             content_encoding="binary", headers={"kind": kind})  # fmt: skip
    wait_for(lambda: len(listener.letters()) == 5, 10)
    letters = listener.letters()
    assert "AIM-K011" in letters.pop(poison.message_id)
    assert "AIM-K010" in letters.pop(broken.message_id)
    assert list(letters.values()) == ["rejected"] * 3
    kept = listener.query("SELECT headers FROM dead_letter WHERE reason = 'rejected'")
    assert {json.loads(headers)["kind"] for (headers,) in kept} == set(foreign)
    assert len(listener.attempts("poison")) == 1
    listener.say("plain")
    wait_for(lambda: listener.heard("plain") == 1, 5)


def test_a_message_for_one_service_goes_to_its_queue_alone(listener: Listener) -> None:
    """A message with a consumer reaches that one; for a consumer without a queue it is not confirmed."""
    listener.start_consumer()
    listener.say("plain", consumer="listener")
    with pytest.raises(Unconfirmed):
        listener.say("plain", consumer="nobody")
    wait_for(lambda: listener.heard("plain") == 1, 5)


def test_what_nobody_listens_to_is_done_with(listener: Listener) -> None:
    """An event without a listener is confirmed, as in the embedded runtime, and can be looked at."""
    listener.start_consumer()
    listener.say("plain", routing_key="test.unheard.v1")
    with connect(listener.rabbit.url) as connection:
        kept = unheard_queue()(connection.channel()).get(no_ack=True)
    assert kept.headers["event"] == "test.unheard.v1"


def test_after_a_refusal_the_next_message_is_confirmed_by_its_own(listener: Listener) -> None:
    """A message that no queue takes does not lend its confirm to the next one."""
    listener.start_consumer()
    with pytest.raises(Unconfirmed):
        listener.say("plain", consumer="nobody")
    listener.say("plain")
    with pytest.raises(Unconfirmed):
        listener.say("plain", consumer="nobody")
    wait_for(lambda: listener.heard("plain") == 1, 5)


def test_a_queue_without_dead_letters_is_refused(listener: Listener) -> None:
    """A queue that is there with other arguments stops the start, by name."""
    bare = event_queue("listener", EVENT)
    bare.queue_arguments = {"x-queue-type": "quorum"}
    with connect(listener.rabbit.url) as connection:
        bare(connection.channel()).declare()
        with pytest.raises(Conflict) as refused:
            Topology("listener", [EVENT]).declare(connection)
    assert refused.value.problems[0].fields["queue"] == f"listener.{EVENT}"
