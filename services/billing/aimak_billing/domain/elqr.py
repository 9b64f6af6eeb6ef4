"""ELQR, the Kyrgyz standard of payment QR codes and links (version 1.3): build and read the payload.

A payload is a run of fields, each a tag of two digits, a length of two digits and the value; two of the fields are
runs themselves. It ends with a checksum that guards against damage only: a payload proves no payment.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import quote, unquote

from aimak.problems import Place, Problem, Refused

PREFIX = "https://pay.payqr.kg/#"
UTILITIES = "4900"
_CHECKSUM_TAG = "63"
_SOM = "417"
_STATIC, _DYNAMIC = "11", "12"
_YES, _NO = "11", "12"
_LENGTHS = {"provider_id": 32, "service_code": 14, "account": 32, "transaction": 32, "comment": 32, "name": 25}
_AMOUNT_DIGITS = 13
_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class Elqr:
    """What a payment QR says. `amount` is tyiyn, None lets the payer type it; a QR with an amount of its own is
    dynamic (for one bill), one without is static (for every payment to the account)."""

    provider_id: str
    service_code: str
    account: str
    name: str
    amount: int | None = None
    transaction: str = ""
    comment: str = ""
    amount_editable: bool = False
    account_editable: bool = False
    mcc: str = UTILITIES

    @property
    def dynamic(self) -> bool:
        """Made for one bill."""
        return bool(self.amount)


def build(elqr: Elqr) -> str:
    """The payload. Raises Refused with every field that the standard does not allow."""
    problems = [*_field_problems(elqr)]
    template = _run(
        ("00", elqr.provider_id), ("01", elqr.service_code), ("10", elqr.account), ("11", elqr.transaction),
        ("12", _YES if elqr.amount_editable else _NO), ("13", _YES if elqr.account_editable else _NO),
    )  # fmt: skip
    if len(template) > 99:
        problems.append(_problem("AIM-B802", "32", length=len(template), most=99))
    if problems:
        raise Refused(*problems)
    payload = _run(
        ("00", "01"), ("01", _DYNAMIC if elqr.dynamic else _STATIC), ("32", template), ("34", elqr.comment),
        ("52", elqr.mcc), ("53", _SOM), ("54", "" if elqr.amount is None else str(elqr.amount)),
        ("59", elqr.name),
    )  # fmt: skip
    return f"{payload}{_CHECKSUM_TAG}04{_checksum(payload)}"


def link(elqr: Elqr) -> str:
    """The link that the printed QR holds: the payload as it is, behind the address every wallet knows."""
    return PREFIX + build(elqr)


def encoded_link(elqr: Elqr) -> str:
    """The link as it travels in a message: the payload percent-encoded."""
    return PREFIX + quote(build(elqr), safe="")


def for_bill(facts: Mapping[str, str], account: str, amount: int | None, bill: str) -> Elqr:
    """The code of a bill to a creditor. `facts`: provider_id, service_code and name as the creditor's bank gave them,
    and mcc where it is not 4900. Raises Refused where one of them is missing."""
    missing = [name for name in ("provider_id", "service_code", "name") if not facts.get(name)]
    if missing:
        raise Refused(*(_problem("AIM-B804", name) for name in missing))
    return Elqr(
        provider_id=facts["provider_id"],
        service_code=facts["service_code"],
        account=account,
        name=facts["name"],
        amount=amount,
        transaction=bill,
        mcc=facts.get("mcc", UTILITIES),
    )


def parse(text: str) -> Elqr:
    """Read a payload, or a link with one after its #. Raises Refused: broken run, missing field, wrong checksum."""
    payload = unquote(text.partition("#")[2]) if "#" in text else text
    fields, guarded = _guarded(payload)
    _check_sum(fields, guarded)
    template = dict(_fields(_need(fields, "32"), "32."))
    if fields.get("00") != "01" or fields.get("53") != _SOM:
        wrong = "00" if fields.get("00") != "01" else "53"
        raise Refused(_problem("AIM-B803", wrong, value=fields.get(wrong, "")))
    merchant = dict(_fields(fields["33"], "33.")) if "33" in fields else {}
    if "01" not in template and "00" not in merchant:
        raise Refused(_problem("AIM-B804", "32.01"))
    elqr = Elqr(
        provider_id=_need(template, "00", "32."),
        service_code=template.get("01", ""),
        account=template.get("10", ""),
        name=_need(fields, "59"),
        amount=_amount(fields),
        transaction=template.get("11", ""),
        comment=fields.get("34", ""),
        amount_editable=template.get("12", _YES) == _YES,
        account_editable=template.get("13", _YES) == _YES,
        mcc=_need(fields, "52"),
    )
    problems = [*_field_problems(elqr)]
    if problems:
        raise Refused(*problems)
    return elqr


def _problem(code: str, tag: str, **fields: str | int) -> Problem:
    return Problem(code, {"field": tag, **fields}, Place(path=tag))


def _run(*fields: tuple[str, str]) -> str:
    """Tag, length, value of each field that has a value; length counts letters, not bytes."""
    return "".join(f"{tag}{len(value):02d}{value}" for tag, value in fields if value)


def _checksum(payload: str) -> str:
    return sha256(payload.encode("utf-8")).hexdigest()[-4:]


def _field_problems(elqr: Elqr) -> Iterator[Problem]:
    for name, most in _LENGTHS.items():
        value: str = getattr(elqr, name)
        if len(value) > most:
            yield _problem("AIM-B802", name, length=len(value), most=most)
        if any(ord(letter) > 0xFFFF for letter in value):
            yield _problem("AIM-B805", name)
    for name in ("provider_id", "name"):
        if not getattr(elqr, name):
            yield _problem("AIM-B804", name)
    if not (elqr.mcc.isascii() and elqr.mcc.isdigit() and len(elqr.mcc) == 4):
        yield _problem("AIM-B803", "mcc", value=elqr.mcc)
    if elqr.amount is not None and not 0 <= elqr.amount < 10**_AMOUNT_DIGITS:
        yield _problem("AIM-B803", "amount", value=elqr.amount)


def _fields(text: str, within: str = "") -> Iterator[tuple[str, str]]:
    at = 0
    seen: set[str] = set()
    while at < len(text):
        tag, length = text[at : at + 2], text[at + 2 : at + 4]
        value = text[at + 4 : at + 4 + int(length)] if _digits(tag) and _digits(length) else ""
        if not _digits(length) or len(value) != int(length) or tag in seen:
            raise Refused(_problem("AIM-B801", within + tag, at=at))
        seen.add(tag)
        yield tag, value
        at += 4 + len(value)


def _digits(text: str) -> bool:
    return len(text) == 2 and text.isascii() and text.isdigit()


def _guarded(payload: str) -> tuple[dict[str, str], str]:
    """All fields, and the text before the checksum's tag, which must be the last."""
    fields: dict[str, str] = {}
    at = start = 0
    for tag, value in _fields(payload):
        start, at = at, at + 4 + len(value)
        fields[tag] = value
    if not fields or list(fields)[-1] != _CHECKSUM_TAG:
        raise Refused(_problem("AIM-B804", _CHECKSUM_TAG))
    return fields, payload[:start]


def _check_sum(fields: dict[str, str], guarded: str) -> None:
    said = fields[_CHECKSUM_TAG]
    if said.lower() != _checksum(guarded):
        raise Refused(_problem("AIM-B806", _CHECKSUM_TAG, value=said))


def _need(fields: dict[str, str], tag: str, within: str = "") -> str:
    if not fields.get(tag):
        raise Refused(_problem("AIM-B804", within + tag))
    return fields[tag]


def _amount(fields: dict[str, str]) -> int | None:
    kind, text = _need(fields, "01"), fields.get("54")
    if kind not in (_STATIC, _DYNAMIC):
        raise Refused(_problem("AIM-B803", "01", value=kind))
    if text is None:
        return None
    if not (text.isascii() and _NUMBER.fullmatch(text) and len(text) <= _AMOUNT_DIGITS):
        raise Refused(_problem("AIM-B803", "54", value=text))
    if kind == _DYNAMIC and int(text) == 0:
        raise Refused(_problem("AIM-B803", "54", value=text))
    return int(text)
