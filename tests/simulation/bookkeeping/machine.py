"""The steps: what may happen in a town, in any order."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.simulation.bookkeeping import truth
from tests.simulation.bookkeeping.books import STREETS, WASTE, WATER, Books
from tests.simulation.bookkeeping.home import home
from tests.simulation.bookkeeping.known import Known
from tests.simulation.bookkeeping.prices import BUDGET, HOUSEHOLD, Account, first_day, month

PROVIDERS = (WASTE, WATER, "garden")
ACCOUNTS_AT_MOST = 6
MONTHS_AT_MOST = 18
# A run is by far the dearest step, and one in which nothing has happened tells little.
STEPS_A_MONTH = 4
DEBT = 12_345

accounts = st.integers(0, 5)
months = st.integers(0, 11)
days = st.integers(1, 28)
persons = st.integers(0, 6)
amounts = st.integers(1, 30_000)
booleans = st.booleans()

DID: Counter[str] = Counter()
"""How often each step was taken in this process, and how often it found nothing to do or was refused."""


@cache
def begun() -> tuple[Books, Known]:
    """A town with two houses and a month billed, so that every step has something to go wrong with; made once."""
    books = Books(home())
    books.restore("founded", Known())
    books.open(3, 1, metered=True, debt=DEBT)
    books.open(2, 0, metered=False)
    books.bill()
    truth.check(books)
    truth.settled(books)
    books.next_month()
    return books, books.keep("begun")


class Machine(RuleBasedStateMachine):
    """A town under way."""

    def __init__(self) -> None:
        super().__init__()
        self.books, known = begun()
        self.books.restore("begun", known)
        self.books.did = DID
        self.broken, self.since_bill = False, 0
        DID["towns"] += 1

    def teardown(self) -> None:
        """Nobody is stuck, and all can be undone."""
        if self.broken:
            return
        self._bill()
        truth.ledger_days_hold(self.books)
        truth.undo_everything(self.books)
        truth.check(self.books)
        DID["undone to the opening balances"] += 1

    @property
    def known(self) -> Known:
        """What the machine knows of the town."""
        return self.books.known

    def _account(self, place: int) -> Account:
        return self.known.accounts[place % len(self.known.accounts)]

    def _past(self, place: int) -> int:
        """A month that was billed."""
        return place % self.known.now

    def _since(self, account: Account, place: int, day: int) -> Any:
        """A day between an account's opening and the end of the present month."""
        return max(account.opened, first_day(place % (self.known.now + 1)).replace(day=day))

    def _did(self, what: str, done: object = True) -> None:
        self.since_bill += 1
        DID["steps"] += 1
        DID[what if done is not None and done is not False else f"{what}: nothing to do"] += 1

    @invariant()
    def the_books_are_right(self) -> None:
        """After every step."""
        truth.check(self.books)

    @precondition(lambda self: self.known.now < MONTHS_AT_MOST and self.since_bill >= STEPS_A_MONTH)
    @rule()
    def the_month_is_billed(self) -> None:
        """And the next begins."""
        self._bill()
        self._did("the month is billed")

    def _bill(self) -> None:
        self.broken, self.since_bill = True, 0
        self.books.bill()
        truth.check(self.books)
        truth.settled(self.books)
        self.books.next_month()
        self.broken = False

    @rule(days=st.integers(1, 9))
    def days_pass(self, days: int) -> None:
        """Each that is over is closed and proved."""
        self.books.a_day_passes(days)
        truth.ledger_days_hold(self.books)
        self._did("days pass and are closed")

    @rule(place=months)
    def a_month_is_closed(self, place: int) -> None:
        """What corrects it later comes all the same."""
        self._did("a month is closed", self.books.close_month(self._past(place)))

    # Who lives where

    @precondition(lambda self: len(self.known.accounts) < ACCOUNTS_AT_MOST)
    @rule(persons=persons, pensioners=st.integers(0, 2), metered=booleans, street=st.sampled_from(STREETS))
    def a_house_is_built(self, persons: int, pensioners: int, metered: bool, street: str) -> None:
        """From the present month on."""
        self.books.open(persons, min(persons, pensioners), metered=metered, street=street)
        self._did("a house is built")

    @rule(account=accounts, persons=persons, pensioners=st.integers(0, 2), place=months, day=days)
    def a_family_changes(self, account: int, persons: int, pensioners: int, place: int, day: int) -> None:
        """In number or by a benefit, from a day that may be long past."""
        chosen = self._account(account)
        if chosen.closed is None:
            self.books.residents(chosen, persons, pensioners, self._since(chosen, place, day))
        self._did("residents or a benefit change", chosen.closed is None)

    @rule(account=accounts, place=months, budget=booleans)
    def a_class_changes(self, account: int, place: int, budget: bool) -> None:
        """From a month that may be past."""
        chosen = self._account(account)
        day = self._since(chosen, place, 1)
        done = self.books.be_otherwise(chosen, "waste", BUDGET if budget else HOUSEHOLD, day)
        self._did("the class of a customer changes", done)

    @rule(account=accounts, place=months, metered=booleans)
    def a_meter_is_put_in_or_out(self, account: int, place: int, metered: bool) -> None:
        """From a month that may be past."""
        chosen = self._account(account)
        done = chosen.opened.day == 1 and self.books.be_otherwise(
            chosen, "water", metered, self._since(chosen, place, 1)
        )
        self._did("a meter is put in or out", done)

    @rule(account=st.none() | accounts, water=booleans, turned=booleans, place=months, day=days)
    def a_provider_changes(self, account: int | None, water: bool, turned: bool, place: int, day: int) -> None:
        """Of one account or of all, from a day that may be past."""
        chosen = None if account is None else self._account(account)
        service, first = ("water", WATER) if water else ("waste", WASTE)
        old, new = ("garden", first) if turned else (first, "garden")
        day_of = first_day(place % (self.known.now + 1)).replace(day=day)
        if chosen is None or chosen.closed is None:
            self.books.change_provider(chosen, service, old, new, day_of)
        self._did(f"the provider of {service} changes", chosen is None or chosen.closed is None)

    @rule(account=accounts, place=months, day=days)
    def a_family_leaves(self, account: int, place: int, day: int) -> None:
        """From a day that may be past."""
        chosen = self._account(account)
        self._did("a family moves out", self.books.move_out(chosen, self._since(chosen, place, day)))

    @precondition(lambda self: len(self.known.accounts) < ACCOUNTS_AT_MOST + 2)
    @precondition(lambda self: any(account.closed for account in self.known.accounts))
    @rule(account=accounts, persons=persons, place=months, day=days)
    def others_move_in(self, account: int, persons: int, place: int, day: int) -> None:
        """Into a house that was left."""
        left = [one for one in self.known.accounts if one.closed]
        chosen = left[account % len(left)]
        self._did("others move in", self.books.move_in(chosen, persons, self._since(chosen, place, day)))

    @precondition(lambda self: len(self.known.accounts) < ACCOUNTS_AT_MOST + 2)
    @rule(account=accounts, persons=persons, place=months, day=days)
    def an_account_is_split(self, account: int, persons: int, place: int, day: int) -> None:
        """Its waste goes to an account of its own."""
        chosen = self._account(account)
        done = chosen.closed is None and self.books.split(chosen, persons, self._since(chosen, place, day))
        self._did("an account is split", done)

    @rule(account=accounts, to=accounts)
    def accounts_are_merged(self, account: int, to: int) -> None:
        """The first is closed, the second owes both."""
        numbers = {"account": self._account(account).number, "to": self._account(to).number}
        self._did("accounts are merged", self.books.document(kind="merge", **numbers))

    @rule(street=st.sampled_from(STREETS[:1]))
    def a_street_is_renamed(self, street: str) -> None:
        """From today on."""
        self.books.rename(street)
        self._did("a street is renamed")

    # What is told

    @rule(account=accounts, place=months, quantity=st.integers(0, 60_000), piece=st.sampled_from((0, 0, 0, 1)))
    def a_meter_is_read(self, account: int, place: int, quantity: int, piece: int) -> None:
        """For the first time or again, for this month or one long past, perhaps from a meter that was exchanged."""
        chosen = self._account(account)
        first = chosen.opened.year * 12 + chosen.opened.month
        places = [one for one in range(self.known.now + 1) if first_day(one).year * 12 + first_day(one).month >= first]
        water = any(one.service == "water" for one in chosen.connections)
        if water and places:
            self.books.read(chosen, places[place % len(places)], quantity, piece)
        self._did("a meter is read" if not piece else "an exchanged meter is read", water and bool(places))

    @rule(price=st.integers(1_000, 4_000), place=months, day=st.sampled_from((1, 1, 5, 11, 20)), by_days=booleans)
    def a_tariff_is_decided(self, price: int, place: int, day: int, by_days: bool) -> None:
        """From a day that may be past."""
        since = first_day(place % (self.known.now + 1)).replace(day=day)
        done = since <= self.books.today and self.books.tariff(price, since, by_days=by_days)
        self._did("a tariff is decided" if day == 1 else "a tariff is decided inside a month", done)

    @rule(street=st.sampled_from(STREETS), place=months, length=st.integers(1, 20))
    def water_is_away(self, street: str, place: int, length: int) -> None:
        """For the first days of a month in a street."""
        known = any(one.street == street for one in self.known.accounts)
        if known:
            self.books.outage(street, place % (self.known.now + 1), length)
        self._did("a street has no water", known)

    # Money

    @rule(account=accounts, provider=st.sampled_from(PROVIDERS), amount=amounts, again=booleans)
    def money_comes(self, account: int, provider: str, amount: int, again: bool) -> None:
        """Perhaps told twice."""
        self.books.pay(self._account(account), provider, amount, again=again)
        self._did("a payment comes")

    @precondition(lambda self: self.known.paid)
    @rule(place=months)
    def money_goes_back(self, place: int) -> None:
        """The bank reverses a payment."""
        self.books.reverse(1 + place % len(self.known.paid))
        self._did("a payment is reversed")

    @rule(
        kind=st.sampled_from(("adjust", "write_off", "transfer", "refund")),
        account=accounts,
        to=accounts,
        provider=st.sampled_from(PROVIDERS),
        amount=amounts,
        turned=booleans,
    )
    def money_is_moved(self, kind: str, account: int, to: int, provider: str, amount: int, turned: bool) -> None:
        """By a document, or it is refused and nothing happens."""
        signed = -amount if turned and kind in ("adjust", "transfer") else amount
        numbers = {"account": self._account(account).number, "to": self._account(to).number}
        done = self.books.document(kind=kind, provider=provider, amount_tyiyn=signed, ground="act", **numbers)
        self._did(f"document: {kind}", done)

    @precondition(lambda self: self.known.posted)
    @rule(place=months)
    def a_document_is_taken_back(self, place: int) -> None:
        """Once; again it is refused."""
        numbers = sorted(self.known.posted)
        done = self.books.document(kind="storno", document=numbers[place % len(numbers)])
        self._did("document: storno", done)

    # Bills

    @rule(account=st.none() | accounts, place=months, length=st.integers(0, 2))
    def bills_are_cancelled(self, account: int | None, place: int, length: int) -> None:
        """Of one account or of all, of a month or of several."""
        only = {} if account is None else {"account": self._account(account).number}
        since = self._past(place)
        through = month(min(since + length, self.known.now))
        self._did(
            "bills are cancelled", self.books.document(kind="cancel", since=month(since), through=through, **only)
        )

    @rule(place=months)
    def one_bill_is_cancelled(self, place: int) -> None:
        """By its number, in force or not."""
        numbers = [row[0] for row in self.books.home.rows("SELECT number FROM bill ORDER BY number")]
        done = self.books.document(kind="cancel", bill=numbers[place % len(numbers)])
        self._did("one bill is cancelled", done)

    @rule(place=months)
    def a_run_is_cancelled(self, place: int) -> None:
        """All that it issued and that is in force."""
        keys = [row[0] for row in self.books.home.rows("SELECT DISTINCT run_id FROM bill ORDER BY run_id")]
        self._did("a run's bills are cancelled", self.books.document(kind="cancel", run=keys[place % len(keys)]))

    @rule(
        kind=st.sampled_from(("all", "account", "list", "street", "bill", "touched", "service", "provider")),
        account=accounts,
        place=months,
        replaces=booleans,
        end=st.sampled_from(("issue", "issue", "issue", "leave", "abandon", "paused")),
    )
    def a_month_is_billed_again(self, kind: str, account: int, place: int, replaces: bool, end: str) -> None:
        """For whom no bill is in force, or anew; the run is issued, left open, given up, or paused on its way."""
        past, rows = self._past(place), self.books.home.rows
        numbers = [self._account(account).number, self._account(account + 1).number]
        bills = [row[0] for row in rows(f"SELECT number FROM bill WHERE period = '{month(past)}' ORDER BY number")]
        street = rows("SELECT id FROM address WHERE kind = 'street' ORDER BY id")[0][0]
        selection = {
            "account": f"account:{numbers[0]}",
            "list": "list:some",
            "street": f"street:{street}",
            "bill": f"bill:{bills[account % len(bills)] if bills else 0}",
            "service": f"service:{('waste', 'water')[account % 2]}",
            "provider": f"provider:{PROVIDERS[account % 3]}",
        }.get(kind, kind)
        named = numbers if kind == "list" else []
        done = self.books.run(past, selection, replaces=replaces, accounts=named, end=end)
        self._did(f"a month is billed again: {kind}", done)
        DID[f"run {end}"] += done
