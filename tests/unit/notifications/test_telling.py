"""From events to messages."""

from __future__ import annotations

import itertools
import json

import pytest
from aimak.contracts.payments import PaymentsReceived
from aimak.operations import drop_read_models
from aimak.problems import PermanentFault
from aimak_notifications.application.asking import set_consent
from aimak_notifications.tables import message, notice
from sqlalchemy import select

from .conftest import TENANT, House, accounts, bills, payment, service_types, town


def test_one_message_for_each_bill(house: House) -> None:
    """Each account gets its bill in its own language, at its phone."""
    house.settle()
    house.hear(bills(1, 2, 3))
    told = {row.account_id: row for row in house.rows("message")}
    assert [told[number].language for number in (1, 2, 3)] == ["ky", "ru", "en"]
    assert (
        told[1].text
        == "Нарын, эсеп 0400001, 10.2026: суу 138.00. Төлөө 138.00 сом, мөөнөтү 25.11.2026: банк, терминал, касса."
    )
    assert (told[2].phone, told[2].account, told[2].state) == ("996555000002", "0400002", "queued")
    assert (told[3].encoding, told[3].parts, told[3].period) == ("gsm7", 1, "2026-10")
    assert str(told[1].day) == "2026-11-02"


def test_a_repeat_changes_nothing(house: House) -> None:
    """The same bills again, in other batches and orders, leave the messages as they are."""
    house.settle()
    house.hear(bills(1, 2, 3))
    before = house.rows("message"), house.rows("notice")
    for repeated in (bills(3, 2, 1), bills(2), bills(1, 2, 3, version=1)):
        house.hear(repeated)
    assert (house.rows("message"), house.rows("notice")) == before


def test_any_order_tells_the_same(house: House) -> None:
    """A bill that comes before its account, its town or its service waits for them, and is told in the end."""
    market = {"services": '[["market", 13800]]'}
    facts = [town(), service_types(), accounts(), bills(1, **market), payment(500, 700)]
    seen = set()
    for order in itertools.permutations(facts):
        with house.service.work(TENANT) as work:
            for event in order:
                house.service.subscriptions[event.routing_key].handler(work, event)
            rows = list(work.execute(select(message).order_by(message.c.id)))
            waits = list(work.execute(select(notice).where((notice.c.state != "told") | notice.c.facts.is_not(None))))
        seen.add(tuple((row.kind, row.text, row.state) for row in rows))
        assert waits == []
    assert len(seen) == 1 and len(seen.pop()) == 2


def test_no_phone_no_message(house: House) -> None:
    """Without a phone nothing is sent, but it is counted; a phone that comes later does not bring an old bill."""
    house.settle(phone_1=None, phone_2="no phone")
    house.hear(bills(1, 2, 3))
    assert [row.account_id for row in house.rows("message")] == [3]
    assert [row.state for row in house.rows("notice")].count("no_phone") == 2
    house.hear(accounts(version=2))
    house.hear(bills(1, 2, 3))
    assert len(house.rows("message")) == 1


def test_an_older_account_does_not_overwrite(house: House) -> None:
    """A late event with a lower version leaves the phone as it is."""
    house.settle(version=2)
    house.hear(accounts(version=1, phone_1="+996555999999"))
    house.hear(bills(1))
    assert [row.phone for row in house.rows("message")] == ["996555000001"]


def test_a_receipt_for_a_whole_payment(house: House) -> None:
    """A payment that is split over providers gets one receipt of the whole sum."""
    house.settle()
    house.hear(payment(10_000, 2_550, 5_000))
    house.hear(payment(10_000, 2_550, 5_000))
    [receipt] = house.rows("message")
    assert receipt.text == "Нарын: 175.50 сом төлөндү. Эсеп 0400001, 05.11.2026, Банк Демо."
    assert (receipt.kind, receipt.source_id, receipt.period) == ("receipt", 900, "2026-11")


def test_a_payment_told_without_a_partners_name_calls_it_by_its_code(house: House) -> None:
    """What was told before partners' names were, alone or beside newer words, is read as it stands."""
    house.settle()
    old = json.loads(payment(900).encode())
    del old["columns"]["partner_name"]
    newer = payment(500, payment_id=901, external_id="t2").encode()
    house.hear(PaymentsReceived.joined(TENANT, [json.dumps(old).encode(), newer]))
    texts = [row.text for row in house.rows("message")]
    assert ["demo" in text for text in texts] == [True, False]
    assert "Банк Демо" in texts[1]


def test_a_cancelled_bill_is_not_told(house: House) -> None:
    """A bill cancelled before it was sent is withdrawn, in whichever order the two states come."""
    house.settle()
    house.hear(bills(1))
    house.hear(bills(1, state="cancelled", version=2))
    assert house.states() == ["withdrawn"]
    house.hear(bills(2, state="cancelled", version=2))
    house.hear(bills(2))
    assert house.states() == ["withdrawn"]
    assert {row.state for row in house.rows("notice")} == {"withdrawn"}


def test_a_cancelled_bill_that_waited_is_not_told(house: House) -> None:
    """A bill that is cancelled while it waits for its account is never told."""
    house.hear(bills(1))
    house.hear(bills(1, state="cancelled", version=2))
    house.settle()
    assert house.rows("message") == []


def test_a_sent_bill_is_not_called_back(house: House) -> None:
    """What is on its way stays as it was sent."""
    house.settle()
    house.use("told")
    house.hear(bills(1))
    house.run()
    house.hear(bills(1, state="cancelled", version=2))
    assert house.states() == ["sent"]


def test_a_reversed_payment_is_not_told(house: House) -> None:
    """A receipt that was not sent yet is withdrawn with its payment."""
    house.settle()
    house.hear(payment(500))
    house.hear(payment(500, state="reversed", version=2, amount_tyiyn=0))
    assert house.states() == ["withdrawn"]


def test_who_wants_none_gets_none(house: House) -> None:
    """A phone whose owner said no gets no message; it is counted apart."""
    house.settle()
    with house.service.work(TENANT) as work:
        set_consent(work, "0555000001", False, "clerk", "996")
        set_consent(work, "0555000002", False, "clerk", "996")
        set_consent(work, "0555000002", True, "clerk", "996")
        work.commit()
    house.hear(bills(1, 2))
    assert [row.account_id for row in house.rows("message")] == [2]
    assert sorted(row.state for row in house.rows("notice")) == ["no_consent", "told"]


def test_rebuilt_read_models_send_nothing_again(house: House) -> None:
    """Read models dropped in mid-month and sent again, bills included, add no message."""
    house.settle()
    house.use("told")
    house.hear(bills(1, 2))
    house.run()
    before = house.rows("message")
    with house.service.work(TENANT) as work:
        assert drop_read_models(house.service, work) == {"account": 3, "service_type": 1}
        work.commit()
    house.hear(bills(3))
    for event in (bills(1, 2, 3), accounts(), service_types(), town(), payment(500)):
        house.hear(event)
    house.run()
    after = house.rows("message")
    assert [row for row in after if row.account_id != 3 and row.kind == "bill"] == before
    assert len(after) == 4 and set(house.states()) == {"sent"}


def test_broken_charges_are_a_permanent_fault(house: House) -> None:
    """A bill whose charges cannot be read goes to the dead letters, with nothing written."""
    house.settle()
    with pytest.raises(PermanentFault):
        house.hear(bills(1, services="[[]]"))
    assert house.rows("notice") == []


def test_jobs_are_cut_to_size(house: House) -> None:
    """Many messages are sent by several jobs, each with its own."""
    house.settle()
    many = bills(*([1] * 1201))
    many.columns["bill_id"] = list(range(1201))
    house.hear(many)
    jobs = [row for row in house.rows("job") if row.kind == "sms.send"]
    assert [len(row.payload["messages"]) for row in jobs] == [500, 500, 201]
    assert {number for row in jobs for number in row.payload["messages"]} == {row.id for row in house.rows("message")}
