"""The job that sends."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import count

import pytest
from aimak.clock import FixedClock
from aimak.messaging.faults import MAX_ATTEMPTS
from aimak.plugins.sms_gateways import Handed, Handover
from aimak.service import Job
from aimak_notifications import store
from aimak_notifications.application.sending import NotTaken

from .conftest import NOW, TENANT, Died, House, ToldGateway, bills, payment


def ready(house: House, code: str, *account_ids: int) -> None:
    """A town with bills to send through this gateway."""
    house.settle()
    house.use(code)
    house.hear(bills(*account_ids))


def job_of(house: House, attempts: int = 0) -> Job:
    """The one sending job, as the worker hands it over."""
    [row] = [row for row in house.rows("job") if row.kind == "sms.send"]
    return Job(row.id, TENANT, row.kind, row.key, row.payload, attempts)


def attempt(house: House, attempts: int = 0) -> None:
    """Run the job once."""
    house.service.jobs["sms.send"](house.service, job_of(house, attempts))


def test_all_are_sent_once(house: House) -> None:
    """Every message goes once, in batches of the gateway's size, and a job done again sends nothing."""
    ready(house, "told", 1, 2, 3)
    house.run()
    attempt(house)
    assert house.states() == ["sent"] * 3
    assert len(ToldGateway.got) == len({sms.id for sms in ToldGateway.got}) == 3
    assert {(row.gateway, row.attempts, row.sent_at) for row in house.rows("message")} == {("told", 1, NOW)}


def test_nothing_is_open_while_the_gateway_is_asked(house: House) -> None:
    """The messages are marked and committed before the gateway sees them: another transaction can write meanwhile."""
    ready(house, "told", 1)

    def look(sms):  # type: ignore[no-untyped-def]
        house.hear(payment(500))
        assert {row.state for row in house.rows("message") if row.kind == "bill"} == {"sending"}
        return Handed(sms.id, Handover.ACCEPTED)

    ToldGateway.answer = look
    attempt(house)
    assert sorted(house.states()) == ["queued", "sent"]


def test_refused_for_good(house: House) -> None:
    """A message that the gateway refuses is not tried again; the others go."""
    ready(house, "told", 1, 2, 3)
    outcomes = {"996555000002": Handover.REFUSED}
    ToldGateway.answer = lambda sms: Handed(sms.id, outcomes.get(sms.phone, Handover.ACCEPTED), reason="bad number")
    house.run()
    assert sorted(house.states()) == ["refused", "sent", "sent"]
    [refused] = [row for row in house.rows("message") if row.state == "refused"]
    assert (refused.reason, refused.settled_at, refused.sent_at) == ("bad number", NOW, None)


def test_later_means_again(house: House) -> None:
    """What the gateway does not take now goes back into the queue and is sent by a later attempt."""
    ready(house, "told", 1, 2, 3)
    turn = count()
    ToldGateway.answer = lambda sms: Handed(
        sms.id, Handover.ACCEPTED if next(turn) > 1 else Handover.LATER, reason="full"
    )
    with pytest.raises(NotTaken, match="full"):
        attempt(house)
    assert house.states() == ["queued"] * 3
    assert len(ToldGateway.got) == 2, "a gateway that is full is not given the next batch"
    attempt(house, 1)
    assert house.states() == ["sent"] * 3
    assert sorted(row.attempts for row in house.rows("message")) == [1, 2, 2]


def test_the_last_attempt_fails(house: House) -> None:
    """After the last attempt what is left has failed, with the gateway's reason, and is not hidden in the queue."""
    ready(house, "told", 1)
    ToldGateway.answer = lambda sms: Handed(sms.id, Handover.LATER, reason="no funds")
    with pytest.raises(NotTaken):
        attempt(house, MAX_ATTEMPTS - 1)
    [row] = house.rows("message")
    assert (row.state, row.reason, row.settled_at) == ("failed", "no funds", NOW)


def test_a_lost_answer_is_never_sent_again(house: House) -> None:
    """A gateway that absorbs no repeat is never given a message twice: its fate is unknown, and shown so."""
    ready(house, "told", 1, 2)
    ToldGateway.answer = lambda sms: Handed(sms.id, Handover.UNKNOWN, reason="timed out")
    house.run()
    attempt(house)
    assert house.states() == ["unknown"] * 2
    assert len(ToldGateway.got) == 2


@pytest.mark.parametrize("broken", ["raises", "says nothing"])
def test_a_gateway_that_breaks(house: House, broken: str) -> None:
    """A plugin that raises or forgets a message leaves it unknown, and the job goes on with the next batch."""
    ready(house, "told", 1, 2, 3)

    def first_fails(sms):  # type: ignore[no-untyped-def]
        if len(ToldGateway.got) <= 2:
            if broken == "raises":
                raise ValueError("a bug")
            return None
        return Handed(sms.id, Handover.ACCEPTED)

    ToldGateway.answer = first_fails
    house.run()
    assert sorted(house.states()) == ["sent", "unknown", "unknown"]


def die(sms):  # type: ignore[no-untyped-def]
    """The process is killed while the gateway has the message."""
    raise Died


def test_killed_while_sending_is_unknown(house: House) -> None:
    """A process killed in the middle leaves its batch unknown; the rest is sent."""
    ready(house, "told", 1, 2, 3)
    ToldGateway.answer = die
    with pytest.raises(Died):
        attempt(house)
    ToldGateway.answer = lambda sms: Handed(sms.id, Handover.ACCEPTED)
    attempt(house)
    assert sorted(house.states()) == ["sent", "unknown", "unknown"]
    assert len({sms.id for sms in ToldGateway.got}) == len(ToldGateway.got) == 3


def test_killed_while_sending_is_repeated_where_that_is_safe(house: House) -> None:
    """A gateway that absorbs a repeat gets the batch again, marked as such."""
    ready(house, "repeatable", 1, 2)
    ToldGateway.answer = die
    with pytest.raises(Died):
        attempt(house)
    ToldGateway.answer = lambda sms: Handed(sms.id, Handover.ACCEPTED)
    attempt(house)
    assert house.states() == ["sent"] * 2
    assert [sms.again for sms in ToldGateway.got] == [False, False, True, True]


def test_a_lost_answer_is_repeated_where_that_is_safe(house: House) -> None:
    """A repeatable gateway is tried again after a lost answer; at the last attempt the message is unknown."""
    ready(house, "repeatable", 1)
    ToldGateway.answer = lambda sms: Handed(sms.id, Handover.UNKNOWN)
    with pytest.raises(NotTaken):
        attempt(house)
    assert house.states() == ["sending"]
    with pytest.raises(NotTaken):
        attempt(house, MAX_ATTEMPTS - 1)
    assert house.states() == ["unknown"]


@pytest.mark.parametrize(
    ("said", "state", "sendings"),
    [(Handover.ACCEPTED, "sent", 1), (Handover.LATER, "sent", 2), (Handover.REFUSED, "refused", 1)],
)
def test_killed_while_sending_is_asked_about(house: House, said: Handover, state: str, sendings: int) -> None:
    """A gateway that can be asked is asked, and only what it surely has not is sent again."""
    ready(house, "asked", 1)
    ToldGateway.answer = die
    with pytest.raises(Died):
        attempt(house)
    ToldGateway.answer = lambda sms: Handed(sms.id, Handover.ACCEPTED)
    ToldGateway.asked = lambda sms: Handed(sms.id, said)
    if said is Handover.LATER:
        with pytest.raises(NotTaken):
            attempt(house)
    attempt(house)
    assert house.states() == [state]
    assert (len(ToldGateway.got), len(ToldGateway.questions)) == (sendings, 1)


def test_another_gateway_does_not_repeat_what_the_first_began(house: House) -> None:
    """A message in doubt at one gateway is not sent through another."""
    ready(house, "told", 1)
    ToldGateway.answer = die
    with pytest.raises(Died):
        attempt(house)
    ToldGateway.answer = lambda sms: Handed(sms.id, Handover.ACCEPTED)
    with house.service.work(TENANT) as work:
        store.choose_gateway(work, "repeatable", {}, "admin")
        work.commit()
    attempt(house)
    assert house.states() == ["unknown"]


def test_a_misconfigured_gateway_waits_for_the_operator(house: House) -> None:
    """A gateway that is not installed or not set up keeps messages in the queue until the last attempt."""
    ready(house, "nosuch", 1)
    with pytest.raises(NotTaken, match="AIM-N001"):
        attempt(house)
    assert house.states() == ["queued"]
    with house.service.work(TENANT) as work:
        store.choose_gateway(work, "told", {}, "admin")
        work.commit()
    attempt(house, 1)
    assert house.states() == ["sent"]


def test_files_of_the_day(house: House) -> None:
    """The file gateway writes one line for each message into the town's day, also when a killed run is repeated on
    the next day, and half a line is mended."""
    house.service.clock = FixedClock(datetime(2026, 11, 1, 20, 0, tzinfo=UTC))
    ready(house, "file", 1, 2, 3)
    folder = house.service.settings.data_dir / "sms" / TENANT
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("aimak_notifications.application.sending._record", lambda *_: die(None))
        with pytest.raises(Died):
            attempt(house)
    file = folder / "2026-11-02.jsonl"
    whole = file.read_text()
    file.write_text(whole[:-20])
    house.service.clock = FixedClock(datetime(2026, 11, 3, 20, 0, tzinfo=UTC))
    attempt(house)
    assert [path.name for path in folder.iterdir()] == ["2026-11-02.jsonl"]
    assert file.read_text() == whole
    assert [json.loads(line)["id"] for line in whole.splitlines()] == [
        str(number) for number in job_of(house).payload["messages"]
    ]
