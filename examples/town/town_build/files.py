"""The town's files, each as text: semicolons, UTF-8, LF."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import astuple, fields

from aimak.money import plain_som

from town_build import debts, payments, people, water
from town_build.dice import Dice
from town_build.model import NORM_LITRES, Account, Size

ACCOUNTS = (
    "account", "aliases", "kind", "class", "holder", "phone", "language", "street", "house", "flat",
    "residents", "opened_on", "service", "provider", "attributes",
)  # fmt: skip
METERS = (
    "account", "service", "serial", "size", "dials", "installed_on", "initial_reading", "verified_until",
    "seal",
)  # fmt: skip
MOVED = 35


def town(size: Size) -> dict[str, str]:
    """All files of a town of that size by name."""
    accounts = people.accounts(size)
    water.install(size, accounts)
    used = water.monthly(size, accounts)
    water.sewer(accounts)
    history, month = water.readings(size, accounts, used)
    return {
        "accounts.csv": _table(ACCOUNTS, (row for account in accounts for row in _account_rows(account))),
        "residents.csv": _residents(size, accounts),
        "meters.csv": _meters(accounts),
        "readings-history.csv": _readings(history),
        "readings-2026-10.csv": _readings(month),
        "balances.csv": _balances(size, accounts),
        "payments_plan.csv": _plan(size, accounts),
    }


def _table(header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def connections(account: Account) -> list[tuple[str, dict[str, object]]]:
    """(service, attributes) of the account's connections."""
    fallback = {"norm": account.kind} if account.home else {"agreed_volume": str(max(1, account.monthly_use))}
    result: list[tuple[str, dict[str, object]]] = [("water", {"metered": account.meter is not None, **fallback})]
    if account.sewered:
        result.append(("sewerage", {}))
    result.append(("waste", {} if account.home else {"volume": _cubic(account.waste_volume)}))
    if account.lamps:
        result.append(("street_lighting", {"lamps": account.lamps}))
    return result


def _cubic(thousandths: int) -> str:
    whole, rest = divmod(thousandths, 1000)
    return f"{whole}.{rest:03d}"


def _account_rows(account: Account) -> Iterable[tuple[object, ...]]:
    said = (
        account.number, "|".join(account.aliases), account.kind, account.customer_class, account.holder,
        account.phone, account.language, account.street, account.house, account.flat, account.persons or "",
        account.opened_on,
    )  # fmt: skip
    for service, attributes in connections(account):
        text = json.dumps(attributes, separators=(",", ":")) if attributes else ""
        yield (*said, service, debts.provider_of(service), text)


def _residents(size: Size, accounts: list[Account]) -> str:
    """Who is counted where; where a household changed in the last year, its earlier count as well."""
    dice = Dice("town/residents")
    homes = [account for account in accounts if account.home]
    changed = {account.place for account in dice.sample(homes, size.of(MOVED))}
    rows: list[tuple[object, ...]] = []
    for account in homes:
        start = account.opened_on
        if account.place in changed:
            moved = people.moved_in(account, dice)
            if moved > start:
                before = max(1, account.persons - 2 + dice.below(4))
                rows.append((account.number, before, start, moved, "справка квартального", 0))
            start = moved
        rows.append((account.number, account.persons, start, "", "домовая книга", account.pensioners))
    return _table(("account", "persons", "from", "to", "ground", "pensioners"), rows)


def _meters(accounts: list[Account]) -> str:
    return _table(
        METERS,
        (
            (
                account.number, "water", meter.serial, meter.size, meter.dials, meter.installed_on,
                meter.initial_reading, meter.verified_until, meter.seal,
            )
            for account in accounts
            if (meter := account.meter) is not None
        ),
    )  # fmt: skip


def _readings(lines: list[water.Reading]) -> str:
    ordered = sorted(lines, key=lambda line: (line.day, line.account))
    return _table(("account", "serial", "date", "reading", "reader", "note"), map(astuple, ordered))


def _balances(size: Size, accounts: list[Account]) -> str:
    lines = debts.openings(size, accounts)
    return _table(
        ("account", "provider", "service", "origin", "amount"),
        ((line.account, line.provider, line.service, line.origin, plain_som(line.amount)) for line in lines),
    )


def _plan(size: Size, accounts: list[Account]) -> str:
    names = [field.name for field in fields(payments.Planned)]
    return _table(names, map(astuple, payments.plan(size, accounts)))


def summary(size: Size) -> str:
    """What the town should come to, for eyes and for tests: figures by name."""
    accounts = people.accounts(size)
    water.install(size, accounts)
    used = water.monthly(size, accounts)
    water.sewer(accounts)
    homes = [account for account in accounts if account.home]
    norm = [account for account in homes if not account.metered]
    figures = {
        "accounts": len(accounts),
        "residents": sum(account.persons for account in homes),
        "pensioners": sum(account.pensioners for account in homes),
        "meters installed": sum(account.meter is not None for account in accounts),
        "meters working": sum(account.metered for account in accounts),
        "m³ of metered homes": sum(used[10][account.place] for account in homes if account.metered),
        "m³ of homes by norm": sum(a.persons * NORM_LITRES[a.kind] * water.DAYS for a in norm) // 1000,
        "m³ of budget bodies": sum(account.monthly_use for account in accounts if account.kind == "budget"),
        "m³ of others": sum(account.monthly_use for account in accounts if account.kind == "other"),
        "m³ sewered, homes": sum(account.monthly_use for account in homes if account.sewered),
        "m³ sewered, bodies": sum(a.monthly_use for a in accounts if a.sewered and not a.home),
        "m³ of organisations' waste": sum(account.waste_volume for account in accounts) // 1000,
    }
    return "".join(f"{name}: {value}\n" for name, value in figures.items())
