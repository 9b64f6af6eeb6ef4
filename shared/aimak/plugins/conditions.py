"""Conditions upon attributes of a connection: one word or several for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import and_
from typing import Any

import polars as pl
from marshmallow import fields

from aimak.plugins.fields import fault
from aimak.plugins.inputs import Inputs


class Words(fields.Field[tuple[str, ...]]):
    """One word or several: `household` or `[household, budget]`."""

    json_type: Mapping[str, Any] = {"type": ["string", "array"], "items": {"type": "string"}, "minItems": 1}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[str, ...]:
        words = value if isinstance(value, list) else [value]
        if not words or not all(isinstance(word, str) and word for word in words):
            raise fault("AIM-T074")
        return tuple(words)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return word_or_list(value or ())


class Conditions(fields.Field[dict[str, tuple[str, ...]]]):
    """Attribute → word or words: {class: household, norm: [flat, house]}."""

    json_type: Mapping[str, Any] = {"type": "object", "additionalProperties": Words.json_type}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, tuple[str, ...]]:
        if not isinstance(value, dict):
            raise fault("AIM-T014", expected="attribute: value")
        words = Words()
        return {name: words._deserialize(given, attr, data) for name, given in value.items()}

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return {name: word_or_list(words) for name, words in (value or {}).items()}


def word_or_list(words: Sequence[str]) -> str | list[str]:
    """One word stands alone."""
    return words[0] if len(words) == 1 else list(words)


def met(conditions: Mapping[str, Sequence[str]], inputs: Inputs) -> pl.Expr:
    """Whether a connection has one of the words of every attribute named; false where an attribute is missing."""
    each = [inputs.text(name).is_in(list(words)).fill_null(False) for name, words in conditions.items()]
    return reduce(and_, each, pl.lit(True))
