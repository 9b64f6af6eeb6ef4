"""Metered use falls to the creditor who supplied the account on its days, whenever it was read and the change told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from aimak.period import Period
from aimak_billing.domain.supplied import by_supplier
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.billing.test_life import change
from tests.unit.billing.test_rerating import bill
from tests.unit.billing.town import TARIFFS, Town, account_line

OCTOBER = Period.month("2026-10")
USED = {"account_id": pl.Int64, "connection_id": pl.Int64, "usage": pl.Int64, "from_date": pl.Date, "to_date": pl.Date}
CONNECTED = {"account_id": pl.Int64, "service": pl.String, "connection_id": pl.Int64}
DATED = {"valid_from": pl.Date, "valid_to": pl.Date}
FIRST, SECOND, OTHER = 1, 2, 3
METERED = '{"metered":true,"norm":"house"}'


def october(number: int) -> date:
    """A day of October; the 32nd is the first of November."""
    return date(2026, 10, 1) + timedelta(days=number - 1)


def fallen(
    uses: list[tuple[int, int, int, int]], held: list[tuple[int, int | None, int | None]], service: str = "water"
) -> dict[int, int]:
    """Thousandths by connection. uses: connection, quantity, days from and to of October; held: connection, its first
    day and the one after its last, none where that is outside the month."""
    used = [(1, connection, quantity, october(since), october(until)) for connection, quantity, since, until in uses]
    names = [(connection, service) for connection in {use[0] for use in uses}]
    whole = [(1, service, connection) for connection, since, until in held if (since, until) == (None, None)]
    some = [
        (1, service, connection, october(since) if since else date(2020, 1, 1), october(until) if until else None)
        for connection, since, until in held
        if (since, until) != (None, None)
    ]
    found = by_supplier(
        pl.DataFrame(used, schema=USED, orient="row"),
        pl.DataFrame(names, schema={"connection_id": pl.Int64, "service": pl.String}, orient="row"),
        pl.DataFrame(whole, schema=CONNECTED, orient="row"),
        pl.DataFrame(some, schema=CONNECTED | DATED, orient="row"),
        OCTOBER,
    )
    sums: dict[int, int] = {}
    for row in found.iter_rows(named=True):
        sums[row["connection_id"]] = sums.get(row["connection_id"], 0) + row["usage"]
    return sums


@pytest.mark.parametrize("told", [FIRST, SECOND, OTHER])
def test_a_use_is_shared_by_the_days_of_each(told: int) -> None:
    """31 m³ of October, the second from the 11th on: 10 and 21, whichever connection the use was told with."""
    assert fallen([(told, 31_000, 1, 32)], [(FIRST, None, 11), (SECOND, 11, None)]) == {FIRST: 10_000, SECOND: 21_000}


def test_a_use_of_days_before_the_change_is_the_first_ones() -> None:
    """Read on the 11th and again on the 1st of November: nothing of the first reading is the second creditor's."""
    uses = [(SECOND, 7_000, 1, 11), (SECOND, 9_000, 11, 32)]
    assert fallen(uses, [(FIRST, None, 11), (SECOND, 11, None)]) == {FIRST: 7_000, SECOND: 9_000}


def test_who_came_after_the_reading_gets_a_use_of_nought() -> None:
    """Read on the 11th, the day of the change, and not since: the next reading tells what the second supplied, and
    until then no norm stands for it."""
    assert fallen([(FIRST, 7_000, -20, 11)], [(FIRST, None, 11), (SECOND, 11, None)]) == {FIRST: 7_000, SECOND: 0}


def test_a_use_that_began_before_the_month_is_shared_over_all_of_its_days() -> None:
    """92 m³ from 1 August: 71 days were the first one's and 21 the second one's."""
    assert fallen([(SECOND, 92_000, -60, 32)], [(FIRST, None, 11), (SECOND, 11, None)]) == {
        FIRST: 71_000,
        SECOND: 21_000,
    }


def test_a_use_while_nobody_supplied_stays_where_it_was_told() -> None:
    """All of it in the days between the two; of a connection that is long gone it is shared by their days."""
    held = [(FIRST, None, 11), (SECOND, 21, None)]
    assert fallen([(FIRST, 9_000, 12, 15)], held) == {FIRST: 9_000, SECOND: 0}
    assert fallen([(OTHER, 21_000, 12, 15)], held) == {FIRST: 10_000, SECOND: 11_000}


def test_a_use_told_with_a_connection_to_come_is_of_the_one_that_holds() -> None:
    """The change of the 1st of November was told before: October is the first one's."""
    assert fallen([(SECOND, 9_000, 1, 32)], [(FIRST, None, None)]) == {FIRST: 9_000}


def test_a_gap_in_supply_is_nobodys() -> None:
    """Cut off from the 11th to the 21st: the use is shared by the ten days and the eleven."""
    assert fallen([(FIRST, 21_000, 1, 32)], [(FIRST, None, 11), (SECOND, 21, None)]) == {FIRST: 10_000, SECOND: 11_000}


def test_what_cannot_be_told_apart_stays_where_it_was_told() -> None:
    """Two of one service on the same days, and a use of a service that has nobody in the month."""
    assert fallen([(FIRST, 9_000, 1, 32)], [(FIRST, None, 21), (SECOND, 11, None)]) == {FIRST: 9_000}
    assert fallen([(OTHER, 9_000, 1, 32)], []) == {OTHER: 9_000}


def test_what_never_held_a_day_takes_nothing() -> None:
    """A connection that ended as it began, between the two."""
    held = [(FIRST, None, 11), (OTHER, 11, 11), (SECOND, 11, None)]
    assert fallen([(OTHER, 31_000, 1, 32)], held) == {FIRST: 10_000, SECOND: 21_000}


@given(
    st.lists(st.integers(1, 32), max_size=4).map(lambda cuts: sorted({*cuts})),
    st.lists(st.tuples(st.integers(-20, 31), st.integers(0, 10**12)), min_size=1, max_size=4),
    st.integers(0, 4),
)
def test_nothing_is_lost_and_each_has_its_days(cuts: list[int], uses: list[tuple[int, int]], told: int) -> None:
    """However often the creditor changes: all that was used falls to somebody, to each within one thousandth a use of
    his part of the days."""
    bounds = [None, *cuts, None]
    held = [(place + 1, since, until) for place, (since, until) in enumerate(pairwise(bounds))]
    # A use that ends outside the month is not of the month.
    said = [(told + 1, quantity, since, 32) for since, quantity in uses]
    found = fallen(said, held)
    assert sum(found.values()) == sum(quantity for _, quantity in uses)
    for connection, since, until in held:
        share = 0
        for begins, quantity in uses:
            # Who had a day of the month shares by all days of the use; the first of all had the days before it.
            first = begins if any(end is None or end > 1 for one, _, end in held if one == 1) else max(begins, 1)
            days = max(0, min(until or 32, 32) - max(since or first, first))
            share += quantity * days // (32 - first)
        assert share <= found.get(connection, 0) <= share + len(uses)


def _second_tariff(town: Town) -> None:
    """Water of another creditor, at twice the price."""
    part = next(part for part in TARIFFS.split("  - code: ")[1:] if part.startswith("water-household\n"))
    part = part.replace("water-household", "water-jaryk").replace("provider: vodokanal", "provider: jaryk")
    part = part.replace("price: 10.45", "price: 20.90").replace("&norms", "")
    file = f"aimak: tariffs/1\ntariffs:\n  - code: {part}"
    assert town.ask("post", "/billing/imports/tariffs", role="admin", data=file.encode()).status_code == 200
    told = {"tariffs": ["water-jaryk@2026-06-01"], "ground": "decided before"}
    town.post("/billing/tariffs/adopt", told, role="approver")


@pytest.fixture
def metered(town: Town) -> Town:
    """A house with a water meter; a second creditor has a tariff too."""
    _second_tariff(town)
    town.accounts(account_line("A", "water", "vodokanal", attributes=METERED))
    return town


def _connection(town: Town, provider: str) -> int:
    return next(int(row["id"]) for row in town.rows("connection") if row["provider"] == provider)


def _takes_over(town: Town, day: str) -> None:
    asked: Mapping[str, Any] = {"service": "water", "provider": "vodokanal", "to": "jaryk", "day": day}
    change(town, "connections/provider", "admin", **asked)


def _billed(town: Town, number: int) -> list[tuple[str, int]]:
    """Creditor and thousandths of the charges of a bill."""
    lines = town.get(f"/billing/bills/{number}")["lines"]
    return [(line["provider"], line["quantity_thousandths"]) for line in lines if line["kind"] == "charge"]


def test_a_reading_over_the_change_is_billed_by_both(metered: Town) -> None:
    """31 m³ from 1 October to 1 November, the second creditor from the 11th: 10 m³ of the one and 21 of the other; the
    bill shows the reading once."""
    _takes_over(metered, "2026-10-11")
    metered.use(_connection(metered, "jaryk"), 31_000)
    bill(metered, "2026-10")
    assert _billed(metered, 1) == [("vodokanal", 10_000), ("jaryk", 21_000)]
    (reading,) = metered.get("/billing/bills/1")["readings"]
    assert (reading["service"], reading["quantity_thousandths"]) == ("water", 31_000)


def test_a_change_that_is_planned_leaves_the_month_before_to_the_first(metered: Town) -> None:
    """Told on 2 November for the 11th, when metering hangs its meter on the coming connection: October stays the
    first creditor's, with its reading on the bill."""
    _takes_over(metered, "2026-11-11")
    metered.use(_connection(metered, "jaryk"), 31_000)
    bill(metered, "2026-10")
    assert _billed(metered, 1) == [("vodokanal", 31_000)]
    assert [row["serial"] for row in metered.get("/billing/bills/1")["readings"]] != []


def test_a_change_told_after_the_bill_moves_the_use_with_it(metered: Town) -> None:
    """October was billed by the first; the change of 11 October, told in November, takes 21 m³ over, though the use is
    still told with the first connection."""
    metered.use(_connection(metered, "vodokanal"), 31_000)
    bill(metered, "2026-10")
    _takes_over(metered, "2026-10-11")
    metered.use(_connection(metered, "vodokanal"), 5_000, usage_id=7, from_date="2026-11-01", to_date="2026-12-01")
    bill(metered, "2026-11")
    # 31 × 10.45 was charged; 10 × 10.45 and 21 × 20.90 were due, each with its 3 % of tax.
    owed = {row["provider"]: row["balance_tyiyn"] for row in metered.get("/billing/accounts/A")["balances"]}
    assert owed == {"vodokanal": 10_450 + 314, "jaryk": 43_890 + 1_317 + 10_450 + 314}
