"""check and pay, as a partner sees them."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest
from aimak import ledger
from aimak.contracts.payments import PaymentsReceived
from aimak_payments.application import payments
from sqlalchemy.exc import OperationalError

from tests.unit.payments.conftest import FIRST, TENANT, Town, accounts, moved, result


def test_check_shows_masked_holder_and_what_is_owed(town: Town) -> None:
    """A check tells whose account it is without telling the name, and what is owed to all providers."""
    text = town.check("0100001").get_data(as_text=True)
    assert "<result>0</result>" in text and "А***в Б." in text and ">300.00<" in text
    assert "Асанов" not in text


def test_name_is_never_kept(town: Town) -> None:
    """The holder's name does not reach the database of payments."""
    assert "Асанов" not in str(town.rows("account"))


def test_old_number_leads_to_the_account(town: Town) -> None:
    """A number that lives on in banks' menus is as good as the new one."""
    assert town.check("77-1").get_data() == town.check("0100001").get_data()


@pytest.mark.parametrize(
    ("account", "total", "code"),
    [
        ("0199999", "0.00", 5),
        ("0100003", "0.00", 79),
        ("0100001", "0.00", 0),
        ("0100001", "0.50", 241),
        ("0100001", "5000.01", 242),
        ("no such form!", "0.00", 4),
        ("0100001", "10,45", 300),
    ],
)
def test_check_answers_by_the_table(town: Town, account: str, total: str, code: int) -> None:
    """Each reason has its own code; without a sum the limits are not looked at."""
    town.define_partner(settings={"min_tyiyn": 100, "max_tyiyn": 500_000})
    assert result(town.check(account, total)) == code


def test_check_waits_for_nobody_who_writes(town: Town) -> None:
    """While someone else writes for long (a day is closed, a registry matched), a payer at a terminal is answered."""
    with town.service.work(TENANT) as writes:
        assert result(town.check("0100001")) == 0
        assert result(town.check("0199999")) == 5
        writes.commit()


def test_check_sees_what_was_paid_since_the_last_one(town: Town) -> None:
    """A look ends with the answer: the next one on the same connection shows the payment between them."""
    assert ">300.00<" in town.check("0100001").get_data(as_text=True)
    assert result(town.pay("1", "0100001", "150.00")) == 0
    assert ">150.00<" in town.check("0100001").get_data(as_text=True)


def test_a_look_keeps_nothing(town: Town) -> None:
    """What only looks cannot commit, tell others, or have something done."""
    with town.service.look(TENANT) as look:
        with pytest.raises(AssertionError):
            look.schedule("maintain", "once more")
        with pytest.raises(AssertionError):
            look.commit()


def test_pay_is_split_posted_and_told(town: Town) -> None:
    """A payment is split over the providers, posted to the ledger and told to the others, all of it once."""
    text = town.pay("1", "0100001", "150.01").get_data(as_text=True)
    (payment,) = town.rows("payment")
    assert f"<prv_txn>{payment['id']}</prv_txn>" in text and len(str(payment["id"])) == 19
    parts = {part["provider"]: part["amount"] for part in town.rows("payment_part")}
    assert parts == {"vodokanal": 10_001, "tazalyk": 5_000}
    transfers = {row["provider"]: (row["debit"], row["credit"], row["amount"]) for row in town.rows("transfer")}
    assert transfers["vodokanal"] == (
        ledger.account_id("partner", "kapchyk"),
        ledger.account_id("billing_control", "vodokanal"),
        10_001,
    )
    told = town.sent(PaymentsReceived)
    assert [(row["provider"], row["amount_tyiyn"], row["payment_tyiyn"], row["parts"]) for row in told] == [
        ("tazalyk", 5_000, 15_001, 2),
        ("vodokanal", 10_001, 15_001, 2),
    ]
    assert {(row["paid_on"], row["partner"], row["partner_name"]) for row in told} == {
        ("2026-11-23", "kapchyk", "Капчык")
    }
    assert ">149.99<" in town.check("0100001").get_data(as_text=True)


def test_repeated_pay_gets_the_same_bytes(town: Town) -> None:
    """A repeat has no effect and the first answer, whatever has been set since."""
    first = town.pay("1", "0100001", "10.45")
    town.define_partner(settings={"enabled": False, "dialect": "pay24"})
    again = town.pay("1", "0100001", "10.45", txn_date="20261123130000")
    assert again.get_data() == first.get_data()
    assert again.content_type == first.content_type
    assert len(town.rows("payment")) == len(town.rows("answer")) == 1


def test_repeat_by_the_old_number_is_the_same_payment(town: Town) -> None:
    """The same account under its other number is no other account."""
    first = town.pay("1", "0100001", "10.45")
    assert town.pay("1", "77-1", "10.45").get_data() == first.get_data()


@pytest.mark.parametrize(("account", "total"), [("0100001", "10.46"), ("0100002", "10.45")])
def test_same_id_for_something_else_is_refused_and_noted(town: Town, account: str, total: str) -> None:
    """An id that comes again for another account or sum takes nothing, and a person gets to know."""
    town.pay("1", "0100001", "10.45")
    assert [result(town.pay("1", account, total)) for _ in range(3)] == [300] * 3
    assert len(town.rows("payment")) == 1
    listed = town.call("GET", "/payments/partner-problems").get_json()["problems"]
    assert len(listed) == 1
    assert listed[0]["code"] == "AIM-P020" and account in listed[0]["message"] and total in listed[0]["message"]


def test_two_partners_may_use_the_same_id(town: Town) -> None:
    """An id is the partner's own."""
    town.define_partner("bank")
    town.pay("1", "0100001", "10.00")
    text = town.ask("bank", command="pay", txn_id="1", account="0100001", sum="10.00")
    assert result(text) == 0
    assert len({row["id"] for row in town.rows("payment")}) == 2


def test_refusal_for_good_is_kept(town: Town) -> None:
    """What was refused for good stays refused: the payer has the money back."""
    first = town.pay("1", "0100005", "10.00")
    assert result(first) == 5
    town.tell(accounts((5, "0100005", "Жаңы", "active")))
    assert town.pay("1", "0100005", "10.00").get_data() == first.get_data()
    assert town.rows("payment") == []
    assert town.sent(PaymentsReceived) == []


def test_refused_id_for_another_sum_is_a_conflict(town: Town) -> None:
    """A refused id is used up too."""
    town.pay("1", "0199999", "10.00")
    assert result(town.pay("1", "0100001", "10.00")) == 300


@pytest.mark.parametrize(
    ("language", "accepted"), [("en", ("taken", "accepted")), ("ru", ("принят",)), ("ky", ("алынган", "кабыл"))]
)
def test_a_conflict_says_what_is_true_of_a_refused_id_too(town: Town, language: str, accepted: Sequence[str]) -> None:
    """Nothing was taken under a refused id: the answer to its next use does not say so, nor another thing than the
    answer to an accepted one."""
    town.define_partner(settings={"language": language})
    assert [result(town.pay(txn_id, "0100001", total)) for txn_id, total in (("1", "0"), ("2", "1.00"))] == [241, 0]
    answers = [town.pay(txn_id, "0100001", "2.00") for txn_id in ("1", "2")]
    assert [result(answer) for answer in answers] == [300, 300]
    (comment,) = {answer.get_data(as_text=True).partition("<comment>")[2].partition("<")[0] for answer in answers}
    assert comment and not any(word in comment for word in accepted)


def test_unknown_account_goes_to_suspense_where_agreed(town: Town) -> None:
    """With a partner that cannot give money back, money for an unknown account waits in suspense."""
    town.define_partner(settings={"unknown_account": "suspense"})
    assert result(town.pay("1", "0199999", "10.00")) == 0
    (row,) = town.call("GET", "/payments/suspense").get_json()["suspense"]
    assert (row["account"], row["amount_tyiyn"], row["state"], row["reason"]) == (
        "0199999",
        1_000,
        "suspense",
        "unknown_account",
    )
    (transfer,) = town.rows("transfer")
    assert transfer["credit"] == ledger.account_id("suspense", "kapchyk") and transfer["amount"] == 1_000
    assert town.sent(PaymentsReceived) == []


@pytest.mark.parametrize(("policy", "code", "kept"), [("suspense", 0, 1), ("refuse", 79, 0)])
def test_account_closed_between_check_and_pay(town: Town, policy: str, code: int, kept: int) -> None:
    """The money is taken and waits, unless the contract says to refuse."""
    town.define_partner(settings={"closed_account": policy})
    assert result(town.pay("1", "0100003", "10.00")) == code
    assert len(town.call("GET", "/payments/suspense").get_json()["suspense"]) == kept


def test_money_before_the_first_bill_goes_to_the_provider_that_serves(town: Town) -> None:
    """An account without a bill is paid to who serves it, as an advance."""
    assert result(town.pay("1", "0100004", "10.00")) == 0
    assert [(row["provider"], row["amount"]) for row in town.rows("payment_part")] == [("tazalyk", 1_000)]
    assert ">-10.00<" in town.check("0100004").get_data(as_text=True)


def test_account_that_nobody_serves_waits_in_suspense(town: Town) -> None:
    """Money for an account without any provider is not given to one at random."""
    town.tell(accounts((6, "0100006", "Бош", "active")))
    assert result(town.pay("1", "0100006", "10.00")) == 0
    assert town.rows("payment")[0]["suspense_reason"] == "no_provider"


def test_switched_off_partner_is_answered_seven(town: Town) -> None:
    """A partner that is switched off is told so in its own protocol."""
    town.define_partner(settings={"enabled": False})
    assert result(town.check("0100001")) == 7
    assert result(town.pay("1", "0100001", "10.00")) == 7


@pytest.mark.parametrize("total", ["", "0", "0.00", "-1.00", "1e3", "10.455", "10,45", "+1", "١.00", "1 000.00"])
def test_wrong_sum_is_never_taken(town: Town, total: str) -> None:
    """A sum is taken to the tyiyn or not at all."""
    assert result(town.pay("1", "0100001", total)) in (241, 300)
    assert town.rows("payment") == []


@pytest.mark.parametrize("date", ["2026112312013", "20261323120133", "20260230120133", "abc", ""])
def test_wrong_date_is_refused(town: Town, date: str) -> None:
    """A date that is none is not guessed at."""
    assert result(town.pay("1", "0100001", "1.00", txn_date=date)) == 300


@pytest.mark.parametrize("date", ["20991127083000", "20261124120001", "20251122115959", "20010101000000"])
def test_a_date_far_from_now_is_a_faulty_request(town: Town, date: str) -> None:
    """More than a day ahead or 366 days back at noon of the 23rd of November: nothing is taken or kept, so that
    the same payment is taken with its true date."""
    first = town.pay("1", "0100001", "1.00", txn_date=date)
    assert result(first) == 300 and town.rows("payment") == [] and town.sent(PaymentsReceived) == []
    assert town.pay("1", "0100001", "1.00", txn_date=date).get_data() == first.get_data()
    assert town.rows("answer") == []
    assert result(town.pay("1", "0100001", "1.00")) == 0 and len(town.rows("payment")) == 1
    # Once taken it is taken, whatever the date of a repeat.
    assert result(town.pay("1", "0100001", "1.00", txn_date=date)) == 0 and len(town.rows("payment")) == 1


@pytest.mark.parametrize("date", ["20261124120000", "20251122120000"])
def test_a_date_near_now_is_the_business_date(town: Town, date: str) -> None:
    """A day ahead and 366 days back are still within the bound."""
    assert result(town.pay("1", "0100001", "1.00", txn_date=date)) == 0
    (payment,) = town.rows("payment")
    assert payment["paid_on"].strftime("%Y%m%d") == date[:8]


def test_business_date_is_the_partners_own(town: Town) -> None:
    """A minute before midnight in Moscow is that day, though in Bishkek it is the next."""
    town.define_partner(settings={"zone": "Europe/Moscow"})
    town.pay("1", "0100001", "1.00", txn_date="20261122235900")
    (payment,) = town.rows("payment")
    assert payment["paid_on"].isoformat() == "2026-11-22"
    assert payment["paid_at"].isoformat() == "2026-11-22T20:59:00+00:00"


def test_pay_without_a_check_and_by_post(town: Town) -> None:
    """A pay needs no check before it and may come in a body."""
    from tests.unit.payments.conftest import LOGIN, PASSWORD, basic

    response = town.client.post(
        f"/partners/{TENANT}/kapchyk",
        data={"command": "pay", "txn_id": "7", "account": "0100001", "sum": "1.00"},
        headers={"Authorization": basic(LOGIN, PASSWORD)},
    )
    assert result(response) == 0
    assert town.rows("payment")[0]["paid_at"].isoformat() == "2026-11-23T06:00:00+00:00"


def test_ten_in_parallel_have_one_effect(town: Town) -> None:
    """The same pay ten times at once: one payment, one event, the same bytes for all."""
    answers: list[bytes] = []

    def ask() -> None:
        answers.append(town.pay("1", "0100001", "150.00").get_data())

    threads = [threading.Thread(target=ask) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 10 and len(set(answers)) == 1
    assert b"<result>0</result>" in answers[0]
    assert len(town.rows("payment")) == 1
    assert sum(row["amount_tyiyn"] for row in town.sent(PaymentsReceived)) == 15_000


def test_database_fault_is_a_passing_answer_and_never_kept(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the database is away the partner is told to repeat; then the payment is taken as if nothing had been."""

    def away(*_: object) -> None:
        raise OperationalError("INSERT", {}, Exception("away"))

    with monkeypatch.context() as broken:
        broken.setattr(payments.ledger, "post", away)
        assert result(town.pay("1", "0100001", "10.00")) == 1
    assert town.rows("answer") == town.rows("payment") == []
    assert result(town.pay("1", "0100001", "10.00")) == 0


def test_unexpected_fault_is_a_passing_answer(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug of ours must not make the partner give the money back."""
    monkeypatch.setattr(payments, "split", lambda *_: 1 // 0)
    assert result(town.pay("1", "0100001", "10.00")) == 1
    assert town.rows("answer") == []


def test_lost_commit_is_a_passing_answer_and_the_repeat_finds_it(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the connection breaks after the commit the partner repeats and gets the payment that is there."""
    from aimak.storage import UnitOfWork

    commit = UnitOfWork.commit

    def commit_and_break(work: UnitOfWork) -> None:
        commit(work)
        raise OperationalError("COMMIT", {}, Exception("connection lost"))

    with monkeypatch.context() as broken:
        broken.setattr(UnitOfWork, "commit", commit_and_break)
        assert result(town.pay("1", "0100001", "10.00")) == 1
    assert result(town.pay("1", "0100001", "10.00")) == 0
    assert len(town.rows("payment")) == 1


def test_unknown_account_is_not_told_while_no_account_is_known(town: Town) -> None:
    """While read models are sent again nobody is told that an account does not exist."""
    town.call("POST", "/payments/read-models/drop")
    assert result(town.check("0100001")) == 1
    assert result(town.pay("1", "0100001", "10.00")) == 1
    assert town.rows("answer") == []


def test_dropped_read_models_come_back_with_the_same_answers(town: Town) -> None:
    """What others tell again makes the same balance; payments themselves are never dropped."""
    from tests.unit.payments.conftest import tell_of_the_town

    town.pay("1", "0100001", "100.00")
    before = town.check("0100001").get_data()
    town.call("POST", "/payments/read-models/drop")
    tell_of_the_town(town)
    assert town.check("0100001").get_data() == before
    assert b">200.00<" in before


def test_balance_is_right_in_any_order(town: Town) -> None:
    """Events may come twice, late and out of order; a cancelled bill is a newer version of its row."""
    newest, older = moved((13, FIRST, "vodokanal", 0), version=2), moved((13, FIRST, "vodokanal", 99_900))
    town.tell(newest, older, older, newest)
    assert ">300.00<" in town.check("0100001").get_data(as_text=True)


def test_payments_are_told_again_on_rebuild(town: Town) -> None:
    """A rebuild tells every payment as it was told first."""
    town.pay("1", "0100001", "150.00")
    town.pay("2", "0100002", "10.00")
    first = sorted(town.sent(PaymentsReceived), key=lambda row: (row["payment_id"], row["provider"]))
    assert town.call("POST", "/payments/rebuild?to=billing").get_json()["rows"] == {"PaymentsReceived": 3}
    again = sorted(town.sent(PaymentsReceived)[3:], key=lambda row: (row["payment_id"], row["provider"]))
    assert again == first
