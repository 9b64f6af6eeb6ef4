"""What people do to a town's books, in one place: each act drives a use case and notes what it must come to."""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from aimak.ledger.days import close_through
from aimak.problems import Refused
from aimak_billing.application import cycle, tariff_life, tariffs
from aimak_billing.application.corrections import connections, documents, life, outages, runs
from aimak_billing.application.corrections.kinds import kind_of, kinds
from aimak_billing.domain import cycle as states
from aimak_billing.domain.tariff_life import Facts

from tests.simulation.bookkeeping.home import TARIFFS, Home
from tests.simulation.bookkeeping.known import Known
from tests.simulation.bookkeeping.prices import (
    HOUSEHOLD,
    Account,
    Connection,
    Timeline,
    Version,
    first_day,
    month,
)
from tests.unit.billing.town import TENANT, account_line

CLERK, APPROVER = "clerk", "approver"
WASTE, WATER = "tazalyk", "vodokanal"
STREETS = ("Токтогул", "Манас")


class Books:
    """One town and the acts of its people."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.town = home.town
        self.known = Known()
        self.did: Counter[str] = Counter()
        self.clock()

    def keep(self, name: str) -> Known:
        """Remember town and knowledge as they are now."""
        self.home.keep(name)
        return copy.deepcopy(self.known)

    def restore(self, name: str, known: Known) -> None:
        """Begin again from there."""
        self.home.restore(name)
        self.known = copy.deepcopy(known)
        self.clock()

    @property
    def today(self) -> date:
        """A fifth of the month, or some days after it."""
        return first_day(self.known.now + 1).replace(day=5) + timedelta(days=self.known.days)

    def clock(self) -> None:
        """Show the service what day it is."""
        self.town.service.clock.instant = datetime.combine(self.today, time(6), UTC)  # type: ignore[attr-defined]

    def _do(self, act: Callable[[Any], Any]) -> Any:
        with self.town.service.work(TENANT, bulk=True) as work:
            done = act(work)
            work.commit()
        self.town.pump.drain()
        return done

    def _try(self, what: str, act: Callable[[Any], Any]) -> Any:
        """Do it, or have it refused and change nothing; None where it is."""
        try:
            return self._do(act)
        except Refused:
            self.did[f"{what}, refused"] += 1
            return None

    # Accounts

    def open(self, persons: int, pensioners: int, *, metered: bool, street: str = STREETS[0], debt: int = 0) -> Account:
        """A house with water and waste, from the present month on, perhaps with a debt from before."""
        number, since = f"H{len(self.known.accounts) + 1}", first_day(self.known.now)
        facts = {"residents": "", "opened_on": since.isoformat(), "street": street}
        water = f'{{"metered":{str(metered).lower()},"norm":"house"}}'
        self.town.accounts(
            account_line(number, **facts), account_line(number, "water", WATER, attributes=water, **facts)
        )
        account = self._opened(
            number,
            since,
            [
                Connection("water", WATER, since, like=Timeline([(since, metered)])),
                Connection("waste", WASTE, since, like=Timeline([(since, HOUSEHOLD)])),
            ],
        )
        account.street = street
        self.residents(account, persons, pensioners, since)
        if debt:
            line = f"{number};{WASTE};waste;2026-01;{debt // 100}.{debt % 100:02d}"
            taken = self.town.take("balances", ["account;provider;service;origin;amount", line])
            assert taken["refused"] == 0, taken
            self.known.openings[account.id, WASTE] += debt
        return account

    def _opened(self, number: str, since: date, had: list[Connection]) -> Account:
        key = self.home.rows(f"SELECT id FROM account WHERE number = '{number}'")[0][0]
        account = Account(number, key, since, had)
        self.known.accounts.append(account)
        return account

    def residents(self, account: Account, persons: int, pensioners: int, day: date) -> None:
        """So many persons from a day on, also one long past; pensioners pay half."""
        asked = {"persons": persons, "pensioners": min(pensioners, persons), "day": day, "ground": "book"}
        self._do(lambda work: life.set_residents(work, account.number, asked))
        account.people.set(day, (persons, min(pensioners, persons)))

    def be_otherwise(self, account: Account, service: str, value: object, day: date) -> bool:
        """Of waste another class of customer, of water a meter put in or taken out, from a day on."""
        alive = [one for one in account.lasting(day) if one.service == service]
        if len(alive) != 1:
            return False
        asked: dict[str, Any] = {"service": service, "day": day, "ground": "act"}
        asked |= {"customer_class": value} if service == "waste" else {"attributes": {"metered": value}}
        self._do(lambda work: connections.change_connection(self.home.kit, work, account.number, asked))
        alive[0].like.set(day, value)
        return True

    def change_provider(self, account: Account | None, service: str, old: str, new: str, day: date) -> None:
        """Another creditor takes a service from a day on, of one account or of all."""
        asked = {"service": service, "provider": old, "to": new, "day": day}
        asked |= {"account": account.number} if account else {}
        self._do(lambda work: life.change_provider(work, asked))
        for one in [account] if account else self.known.accounts:
            one.change_provider(service, old, new, day)

    def move_out(self, account: Account, day: date) -> bool:
        """Nobody lives there from a day on; False where they left before."""
        if account.closed is not None:
            return False
        day = max(day, account.opened)
        self._do(lambda work: life.move_out(work, account.number, day))
        self._left(account, day)
        return True

    def _left(self, account: Account, day: date) -> None:
        account.closed = day
        for one in account.lasting(day):
            planned, one.until = one.until, max(day, one.since)
            account.waiting.append((one.until, one, planned or date.max))

    def move_in(self, before: Account, persons: int, day: date) -> bool:
        """Others live in a house that was left, with the services that it had last; False where none waits."""
        number = f"H{len(self.known.accounts) + 1}"
        assert before.closed is not None
        day = max(day, before.closed)
        asked = {"as": number, "day": day, "holder": "New", "persons": persons}
        had = before.given_over(day)
        moved = self._try("move in", lambda work: life.move_in(work, before.number, asked))
        assert (moved is not None) == bool(had), f"{before.number}: {moved} moved in, where {had} waits"
        if not had:
            return False
        account = self._opened(number, day, had)
        account.street = before.street
        account.people.set(day, (persons, 0))
        return True

    def split(self, account: Account, persons: int, day: date) -> bool:
        """The waste of a part of the house goes to an account of its own."""
        day, number = max(day, account.opened), f"H{len(self.known.accounts) + 1}"
        asked = {"as": number, "day": day, "services": ["waste"], "holder": "Part", "persons": persons}
        if self._try("split", lambda work: life.split(work, account.number, asked)) is None:
            return False
        had = []
        for one in account.lasting(day):
            if one.service == "waste":
                since, until = max(day, one.since), one.until
                had.append(Connection("waste", one.provider, since, until, one.like.since(since)))
                one.until = since
        part = self._opened(number, day, had)
        part.street = account.street
        part.people.set(day, (persons, 0))
        return True

    def rename(self, street: str) -> None:
        """A street is called otherwise from now on."""
        self.known.renamed += 1
        key = self.home.rows(f"SELECT id FROM address WHERE name = '{street}' ORDER BY valid_from")[0][0]
        name = f"{street} {self.known.renamed}"
        self._do(lambda work: life.rename_street(work, key, name, self.today))

    # Facts

    def read(self, account: Account, place: int, quantity: int, piece: int = 0) -> None:
        """What was used in a month, or what it was after all; the second piece is that of a new meter."""
        known = account.usage.setdefault(place, {})
        version = known.get(piece, (0, 0))[1] + 1
        water = self.home.rows(
            f"SELECT id FROM connection WHERE account_id = {account.id} AND service = 'water' ORDER BY id"
        )[0][0]
        exchanged = first_day(place).replace(day=20)
        since, until = (exchanged, first_day(place + 1)) if piece else (first_day(place), first_day(place + 1))
        dates = {"from_date": since.isoformat(), "to_date": until.isoformat()}
        said = {"usage_id": account.id * 1_000 + place * 2 + piece, "serial": f"S{water}-{piece}"}
        self.town.use(water, quantity, version, **said, **dates)
        self.town.pump.drain()
        known[piece] = quantity, version

    def tariff(self, price: int, day: date, *, by_days: bool) -> bool:
        """Waste costs another price from a day on; False where a later price is known."""
        if day <= max(version.since for version in self.known.prices):
            return False
        part = next(part for part in TARIFFS.split("  - code: ")[1:] if part.startswith("waste\n"))
        part = re.sub(r"from: \S+", f"from: {day}", part, count=1)
        part = re.sub(r"price: [\d.]+", f"price: {price // 100}.{price % 100:02d}", part, count=1)
        part = part.replace("next_period", "by_days") if by_days else part
        file, kit = f"aimak: tariffs/1\ntariffs:\n  - code: {part}", self.home.kit
        self._do(lambda work: tariffs.take_tariffs(kit, work, file, "tariff.yaml", actor=CLERK))
        named, facts = [f"waste@{day}"], Facts(ground="decided")
        self._do(lambda work: tariff_life.take_step(kit, work, "adopt", named, facts, APPROVER))
        waits = day.day > 1 and not by_days
        counts = (day.replace(day=1) + timedelta(days=32)).replace(day=1) if waits else day
        self.known.prices.append(Version(day, counts, price))
        return True

    def outage(self, street: str, place: int, length: int) -> None:
        """A street had no water for the first days of a month, or as many as it was after all."""
        served = [one for one in self.known.accounts if one.street == street]
        since, until = first_day(place), first_day(place) + timedelta(days=length)
        key = self.home.rows(f"SELECT id FROM address WHERE name = '{street}' ORDER BY valid_from")[0][0]
        asked = {"service": "water", "since": since, "until": until, "streets": [str(key)], "ground": "act"}
        if self._try("outage", lambda work: outages.add_outage(self.home.kit, work, asked)) is not None:
            for account in served:
                account.go_dry(place, since, until)

    # Bills

    def bill(self) -> None:
        """The month's run; the next month begins."""
        name, kit = month(self.known.now), self.home.kit
        self.end_open_run()
        self._do(lambda work: cycle.preview(kit, work, name, CLERK))
        self._do(lambda work: cycle.approve(work, name, APPROVER))
        self._do(lambda work: cycle.issue(kit, work, name, CLERK))

    def next_month(self) -> None:
        """The fifth of the month after."""
        self.known.now, self.known.days = self.known.now + 1, 0
        self.clock()
        self.town.pump.drain()

    def a_day_passes(self, days: int) -> None:
        """Ledger days are closed as they end."""
        self.known.days = min(self.known.days + days, 20)
        self.clock()
        self.town.pump.drain()
        close_through(self.town.service, TENANT)

    def close_month(self, place: int) -> bool:
        """A period is closed; what corrects it later comes all the same."""
        closed = self._try("close", lambda work: cycle.close(work, month(place), APPROVER) or True)
        return closed is not None

    def run(self, place: int, selection: str, *, replaces: bool, accounts: list[str], end: str = "issue") -> bool:
        """A run over a selection of a month that was billed before, perhaps left in the middle, paused, previewed
        again, or given up."""
        self.end_open_run()
        asked = {"period": month(place), "selection": selection, "replaces": replaces, "reason": "machine"}
        kit = self.home.kit
        key = self._try("run", lambda work: runs.start(kit, work, {**asked, "accounts": accounts}, CLERK))
        if key is None:
            return False
        if selection.partition(":")[0] in ("service", "provider"):
            self.known.scoped.add(month(place))
        self.known.open_run = key
        if end != "leave":
            self.end_open_run(end)
        return True

    def end_open_run(self, end: str = "issue") -> None:
        """Go on with a run that was left: issue it, by way of pauses and previews, or give it up."""
        key, kit = self.known.open_run, self.home.kit
        if key is None:
            return
        self.known.open_run = None
        if end == "abandon":
            self._do(lambda work: runs.abandon(work, cycle.locked(work, key), CLERK))
            return
        if end == "paused":
            self._paused(key, lambda work: cycle.preview_run(kit, work, cycle.locked(work, key), CLERK))

        def approve(work: Any) -> None:
            cycle.approve_run(work, cycle.locked(work, key), APPROVER)

        def issue(work: Any) -> None:
            cycle.issue_run(kit, work, cycle.locked(work, key), CLERK)

        try:
            if self.home.rows(f"SELECT state FROM run WHERE id = {key}")[0][0] == states.PREVIEWED:
                self._do(approve)
            self._paused(key, issue) if end == "paused" else self._do(issue)
        except Refused:
            # Bills were issued or cancelled since: it is previewed again.
            self.did["run previewed again"] += 1
            self._do(lambda work: cycle.preview_run(kit, work, cycle.locked(work, key), CLERK))
            self._do(approve)
            self._do(issue)

    def _paused(self, key: int, begin: Callable[[Any], Any]) -> None:
        """Begin it, pause before a worker comes, and go on: twice, for one of them repeats."""
        with self.town.service.work(TENANT, bulk=True) as work:
            begin(work)
            runs.pause(work, cycle.locked(work, key))
            work.commit()
        self.town.pump.drain()
        for _ in range(2):
            if self.home.rows(f"SELECT paused FROM run WHERE id = {key}")[0][0]:
                self._do(lambda work: runs.resume(work, cycle.locked(work, key)))

    # Money

    def document(self, **asked: Any) -> int | None:
        """Enter a document and approve it by another; None where it is refused."""
        before, kit = self.owed_of(asked) if asked["kind"] == "merge" else {}, self.home.kit

        def act(work: Any) -> int:
            number = documents.enter(work, kind_of(kit, asked["kind"]), {"reason": "machine", **asked}, CLERK)
            documents.approve(work, kinds(kit), number, APPROVER)
            return number

        number: int | None = self._try(asked["kind"], act)
        if number is not None:
            self._note(number, asked, before)
        return number

    def owed_of(self, asked: Mapping[str, Any]) -> dict[str, int]:
        """What an account owes by creditor, as the ledger has it: it was compared after the step before."""
        key = self._named(asked["account"]).id
        rows = self.home.rows(
            f"SELECT provider, sum(CASE WHEN debit < {1 << 62} THEN amount ELSE -amount END) FROM transfer "
            f"WHERE account_id = {key} GROUP BY provider"
        )
        return dict(rows)

    def _named(self, number: str) -> Account:
        return next(account for account in self.known.accounts if account.number == number)

    def _note(self, number: int, asked: Mapping[str, Any], before: Mapping[str, int]) -> None:
        kind, amount, code = asked["kind"], asked.get("amount_tyiyn", 0), asked.get("provider", "")
        key = (self._named(asked["account"]).id, code) if asked.get("account") else (0, "")
        to = (self._named(asked["to"]).id, code) if asked.get("to") else (0, "")
        effects = {
            "adjust": [(key, amount)],
            "write_off": [(key, -amount)],
            "refund": [(key, amount)],
            "transfer": [(key, -amount), (to, amount)],
            "merge": [((key[0], one), -owed) for one, owed in before.items()]
            + [((to[0], one), owed) for one, owed in before.items()],
        }
        if kind in effects:
            self.known.posted[number] = effects[kind]
        if kind == "storno":
            self.known.posted[asked["document"]] = []
        if kind == "merge" and self._named(asked["account"]).closed is None:
            account = self._named(asked["account"])
            self._left(account, max(self.today, account.opened))

    def pay(self, account: Account, provider: str, amount: int, *, again: bool) -> None:
        """Money comes, perhaps told twice."""
        key = len(self.known.paid) + 1
        self.known.paid[key] = account.id, provider, amount, 1
        for _ in range(1 + again):
            self.town.pay(account.id, amount, payment_id=key, provider=provider, external_id=f"x{key}")

    def reverse(self, key: int) -> None:
        """The bank takes a payment back."""
        account_id, provider, _, version = self.known.paid[key]
        self.town.pay(account_id, 0, version + 1, payment_id=key, provider=provider, external_id=f"x{key}")
        self.known.paid[key] = account_id, provider, 0, version + 1
