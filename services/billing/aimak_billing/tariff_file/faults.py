"""What marshmallow says, as problems with codes and places: its own sentences are English and reach no reader."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from aimak.plugins.fields import Fault

from aimak_billing.tariff_file.nodes import Path

# A sentence, the code for it, and what the code's text is told of the numbers in the sentence.
_SENTENCES = (
    (r"Missing data for required field\.|Field may not be null\.", "AIM-T002"),
    (r"Unknown field\.", "AIM-T003"),
    (r"Not a valid list\.", "AIM-T068"),
    (r"Invalid (?:input )?type\.", "AIM-T069"),
    (r"Length must be between (?P<least>\d+) and (?P<most>\d+)\.", "AIM-T070"),
    (r"Shorter than minimum length (?P<least>\d+)\.", "AIM-T071"),
    (
        r"Must be greater than or equal to (?P<least>\d+) and less than or equal to (?P<most>\d+)\.",
        "AIM-T072",
    ),
)


def faults(messages: Any, path: Path = ()) -> Iterator[tuple[Path, Fault]]:
    """Every fault in marshmallow's tree of messages, with the path of the value."""
    if isinstance(messages, dict):
        for key, inner in messages.items():
            yield from faults(inner, path if key == "_schema" else (*path, key))
    elif isinstance(messages, list):
        for message in messages:
            yield from faults(message, path)
    elif isinstance(messages, Fault):
        yield path, messages
    else:
        yield path, _fault(str(messages), str(path[-1]) if path else "")


def _fault(sentence: str, field: str) -> Fault:
    for pattern, code in _SENTENCES:
        if found := re.fullmatch(pattern, sentence):
            return Fault(code, {"field": field, **found.groupdict()})
    return Fault("AIM-T073", {"field": field})
