"""Streets by what they are called now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aimak.problems import NotFound, Problem

from aimak_gateway.cli.connect import Api, connected
from aimak_gateway.cli.frame import Ui


def street_names(api: Api, runs: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """What streets are called now, by id; not asked for where no run is over one."""
    if not any(run["selection"].startswith("street:") for run in runs):
        return {}
    return {str(row["street"]): row["name"] for row in api.get("/billing/streets")["streets"]}


def selection_named(ui: Ui, text: str, streets: Mapping[str, str]) -> str:
    """What a run covers: "весь город", "улица Манас", "услуга вывоз ТБО"."""
    kind, _, value = text.partition(":")
    called = streets.get(value, value) if kind == "street" else ui.named(kind, value)
    return f"{ui.named('selection', kind)} {called}".strip()


def street_id(ui: Ui, text: str) -> str:
    """The id of the street that is called so now; an id as it is. Raises NotFound with the names that there are."""
    if text.isdigit():
        return text
    with connected(ui) as api:
        called = {row["street"]: row["name"] for row in api.get("/billing/streets")["streets"]}
    found = [key for key, name in called.items() if name.casefold() == text.strip().casefold()]
    if len(found) != 1:
        raise NotFound(Problem("AIM-G038", {"code": text[:40], "known": ", ".join(sorted(called.values()))}))
    return str(found[0])
