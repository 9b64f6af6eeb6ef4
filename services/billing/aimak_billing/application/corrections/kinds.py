"""The kinds of documents, by code."""

from __future__ import annotations

from collections.abc import Mapping

from aimak.problems import Problem, Refused

from aimak_billing.application.corrections import budget, cancelling, merging, money, one_off
from aimak_billing.application.corrections.documents import Kind
from aimak_billing.application.kit import Kit

_OF_MONEY: Mapping[str, Kind] = {
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


def kinds(kit: Kit) -> Mapping[str, Kind]:
    """All kinds; some ask the tariffs, and so the plugins of `kit`."""
    return {**_OF_MONEY, **{kind.code: kind for kind in (one_off.kind(kit), budget.kind(kit))}}


def kind_of(kit: Kit, code: str) -> Kind:
    """The kind of that code. Raises Refused."""
    known = kinds(kit)
    if code not in known:
        raise Refused(Problem("AIM-B115", {"kind": code, "known": ", ".join(sorted(known))}))
    return known[code]
