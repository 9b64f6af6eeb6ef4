"""A route's accounts are brought with its first run and remembered for the next."""

from __future__ import annotations

from typing import Any

from tests.unit.billing.town import Town, account_line


def started(town: Town, route: str, *accounts: str) -> Any:
    """A run over a route, previewed."""
    asked = {"period": "2026-10", "selection": f"route:{route}", "reason": "route", "accounts": list(accounts)}
    number = town.post("/billing/runs", asked)["run_id"]
    town.pump.drain()
    return town.get(f"/billing/runs/{number}")


def test_a_route_is_remembered(town: Town) -> None:
    """Named once with a file, the route is run again by its name alone; another one is not known."""
    town.accounts(*(account_line(f"A{number}") for number in range(5)))
    first = started(town, "north", "A1", "A3", "A4")
    assert (first["bills"], first["selection"]) == (3, "route:north")
    town.post(f"/billing/runs/{first['run_id']}/abandon")
    again = started(town, "north")
    assert (again["bills"], again["generation"]) == (3, 1)
    unknown = {"period": "2026-10", "selection": "route:south", "reason": "route"}
    assert town.refused("/billing/runs", body=unknown)[1] == ["AIM-B107"]
