"""The kinds of documents, by code."""

from __future__ import annotations

from collections.abc import Mapping

from aimak.problems import Problem, Refused

from aimak_billing.application.corrections import cancelling, merging, money
from aimak_billing.application.corrections.documents import Kind

KINDS: Mapping[str, Kind] = {
    kind.code: kind
    for kind in (
        cancelling.CANCEL,
        money.ADJUST,
        money.WRITE_OFF,
        money.TRANSFER,
        money.REFUND,
        money.STORNO,
        merging.MERGE,
    )
}


def kind_of(code: str) -> Kind:
    """The kind of that code. Raises Refused."""
    if code not in KINDS:
        raise Refused(Problem("AIM-B115", {"kind": code, "known": ", ".join(sorted(KINDS))}))
    return KINDS[code]
