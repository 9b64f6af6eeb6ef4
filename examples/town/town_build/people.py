"""Accounts: who lives or works where, how many they are, under which numbers they are known."""

from __future__ import annotations

from datetime import date, timedelta

from town_build import names
from town_build.dice import Dice
from town_build.model import PERIOD_START, Account, Size

PERSONS_WEIGHTS = (60, 100, 150, 220, 210, 140, 70, 30, 20)
WET_BODIES = 35
PENSIONERS = 4000
PHONES = 6570
LIGHTING_BODIES = 12
LAMPS = 1180
OTHERS_WASTE = 360_000


def account_number(place: int) -> str:
    """Seven digits and a check digit (Luhn), so that a slip of one digit is no other account."""
    body = f"{1_004_000 + place * 3:07d}"
    total = 0
    for at, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if at % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return body + str(-total % 10)


def accounts(size: Size) -> list[Account]:
    """All accounts, in the order of their numbers."""
    dice = Dice("town/people")
    kinds = dice.shuffled(size.kinds())
    seen: dict[str, int] = {}
    result = [_account(dice, place, kind, seen) for place, kind in enumerate(kinds)]
    _persons(size, result)
    _pensioners(size, result)
    _contacts(size, result)
    _bodies(size, result)
    return result


def _account(dice: Dice, place: int, kind: str, seen: dict[str, int]) -> Account:
    number = seen.get(kind, 0)
    seen[kind] = number + 1
    wet = kind == "other" and number % 610 < WET_BODIES
    if kind in ("budget", "other"):
        patterns = names.BUDGET if kind == "budget" else names.WET if wet else names.OTHER
        holder = names.organisation(dice, patterns, number)
    else:
        holder = names.person(dice)
    street = dice.pick(names.STREETS) + " көч."
    house = str(dice.between(1, 140)) + ("а" if dice.chance(60) else "")
    if kind == "flat":
        house = str(number // 40 + 1)
        street = names.STREETS[number // 400 % len(names.STREETS)] + " көч."
    opened = date(2005, 1, 1) + timedelta(days=dice.below(4700))
    account = Account(
        place=place,
        number=account_number(place),
        kind=kind,
        holder=holder,
        street=street,
        house=house,
        flat=str(number % 40 + 1) if kind == "flat" else "",
        language=("ky", "ru", "en")[dice.weighted((700, 285, 15))],
        opened_on=opened.replace(day=1),
        wet=wet,
    )
    if dice.chance(620):
        account.aliases.append(f"{place * 7 + 1007:06d}")
    if dice.chance(200):
        account.aliases.append(f"Т-{place + 211}")
    return account


def _persons(size: Size, all_accounts: list[Account]) -> None:
    """4.4 a household on average, the sum exact."""
    dice = Dice("town/persons")
    homes = [account for account in all_accounts if account.home]
    for account in homes:
        account.persons = dice.weighted(PERSONS_WEIGHTS) + 1
    missing = size.people(len(homes)) - sum(account.persons for account in homes)
    step = 1 if missing > 0 else -1
    while missing:
        account = dice.pick(homes)
        if 1 <= account.persons + step <= len(PERSONS_WEIGHTS):
            account.persons += step
            missing -= step


def _pensioners(size: Size, all_accounts: list[Account]) -> None:
    dice = Dice("town/pensioners")
    left = size.of(PENSIONERS)
    for account in dice.shuffled([account for account in all_accounts if account.home]):
        account.pensioners = min(left, account.persons, 1 + dice.below(2))
        left -= account.pensioners


def _contacts(size: Size, all_accounts: list[Account]) -> None:
    dice = Dice("town/contacts")
    for place, account in enumerate(dice.sample(all_accounts, size.of(PHONES))):
        account.phone = names.phone(place)


def _bodies(size: Size, all_accounts: list[Account]) -> None:
    """Lamps that budget bodies pay for; waste in thousandths of a cubic metre for every organisation."""
    dice = Dice("town/bodies")
    budget = [account for account in all_accounts if account.kind == "budget"]
    lit = budget[: size.of(LIGHTING_BODIES)]
    for place, account in enumerate(lit):
        account.lamps = size.of(LAMPS) // len(lit) + 3 * (place % 5)
    bodies = [account for account in all_accounts if not account.home]
    for account in bodies:
        account.waste_volume = (OTHERS_WASTE // 700) * dice.between(300, 1700) // 10_000 * 10


def moved_in(account: Account, dice: Dice) -> date:
    """A month's first day in the last year on which the household changed."""
    months = dice.between(1, 12)
    year, month = divmod(PERIOD_START.year * 12 + PERIOD_START.month - 1 - months + 1, 12)
    return max(account.opened_on, date(year, month + 1, 1))
