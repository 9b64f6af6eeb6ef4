"""Whatever a tariff file holds in a wrong place: a reader of no language meets a sentence of a library."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from aimak.plugins.fields import Fault
from aimak.problems import Problem
from aimak.texts import text
from aimak_billing.tariff_file.faults import faults
from aimak_billing.tariff_file.schema import FileSchema
from marshmallow import Schema, ValidationError, fields

# Of every kind that YAML has; long lists and numbers beyond every range.
WRONG: list[Any] = [
    None,
    "",
    "x y",
    -1,
    99,
    10**40,
    1.5,
    True,
    [],
    [None],
    ["x"] * 1_000,
    [7] * 1_000,
    {},
    {"x": [1]},
    [[]],
    [{}],
]


def schemas(schema: Schema) -> Iterator[Schema]:
    """A schema and those inside of it."""
    yield schema
    for field in schema.fields.values():
        inner = field.inner if isinstance(field, fields.List) else field
        if isinstance(inner, fields.Nested):
            yield from schemas(inner.schema)


def told(schema: Schema) -> Iterator[Fault]:
    """What is told of every wrong value in every place."""
    for field in schema.fields.values():
        for value in WRONG:
            try:
                schema.load({field.data_key or field.name: value})
            except ValidationError as wrong:
                yield from (fault for _, fault in faults(wrong.messages))


def every_schema(plugins: Any) -> list[Schema]:
    """Those of the file itself and of each component's parameters."""
    components = plugins.rate_components
    found = [FileSchema(), *(components.get(code).schema() for code in components.codes())]
    return [inner for schema in found for inner in schemas(schema)]


@pytest.mark.parametrize("lang", ["ky", "ru"])
def test_no_sentence_of_a_library_reaches_a_reader(plugins: Any, lang: str) -> None:
    """Each fault has a code of its own and fields without English words."""
    found = {(fault.code, tuple(fault.fields.items())) for schema in every_schema(plugins) for fault in told(schema)}
    codes = {code for code, _ in found}
    assert {"AIM-T002", "AIM-T003", "AIM-T068", "AIM-T069", "AIM-T070", "AIM-T071", "AIM-T072", "AIM-T074"} <= codes
    assert "AIM-T073" not in codes, "a sentence that no code stands for"
    for code, given in found:
        said = text(Problem(code, dict(given)), lang)
        assert not re.search(r"\b(valid|data|field|length|must|type|list)\b", said, re.I), said


def test_a_sentence_that_nobody_foresaw_is_told_without_its_words() -> None:
    """A stranger's schema may validate as it likes: place and code are told, its English is not."""
    assert [fault for _, fault in faults({"price": ["Not a valid moon."]})] == [Fault("AIM-T073", {"field": "price"})]
