"""The fields of a plugin's schema: numbers as they are written, read exactly, with a problem code for what is wrong.

A number comes as text or as a whole number; a float or a bool is refused, since neither is what somebody wrote.
`determinant` says how rating reads an attribute of a connection: "number" in thousandths, "flag", else text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from marshmallow import Schema, ValidationError, fields

from aimak.plugins.base import LANGUAGES
from aimak.plugins.numbers import MAX_PRICE, MAX_PRICE_SCALE, MAX_QUANTITY, MAX_SHARE, SHARE_SCALE, Price
from aimak.problems import Field

_DECIMAL = re.compile(r"(\d{1,24})(?:\.(\d{1,24}))?", re.ASCII)
_CODE = re.compile(r"[a-z][a-z0-9_-]{0,39}", re.ASCII)
_TRUE_FALSE = {"true": True, "false": False}


@dataclass(frozen=True)
class Fault:
    """What is wrong with one value: a problem without its place, which the reader of the file knows."""

    code: str
    fields: Mapping[str, Field] = field(default_factory=dict)


def fault(code: str, **values: Field) -> ValidationError:
    """A marshmallow error that carries a problem code instead of a sentence."""
    return ValidationError([Fault(code, values)])


class Parameters(Schema):
    """Base of every schema of a plugin: what it does not know is refused."""

    class Meta:
        """Marshmallow's options."""

        unknown = "raise"


def decimal(value: Any) -> tuple[int, int]:
    """A number that is not negative, as (units, scale): "10.450" is (1045, 2). Raises ValidationError."""
    if type(value) not in (str, int):
        raise fault("AIM-T004", value=str(value))
    match = _DECIMAL.fullmatch(str(value).strip())
    if match is None:
        raise fault("AIM-T004", value=str(value))
    fraction = (match[2] or "").rstrip("0")
    return int(match[1] + fraction), len(fraction)


def plain(units: int, scale: int) -> str:
    """units × 10^-scale as text without trailing zeros: the form that `decimal` reads back."""
    if not scale:
        return str(units)
    digits = str(units).rjust(scale + 1, "0")
    return f"{digits[:-scale]}.{digits[-scale:]}".rstrip("0").rstrip(".")


class PriceField(fields.Field[Price]):
    """A price in som per unit, kept in tyiyn as units × 10^-scale."""

    json_type: Mapping[str, Any] = {"type": ["string", "number"], "pattern": r"^\d+(\.\d+)?$", "description": "som"}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Price:
        units, scale = decimal(value)
        units, scale = (units * 10 ** (2 - scale), 0) if scale < 2 else (units, scale - 2)
        if scale > MAX_PRICE_SCALE:
            raise fault("AIM-T031", value=str(value), decimals=MAX_PRICE_SCALE + 2)
        if units >= MAX_PRICE:
            raise fault("AIM-T005", value=str(value), maximum=plain(MAX_PRICE - 1, 2))
        return Price(units, scale)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else plain(value.units, value.scale + 2)


class QuantityField(fields.Field[int]):
    """A quantity of the unit, kept in thousandths."""

    determinant = "number"
    json_type: Mapping[str, Any] = {"type": ["string", "number"], "pattern": r"^\d+(\.\d{1,3})?$"}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        units, scale = decimal(value)
        if scale > 3:
            raise fault("AIM-T031", value=str(value), decimals=3)
        thousandths: int = units * 10 ** (3 - scale)
        if thousandths >= MAX_QUANTITY:
            raise fault("AIM-T005", value=str(value), maximum=plain(MAX_QUANTITY - 1, 3))
        return thousandths

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else plain(value, 3)


class ShareField(fields.Field[int]):
    """A percentage, kept in millionths of the whole: "3 %" is 30,000."""

    json_type: Mapping[str, Any] = {"type": ["string", "number"], "pattern": r"^\d+(\.\d+)?\s*%?$"}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        written = value.strip().removesuffix("%") if isinstance(value, str) else value
        units, scale = decimal(written)
        if scale > SHARE_SCALE - 2:
            raise fault("AIM-T031", value=str(value), decimals=SHARE_SCALE - 2)
        share: int = units * 10 ** (SHARE_SCALE - 2 - scale)
        if share >= MAX_SHARE:
            raise fault("AIM-T005", value=str(value), maximum=plain(MAX_SHARE - 1, SHARE_SCALE - 2))
        return share

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else f"{plain(value, SHARE_SCALE - 2)} %"


class WholeField(fields.Field[int]):
    """A whole number that is not negative."""

    determinant = "number"
    json_type: Mapping[str, Any] = {"type": ["string", "integer"], "pattern": r"^\d+$"}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        units, scale = decimal(value)
        if scale:
            raise fault("AIM-T004", value=str(value))
        if units >= MAX_QUANTITY:
            raise fault("AIM-T005", value=str(value), maximum=str(MAX_QUANTITY - 1))
        return units


class DayField(fields.Field[date]):
    """A calendar date, 2026-10-01."""

    json_type: Mapping[str, Any] = {"type": "string", "format": "date"}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        try:
            if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
                raise ValueError(value)
            return date.fromisoformat(value)
        except ValueError:
            raise fault("AIM-T008", value=str(value)) from None

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else value.isoformat()


class FlagField(fields.Field[bool]):
    """true or false."""

    determinant = "flag"
    json_type: Mapping[str, Any] = {"type": "boolean"}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if isinstance(value, bool):
            return value
        if not isinstance(value, str) or value not in _TRUE_FALSE:
            raise fault("AIM-T013", value=str(value), choices="true, false")
        return _TRUE_FALSE[value]


class TextField(fields.Field[str]):
    """Text that is not empty."""

    json_type: Mapping[str, Any] = {"type": "string", "minLength": 1}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str) or not value.strip():
            raise fault("AIM-T074")
        return value


class CodeField(TextField):
    """A short name for machines: lower case letters, digits, _ and -, a letter first."""

    json_type: Mapping[str, Any] = {"type": "string", "pattern": f"^{_CODE.pattern}$"}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str) or not _CODE.fullmatch(value):
            raise fault("AIM-T032", value=str(value))
        return value


class ChoiceField(TextField):
    """One of the words given."""

    def __init__(self, choices: Sequence[str], **kwargs: Any) -> None:
        """`choices`: the words, in the order in which they are told."""
        super().__init__(**kwargs)
        self.choices = tuple(choices)
        self.json_type = {"enum": list(choices)}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if value not in self.choices:
            raise fault("AIM-T013", value=str(value), choices=", ".join(self.choices))
        return str(value)


class NamesField(fields.Field[dict[str, str]]):
    """A name in every language: {ky: …, ru: …, en: …}."""

    json_type: Mapping[str, Any] = {
        "type": "object",
        "properties": {language: {"type": "string", "minLength": 1} for language in LANGUAGES},
        "required": list(LANGUAGES),
        "additionalProperties": False,
    }

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, str]:
        if not isinstance(value, dict):
            raise fault("AIM-T014", expected="ky, ru, en")
        for language in LANGUAGES:
            if not isinstance(value.get(language), str) or not value[language].strip():
                raise fault("AIM-T002", field=language)
        unknown = sorted(set(value) - set(LANGUAGES))
        if unknown:
            raise fault("AIM-T003", field=unknown[0])
        return {language: value[language] for language in LANGUAGES}
