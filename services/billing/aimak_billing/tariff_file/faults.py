"""What the schema library says of a tariff file, as problems with codes and places."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aimak.plugins.fields import Fault
from aimak.unfit import Said, read

from aimak_billing.tariff_file.nodes import Path

# A tariff file's words for what the library's sentences say, by kind.
_CODES = {
    "missing": "AIM-T002",
    "unknown": "AIM-T003",
    "list": "AIM-T068",
    "type": "AIM-T069",
    "length": "AIM-T070",
    "short": "AIM-T071",
    "range": "AIM-T072",
}
_OTHER = "AIM-T073"


def faults(messages: Any, path: Path = ()) -> Iterator[tuple[Path, Fault]]:
    """Every fault in marshmallow's tree of messages, with the path of the value."""
    for steps, fault in read(messages, path):
        if isinstance(fault, Said):
            field = str(steps[-1]) if steps else ""
            yield steps, Fault(_CODES.get(fault.kind, _OTHER), {"field": field, **fault.named})
        else:
            yield steps, fault
