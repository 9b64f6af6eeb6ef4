"""What a simulation came to, as PDF with pictures that typst draws itself, and as a workbook with charts."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from aimak.money import format_som
from aimak.texts import translate

from aimak_billing.documents.pdf import laid_out

TEMPLATE = Path(__file__).parent / "simulation.typ"
_CHANGE = ("old", "new", "difference", "percent")
_WORDS = ("som", "old", "new", "revenue", "histogram", "deciles", "hardest", "subsidy", "held", "a_month", "accounts")


@dataclass(frozen=True)
class Part:
    """One table of the report: its name, its heads, and rows whose cells are text, whole numbers, or `Som`."""

    name: str
    heads: tuple[str, ...]
    rows: Sequence[Sequence[Any]]


@dataclass(frozen=True)
class Som:
    """An amount in tyiyn; `signed` shows the sign of what is above nothing."""

    tyiyn: int
    signed: bool = False

    def __str__(self) -> str:
        return ("+" if self.signed and self.tyiyn > 0 else "") + format_som(self.tyiyn)


def word(name: str, lang: str, /, **fields: object) -> str:
    """A word of the report."""
    return translate("aimak_billing", f"simulation.{name}", lang, **fields) or name


def percent(permille: int | None) -> str:
    """A change in thousandths as per cent with its sign; nothing where there was no base."""
    if permille is None:
        return ""
    sign = "+" if permille > 0 else "−" if permille < 0 else ""
    return f"{sign}{abs(permille) // 10}.{abs(permille) % 10} %"


def parts(told: Mapping[str, Any], names: Mapping[str, str], lang: str) -> list[Part]:
    """The report's tables; `names` says services and classes in the reader's words."""
    report = told["report"]

    def name(code: str) -> str:
        return names.get(code, code)

    revenue = [
        [name(row["service"]), name(row["customer_class"]), row["connections"], *_change(row, "old_gross", "new_gross")]
        for row in report["revenue"]
    ]
    revenue.append([word("total", lang), "", None, *_change(report["total"], "old_gross", "new_gross")])
    deciles = [[row["decile"], row["accounts"], *_change(row, "old", "new")] for row in report["deciles"]]
    hardest = [[row["account"], name(row["customer_class"]), *_change(row, "old", "new")] for row in report["hardest"]]
    side = {"old": word("old", lang), "new": word("new", lang)}
    held = [[side[row["side"]], name(row["service"]), row["code"], row["accounts"]] for row in report["held"]]
    return [
        Part("revenue", ("service", "class", "bills", *_CHANGE), revenue),
        Part("histogram", ("change", "accounts"), [[_bar(bar, lang), bar["accounts"]] for bar in report["histogram"]]),
        Part("deciles", ("decile", "accounts", *_CHANGE), deciles),
        Part("hardest", ("account", "class", *_CHANGE), hardest),
        Part("subsidy", ("service", "class", "cost", "net", "gap"), _subsidy(report, name)),
        Part("held", ("side", "service", "reason", "bills"), held),
    ]


def _change(row: Mapping[str, Any], old: str, new: str) -> list[Any]:
    return [Som(row[old]), Som(row[new]), Som(row["difference"], signed=True), percent(row["permille"])]


def _subsidy(report: Mapping[str, Any], name: Any) -> list[list[Any]]:
    return [
        [name(row["service"]), name(row["customer_class"]), Som(row["cost"]), Som(row["net"]), Som(row["gap"])]
        for row in report["subsidy"]["rows"]
        if row["cost"] is not None
    ]


def _bar(bar: Mapping[str, Any], lang: str) -> str:
    low, high = (None if bar[end] is None else _whole(bar[end]) for end in ("from", "to"))
    return word(bar["kind"], lang, low=low, high=high)


def _whole(tyiyn: int) -> str:
    return f"{tyiyn // 100:+d}" if tyiyn else "0"


def months(told: Mapping[str, Any]) -> str:
    """The span of months: "2026-01 – 2026-10", or the one."""
    first, last = told["periods"][0], told["periods"][-1]
    return first if first == last else f"{first} – {last}"


def summary(told: Mapping[str, Any], lang: str) -> list[str]:
    """The report in sentences: the sum, who pays more, the subsidy."""
    report = told["report"]
    total, payers, subsidy = report["total"], report["payers"], report["subsidy"]
    change = {"difference": Som(total["difference"], signed=True), "percent": percent(total["permille"])}
    lines = [word("sum", lang, old=Som(total["old_gross"]), new=Som(total["new_gross"]), **change)]
    counts = {name: payers[name] for name in ("more", "less", "same")}
    lines.append(word("payers", lang, accounts=report["accounts"], **counts, median=Som(payers["median"], signed=True)))
    if subsidy["gap"] is None:
        return [*lines, word("no_cost", lang)]
    key = "gap_known" if subsidy["known"] else "gap_partly"
    return [*lines, word(key, lang, gap=Som(subsidy["gap"]), surplus=Som(subsidy["surplus"]))]


def as_pdf(told: Mapping[str, Any], names: Mapping[str, str], municipality: str, at: datetime, lang: str) -> bytes:
    """The report as PDF; `at` is an aware instant."""
    tables = {part.name: part for part in parts(told, names, lang)}
    report = told["report"]
    said = {
        "lang": lang,
        "title": word("title", lang),
        "municipality": municipality,
        "tariffs": ", ".join(told["tariffs"]),
        "periods": months(told),
        "summary": summary(told, lang),
        "words": {name: word(name, lang) for name in _WORDS},
        "tables": {
            name: {"heads": heads(part, lang), "rows": [[_text(cell) for cell in row] for row in part.rows]}
            for name, part in tables.items()
        },
        "bars": [bar["accounts"] for bar in report["histogram"]],
        "pairs": [[row["old"], row["new"]] for row in report["deciles"]],
        "revenue": [[row["old_gross"], row["new_gross"]] for row in report["revenue"]],
    }
    return laid_out(TEMPLATE, said, at)


def heads(part: Part, lang: str) -> list[str]:
    """What a table's columns are called."""
    return [word(head, lang) for head in part.heads]


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell)


def as_xlsx(told: Mapping[str, Any], names: Mapping[str, str], lang: str) -> bytes:
    """The report as a workbook: a sheet for each table, with charts beside the pictures' ones."""
    import xlsxwriter

    made = io.BytesIO()
    book = xlsxwriter.Workbook(made, {"in_memory": True, "strings_to_formulas": False})
    # The instant of making would make two equal reports two different files.
    book.set_properties({"created": date(2000, 1, 1)})
    first = book.add_worksheet(word("summary", lang)[:31])
    first.set_column(0, 0, 110)
    lines = [word("title", lang), ", ".join(told["tariffs"]), months(told)]
    for line, text in enumerate([*lines, "", *summary(told, lang)]):
        first.write_string(line, 0, text)
    formats = {"bold": book.add_format({"bold": True}), "som": book.add_format({"num_format": "#,##0.00"})}
    for part in parts(told, names, lang):
        sheet = book.add_worksheet(word(part.name, lang)[:31])
        _fill(sheet, part, formats, lang)
        if part.name in _CHARTS and part.rows:
            sheet.insert_chart(1, len(part.heads) + 1, _chart(book, sheet.get_name(), part, lang))
    book.close()
    return made.getvalue()


# Table → the columns that its chart shows.
_CHARTS: Mapping[str, tuple[int, ...]] = {"histogram": (1,), "deciles": (2, 3)}


def _fill(sheet: Any, part: Part, formats: Mapping[str, Any], lang: str) -> None:
    sheet.write_row(0, 0, heads(part, lang), formats["bold"])
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, len(part.heads) - 1, 18)
    for line, row in enumerate(part.rows, 1):
        for place, cell in enumerate(row):
            if isinstance(cell, Som):
                sheet.write_number(line, place, Decimal(cell.tyiyn).scaleb(-2), formats["som"])
            elif isinstance(cell, int):
                sheet.write_number(line, place, cell)
            elif cell is not None:
                sheet.write_string(line, place, cell)


def _chart(book: Any, name: str, part: Part, lang: str) -> Any:
    chart = book.add_chart({"type": "column"})
    last = len(part.rows)
    for column in _CHARTS[part.name]:
        chart.add_series(
            {
                "name": [name, 0, column],
                "categories": [name, 1, 0, last, 0],
                "values": [name, 1, column, last, column],
            }
        )
    chart.set_title({"name": word(part.name, lang)})
    chart.set_size({"width": 640, "height": 360})
    return chart
