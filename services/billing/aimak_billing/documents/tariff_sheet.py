"""A tariff as it is published: one sheet with prices net and gross, norms, legal ground and the council's decision.

As PDF (A4, typst, the same bytes for the same sheet and instant) and as one HTML page that stands alone: no script,
nothing fetched, nothing that tells who read it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from aimak.texts import translate

from aimak_billing.documents.pdf import laid_out
from aimak_billing.documents.sheet_page import PAGE

TEMPLATE = Path(__file__).parent / "tariff_sheet.typ"
_WORDS = ("net", "tax", "gross", "for_what", "prices", "norms", "where", "papers", "som", "rules", "draft")


@dataclass(frozen=True)
class PriceRow:
    """A price per unit as text; `gross` empty where it depends on whom it is for."""

    label: str
    unit: str
    net: str
    tax: str
    gross: str


@dataclass(frozen=True)
class Sheet:
    """Everything on a sheet, as text in one language. `papers` and `facts` are pairs of a head and what it says;
    `draft` that the tariff is not published."""

    lang: str
    title: str
    municipality: str
    provider: str
    since: str
    facts: Sequence[tuple[str, str]]
    prices: Sequence[PriceRow]
    rules: Sequence[str]
    norms: Sequence[tuple[str, str]]
    papers: Sequence[tuple[str, str]]
    draft: bool


def word(name: str, lang: str, /, **fields: object) -> str:
    """A word of the sheet."""
    return translate("aimak_billing", f"sheet.{name}", lang, **fields) or name


def as_pdf(sheet: Sheet, at: datetime) -> bytes:
    """The sheet as PDF; `at` is an aware instant."""
    said = {
        **{name: getattr(sheet, name) for name in ("lang", "title", "municipality", "provider", "since", "draft")},
        "words": {name: word(name, sheet.lang) for name in _WORDS},
        "facts": [list(pair) for pair in sheet.facts],
        "prices": [[row.label, row.unit, row.net, row.tax, row.gross] for row in sheet.prices],
        "rules": list(sheet.rules),
        "norms": [list(pair) for pair in sheet.norms],
        "papers": [list(pair) for pair in sheet.papers],
    }
    return laid_out(TEMPLATE, said, at)


def as_data(sheet: Sheet) -> dict[str, Any]:
    """The sheet as plain values, with the heads of its parts."""
    heads = {name: word(name, sheet.lang) for name in _WORDS}
    return {**asdict(sheet), "heads": {name: said[:1].upper() + said[1:] for name, said in heads.items()}}


def as_html(sheet: Sheet) -> bytes:
    """The sheet as one HTML page."""
    lang = sheet.lang
    prices = "".join(_price(row, lang) for row in sheet.prices)
    rules = "".join(f"<li>{escape(rule)}</li>" for rule in sheet.rules)
    page = Template(PAGE).substitute(
        lang=escape(lang),
        title=escape(sheet.title),
        municipality=escape(sheet.municipality),
        provider=escape(sheet.provider),
        since=escape(sheet.since),
        draft=f'<p class="draft">{escape(word("draft", lang))}</p>' if sheet.draft else "",
        facts=_pairs(sheet.facts),
        prices_head=escape(word("prices", lang)),
        prices=prices,
        rules=f"<ul>{rules}</ul>" if rules else "",
        norms=_section(word("norms", lang), _pairs(sheet.norms)) if sheet.norms else "",
        papers=_section(word("papers", lang), _pairs(sheet.papers)),
    )
    return page.encode()


def _price(row: PriceRow, lang: str) -> str:
    gross = row.gross or row.net
    small = f"{escape(word('net', lang))} {escape(row.net)}" + (f" + {escape(row.tax)}" if row.tax else "")
    return (
        f'<div class="price"><div class="what">{escape(row.label)}</div><div class="sum"><b>{escape(gross)}</b> '
        f"{escape(word('som', lang))}"
        + (f" / {escape(row.unit)}" if row.unit else "")
        + f"<small>{small if row.gross else escape(word('net', lang)) + (', ' + escape(row.tax) if row.tax else '')}"
        "</small></div></div>"
    )


def _pairs(pairs: Sequence[tuple[str, str]]) -> str:
    rows = "".join(f"<dt>{escape(head)}</dt><dd>{escape(text)}</dd>" for head, text in pairs)
    return f"<dl>{rows}</dl>"


def _section(head: str, body: str) -> str:
    return f"<section><h2>{escape(head)}</h2>{body}</section>"
