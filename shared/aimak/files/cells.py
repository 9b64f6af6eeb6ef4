"""From the text of a cell to a value, by the kind of its column. A cell that does not fit is a `CellFault`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any

from aimak.files import faults
from aimak.files.columns import Column
from aimak.files.faults import CellFault
from aimak.money import parse_som
from aimak.period import Period

Convert = Callable[[str], Any]

_NUMBER = re.compile(r"([+-]?)(\d{1,3}(?:[ \u00a0\u202f]\d{3})+|\d{1,300})(?:[.,](\d+))?", re.ASCII)
_DATE = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4})|(\d{4})-(\d{2})-(\d{2})(?:[T ]00:00:00)?", re.ASCII)
# A workbook keeps a month that was typed as 08.2026 as the first of it.
_MONTH = re.compile(r"(\d{4})-(\d{2})(?:-01[T ]00:00:00)?|(\d{1,2})[./](\d{4})", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SPACES = re.compile(r"[ \u00a0\u202f]")
_FLAGS = {
    **dict.fromkeys(("1", "true", "yes", "y", "да", "ооба", "+"), True),
    **dict.fromkeys(("0", "false", "no", "n", "нет", "жок", "-"), False),
}
# Dates repeat down a column; a memory of more different ones than this is dropped.
_MEMORY = 4096
_PLAIN_DIGITS = 15


def converter(column: Column) -> Convert:
    """The function that turns a cell of `column` into its value (None for an empty cell). Raises CellFault."""
    convert = _KINDS[column.kind](column)

    required = column.required

    def value_of(cell: str) -> Any:
        text = cell.strip()
        if text:
            return convert(text)
        if required:
            raise CellFault(faults.VALUE_MISSING)
        return None

    return value_of


def column_converter(column: Column) -> Callable[[Sequence[str]], list[Any]]:
    """The same for all cells of a column at once, several times faster. Raises CellFault if any cell is at fault."""
    convert = converter(column)
    if column.kind == "text":
        return partial(_texts, column)
    if column.kind in ("date", "month", "bool"):
        return partial(_repeated, convert, {})
    return lambda cells: [convert(cell) for cell in cells]


def _texts(column: Column, cells: Sequence[str]) -> list[Any]:
    texts = [cell.strip() for cell in cells]
    if max(map(len, texts), default=0) > column.max_length or not "".join(texts).isprintable():
        return [converter(column)(cell) for cell in cells]
    if all(texts):
        return texts
    if column.required:
        raise CellFault(faults.VALUE_MISSING)
    return [text or None for text in texts]


def _repeated(convert: Convert, memory: dict[str, Any], cells: Sequence[str]) -> list[Any]:
    if len(memory) > _MEMORY:
        memory.clear()
    for cell in set(cells).difference(memory):
        memory[cell] = convert(cell)
    return [memory[cell] for cell in cells]


def _text(column: Column) -> Convert:
    limit = column.max_length

    def convert(text: str) -> str:
        if len(text) > limit:
            raise CellFault(faults.TOO_LONG, length=len(text), limit=limit)
        if not text.isprintable() and _CONTROL.search(text):
            raise CellFault(faults.BAD_CHARACTER)
        return text

    return convert


def _number(column: Column, decimals: int) -> Convert:
    low, high = column.bounds()
    scale: int = 10**decimals

    def convert(text: str) -> int:
        whole, _, fraction = text.replace(",", ".").partition(".")
        digits = whole + fraction.ljust(decimals, "0")
        # The usual form without the pattern, which costs five times as much: digits, then up to `decimals` more.
        plain = whole and len(digits) - len(whole) == decimals and len(digits) <= _PLAIN_DIGITS
        number = int(digits) if plain and digits.isdecimal() and digits.isascii() else _written_number(text, decimals)
        if not low <= number <= high:
            raise _outside(low, high, scale)
        return number

    return convert


def _written_number(text: str, decimals: int) -> int:
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise CellFault(faults.NOT_A_NUMBER)
    sign, whole, fraction = match.groups()
    fraction = (fraction or "").rstrip("0")
    if len(fraction) > decimals:
        raise _too_fine(decimals)
    number: int = int(_SPACES.sub("", whole)) * 10**decimals + int(fraction.ljust(decimals, "0") or "0")
    return -number if sign == "-" else number


def _too_fine(decimals: int) -> CellFault:
    return CellFault(faults.TOO_FINE, decimals=decimals) if decimals else CellFault(faults.NOT_WHOLE)


def _outside(low: int, high: int, scale: int) -> CellFault:
    return CellFault(faults.OUT_OF_BOUNDS, minimum=_shown(low, scale), maximum=_shown(high, scale))


def _shown(number: int, scale: int) -> str:
    whole, rest = divmod(abs(number), scale)
    shown = f"{whole}.{rest:0{len(str(scale)) - 1}d}".rstrip("0").rstrip(".") if scale > 1 else str(whole)
    return f"-{shown}" if number < 0 else shown


def _som(column: Column) -> Convert:
    low, high = column.bounds()

    def convert(text: str) -> int:
        try:
            amount = parse_som(text)
        except ValueError as wrong:
            raise _no_amount(text, low, high) from wrong
        if not low <= amount <= high:
            raise _outside(low, high, 100)
        return amount

    return convert


def _no_amount(text: str, low: int, high: int) -> CellFault:
    """Why a text is no amount. One with three decimals is not rounded: they may be thousands."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        return CellFault(faults.NOT_A_NUMBER)
    sign, _, fraction = match.groups()
    if len(fraction or "") > 2:
        return _too_fine(2)
    return CellFault(faults.NOT_A_NUMBER) if sign == "+" else _outside(low, high, 100)


def _parse_date(text: str) -> date:
    match = _DATE.fullmatch(text)
    if match is None:
        raise CellFault(faults.NOT_A_DATE)
    day, month, year, iso_year, iso_month, iso_day = match.groups()
    try:
        return date(int(year or iso_year), int(month or iso_month), int(day or iso_day))
    except ValueError as wrong:
        raise CellFault(faults.NOT_A_DATE) from wrong


def _parse_month(text: str) -> str:
    match = _MONTH.fullmatch(text)
    if match is None:
        raise CellFault(faults.NOT_A_MONTH)
    iso_year, iso_month, month, year = match.groups()
    try:
        return Period.month(f"{iso_year or year}-{iso_month or month:0>2}").name
    except ValueError as wrong:
        raise CellFault(faults.NOT_A_MONTH) from wrong


def _parse_flag(text: str) -> bool:
    try:
        return _FLAGS[text.casefold()]
    except KeyError as unknown:
        raise CellFault(faults.NOT_A_FLAG) from unknown


def _parse_json(text: str) -> dict[str, Any]:
    def refuse(constant: str) -> Any:
        raise ValueError(constant)

    try:
        # A decimal stays the text that was written: it must never become a float.
        value = json.loads(text, parse_constant=refuse, parse_float=str)
    except (ValueError, RecursionError) as wrong:
        raise CellFault(faults.NOT_JSON) from wrong
    if not isinstance(value, dict):
        raise CellFault(faults.NOT_JSON)
    return value


def _choice(column: Column) -> Convert:
    choices = column.choices if isinstance(column.choices, Mapping) else {name: () for name in column.choices}
    words = {word.casefold(): name for name, others in choices.items() for word in (name, *others)}

    def convert(text: str) -> str:
        try:
            return words[text.casefold()]
        except KeyError as unknown:
            raise CellFault(faults.NOT_A_CHOICE, choices=", ".join(choices)) from unknown

    return convert


_KINDS: Mapping[str, Callable[[Column], Convert]] = {
    "text": _text,
    "int": lambda column: _number(column, 0),
    "thousandths": lambda column: _number(column, 3),
    "som": _som,
    "date": lambda _column: _parse_date,
    "month": lambda _column: _parse_month,
    "bool": lambda _column: _parse_flag,
    "json": lambda _column: _parse_json,
    "choice": _choice,
}
