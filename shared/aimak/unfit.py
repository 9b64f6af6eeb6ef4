"""What the schema library says of a request's body, as problems: its own sentences are English and reach no reader."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from aimak.problems import Place, Problem

# A sentence, and the code for it; what is named in the sentence is told in the code's text.
_SENTENCES = (
    (r"Missing data for required field\.|Field may not be null\.", "AIM-K100"),
    (r"Unknown field\.", "AIM-K101"),
    (r"Not a valid list\.", "AIM-K102"),
    (r"Invalid (?:input )?type\.|Not a valid mapping type\.", "AIM-K103"),
    (r"Not a valid date\.", "AIM-K104"),
    (r"Not a valid (?:integer|number)\.", "AIM-K105"),
    (r"Not a valid boolean\.", "AIM-K106"),
    (r"Not a valid string\.", "AIM-K107"),
    (r"Length must be between (?P<least>\d+) and (?P<most>\d+)\.", "AIM-K108"),
    (r"Shorter than minimum length (?P<least>\d+)\.", "AIM-K109"),
    (r"Longer than maximum length (?P<most>\d+)\.", "AIM-K110"),
    (r"Must be one of: (?P<known>.*)\.", "AIM-K111"),
    (r"Must be greater than or equal to (?P<least>-?\d+) and less than or equal to (?P<most>-?\d+)\.", "AIM-K112"),
    (r"Must be greater than or equal to (?P<least>-?\d+)\.", "AIM-K113"),
    (r"Must be less than or equal to (?P<most>-?\d+)\.", "AIM-K114"),
)
_OTHER = "AIM-K115"


def problems(messages: Any, *path: object) -> Iterator[Problem]:
    """Every fault in marshmallow's tree of messages; `path` leads to what was loaded."""
    if isinstance(messages, dict):
        for key, inner in messages.items():
            yield from problems(inner, *path, *(() if key == "_schema" else (key,)))
    elif isinstance(messages, list):
        for message in messages:
            yield from problems(message, *path)
    elif hasattr(messages, "code"):
        # What a plugin's own field says: a code with its fields already.
        yield Problem(messages.code, messages.fields, _place(path))
    else:
        yield _problem(str(messages), path)


def _place(path: tuple[object, ...]) -> Place:
    return Place(path=".".join(map(str, path)) or None)


def _problem(sentence: str, path: tuple[object, ...]) -> Problem:
    field = next((step for step in reversed(path) if isinstance(step, str)), "JSON")
    for pattern, code in _SENTENCES:
        if found := re.fullmatch(pattern, sentence):
            return Problem(code, {"field": field, **found.groupdict()}, _place(path))
    return Problem(_OTHER, {"field": field}, _place(path))
