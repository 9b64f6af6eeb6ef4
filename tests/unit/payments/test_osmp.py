"""OSMP's words: parameters in, XML out."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from datetime import UTC, datetime
from importlib import resources
from urllib.parse import urlencode

import pytest
from aimak.money import plain_som
from aimak.plugins.payment_partners import Check, Outcome, PartnerConfig, PartnerRequest, Pay, Refusal, Result
from aimak_payments.plugins.payment_partners.osmp.plugin import OsmpPartner
from aimak_payments.plugins.payment_partners.osmp.results import CODE_OF, RESULT_CODES, is_fatal
from hypothesis import given
from hypothesis import strategies as st

FIXTURES = resources.files("aimak_payments.plugins.payment_partners.osmp") / "fixtures"
ACCOUNT = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=200)
INSTANT = st.datetimes(datetime(2000, 1, 2), datetime(2099, 12, 30)).map(lambda at: at.replace(microsecond=0))


def partner(zone: str = "Asia/Bishkek", **settings: object) -> OsmpPartner:
    """A partner with these settings."""
    return OsmpPartner(PartnerConfig("demo", zone, OsmpPartner.settings_schema().load(settings)))


def query(**parameters: str) -> PartnerRequest:
    """A GET with these parameters."""
    return PartnerRequest("GET", query=urlencode(parameters).encode())


def pay(**changes: str) -> PartnerRequest:
    """A sound pay with some parameters changed."""
    given = {"command": "pay", "txn_id": "1234567", "account": "007", "sum": "10.45", "txn_date": "20261123120133"}
    return query(**{**given, **changes})


@given(st.integers(0, 10**14 - 1), ACCOUNT, st.integers(0, 10**20 - 1), INSTANT)
def test_what_is_sent_is_what_is_read(amount: int, account: str, txn_id: int, at: datetime) -> None:
    """Any id, account, sum and date come through as they were sent."""
    read = partner().parse(
        pay(txn_id=str(txn_id), account=account, sum=plain_som(amount), txn_date=f"{at:%Y%m%d%H%M%S}")
    )
    assert isinstance(read, Pay)
    assert (read.external_id, read.account, read.amount_tyiyn) == (str(txn_id), account, amount)
    assert read.paid_at is not None and read.paid_at.replace(tzinfo=None) == at


@given(st.binary(max_size=300), st.binary(max_size=300), st.sampled_from(["GET", "POST", "PUT"]))
def test_no_bytes_make_it_raise(given_query: bytes, body: bytes, method: str) -> None:
    """Whatever comes, something is answered."""
    demo = partner()
    read = demo.parse(PartnerRequest(method, query=given_query, body=body))
    outcome = read.outcome if isinstance(read, Refusal) else Outcome.ACCEPTED
    ElementTree.fromstring(demo.render(Result(outcome, read)).body)


@given(st.text(), st.text(), st.integers(-(10**15), 10**15))
def test_answer_is_always_xml_that_says_the_same(holder: str, comment: str, balance: int) -> None:
    """Names and comments cannot break out of their element."""
    command = Check("1", "7")
    root = ElementTree.fromstring(
        partner().render(Result(Outcome.ACCEPTED, command, comment, None, holder, balance)).body
    )
    assert [child.tag for child in root][:2] == ["osmp_txn_id", "result"]
    assert root.findtext("fields/field2") == plain_som(balance)


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"command": "cancel"}, Outcome.BAD_REQUEST),
        ({"command": "PAY"}, Outcome.BAD_REQUEST),
        ({"txn_id": ""}, Outcome.BAD_REQUEST),
        ({"txn_id": "1" * 21}, Outcome.BAD_REQUEST),
        ({"txn_id": "12a"}, Outcome.BAD_REQUEST),
        ({"txn_id": "١٢"}, Outcome.BAD_REQUEST),
        ({"ccy": "USD"}, Outcome.BAD_REQUEST),
        ({"account": ""}, Outcome.BAD_ACCOUNT),
        ({"account": "7" * 201}, Outcome.BAD_ACCOUNT),
        ({"account": "7\x007"}, Outcome.BAD_ACCOUNT),
    ],
)
def test_what_does_not_fit_is_named(changes: dict[str, str], outcome: Outcome) -> None:
    """Each fault has its outcome."""
    read = partner().parse(pay(**changes))
    assert isinstance(read, Refusal) and read.outcome is outcome


def test_parameter_that_stands_twice_is_refused() -> None:
    """Of two sums nobody knows which was meant."""
    twice = PartnerRequest("POST", query=b"sum=1.00", body=pay().query)
    assert isinstance(partner().parse(twice), Refusal)


def test_refused_pay_is_answered_with_its_id() -> None:
    """A refusal carries the id as far as it could be read, so that the partner can place it."""
    demo = partner()
    read = demo.parse(pay(sum="x"))
    assert isinstance(read, Refusal) and read.is_pay
    assert b"<osmp_txn_id>1234567</osmp_txn_id>" in demo.render(Result(read.outcome, read)).body


def test_pay24_answers_its_own_tag_to_pay_alone() -> None:
    """The dialect of Pay24 knows txn_id, and only in the answer to pay."""
    demo = partner(dialect="pay24", txn_id_digits=28)
    paid = demo.parse(pay(txn_id="1" * 28))
    checked = demo.parse(pay(command="check"))
    assert b"<txn_id>" in demo.render(Result(Outcome.ACCEPTED, paid, "", 1)).body
    assert b"txn_id" not in demo.render(Result(Outcome.ACCEPTED, checked)).body


def test_date_is_read_in_the_partners_zone() -> None:
    """Noon on the partner's clock is noon there."""
    read = partner("Europe/Moscow").parse(pay())
    assert isinstance(read, Pay) and read.paid_at == datetime(2026, 11, 23, 9, 1, 33, tzinfo=UTC)


def test_table_of_results_is_whole() -> None:
    """Every outcome has a code of the table; only 0, 1 and 90 leave the payment open."""
    assert set(CODE_OF) == set(Outcome)
    assert set(CODE_OF.values()) <= set(RESULT_CODES)
    assert {code for code in RESULT_CODES if not is_fatal(code)} == {0, 1, 90}
    assert set(RESULT_CODES) == {0, 1, 4, 5, 7, 8, 31, 32, 79, 90, 241, 242, 243, 300}
    assert is_fatal(-1)


@pytest.mark.parametrize("name", ["check", "pay"])
def test_sample_exchange_is_as_written_down(name: str) -> None:
    """The samples that a partner is shown are what is answered, to the byte."""
    demo = partner()
    read = demo.parse(PartnerRequest("GET", query=(FIXTURES / f"{name}.txt").read_bytes().strip()))
    paid = isinstance(read, Pay)
    shown = {"payment_id": 2**62 + 2_026} if paid else {"holder": "А***в Б.", "balance_tyiyn": 15_217}
    answer = demo.render(Result(Outcome.ACCEPTED, read, "OK", **shown))  # type: ignore[arg-type]
    assert answer.body == (FIXTURES / f"{name}.xml").read_bytes()
