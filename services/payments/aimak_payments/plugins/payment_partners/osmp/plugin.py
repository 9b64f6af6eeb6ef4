"""OSMP (also known as the QIWI provider protocol): `check` and `pay` by GET or POST, answers in XML."""

from __future__ import annotations

import re
from datetime import datetime
from typing import ClassVar
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape, quoteattr
from zoneinfo import ZoneInfo

from aimak.money import plain_som
from aimak.plugins.payment_partners import (
    MAX_ACCOUNT_TEXT,
    Check,
    Outcome,
    PartnerCommand,
    PartnerRequest,
    PartnerResponse,
    Pay,
    PaymentPartner,
    Refusal,
    RegistryFile,
    Result,
)

from aimak_payments.plugins.payment_partners.osmp import registry
from aimak_payments.plugins.payment_partners.osmp.results import CODE_OF
from aimak_payments.plugins.payment_partners.osmp.schema import DIALECTS, OsmpSettings

CURRENCY = "KGS"
CONTENT_TYPE = "text/xml; charset=utf-8"
# More parameters than any dialect has; a request with more is not read on.
MAX_PARAMETERS = 64

_SUM = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,2}))?")
_DIGITS = re.compile(r"[0-9]+")
_DATE = re.compile(r"20[0-9]{12}")
# What XML 1.0 cannot carry even escaped.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class _Unreadable(Exception):
    def __init__(self, reason: str, outcome: Outcome = Outcome.BAD_REQUEST) -> None:
        super().__init__(reason)
        self.reason = reason
        self.outcome = outcome


class OsmpPartner(PaymentPartner):
    """The classic protocol of terminals and banks, and the dialect of Pay24."""

    code = "osmp"
    interface_version = 1
    names: ClassVar[dict[str, str]] = {
        "ky": "OSMP (терминалдар жана банктар)",
        "ru": "OSMP (терминалы и банки)",
        "en": "OSMP (terminals and banks)",
    }
    settings_schema = OsmpSettings

    def parse(self, request: PartnerRequest) -> PartnerCommand | Refusal:
        """`check` or `pay` from a query string or an urlencoded body."""
        found: dict[str, str] = {}
        try:
            found = _parameters(request)
            return self._command(found)
        except _Unreadable as unreadable:
            txn_id = found.get("txn_id", "")
            return Refusal(
                unreadable.outcome,
                external_id=txn_id if self._is_txn_id(txn_id) else "",
                account=found.get("account", "")[:MAX_ACCOUNT_TEXT],
                is_pay=found.get("command") == "pay",
                reason=unreadable.reason,
            )

    def render(self, result: Result) -> PartnerResponse:
        """The XML answer; HTTP 200 whatever the result."""
        settings, command = self.config.settings, result.command
        dialect = DIALECTS[settings["dialect"]]
        is_pay = isinstance(command, Pay) or (isinstance(command, Refusal) and command.is_pay)
        lines = []
        if is_pay or dialect.id_on_check:
            lines.append(_tag(dialect.id_tag, command.external_id))
        if isinstance(command, Pay) and result.payment_id is not None:
            lines.append(_tag("prv_txn", str(result.payment_id)))
            lines.append(_tag("sum", plain_som(command.amount_tyiyn)))
            if settings["answer_ccy"]:
                lines.append(_tag("ccy", CURRENCY))
        lines.append(_tag("result", str(CODE_OF[result.outcome])))
        lines += self._fields(result)
        if result.comment:
            lines.append(_tag("comment", result.comment))
        body = '<?xml version="1.0" encoding="UTF-8"?>\n<response>\n' + "\n".join(lines) + "\n</response>\n"
        return PartnerResponse(body.encode(), CONTENT_TYPE)

    def read_registry(self, content: bytes) -> RegistryFile:
        """Lines of five columns apart by TAB, the last one the total."""
        return registry.read(content, ZoneInfo(self.config.zone))

    def _command(self, found: dict[str, str]) -> PartnerCommand:
        command = found.get("command")
        if command not in ("check", "pay"):
            raise _Unreadable("unknown command")
        txn_id = found.get("txn_id", "")
        if not self._is_txn_id(txn_id):
            raise _Unreadable("txn_id is no number or too long")
        if found.get("ccy", CURRENCY) != CURRENCY:
            raise _Unreadable("a currency that is not accepted")
        amount = _amount(found.get("sum", ""))
        account = _account(found.get("account", ""))
        if command == "check":
            return Check(txn_id, account, amount)
        return Pay(txn_id, account, amount, self._paid_at(found.get("txn_date")))

    def _is_txn_id(self, text: str) -> bool:
        return len(text) <= int(self.config.settings["txn_id_digits"]) and _DIGITS.fullmatch(text) is not None

    def _paid_at(self, text: str | None) -> datetime | None:
        if text is None:
            return None
        try:
            if not _DATE.fullmatch(text):
                raise ValueError(text)
            return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=ZoneInfo(self.config.zone))
        except ValueError as wrong:
            raise _Unreadable("txn_date is not YYYYMMDDHHMMSS") from wrong

    def _fields(self, result: Result) -> list[str]:
        settings = self.config.settings
        shown = []
        if result.holder is not None:
            shown.append((settings["holder_field"], result.holder))
        if result.balance_tyiyn is not None:
            shown.append((settings["balance_field"], plain_som(result.balance_tyiyn)))
        if not shown:
            return []
        rows = [
            f"<field{place} name={quoteattr(name)}>{escape(_printable(value))}</field{place}>"
            for place, (name, value) in enumerate(shown, start=1)
        ]
        return ["<fields>", *rows, "</fields>"]


def _parameters(request: PartnerRequest) -> dict[str, str]:
    """Query and body parameters by name. One that stands twice is refused: who reads which is anybody's guess."""
    if request.method not in ("GET", "POST") or request.path.strip("/"):
        raise _Unreadable("not a GET or POST of the partner's address")
    parts = [request.query] + ([request.body] if request.method == "POST" else [])
    try:
        pairs = [
            pair
            for part in parts
            for pair in parse_qsl(part.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS)
        ]
    except ValueError as broken:
        raise _Unreadable("parameters are not decodable") from broken
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Unreadable("a parameter stands twice")
    return {name: value.strip() for name, value in found.items()}


def _amount(text: str) -> int:
    match = _SUM.fullmatch(text)
    if match is None:
        raise _Unreadable("sum is not a number with at most two decimals")
    return int(match[1]) * 100 + int((match[2] or "0").ljust(2, "0"))


def _account(text: str) -> str:
    if not text or len(text) > MAX_ACCOUNT_TEXT or not text.isprintable():
        raise _Unreadable("account is empty, too long or not printable", Outcome.BAD_ACCOUNT)
    return text


def _tag(name: str, value: str) -> str:
    return f"<{name}>{escape(_printable(value))}</{name}>"


def _printable(value: str) -> str:
    return _NOT_XML.sub("?", value)
