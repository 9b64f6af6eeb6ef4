"""Servers that are killed, stopped or hang, and a consumer that must neither lose nor double anything."""

import shutil
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from aimak import operations
from aimak.messaging.relay import Relay
from aimak.settings import Settings
from aimak.testing.servers import PostgresServer, RabbitServer

from tests.integration.messaging.conftest import HERE, Listener, wait_for

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


def test_what_a_broker_lost_with_its_disk_is_published_again(
    postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A confirmed message that nobody took is gone with RabbitMQ's data; published again from the outbox it takes
    effect, and once more, it has none."""
    monkeypatch.syspath_prepend(str(HERE))
    from aimak_listener.bootstrap import Spoken, build  # type: ignore[import-not-found]

    with RabbitServer() as rabbit, closing(Listener(postgres, rabbit, tmp_path)) as listener:
        listener.prepare()
        settings = Settings({"database.listener": listener.environment["AIMAK_DATABASE__LISTENER"]})
        with closing(build(settings)) as service:
            relay = Relay(service, listener.broker)
            consumer = listener.start_consumer()
            consumer.kill()
            consumer.wait()
            with service.work("naryn") as work:
                work.publish(Spoken.of("naryn", [{"word": "plain", "number": 1}]))
                work.commit()
            assert relay.step() == 1
            rabbit.kill9()
            shutil.rmtree(rabbit.folder / "data")
            rabbit.restart()
            listener.start_consumer()
            for _ in range(2):
                with service.work("naryn") as work:
                    assert operations.publish_again(service, work, work.now - timedelta(hours=1)) == 1
                    work.commit()
                wait_for(lambda: _published(relay), 20)
                wait_for(lambda: listener.heard("plain") == 1, 20)
        listener.say("after")
        wait_for(lambda: listener.heard("after") == 1, 20)
        assert listener.heard("plain") == 1


def _published(relay: Relay) -> bool:
    """Whether a step of the relay published; its connection may be to the broker that is gone."""
    try:
        return relay.step() == 1
    except OSError:
        return False
