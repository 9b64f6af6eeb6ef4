"""A town's books driven at random, and what must be true of them after every step.

The machine knows what it did and prices it itself, in whole numbers: its figures are worked out anew from persons,
usage and prices, and never read from the program that it watches.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from aimak.contracts import billing
from aimak.problems import Refused
from aimak.settings import Settings
from aimak_billing.application import cycle
from aimak_billing.application.corrections import documents, life, runs
from aimak_billing.application.corrections.kinds import kind_of, kinds
from aimak_billing.application.kit import Kit
from aimak_billing.domain.rating import Plugins
from sqlalchemy import text

from tests.scenarios.replay import TARIFFS
from tests.unit.billing.town import TENANT, Town, account_line

FIRST = (2026, 3)
CLERK, APPROVER = "clerk", "approver"
WASTE, WATER = "tazalyk", "vodokanal"
# What the stories' tariffs say: thousandths a person and month, tyiyn a m³, tax in per cent.
NORM, WATER_PRICE, TAX = 5_000, 1_000, 3
FIRST_PRICE = 2_500


def month(place: int) -> str:
    """The month of that place in the story: 0 is the first."""
    year, number = FIRST
    whole = year * 12 + number - 1 + place
    return f"{whole // 12:04d}-{whole % 12 + 1:02d}"


def first_day(place: int) -> date:
    """The first day of that month."""
    return date.fromisoformat(f"{month(place)}-01")


def half_up(amount: int, of: int) -> int:
    """`amount` / `of`, half away from zero."""
    sign = -1 if amount < 0 else 1
    return sign * ((2 * abs(amount) + of) // (2 * of))


@dataclass
class Account:
    """What the machine knows of an account."""

    number: str
    id: int
    opened: int
    metered: bool
    closed: int | None = None
    persons: dict[int, int] = field(default_factory=dict)
    usage: dict[int, tuple[int, int]] = field(default_factory=dict)

    def lives(self, place: int) -> bool:
        """Whether it is charged for that month."""
        return self.opened <= place and (self.closed is None or place < self.closed)

    def people(self, place: int) -> int:
        """Persons in that month: the entry of the last change before it."""
        return self.persons[max(key for key in self.persons if key <= place)]


class Books:
    """One town, what was done in it, and the checks."""

    def __init__(self, settings: Settings) -> None:
        self.town = Town(settings)
        self.kit = Kit.of(settings, Plugins.discover())
        self.now = 0
        self.accounts: list[Account] = []
        self.prices = {0: FIRST_PRICE}
        self.paid: dict[int, tuple[int, str, int, int]] = {}
        self.posted: dict[int, list[tuple[int, int]]] = {}
        self._heard: dict[tuple[int, str], tuple[int, int, int]] = {}
        self._outbox = 0
        self._clock()

    def close(self) -> None:
        """End it."""
        self.town.service.close()

    def _clock(self) -> None:
        day = first_day(self.now + 1).replace(day=5)
        self.town.service.clock.instant = datetime.combine(day, time(6), UTC)  # type: ignore[attr-defined]

    def _do(self, act: Any) -> Any:
        with self.town.service.work(TENANT, bulk=True) as work:
            done = act(work)
            work.commit()
        self.town.pump.drain()
        return done

    # What people do

    def open(self, persons: int, metered: bool) -> None:
        """A house with water and waste, from the present month on."""
        number = f"H{len(self.accounts) + 1}"
        since = first_day(self.now).isoformat()
        facts = {"residents": str(persons), "opened_on": since}
        water = f'{{"metered":{str(metered).lower()},"norm":"house"}}'
        self.town.accounts(
            account_line(number, **facts), account_line(number, "water", WATER, attributes=water, **facts)
        )
        key = self.town.get(f"/billing/accounts/{number}")["account_id"]
        self.accounts.append(Account(number, key, self.now, metered, persons={self.now: persons}))

    def residents(self, account: Account, persons: int, place: int) -> None:
        """So many persons from the first of a month on, also one long past."""
        asked = {"persons": persons, "pensioners": 0, "day": first_day(place), "ground": "book"}
        self._do(lambda work: life.set_residents(work, account.number, asked))
        account.persons = {key: value for key, value in account.persons.items() if key < place} | {place: persons}

    def read(self, account: Account, place: int, quantity: int) -> None:
        """What was used in a month, or what it was after all."""
        version = account.usage.get(place, (0, 0))[1] + 1
        water = next(
            row["connection_id"]
            for row in self.town.get(f"/billing/accounts/{account.number}")["connections"]
            if row["service"] == "water"
        )
        dates = {"from_date": first_day(place).isoformat(), "to_date": first_day(place + 1).isoformat()}
        self.town.use(water, quantity, version, usage_id=account.id * 1_000 + place, **dates)
        self.town.pump.drain()
        account.usage[place] = quantity, version

    def tariff(self, price: int, place: int) -> bool:
        """Waste costs another price from a month on; False where that month has a price of its own already."""
        if place in self.prices or place <= max(self.prices):
            return False
        part = next(part for part in TARIFFS.split("  - code: ")[1:] if part.startswith("waste\n"))
        since = first_day(place).isoformat()
        part = re.sub(r"from: \S+", f"from: {since}", part, count=1)
        part = re.sub(r"price: [\d.]+", f"price: {price // 100}.{price % 100:02d}", part, count=1)
        file = f"aimak: tariffs/1\ntariffs:\n  - code: {part}"
        answer = self.town.ask("post", "/billing/imports/tariffs", role="admin", data=file.encode())
        assert answer.status_code == 200, answer.get_data(as_text=True)
        adopted = {"tariffs": [f"waste@{since}"], "ground": "decided"}
        self.town.post("/billing/tariffs/adopt", adopted, role="approver")
        self.prices[place] = price
        return True

    def bill(self) -> None:
        """The month's run; the next month begins."""
        name = month(self.now)
        self._do(lambda work: cycle.preview(self.kit, work, name, CLERK))
        self._do(lambda work: cycle.approve(work, name, APPROVER))
        self._do(lambda work: cycle.issue(self.kit, work, name, CLERK))
        self.settled()
        self.now += 1
        self._clock()

    def run(self, place: int, selection: str, *, replaces: bool) -> None:
        """A run over a selection of a month that was billed before."""
        asked = {"period": month(place), "selection": selection, "replaces": replaces, "reason": "machine"}
        key = self._do(lambda work: runs.start(self.kit, work, asked, CLERK))
        self._do(lambda work: cycle.approve_run(work, cycle.locked(work, key), APPROVER))
        self._do(lambda work: cycle.issue_run(self.kit, work, cycle.locked(work, key), CLERK))

    def document(self, **asked: Any) -> bool:
        """Enter a document and approve it by another; False where it is refused."""
        try:
            with self.town.service.work(TENANT, bulk=True) as work:
                number = documents.enter(work, kind_of(self.kit, asked["kind"]), {"reason": "machine", **asked}, CLERK)
                documents.approve(work, kinds(self.kit), number, APPROVER)
                work.commit()
        except Refused:
            return False
        self.town.pump.drain()
        self._note(number, asked)
        return True

    def _note(self, number: int, asked: Any) -> None:
        ids = {account.number: account.id for account in self.accounts}
        amount, key = asked.get("amount_tyiyn", 0), ids.get(asked.get("account"), 0)
        effects = {
            "adjust": [(key, amount)],
            "write_off": [(key, -amount)],
            "refund": [(key, amount)],
            "transfer": [(key, -amount), (ids.get(asked.get("to"), 0), amount)],
        }
        if asked["kind"] in effects:
            self.posted[number] = effects[asked["kind"]]
        elif asked["kind"] == "storno":
            self.posted[asked["document"]] = []

    def pay(self, account: Account, provider: str, amount: int, *, again: bool) -> None:
        """Money comes, perhaps twice."""
        key = len(self.paid) + 1
        self.paid[key] = account.id, provider, amount, 1
        for _ in range(1 + again):
            self.town.pay(account.id, amount, payment_id=key, provider=provider, external_id=f"x{key}")

    def reverse(self, key: int) -> None:
        """The bank takes a payment back."""
        account_id, provider, _, version = self.paid[key]
        self.town.pay(account_id, 0, version + 1, payment_id=key, provider=provider, external_id=f"x{key}")
        self.paid[key] = account_id, provider, 0, version + 1

    def move_out(self, account: Account, place: int) -> bool:
        """Nobody lives there from the first of a month on; False where they left before."""
        if account.closed is not None:
            return False
        place = max(place, account.opened)
        self._do(lambda work: life.move_out(work, account.number, first_day(place)))
        account.closed = place
        return True

    # What must be so

    def expected(self, account: Account, place: int) -> int:
        """What a month comes to by all that is known: net and tax, tyiyn."""
        if not account.lives(place):
            return 0
        people = account.people(place)
        price = self.prices[max(key for key in self.prices if key <= place)]
        used = account.usage[place][0] if account.metered and place in account.usage else people * NORM
        net = half_up(used * WATER_PRICE, 1_000)
        return people * price + net + half_up(net * TAX, 100)

    def _rows(self, query: str) -> list[Any]:
        with self.town.service.work(TENANT) as work:
            return list(work.execute(text(query)))

    def charged(self) -> dict[tuple[int, str], int]:
        """What lines of bills in force charge, by account and the month that they are of."""
        rows = self._rows(
            "SELECT b.account_id, coalesce(l.origin, b.period), sum(l.amount) FROM bill b JOIN bill_line l "
            "ON l.tenant = b.tenant AND l.bill_id = b.id WHERE b.id NOT IN (SELECT bill_id FROM bill_cancellation) "
            "GROUP BY 1, 2"
        )
        return {(row[0], row[1]): row[2] for row in rows}

    def billed(self) -> set[tuple[int, str]]:
        """Accounts and months that a bill in force is of."""
        rows = self._rows(
            "SELECT DISTINCT b.account_id, b.period FROM bill b JOIN bill_line l ON l.tenant = b.tenant AND "
            "l.bill_id = b.id AND l.origin IS NULL WHERE b.id NOT IN (SELECT bill_id FROM bill_cancellation)"
        )
        return {(row[0], row[1]) for row in rows}

    def balances(self) -> dict[int, int]:
        """What each account owes by the ledger: a receivable lies below the derived ids."""
        rows = self._rows(
            f"SELECT account_id, sum(CASE WHEN debit < {1 << 62} THEN amount ELSE -amount END) "
            "FROM transfer GROUP BY account_id"
        )
        return defaultdict(int, {row[0]: row[1] for row in rows})

    def check(self) -> None:
        """What is true at any moment."""
        self._balances_add_up()
        self._nothing_is_charged_twice()
        self._others_hear_the_same()

    def _balances_add_up(self) -> None:
        """charged − paid − written off, account by account."""
        owed: dict[int, int] = defaultdict(int)
        for (account_id, _), amount in self.charged().items():
            owed[account_id] += amount
        for account_id, _, amount, _ in self.paid.values():
            owed[account_id] -= amount
        for effects in self.posted.values():
            for account_id, amount in effects:
                owed[account_id] += amount
        balances = self.balances()
        wrong = {key: (balances[key], owed[key]) for key in {*owed, *balances} if balances[key] != owed[key]}
        assert not wrong, f"ledger and bills differ: {wrong}"

    def _nothing_is_charged_twice(self) -> None:
        rows = self._rows(
            "SELECT l.connection_id, b.period, count(DISTINCT b.id) FROM bill b JOIN bill_line l ON "
            "l.tenant = b.tenant AND l.bill_id = b.id AND l.origin IS NULL "
            "WHERE b.id NOT IN (SELECT bill_id FROM bill_cancellation) GROUP BY 1, 2 HAVING count(DISTINCT b.id) > 1"
        )
        assert not rows, f"charged twice: {rows}"

    def _others_hear_the_same(self) -> None:
        """What payments would show of an account, newest word on each source, is what is owed before payments."""
        key = billing.ReceivablesMoved.routing_key
        rows = self._rows(
            f"SELECT id, body FROM outbox WHERE id > {self._outbox} AND routing_key = '{key}' ORDER BY id"
        )
        for row in rows:
            self._outbox = row[0]
            for said in billing.ReceivablesMoved.decode(TENANT, bytes(row[1])).rows():
                source = said["source_id"], said["provider"]
                if source not in self._heard or self._heard[source][0] < said["version"]:
                    self._heard[source] = said["version"], said["account_id"], said["amount_tyiyn"]
        owed: dict[int, int] = defaultdict(int)
        for _, account_id, amount in self._heard.values():
            owed[account_id] += amount
        for account_id, _, amount, _ in self.paid.values():
            owed[account_id] -= amount
        balances = self.balances()
        wrong = {one: (balances[one], owed[one]) for one in {*owed, *balances} if balances[one] != owed[one]}
        assert not wrong, f"others were told otherwise: {wrong}"

    def settled(self) -> None:
        """After a month's run: nobody is stuck, and every month that is billed comes to what is known now."""
        charged, billed = self.charged(), self.billed()
        for account in self.accounts:
            assert not account.lives(self.now) or (account.id, month(self.now)) in billed, f"stuck: {account}"
            for place in range(self.now + 1):
                key = account.id, month(place)
                wanted = self.expected(account, place) if key in billed else 0
                assert charged.get(key, 0) == wanted, f"{account} {key}: {charged.get(key, 0)}, not {wanted}"
        problems = self.town.get("/billing/doctor", role="admin")["problems"]
        assert not problems, problems

    def undo_everything(self) -> None:
        """All bills cancelled, all documents taken back, all payments reversed: every account is at nothing."""
        for number in [number for number, effects in self.posted.items() if effects]:
            assert self.document(kind="storno", document=number)
        if self.billed() or any(self.charged().values()):
            assert self.document(kind="cancel", since=month(0), through=month(self.now))
        for key in [key for key, paid in self.paid.items() if paid[2]]:
            self.reverse(key)
        assert not any(self.balances().values()), self.balances()


def prepared(folder: Path, name: str) -> Settings:
    """Settings of a town's file in `folder`; small chunks, so that a few accounts make several."""
    from tests.unit.billing.conftest import settings_for

    return settings_for(f"sqlite:///{folder / name}")
