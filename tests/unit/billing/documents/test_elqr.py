"""ELQR payloads: built by the standard, read back, refused when broken."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from aimak.problems import Refused
from aimak_billing.domain.elqr import Elqr, build, encoded_link, for_bill, link, parse
from hypothesis import given
from hypothesis import strategies as st

BILL = Elqr(
    provider_id="qr.example.kg",
    service_code="7012",
    account="10040004",
    name="AK-BULAK",
    amount=54_553,
    transaction="1000",
)
FIELDS = (
    "000201" "010212" "3257" "0013qr.example.kg" "01047012" "100810040004" "11041000" "120212" "130212"
    "52044900" "5303417" "540554553" "5908AK-BULAK"
)  # fmt: skip


def signed(fields: str) -> str:
    """The fields with their checksum."""
    return fields + "6304" + sha256(fields.encode()).hexdigest()[-4:]


def code_of(payload: str) -> tuple[str, str]:
    """The code and the field of the one problem that reading this payload gives."""
    with pytest.raises(Refused) as refused:
        parse(payload)
    (problem,) = refused.value.problems
    return problem.code, str(problem.fields["field"])


def test_payload_of_a_bill_is_the_standards() -> None:
    """Each field stands where the standard puts it; the last four hex of SHA-256 over all before tag 63 end it."""
    assert build(BILL) == signed(FIELDS)


def test_code_without_amount_is_static() -> None:
    """A code that holds no amount may be used again and again."""
    payload = build(replace(BILL, amount=None, transaction=""))
    assert payload.startswith("000201010211")
    assert "5405" not in payload
    assert parse(payload).amount is None


def test_code_of_a_bill_is_made_of_what_the_bank_gave() -> None:
    """A creditor's facts, the account, the amount and the bill's number make the code; a missing fact is named."""
    facts = {"provider_id": "qr.example.kg", "service_code": "7012", "name": "AK-BULAK"}
    assert for_bill(facts, "10040004", 54_553, "1000") == BILL
    with pytest.raises(Refused) as refused:
        for_bill({"provider_id": "qr.example.kg"}, "10040004", 1, "1")
    assert [problem.fields["field"] for problem in refused.value.problems] == ["service_code", "name"]


def test_link_carries_the_payload_plain_or_encoded() -> None:
    """The printed link holds the payload as it is, the sent one percent-encoded; both are read back."""
    named = replace(BILL, name="Ак-Булак", comment="Таштанды, октябрь")
    assert link(named) == "https://pay.payqr.kg/#" + build(named)
    assert " " not in encoded_link(named) and "%D0" in encoded_link(named)
    assert parse(link(named)) == parse(encoded_link(named)) == named


@given(
    st.builds(
        Elqr,
        provider_id=st.from_regex(r"[a-z]{1,10}\.kg", fullmatch=True),
        service_code=st.from_regex(r"[A-Z0-9]{1,10}", fullmatch=True),
        account=st.from_regex(r"[0-9]{1,14}", fullmatch=True),
        name=st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=("Cs",)), min_size=1, max_size=25),
        amount=st.none() | st.integers(1, 10**13 - 1),
        transaction=st.from_regex(r"[0-9]{0,12}", fullmatch=True),
        amount_editable=st.booleans(),
        account_editable=st.booleans(),
    )
)
def test_what_is_built_is_read_back(elqr: Elqr) -> None:
    """Building and reading are each other's inverse for everything the standard allows."""
    assert parse(build(elqr)) == elqr


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"account": "1" * 33}, "AIM-B802", "account"),
        ({"name": "x" * 26}, "AIM-B802", "name"),
        ({"provider_id": ""}, "AIM-B804", "provider_id"),
        ({"amount": -1}, "AIM-B803", "amount"),
        ({"amount": 10**13}, "AIM-B803", "amount"),
        ({"mcc": "49"}, "AIM-B803", "mcc"),
        ({"name": "Суу 💧"}, "AIM-B805", "name"),
        ({"provider_id": "q" * 32, "account": "1" * 32, "transaction": "2" * 32}, "AIM-B802", "32"),
    ],
)
def test_what_the_standard_forbids_is_not_built(changed: dict[str, object], code: str, field: str) -> None:
    """A field that is too long, missing or of the wrong kind is named."""
    with pytest.raises(Refused) as refused:
        build(replace(BILL, **changed))  # type: ignore[arg-type]
    assert (code, field) in {(problem.code, problem.fields["field"]) for problem in refused.value.problems}


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (signed(FIELDS).replace("54553", "54653"), ("AIM-B806", "63")),
        (FIELDS, ("AIM-B804", "63")),
        (signed(FIELDS)[:-2], ("AIM-B801", "63")),
        (signed(FIELDS.replace("5303417", "5303840")), ("AIM-B803", "53")),
        (signed(FIELDS.replace("540554553", "54040.50")), ("AIM-B803", "54")),
        (signed(FIELDS.replace("540554553", "54010")), ("AIM-B803", "54")),
        (signed(FIELDS.replace("5908AK-BULAK", "")), ("AIM-B804", "59")),
        (signed(FIELDS.replace("3257", "3253").replace("100810040004", "10081004")), ("AIM-B801", "32.10")),
        (signed(FIELDS + "5908AK-BULAK"), ("AIM-B801", "59")),
        ("", ("AIM-B804", "63")),
    ],
)
def test_broken_payload_is_refused_with_its_place(payload: str, expected: tuple[str, str]) -> None:
    """A payload that was changed, cut, or breaks a rule is refused, and the problem names the field."""
    assert code_of(payload) == expected


def test_checksum_may_be_of_either_case() -> None:
    """Some banks write the checksum in capitals."""
    payload = build(BILL)
    assert parse(payload[:-4] + payload[-4:].upper()) == BILL


@pytest.mark.corpora
def test_vectors_of_the_corpus() -> None:
    """The collected vectors are read and built again to the same bytes; the tampered one is refused."""
    corpora = os.environ.get("AIMAK_CORPORA")
    if not corpora:
        pytest.skip("AIMAK_CORPORA names no folder")
    vectors = json.loads((Path(corpora) / "payments/elqr-synthetic/vectors.json").read_text(encoding="utf-8"))
    assert len(vectors) >= 5
    for vector in vectors:
        if vector["valid"]:
            elqr = parse(vector["payload"])
            assert build(elqr) == vector["payload"]
            assert link(elqr) == vector["link"]
            assert encoded_link(elqr) == vector["link_percent"]
        else:
            assert code_of(vector["payload"])[0] == "AIM-B806"
