"""A statement of account, or an act of reconciliation, as PDF: the same bytes for the same statement and instant."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from aimak.money import format_som
from aimak.texts import translate

from aimak_billing.documents.pdf import laid_out

TEMPLATE = Path(__file__).parent / "statement.typ"
_WORDS = (
    "period", "account", "creditor", "day", "document", "raised", "lowered", "balance", "opening", "total", "closing",
    "signature", "som",
)  # fmt: skip


def render_statement(
    said: Mapping[str, Any], municipality: str, creditors: Mapping[str, tuple[str, str]], at: datetime, lang: str
) -> bytes:
    """`said` as `reports.statement` gives it; `creditors`: name and tax number by code. With one creditor it is an
    act of reconciliation, to be signed by both."""
    act = said["provider"] is not None
    name, number = creditors[said["provider"]] if act else ("", "")
    text = {
        "lang": lang,
        "words": {word: _word(word, lang) for word in _WORDS},
        "municipality": municipality,
        "title": _word("act" if act else "title", lang),
        "act": act,
        "creditor": name,
        "details": number,
        **{key: said[key] for key in ("account", "holder", "address")},
        "since": _day(said["from"]),
        "through": _day(said["to"]),
        **{key: format_som(said[f"{key}_tyiyn"]) for key in ("opening", "raised", "lowered", "closing")},
        "entries": [_entry(entry, creditors, lang) for entry in said["entries"]],
    }
    return laid_out(TEMPLATE, text, at)


def _entry(entry: Mapping[str, Any], creditors: Mapping[str, tuple[str, str]], lang: str) -> list[str]:
    sums = [format_som(entry[f"{key}_tyiyn"]) if entry[f"{key}_tyiyn"] else "" for key in ("raised", "lowered")]
    creditor = creditors[entry["provider"]][0] if entry["provider"] in creditors else ""
    document = f"{kind_name(entry['kind'], lang)} {entry['document']}"
    return [_day(entry["day"]), document, creditor, *sums, format_som(entry["balance_tyiyn"])]


def kind_name(kind: str, lang: str) -> str:
    """What a kind of document is called; its code where it has no name."""
    return translate("aimak_billing", f"kind.{kind}", lang) or kind


def _word(word: str, lang: str) -> str:
    return translate("aimak_billing", f"statement.{word}", lang) or word


def _day(text: str) -> str:
    return f"{date.fromisoformat(text):%d.%m.%Y}"
