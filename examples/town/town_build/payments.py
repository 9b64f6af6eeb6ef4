"""November's payments: a plan made before any bill is known, and the files partners make of it afterwards.

The plan says who pays, where, when and what share of the bill; `payments` turns it into
amounts once bills exist.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from pathlib import Path

from aimak.money import half_up, parse_som, plain_som

from town_build.dice import Dice
from town_build.model import Account, Size

# Thousandths of the count: five wallets and banks, two terminal nets, then those with a registry alone.
PARTNERS = {
    "kapchyk": 150, "nur-bank": 120, "tez-tolom": 90, "ala-bank": 70, "boosh": 50,
    "terminal-a": 130, "terminal-b": 90,
    "cashdesk": 180, "inspectors": 70, "treasury": 50,
}  # fmt: skip
REGISTRY_ONLY = ("cashdesk", "inspectors", "treasury")
COUNT = 6100
UNKNOWN = 43
PAYERS = {"household": 700, "budget": 900, "other": 850}
FIRST_DAY, LAST_DAYS, LAST_DAY = 5, 28, 30
LAST_DAYS_PER_MILLE = 200
HABIT_TYIYN = 30_000


@dataclass(frozen=True)
class Planned:
    """One line of payments_plan.csv. `number` is empty when nobody knows the payer's `account`.

    `basis` is charged (the period's charges), due (with the opening balance) or fixed; `share` is
    thousandths of it, or tyiyn when fixed; `round_to` is the tyiyn to which the payer rounds up. `delivery`
    is both (online and in the registry), registry (missed online) or online (missed in the registry);
    `repeats` counts further sendings of the same `pay`.
    """

    txn_id: str
    partner: str
    paid_at: str
    account: str
    number: str
    basis: str
    share: int
    round_to: int
    delivery: str
    checked: int
    repeats: int


@dataclass(frozen=True)
class Payment:
    """A payment with its amount in tyiyn; `account` is as the payer typed it."""

    txn_id: str
    partner: str
    paid_at: datetime
    account: str
    amount: int
    delivery: str
    checked: bool
    repeats: int


def plan(size: Size, accounts: list[Account]) -> list[Planned]:
    """The month's payments in the order of their time."""
    dice = Dice("town/payments")
    payers: list[Account] = []
    for customer_class, rate in PAYERS.items():
        of_class = [account for account in accounts if account.customer_class == customer_class]
        payers += dice.sample(of_class, half_up(len(of_class) * rate, 1000))
    count, unknown = size.of(COUNT), size.of(UNKNOWN)
    payers += dice.sample([payer for payer in payers if payer.home], max(0, count - unknown - len(payers)))
    times = sorted(_paid_at(dice) for _ in range(len(payers) + unknown))
    lines = [_line(dice, payer) for payer in payers] + [_unknown(dice, place) for place in range(unknown)]
    numbered = zip(times, dice.shuffled(lines), strict=True)
    return [_stamped(dice, place, time, line) for place, (time, line) in enumerate(numbered)]


def _paid_at(dice: Dice) -> str:
    late = dice.chance(LAST_DAYS_PER_MILLE)
    day = dice.between(LAST_DAYS, LAST_DAY) if late else dice.between(FIRST_DAY, LAST_DAYS - 1)
    return f"2026-11-{day:02d}T{dice.between(7, 22):02d}:{dice.below(60):02d}:{dice.below(60):02d}"


def _line(dice: Dice, payer: Account) -> tuple[str, str, str, int, int]:
    """(account as typed, number, basis, share, round_to): most pay the bill, some round, some pay a part."""
    typed = dice.pick(payer.aliases) if payer.aliases and dice.chance(350) else payer.number
    basis, part, round_to = (
        ("charged", 1000, 1), ("charged", 1000, 1000), ("charged", 1000, 10_000), ("charged", 700, 1000),
        ("due", 1000, 1), ("due", 300, 10_000),
    )[dice.weighted((500, 200, 90, 90, 70, 50) if payer.home else (900, 0, 0, 50, 50, 0))]  # fmt: skip
    return typed, payer.number, basis, part, round_to


def _unknown(dice: Dice, place: int) -> tuple[str, str, str, int, int]:
    return f"{99_000_000 + place * 17}", "", "fixed", dice.between(1, 12) * 10_000, 1


def _stamped(dice: Dice, place: int, time: str, line: tuple[str, str, str, int, int]) -> Planned:
    account, number, basis, part, round_to = line
    partner = list(PARTNERS)[dice.weighted(list(PARTNERS.values()))]
    known = bool(number)
    if partner in REGISTRY_ONLY or not known:
        # A partner's check refuses an account that nobody knows: such a payment comes in its registry alone.
        delivery = "registry"
    else:
        delivery = ("both", "registry", "online")[dice.weighted((985, 12, 3))]
    online = delivery != "registry"
    repeats = dice.between(1, 3) if online and dice.chance(20) else 0
    txn_id = f"{list(PARTNERS).index(partner) + 1}{20_261_100_000 + place * 3}"
    checked = int(online and dice.chance(950))
    return Planned(txn_id, partner, time, account, number, basis, part, round_to, delivery, checked, repeats)


def read_plan(path: Path) -> list[Planned]:
    """The plan as its file has it."""
    with path.open(encoding="utf-8", newline="") as file:
        numbers = {field.name for field in fields(Planned) if field.type == "int"}
        return [
            Planned(**{name: int(value) if name in numbers else value for name, value in row.items()})  # type: ignore[arg-type]
            for row in csv.DictReader(file, delimiter=";")
        ]


def payments(planned: Iterable[Planned], bills: Mapping[str, tuple[int, int]]) -> list[Payment]:
    """The plan with amounts, by habit for who owes nothing. `bills`: number → (charged, due), tyiyn."""
    result = []
    for line in planned:
        charged, due = bills.get(line.number, (0, 0))
        if line.basis == "fixed":
            amount = line.share
        else:
            amount = half_up((charged if line.basis == "charged" else due) * line.share, 1000)
            amount = -(-amount // line.round_to) * line.round_to if amount > 0 else HABIT_TYIYN
        result.append(
            Payment(
                line.txn_id, line.partner, datetime.fromisoformat(line.paid_at), line.account, amount,
                line.delivery, bool(line.checked), line.repeats,
            )
        )  # fmt: skip
    return result


def online_calls(sent: Iterable[Payment]) -> list[tuple[str, dict[str, str]]]:
    """(partner, query of the OSMP request) in the order in which partners send them."""
    calls: list[tuple[str, dict[str, str]]] = []
    for payment in sent:
        if payment.delivery == "registry":
            continue
        named = {"txn_id": payment.txn_id, "account": payment.account}
        if payment.checked:
            calls.append((payment.partner, {"command": "check", **named, "sum": "1.00"}))
        paid = {"sum": plain_som(payment.amount), "txn_date": f"{payment.paid_at:%Y%m%d%H%M%S}"}
        calls += [(payment.partner, {"command": "pay", **named, **paid})] * (1 + payment.repeats)
    return calls


def registries(sent: Iterable[Payment]) -> dict[tuple[str, date], list[Payment]]:
    """What each partner lists for each day."""
    days: dict[tuple[str, date], list[Payment]] = {}
    for payment in sent:
        if payment.delivery != "online":
            days.setdefault((payment.partner, payment.paid_at.date()), []).append(payment)
    return dict(sorted(days.items()))


def registry_text(listed: Iterable[Payment]) -> str:
    """A daily registry in the OSMP layout: tabs, CRLF, the Total line last."""
    lines = list(listed)
    rows = [(line.txn_id, f"{line.paid_at:%d.%m.%Y\t%H:%M:%S}", line.account, plain_som(line.amount)) for line in lines]
    total = ("Total:", str(len(lines)), plain_som(sum(line.amount for line in lines)))
    return "".join("\t".join(row) + "\r\n" for row in [*rows, total])


def registry_name(partner: str, day: date) -> str:
    """The file's name, as partners date it: the day after."""
    return f"{partner}_{day + timedelta(days=1):%Y%m%d}1.csv"


def total_of(text: str) -> int:
    """The amount of the Total line in tyiyn."""
    return parse_som(text.rstrip().rsplit("\t", 1)[1])
