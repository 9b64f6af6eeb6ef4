"""What the schema library says of what does not fit, as problems: its own sentences are English and reach no reader."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from aimak.problems import Place, Problem

# What a sentence says, by kind; what is named in the sentence is told in the text of the kind's code.
_SENTENCES = {
    "missing": r"Missing data for required field\.|Field may not be null\.",
    "unknown": r"Unknown field\.",
    "list": r"Not a valid list\.",
    "type": r"Invalid (?:input )?type\.",
    "mapping": r"Not a valid mapping type\.",
    "date": r"Not a valid date\.",
    "number": r"Not a valid (?:integer|number)\.",
    "boolean": r"Not a valid boolean\.",
    "string": r"Not a valid string\.",
    "length": r"Length must be between (?P<least>\d+) and (?P<most>\d+)\.",
    "short": r"Shorter than minimum length (?P<least>\d+)\.",
    "long": r"Longer than maximum length (?P<most>\d+)\.",
    "choice": r"Must be one of: (?P<known>.*)\.",
    "range": r"Must be greater than or equal to (?P<least>-?\d+) and less than or equal to (?P<most>-?\d+)\.",
    "low": r"Must be greater than or equal to (?P<least>-?\d+)\.",
    "high": r"Must be less than or equal to (?P<most>-?\d+)\.",
}
_CODES = {
    "missing": "AIM-K100",
    "unknown": "AIM-K101",
    "list": "AIM-K102",
    "type": "AIM-K103",
    "mapping": "AIM-K103",
    "date": "AIM-K104",
    "number": "AIM-K105",
    "boolean": "AIM-K106",
    "string": "AIM-K107",
    "length": "AIM-K108",
    "short": "AIM-K109",
    "long": "AIM-K110",
    "choice": "AIM-K111",
    "range": "AIM-K112",
    "low": "AIM-K113",
    "high": "AIM-K114",
}
_OTHER = "AIM-K115"


class Said(NamedTuple):
    """A sentence of the library: its kind, "" for one that is not known, and what it names."""

    kind: str
    named: dict[str, str]


def read(messages: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every fault in marshmallow's tree of messages, each with the path of its value: `Said`, or what a plugin's own
    field says, which has a code with its fields already."""
    if isinstance(messages, dict):
        for key, inner in messages.items():
            yield from read(inner, path if key == "_schema" else (*path, key))
    elif isinstance(messages, list):
        for message in messages:
            yield from read(message, path)
    elif hasattr(messages, "code"):
        yield path, messages
    else:
        yield path, _said(str(messages))


def problems(messages: Any, *path: object) -> Iterator[Problem]:
    """Every fault in marshmallow's tree of messages as a problem; `path` leads to what was loaded."""
    for steps, fault in read(messages, path):
        place = Place(path=".".join(map(str, steps)) or None)
        if isinstance(fault, Said):
            field = next((step for step in reversed(steps) if isinstance(step, str)), "JSON")
            yield Problem(_CODES.get(fault.kind, _OTHER), {"field": field, **fault.named}, place)
        else:
            yield Problem(fault.code, fault.fields, place)


def _said(sentence: str) -> Said:
    for kind, pattern in _SENTENCES.items():
        if found := re.fullmatch(pattern, sentence):
            return Said(kind, found.groupdict())
    return Said("", {})
