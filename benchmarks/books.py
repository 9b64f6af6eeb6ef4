"""Months of a town's books in columns: bills, charges, taxes and payments; and what they must add up to, reckoned apart
from the database, account by account."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import polars as pl
import town
from aimak import ledger
from aimak.period import Period
from aimak.service import Service
from aimak.storage.work import UnitOfWork
from aimak_billing.domain.receivables import PROVIDERS_AT_MOST
from sqlalchemy import insert, select
from town import SERVICES, TENANT

MONTHS, LONG_MONTHS, LONG_EVERY = 3, 24, 10
LAST = Period.month("2026-10")
PROVIDERS = {"vodokanal": 1, "tazalyk": 2}
PAID_EACH = 15_000
TAX = "sales_tax"
_AT_ONCE = 200_000
_PAYMENTS = 1 << 62
# Ages as the sheet has them: days since the last day of the month that a debt comes from.
LIMITS = (30, 60, 90, 180, 365, 1095)


def months() -> list[Period]:
    """The months of the books, the oldest first."""
    found = [LAST]
    for _ in range(LONG_MONTHS - 1):
        found.append(found[-1].previous())
    return found[::-1]


def issued_on(month: Period) -> date:
    """When a month's bills are issued."""
    return month.end + timedelta(days=1)


def paid_on(month: Period) -> date:
    """When a month's bills are paid."""
    return month.end + timedelta(days=12)


def ledger_days() -> list[date]:
    """The days on which anything was posted."""
    return [day for month in months() for day in (issued_on(month), paid_on(month))]


def is_long(account: int) -> bool:
    """Whether the account has bills of all months and not only of the last three."""
    return account % LONG_EVERY == 0


def pays(account: int) -> bool:
    """Seven accounts in ten pay, the same sum to each creditor for every bill."""
    return account // 10 % 10 < 7


def charge_of(kind: int, rank: int) -> int:
    """The charge of a service a month; `kind`: the account's number modulo 7."""
    return 10_000 + kind * 100 + rank * 10


def tax_of(charge: int) -> int:
    """Three in a hundred."""
    return charge * 3 // 100


def opening_of(account: int) -> int:
    """An old debt of September 2026 to the first creditor (`town`)."""
    return account % 90_000 + 1 if account % 4 == 0 else 0


def load(service: Service, accounts: int) -> None:
    """Write the months that are not there yet, each in a transaction of its own, and tell on stderr how far it is."""
    began = time.perf_counter()
    for place, month in enumerate(months()):
        short = place >= LONG_MONTHS - MONTHS
        with service.work(TENANT, bulk=True) as work:
            run = work.table("run")
            if work.execute(select(run.c.id).where(run.c.tenant == TENANT, run.c.id == place + 1)).first():
                continue
            rows = _write(work, place, month, accounts, short)
            work.execute(insert(run).values(_run(place, month)))
            work.commit()
        told = f"{month.name}: {rows:,} rows, {time.perf_counter() - began:.0f} s so far"
        print(f"month {place + 1} of {LONG_MONTHS}, {told}", file=sys.stderr, flush=True)


def _run(place: int, month: Period) -> dict[str, object]:
    said = {"tenant": TENANT, "id": place + 1, "cycle": "month", "period": month.name, "selection": "all"}
    state = {"generation": 0, "state": "issued", "attempt": 1, "undone": 0, "book": {}}
    return said | state | {"issued_on": issued_on(month), "due_on": paid_on(month)}


def _write(work: UnitOfWork, place: int, month: Period, accounts: int, short: bool) -> int:
    rows = 0
    for billed in (True, False):
        for first in range(1, accounts + 1, _AT_ONCE):
            last = min(first + _AT_ONCE, accounts + 1)
            ids = pl.DataFrame({"account_id": pl.int_range(first, last, dtype=pl.Int64, eager=True)})
            if not short:
                ids = ids.filter(pl.col("account_id") % LONG_EVERY == 0)
            for name, frame in _billed(ids, place, month) if billed else _paid(ids, place, month):
                town.load(work, name, frame)
                rows += frame.height
    return rows


def _charge(rank: int) -> pl.Expr:
    return pl.col("account_id") % 7 * 100 + 10_000 + rank * 10


def _billed(ids: pl.DataFrame, place: int, month: Period) -> Iterator[tuple[str, pl.DataFrame]]:
    account, issued = pl.col("account_id"), pl.lit(issued_on(month))
    bill = account * 100 + place
    charges = [_charge(rank) for rank in range(len(SERVICES))]
    yield (
        "bill",
        ids.select(
            bill.alias("id"),
            bill.alias("number"),
            "account_id",
            pl.lit(place + 1).alias("run_id"),
            pl.lit(month.name).alias("period"),
            issued.alias("issued_on"),
            pl.lit(paid_on(month)).alias("due_on"),
            pl.lit(0).alias("opening"),
            pl.lit("[]").alias("opening_parts"),
            sum(charges, pl.lit(0)).alias("net"),
            sum((charge * 3 // 100 for charge in charges), pl.lit(0)).alias("tax"),
            (account * (1 << 20) + 1).alias("party_id"),
            (account % 5 + 1).alias("residents"),
            issued.alias("ledger_day"),
        ),
    )
    parts = []
    for rank, (service, provider) in enumerate(SERVICES):
        revenue, taxed = ledger.account_id("revenue", provider, service), ledger.account_id("tax", provider, TAX)
        for kind, against, amount in (("charge", revenue, charges[rank]), ("tax", taxed, charges[rank] * 3 // 100)):
            parts.append(
                ids.select(
                    (bill * 64 + rank * 2 + (kind == "tax")).alias("id"),
                    (account * PROVIDERS_AT_MOST + PROVIDERS[provider]).alias("debit"),
                    pl.lit(against).alias("credit"),
                    amount.alias("amount"),
                    issued.alias("business_date"),
                    issued.alias("ledger_day"),
                    pl.lit(kind).alias("kind"),
                    bill.alias("source_id"),
                    "account_id",
                    pl.lit(provider).alias("provider"),
                    pl.lit(service).alias("service"),
                    pl.lit(month.name).alias("origin"),
                )
            )
    yield "transfer", pl.concat(parts).sort("id")


def _paid(ids: pl.DataFrame, place: int, month: Period) -> Iterator[tuple[str, pl.DataFrame]]:
    account, paid = pl.col("account_id"), pl.lit(paid_on(month))
    payers = ids.filter(account // 10 % 10 < 7)
    for provider, number in PROVIDERS.items():
        yield (
            "transfer",
            payers.select(
                ((account * 100 + place) * 4 + _PAYMENTS + number).alias("id"),
                pl.lit(ledger.account_id("payments_control", provider)).alias("debit"),
                (account * PROVIDERS_AT_MOST + number).alias("credit"),
                pl.lit(PAID_EACH).alias("amount"),
                paid.alias("business_date"),
                paid.alias("ledger_day"),
                pl.lit("payment").alias("kind"),
                (account * 100 + place).alias("source_id"),
                "account_id",
                pl.lit(provider).alias("provider"),
            ),
        )


@dataclass
class Standing:
    """What one account owes one creditor: by age, and paid in advance (tyiyn)."""

    ages: tuple[int, ...]
    advance: int


def standing(account: int, provider: str, day: date) -> Standing:
    """What is left on a day when all money meets the oldest debt, told one debt after the other."""
    old = opening_of(account) if provider == "vodokanal" else 0
    return _standing(account % 7, is_long(account), pays(account), old, provider, day)


@lru_cache(200_000)
def _standing(kind: int, long: bool, payer: bool, old: int, provider: str, day: date) -> Standing:
    debts: dict[str, int] = {"2026-09": old} if old else {}
    money = 0
    for month in months() if long else months()[-MONTHS:]:
        if issued_on(month) <= day:
            debts[month.name] = debts.get(month.name, 0) + _month(kind, provider)
        if payer and paid_on(month) <= day:
            money += PAID_EACH
    ages = [0] * (len(LIMITS) + 1)
    for name in sorted(debts):
        paid = min(money, debts[name])
        money -= paid
        days = (day - Period.month(name).last_day).days
        ages[sum(days > limit for limit in LIMITS)] += debts[name] - paid
    return Standing(tuple(ages), money)


def _month(kind: int, provider: str) -> int:
    charges = [charge_of(kind, rank) for rank, (_, owner) in enumerate(SERVICES) if owner == provider]
    return sum(charge + tax_of(charge) for charge in charges)


def ageing_totals(accounts: int, day: date, names: Sequence[str]) -> dict[str, int]:
    """What the ageing sheet of a day must say in all (tyiyn); `names` of the ages, the youngest first."""
    sums = [0] * (len(names) + 1)
    for account in range(1, accounts + 1):
        for provider in PROVIDERS:
            left = standing(account, provider, day)
            for place, amount in enumerate(left.ages):
                sums[place] += amount
            sums[-1] += left.advance
    found = dict(zip((*names, "advance"), sums, strict=True))
    debt = sum(sums[:-1])
    return {**found, "debt": debt, "balance": debt - sums[-1]}


def turnover_totals(accounts: int, month: Period) -> dict[str, int]:
    """What the turnover sheet of the month in which the bills of `month` are issued and paid must say in all."""
    alike = Counter((account % 7, pays(account), is_long(account)) for account in range(1, accounts + 1))
    found: Counter[str] = Counter(opening=sum(map(opening_of, range(1, accounts + 1))))
    for (kind, payer, long), count in alike.items():
        known = months() if long else months()[-MONTHS:]
        billed = sum(_month(kind, provider) for provider in PROVIDERS)
        paid = PAID_EACH * len(PROVIDERS) if payer else 0
        now, before = int(month in known), sum(earlier.name < month.name for earlier in known)
        found["opening"] += count * before * (billed - paid)
        found["charged"] += count * now * billed
        found["paid"] += count * now * paid
        found["tax"] += count * now * sum(tax_of(charge_of(kind, rank)) for rank in range(len(SERVICES)))
    found["closing"] = found["opening"] + found["charged"] - found["paid"]
    return {**found, "recalculated": 0, "written_off": 0}


def balance(account: int) -> int:
    """What an account owes to all creditors when all is posted."""
    known = LONG_MONTHS if is_long(account) else MONTHS
    billed = sum(_month(account % 7, provider) for provider in PROVIDERS)
    return opening_of(account) + known * (billed - (PAID_EACH * len(PROVIDERS) if pays(account) else 0))
