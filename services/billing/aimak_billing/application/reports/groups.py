"""By what a report is broken down, and debts of all accounts broken down so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import polars as pl
from aimak.problems import Problem, Refused
from aimak.storage.work import UnitOfWork

from aimak_billing.domain import allocation
from aimak_billing.domain.allocation import MOVE, Standing, standing
from aimak_billing.store import accounts
from aimak_billing.store.reports import carried, moves
from aimak_billing.store.reports.moves import Books

DIMENSIONS = ("provider", "service", "class", "street", "account")
# Accounts whose debts are worked out at a time: some hundred megabytes at three years of bills.
_ACCOUNTS_AT_ONCE = 100_000


def dimensions(text: str) -> tuple[str, ...]:
    """The parts of "provider,class", in the order given. Raises Refused for one that is none."""
    wanted = tuple(part.strip() for part in text.split(",") if part.strip())
    wrong = [part for part in wanted if part not in DIMENSIONS]
    if wrong or not wanted or len(set(wanted)) != len(wanted):
        raise Refused(Problem("AIM-B952", {"by": text[:60], "known": ", ".join(DIMENSIONS)}))
    return wanted


def keys(by: Sequence[str]) -> list[str]:
    """The columns behind dimensions."""
    return [{"account": "account_id", "street": "street_id"}.get(name, name) for name in by]


def debts(work: UnitOfWork, books: Books) -> Iterator[Standing]:
    """What is left of every debt by the tenant's rules, some accounts at a time."""
    rules = moves.policies(work)
    if oldest_first(work, books.through):
        for sums in carried.parts(work, books):
            # On which day anything came plays no part here.
            moved = sums.moves().with_columns(pl.lit(books.through).alias("day"))
            yield standing(moved.select(*MOVE), rules, books.through)
        return
    first, last = moves.account_bounds(work)
    while first <= last:
        through = first + _ACCOUNTS_AT_ONCE - 1
        yield standing(moves.of_accounts(work, books, first, through), rules, books.through)
        first = through + 1


def oldest_first(work: UnitOfWork, day: date) -> bool:
    """Whether nothing but the oldest debt was ever paid first, up to a day."""
    return allocation.oldest_first(allocation.in_force(moves.policies(work), day))


def place(work: UnitOfWork, frame: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    """`frame` with class and street_id of its account_id, where `by` asks for them."""
    wanted = [name for name in keys(by) if name in ("class", "street_id")]
    return frame.join(moves.places(work, wanted), on="account_id", how="left") if wanted else frame


def named(work: UnitOfWork, frame: pl.DataFrame, by: Sequence[str], day: date) -> pl.DataFrame:
    """`frame` with accounts by number and streets by their name of the day, sorted by `by`."""
    if "account" in by:
        numbers = moves.places(work, ("account",))
        frame = frame.join(numbers, on="account_id", how="left").drop("account_id")
    if "street" in by:
        ids = frame["street_id"].drop_nulls().unique().to_list()
        names = accounts.address_names(work, ids, day)
        known = pl.DataFrame(
            {"street_id": list(names), "street": list(names.values())},
            schema={"street_id": pl.Int64, "street": pl.String},
        )
        frame = frame.join(known, on="street_id", how="left").drop("street_id")
    rest = [name for name in frame.columns if name not in by]
    return frame.select(*by, *rest).sort(*by, nulls_last=True)
