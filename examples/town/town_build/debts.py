"""Opening balances by the month in which each debt arose."""

from __future__ import annotations

from dataclasses import dataclass

from aimak.money import share

from town_build.dice import Dice
from town_build.model import Account, Size

DEBT_TYIYN = 950_000_000
OLD_PER_MILLE = 380
DEBTORS = {"household": 1780, "other": 105, "budget": 15}
ADVANCES = 160
SERVICE_WEIGHTS = {"water": 6, "sewerage": 2, "waste": 3}
FIRST_NEW = "2023-10"
LAST = (2026, 9)


@dataclass(frozen=True)
class Opening:
    """One line of balances.csv; amount in tyiyn, below 0 is an advance."""

    account: str
    provider: str
    service: str
    origin: str
    amount: int


@dataclass(frozen=True)
class _Share:
    account: Account
    service: str
    origin: str
    weight: int


def origin(months_back: int) -> str:
    """The month so many months before the last billed one."""
    year, month = divmod(LAST[0] * 12 + LAST[1] - 1 - months_back, 12)
    return f"{year}-{month + 1:02d}"


def openings(size: Size, accounts: list[Account]) -> list[Opening]:
    """9.5 million som of debt, 38 % of it older than three years, and some advances."""
    dice = Dice("town/debts")
    debtors: list[Account] = []
    for customer_class, count in DEBTORS.items():
        of_class = [account for account in accounts if account.customer_class == customer_class]
        debtors += dice.sample(of_class, min(len(of_class), size.of(count)))
    entries = [entry for account in debtors for entry in _shares(dice, account)]
    total = size.of(DEBT_TYIYN)
    old = total * OLD_PER_MILLE // 1000
    result = _amounts([entry for entry in entries if entry.origin < FIRST_NEW], old)
    result += _amounts([entry for entry in entries if entry.origin >= FIRST_NEW], total - old)
    result += _advances(dice, size, accounts, {account.place for account in debtors})
    return sorted(result, key=lambda line: (line.account, line.origin, line.service))


def _shares(dice: Dice, account: Account) -> list[_Share]:
    """What an account left unpaid: its last months, and with many an old run as well."""
    weight = dice.pick((2, 3, 3, 4, 4, 5, 6)) * (1 if account.home else 3)
    services = ["water"] + (["sewerage"] if account.sewered else []) + ["waste"]
    runs = [(dice.between(0, 3), dice.between(1, 4))]
    if dice.chance(450):
        runs.append((dice.between(37, 88), dice.between(2, 6)))
    if dice.chance(250):
        runs.append((dice.between(8, 30), dice.between(1, 3)))
    owed: dict[tuple[str, str], _Share] = {}
    for start, months in runs:
        for months_back in range(start, start + months):
            unpaid = services if dice.chance(600) else [dice.pick(services)]
            for service in unpaid:
                part = weight * SERVICE_WEIGHTS[service] * dice.between(60, 140)
                owed[origin(months_back), service] = _Share(account, service, origin(months_back), part)
    return [owed[key] for key in sorted(owed)]


def _amounts(entries: list[_Share], total: int) -> list[Opening]:
    if not entries:
        return []
    amounts = share(total, [entry.weight for entry in entries])
    return [
        Opening(entry.account.number, provider_of(entry.service), entry.service, entry.origin, amount)
        for entry, amount in zip(entries, amounts, strict=True)
        if amount
    ]


def provider_of(service: str) -> str:
    """The creditor of a service."""
    return {"waste": "tazalyk", "street_lighting": "jaryk"}.get(service, "vodokanal")


def _advances(dice: Dice, size: Size, accounts: list[Account], taken: set[int]) -> list[Opening]:
    free = [account for account in accounts if account.home and account.place not in taken]
    return [
        Opening(account.number, "vodokanal", "water", origin(0), -dice.between(5, 90) * 1000)
        for account in dice.sample(free, min(len(free), size.of(ADVANCES)))
    ]
