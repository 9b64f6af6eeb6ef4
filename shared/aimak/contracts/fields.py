"""The column types of an event: marshmallow fields that are strict about Python types and bounds.

A batch is flat: null, bool, int, str and nothing else; attributes travel as JSON text, dates as ISO text,
money as tyiyn, a price as an integer beside its scale.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from marshmallow import ValidationError, fields

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1
DATE = re.compile(r"^\d{4}-\d{2}-\d{2}$", re.ASCII)


class Whole(fields.Field[int]):
    """A whole number within 64 bits. True is no number here."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if type(value) is not int:
            raise ValidationError("not a whole number")
        if not INT64_MIN <= value <= INT64_MAX:
            raise ValidationError("beyond 64 bits")
        return value


class Tyiyn(Whole):
    """Money in tyiyn."""


class Text(fields.Field[str]):
    """Text, without lone surrogates, so that it can be written as UTF-8."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if type(value) is not str:
            raise ValidationError("not text")
        try:
            value.encode()
        except UnicodeEncodeError as broken:
            raise ValidationError("not valid Unicode") from broken
        return value


class Flag(fields.Field[bool]):
    """True or False; 0 and 1 are not."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if type(value) is not bool:
            raise ValidationError("not true or false")
        return value


class Day(fields.Field[str]):
    """A calendar date as ISO text, "2026-10-01"; it stays text on the wire and in rows."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if type(value) is not str or not DATE.match(value) or value.endswith("\n"):
            raise ValidationError("not a date YYYY-MM-DD")
        try:
            date.fromisoformat(value)
        except ValueError as wrong:
            raise ValidationError("no such day") from wrong
        return value
