"""Servers that are killed, stopped or hang, and a consumer that must neither lose nor double anything."""

import time

import pytest

from tests.integration.messaging.conftest import Listener, wait_for

pytestmark = pytest.mark.servers


def test_what_was_confirmed_survives_a_killed_broker(listener: Listener) -> None:
    """A confirmed message is handled once though the broker is killed; the consumer comes back by itself."""
    consumer = listener.start_consumer()
    listener.say("sleepy", 4000)
    listener.say("plain")
    # RabbitMQ 3.10 does not find a quorum queue again that was declared within the second before.
    time.sleep(2)
    listener.rabbit.kill9()
    with pytest.raises(OSError):
        listener.say("late")
    listener.rabbit.restart()
    wait_for(lambda: listener.heard("plain") == 1 and listener.heard("sleepy") == 1, 40)
    listener.say("again")
    wait_for(lambda: listener.heard("again") == 1, 20)
    assert consumer.poll() is None
    assert listener.heard("plain") == 1


def test_while_the_database_is_away_no_attempt_is_spent(listener: Listener) -> None:
    """The consumer waits for the database and then handles the message; nothing reaches rungs or dead letters."""
    listener.start_consumer()
    listener.postgres.kill9()
    message = listener.say("plain")
    wait_for(lambda: "the database is away" in listener.log(), 10)
    listener.postgres.restart()
    wait_for(lambda: listener.heard("plain") == 1, 20)
    assert len(listener.attempts("plain")) <= 2
    assert message.message_id not in listener.letters()
    assert "attempt 1" not in listener.log()


def test_a_broker_that_hangs_ends_the_consumer_with_75(listener: Listener) -> None:
    """A half-open connection is noticed within half a minute, and the process ends so that it can be started again."""
    consumer = listener.start_consumer()
    listener.rabbit.pause()
    try:
        assert consumer.wait(timeout=30) == 75
        with pytest.raises(OSError):
            listener.say("plain")
    finally:
        listener.rabbit.resume()
    listener.start_consumer()
    listener.say("again")
    wait_for(lambda: listener.heard("again") == 1, 20)


def test_a_consumer_told_to_end_handles_what_it_has_begun(listener: Listener) -> None:
    """SIGTERM: the message under way takes effect, the next one waits for another process."""
    consumer = listener.start_consumer()
    listener.say("sleepy", 2000)
    wait_for(lambda: listener.attempts("sleepy", 2000), 5)
    listener.say("plain")
    consumer.terminate()
    assert consumer.wait(timeout=15) == 0
    assert listener.heard("sleepy") == 1
    listener.start_consumer()
    wait_for(lambda: listener.heard("plain") == 1, 10)
