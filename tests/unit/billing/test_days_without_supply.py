"""Days without supply are credited to the creditor of each of them, whatever was told first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise, permutations

import polars as pl
import pytest
from aimak.period import Period
from aimak_billing.domain.period_facts import OF_ALL_SUPPLIERS
from aimak_billing.domain.supplied import by_days
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.billing.test_cancelling import sound
from tests.unit.billing.test_life import OUTAGE_TARIFF, change
from tests.unit.billing.test_rerating import bill
from tests.unit.billing.town import Town, account_line

OCTOBER = Period.month("2026-10")
TOLD = {
    "account_id": pl.Int64,
    "connection_id": pl.Int64,
    "name": pl.String,
    "from_date": pl.Date,
    "to_date": pl.Date,
    "value_thousandths": pl.Int64,
}
CONNECTED = {"account_id": pl.Int64, "service": pl.String, "connection_id": pl.Int64}
DATED = {"valid_from": pl.Date, "valid_to": pl.Date}
DRY = "days_without_supply"
OUTAGE = {"streets": ["Токтогул"], "service": "waste", "since": "2026-10-10", "until": "2026-10-20", "ground": "act"}


def october(number: int) -> date:
    """A day of October; the 32nd is the first of November."""
    return date(2026, 10, 1) + timedelta(days=number - 1)


@pytest.fixture
def by_the_day(town: Town) -> Town:
    """A house whose waste is removed for 31.00 a month, by the days; by the other creditor for 62.00."""
    first = OUTAGE_TARIFF.replace("price: 31.00", "price: 31.00, prorate: days")
    second = first.replace("31.00", "62.00").replace("provider: tazalyk", "provider: jaryk")
    for tariff, code in ((first, "waste-household"), (second.replace("waste-household", "waste-jaryk"), "waste-jaryk")):
        assert town.ask("post", "/billing/imports/tariffs", role="admin", data=tariff.encode()).status_code == 200
        adopted = {"tariffs": [f"{code}@2026-10-01"], "ground": "decided before"}
        town.post("/billing/tariffs/adopt", adopted, role="approver")
    town.accounts(account_line("A"), account_line("B", street="Ленина"))
    return town


def owed(town: Town, account: str = "A") -> dict[str, int]:
    """Tyiyn by creditor, of those that are owed something."""
    rows = town.get(f"/billing/accounts/{account}")["balances"]
    return {row["provider"]: row["balance_tyiyn"] for row in rows if row["balance_tyiyn"]}


def is_dry(town: Town, **otherwise: str) -> None:
    """Ten days without supply, from the 10th to the 20th of October."""
    change(town, "outages", **{**OUTAGE, **otherwise})


def takes_over(town: Town, day: str = "2026-10-15") -> None:
    """Another creditor from a day on."""
    change(town, "connections/provider", "admin", service="waste", provider="tazalyk", to="jaryk", day=day)


def is_billed(town: Town) -> None:
    """October."""
    bill(town, "2026-10")


@pytest.mark.parametrize("told", [*permutations([is_dry, takes_over, is_billed])])
def test_each_creditor_credits_his_own_days(by_the_day: Town, told: tuple[Callable[[Town], None], ...]) -> None:
    """Fourteen days of the one less five, seventeen of the other less five, in whatever order it was told."""
    for tell in told:
        tell(by_the_day)
    bill(by_the_day, "2026-11")
    assert owed(by_the_day) == {"tazalyk": (14 - 5) * 100, "jaryk": (17 - 5) * 200 + 6_200}
    sound(by_the_day)


def test_who_had_left_is_credited_no_day_after(by_the_day: Town) -> None:
    """They left on the 15th, which was told after the ten days: five of them were theirs."""
    is_dry(by_the_day)
    change(by_the_day, "accounts/A/move-out", day="2026-10-15")
    is_billed(by_the_day)
    assert owed(by_the_day) == {"tazalyk": (14 - 5) * 100}


@pytest.mark.parametrize("day", ["2026-10-05", "2026-10-15", "2026-10-25"])
def test_noted_again_it_takes_the_place_of_what_was(by_the_day: Town, day: str) -> None:
    """It was three days after all, noted after the creditor changed, before, in, or after them: three are credited."""
    is_dry(by_the_day)
    takes_over(by_the_day, day)
    is_dry(by_the_day, until="2026-10-13")
    is_billed(by_the_day)
    first = int(day[-2:]) - 1
    three = (0, 3) if day == "2026-10-05" else (3, 0)
    assert owed(by_the_day) == {"tazalyk": (first - three[0]) * 100, "jaryk": (31 - first - three[1]) * 200}


@pytest.fixture
def whole(town: Town) -> Town:
    """Houses whose waste is removed for 31.00 a month, whole, whoever of the two creditors has it at its end."""
    second = OUTAGE_TARIFF.replace("provider: tazalyk", "provider: jaryk").replace("waste-household", "waste-jaryk")
    for tariff, code in ((OUTAGE_TARIFF, "waste-household"), (second, "waste-jaryk")):
        assert town.ask("post", "/billing/imports/tariffs", role="admin", data=tariff.encode()).status_code == 200
        adopted = {"tariffs": [f"{code}@2026-10-01"], "ground": "decided before"}
        town.post("/billing/tariffs/adopt", adopted, role="approver")
    town.accounts(account_line("A"), account_line("B", street="Ленина"), account_line("C", opened_on="2026-10-25"))
    return town


@pytest.mark.parametrize(("since", "until"), [(1, 30), (10, 20), (30, 32)])
def test_what_is_owed_whole_is_credited_whole(whole: Town, since: int, until: int) -> None:
    """Whoever has the month's fee credits every day without supply of the month, as a neighbour's creditor does,
    whether they lay before the change or after it."""
    is_dry(whole, streets=["Токтогул", "Ленина"], since=october(since).isoformat(), until=october(until).isoformat())
    moved = {"service": "waste", "provider": "tazalyk", "to": "jaryk", "day": "2026-10-30", "account": "A"}
    change(whole, "connections/provider", "admin", **moved)
    is_billed(whole)
    due = 3_100 - (until - since) * 100
    assert (owed(whole, "A"), owed(whole, "B")) == ({"jaryk": due}, {"tazalyk": due})
    told = " ".join(whole.get("/billing/bills/1/explain?lang=en")["sentences"])
    assert f"{until - since} of 31 days without supply" in told


def test_who_came_late_and_owes_the_whole_is_credited_his_days_of_it(whole: Town) -> None:
    """Here for the last seven days and charged the whole month: of ten days without supply the last two were his, and
    two days' part of the fee comes back."""
    is_dry(whole, since="2026-10-17", until="2026-10-27")
    is_billed(whole)
    assert owed(whole, "C") == {"tazalyk": 3_100 - 200}


def test_the_same_days_are_not_noted_twice(by_the_day: Town) -> None:
    """From another day on, when another creditor has them: they are known, and nothing is taken."""
    is_dry(by_the_day)
    takes_over(by_the_day, "2026-10-05")
    again = {**OUTAGE, "since": "2026-10-12"}
    assert by_the_day.refused("/billing/outages", body=again)[1] == ["AIM-B083"]
    is_billed(by_the_day)
    assert owed(by_the_day) == {"tazalyk": 4 * 100, "jaryk": (27 - 10) * 200}


def test_fewer_days_than_the_dates_span_are_shared_by_them(by_the_day: Town) -> None:
    """Three days somewhere between the 10th and the 20th, which one and another had by halves: one and a half each."""
    by_the_day.take("facts", ["account;service;name;from;to;value", f"A;waste;{DRY};2026-10-10;2026-10-20;3"])
    takes_over(by_the_day)
    is_billed(by_the_day)
    assert owed(by_the_day) == {"tazalyk": 1_400 - 150, "jaryk": 3_400 - 300}


def fallen(
    facts: list[tuple[int, str, int, int, int]], held: list[tuple[int, int | None, int | None]]
) -> dict[tuple[int, str], int]:
    """Thousandths by connection and name. facts: connection, name, days from and to of October, value; held:
    connection, its first day and the one after its last, none where that is outside the month."""
    told = [(1, one, name, october(since), october(until), value) for one, name, since, until, value in facts]
    some = [
        (1, "waste", one, october(since) if since else date(2020, 1, 1), october(until) if until else None)
        for one, since, until in held
        if (since, until) != (None, None)
    ]
    whole = [(1, "waste", one) for one, since, until in held if (since, until) == (None, None)]
    found = by_days(
        pl.DataFrame(told, schema=TOLD, orient="row"),
        pl.DataFrame(
            [(one, "waste") for one in {fact[0] for fact in facts}],
            schema={"connection_id": pl.Int64, "service": pl.String},
            orient="row",
        ),
        pl.DataFrame(whole, schema=CONNECTED, orient="row"),
        pl.DataFrame(some, schema=CONNECTED | DATED, orient="row"),
        OCTOBER,
    )
    sums: dict[tuple[int, str], int] = {}
    for row in found.filter(pl.col("name") != OF_ALL_SUPPLIERS).iter_rows(named=True):
        key = row["connection_id"], row["name"]
        sums[key] = sums.get(key, 0) + row["value_thousandths"]
    return sums


def test_what_is_told_of_one_creditor_stays_his() -> None:
    """Containers were lifted by who lifted them; so were days that two creditors of one service had at once."""
    assert fallen([(1, "containers", 1, 32, 4_000)], [(1, None, 11), (2, 11, None)]) == {(1, "containers"): 4_000}
    assert fallen([(1, DRY, 5, 15, 10_000)], [(1, None, 21), (2, 11, None)]) == {(1, DRY): 10_000}


@given(
    st.lists(st.integers(2, 31), max_size=4).map(lambda cuts: sorted({*cuts})),
    st.integers(1, 31),
    st.integers(1, 31),
    st.integers(0, 10**9),
    st.integers(0, 4),
)
def test_every_day_falls_to_who_had_it(cuts: list[int], since: int, length: int, value: int, told: int) -> None:
    """However often the creditor changes: all of it falls to somebody, whole days to the creditor of each."""
    until = min(since + length, 32)
    bounds = [None, *cuts, None]
    held = [(place + 1, first, last) for place, (first, last) in enumerate(pairwise(bounds))]
    assert sum(fallen([(told + 1, DRY, since, until, value)], held).values()) == value
    found = fallen([(told + 1, DRY, since, until, (until - since) * 1_000)], held)
    days = {one: min(last or 32, until) - max(first or 1, since) for one, first, last in held}
    assert found == {(one, DRY): count * 1_000 for one, count in days.items() if count > 0}
