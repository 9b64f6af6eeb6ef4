"""What the columns of each file that people bring are called and what stands in them, as a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from aimak.files.columns import Column, Columns
from aimak.plugins.fields import FlagField, QuantityField, TextField, WholeField
from aimak.plugins.reading_sources import READINGS
from aimak.plugins.service_types import ServiceType
from aimak_billing.application.imports import ACCOUNTS, BALANCES, FACTS, RESIDENTS
from aimak_billing.plugins import service_types
from aimak_metering.application.meters import METERS
from marshmallow import Schema

from tools.docs.built_in import built_in

PAGE = "docs/imports.md"
# What the command calls it, its columns, the sample beside it, and what it brings.
_FILES = (
    ("accounts", ACCOUNTS, "accounts.csv", "accounts with their holders, addresses and services, a line a service"),
    ("residents", RESIDENTS, "residents.csv", "how many people live there, from when and by which paper"),
    ("meters", METERS, "meters.csv", "meters and what they showed when they were installed"),
    ("balances", BALANCES, "balances.csv", "what was owed when the books were taken over, by creditor and month"),
    ("readings", READINGS, "readings.csv", "readings of meters; a plugin may read another format"),
    ("facts", FACTS, None, "what happened in a period: days attended, containers, days without supply"),
)
_KINDS = {
    "text": "text, up to LENGTH characters",
    "int": "a whole number",
    "thousandths": "a number with up to three decimals",
    "som": "som, with up to two decimals",
    "date": "a date: 2026-10-31 or 31.10.2026",
    "month": "a month: 2026-10 or 10.2026",
    "json": 'attributes as JSON: `{"metered": true}`',
    "choice": "one of these",
}
_HEAD = """# The columns of files

Made from the code by `make docs`. `aimak import KIND FILE` takes CSV and XLSX (the first sheet). A file's first line
names its columns, in any order; beside the name each column goes by the other headers of its line, whatever their case,
spaces and dots. The separator (`;`, `,`, tab) and the encoding (UTF-8, UTF-16, cp1251, cp866) are found out. An empty
cell says that it is not known; where a column is required it is a fault, and the row is left out and given back with
the reason. `--dry-run` tells what would be taken.
"""
_SERVICES = """
## What a service carries

The attributes of a connection (`attributes` of accounts) by the code of its service, and below them what `name` of
facts may say. A number is written whole or as text: `{"metered": false, "norm": "house", "agreed_volume": "12.5"}`.
A service of another's plugin names its own.
"""
_FIELDS = (
    (FlagField, "`true` or `false`"),
    (WholeField, "a whole number"),
    (QuantityField, "a number"),
    (TextField, "text"),
)


def page() -> str:
    """The page's whole text."""
    return (
        _HEAD
        + "".join(_file(*file) for file in _FILES)
        + _SERVICES
        + "".join(map(_service, built_in(service_types, ServiceType)))
    )


def _service(kind: type[ServiceType]) -> str:
    head = f"\n### {kind.code}\n\n{kind.names['ru']}, {kind.names['ky']}.\n\n"
    rows = [*_rows("attribute", kind.attributes), *_rows("fact", kind.facts)]
    if not rows:
        return head + "Whatever its tariff asks for.\n"
    return head + "| | name | what stands in it |\n|---|---|---|\n" + "".join(rows)


def _rows(what: str, schema: type[Schema] | None) -> Iterator[str]:
    for name, field in schema().fields.items() if schema else ():
        said = next(words for known, words in _FIELDS if isinstance(field, known))
        required = ", required" if field.required else ""
        yield f"| {what} | `{name}`{required} | {said}: {field.metadata['description']} |\n"


def _file(kind: str, columns: Columns, sample: str | None, what: str) -> str:
    seen = f" Sample: [{sample}](../examples/guide/{sample})." if sample else ""
    head = f"\n## {kind}\n\n{what[0].upper()}{what[1:]}.{seen}\n\n"
    table = "| column | other headers | what stands in it |\n|---|---|---|\n"
    return head + table + "".join(_row(column) for column in columns.columns)


def _row(column: Column) -> str:
    name = f"`{column.name}`" + (", required" if column.required else "")
    return f"| {name} | {', '.join(column.aliases)} | {_value(column)} |\n"


def _value(column: Column) -> str:
    said = _KINDS[column.kind].replace("LENGTH", str(column.max_length))
    if column.kind == "choice":
        assert isinstance(column.choices, Mapping), "each choice of these files has other words"
        return f"{said}: " + "; ".join(", ".join([f"`{code}`", *words]) for code, words in column.choices.items())
    if column.kind in ("int", "thousandths") and column.maximum is not None:
        return f"{said}, {column.minimum} to {column.maximum}"
    return said
