"""What must be so after every step, read from the file with plain SQL and compared with what the machine knows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from typing import Any

from aimak import operations
from aimak.contracts import billing

from tests.simulation.bookkeeping.books import Books
from tests.simulation.bookkeeping.known import Key
from tests.simulation.bookkeeping.prices import NOTHING, month
from tests.unit.billing.town import TENANT

_IN_FORCE = "b.id NOT IN (SELECT bill_id FROM bill_cancellation)"
_LINES = f"bill b JOIN bill_line l ON l.tenant = b.tenant AND l.bill_id = b.id WHERE {_IN_FORCE}"
# A receivable lies below the derived ids.
_OWED = f"sum(CASE WHEN debit < {1 << 62} THEN amount ELSE -amount END)"


def check(books: Books) -> None:
    """What is true at any moment."""
    balances = balances_of(books)
    _differ("ledger and bills differ", balances, _owed(books, charged_by_provider(books)))
    _nothing_is_charged_twice(books)
    _differ("others were told otherwise", balances, _owed(books, _heard(books), heard=True))


def _differ(what: str, found: Mapping[Key, int], wanted: Mapping[Key, int]) -> None:
    keys = {*found, *wanted}
    wrong = {key: (found.get(key, 0), wanted.get(key, 0)) for key in keys if found.get(key, 0) != wanted.get(key, 0)}
    assert not wrong, f"{what}: {wrong}"


def balances_of(books: Books) -> dict[Key, int]:
    """What each account owes each creditor by the ledger."""
    rows = books.home.rows(f"SELECT account_id, provider, {_OWED} FROM transfer GROUP BY account_id, provider")
    return {(account, provider): owed for account, provider, owed in rows}


def charged_by_provider(books: Books) -> dict[Key, int]:
    """What lines of bills in force charge."""
    rows = books.home.rows(f"SELECT b.account_id, l.provider, sum(l.amount) FROM {_LINES} GROUP BY 1, 2")
    return {(account, provider): amount for account, provider, amount in rows}


def _owed(books: Books, charged: Mapping[Key, int], *, heard: bool = False) -> dict[Key, int]:
    """Opening + charged − paid − written off, account by account and creditor by creditor. What others hear names
    openings and documents itself."""
    owed: dict[Key, int] = defaultdict(int, charged)
    for account_id, provider, amount, _ in books.known.paid.values():
        owed[account_id, provider] -= amount
    if heard:
        return owed
    for key, amount in books.known.openings.items():
        owed[key] += amount
    for effects in books.known.posted.values():
        for key, amount in effects:
            owed[key] += amount
    return owed


def _nothing_is_charged_twice(books: Books) -> None:
    rows = books.home.rows(
        f"SELECT l.connection_id, b.period FROM {_LINES} AND l.origin IS NULL GROUP BY 1, 2 "
        "HAVING count(DISTINCT b.id) > 1"
    )
    assert not rows, f"charged twice: {rows}"


def _heard(books: Books) -> dict[Key, int]:
    """What payments would show of an account before payments: the newest word on each source."""
    known, key = books.known, billing.ReceivablesMoved.routing_key
    instant, number = known.outbox
    # Numbers alone begin again when all that was published has been pruned.
    rows = books.home.rows(
        "SELECT occurred_at, id, body FROM outbox "
        f"WHERE (occurred_at, id) > ('{instant}', {number}) AND routing_key = '{key}' ORDER BY occurred_at, id"
    )
    for instant, number, body in rows:
        known.outbox = instant, number
        for said in billing.ReceivablesMoved.decode(TENANT, bytes(body)).rows():
            source = said["source_id"], said["provider"]
            if source not in known.heard or known.heard[source][0] < said["version"]:
                known.heard[source] = said["version"], said["account_id"], said["amount_tyiyn"]
    owed: dict[Key, int] = defaultdict(int)
    for (_, provider), (_, account_id, amount) in known.heard.items():
        owed[account_id, provider] += amount
    return owed


def settled(books: Books) -> None:
    """After a month's run: nobody is stuck, and every month that is billed comes to what is known now."""
    charged, covered, own = _charged(books), _covered(books), _own(books)
    name = month(books.known.now)
    for account in books.known.accounts:
        for place in range(books.known.now + 1):
            due = account.due(place, books.known.prices)
            key = account.id, month(place)
            if place == books.known.now and due:
                stuck = [one for one in due if (*key, *one) not in own and due[one] != NOTHING]
                assert not stuck, f"stuck in {name}: {account} {stuck}"
            services = {one[2:] for one in charged if one[:2] == key} | set(due)
            for one in services:
                wanted = due.get(one, NOTHING) if _covers(covered.get(key, ()), one) else NOTHING
                got = charged.get((*key, *one), 0)
                left_out = (*key, *one) not in own and month(place) in books.known.scoped and got == 0
                assert left_out or wanted[0] <= got <= wanted[1], f"{account} {key} {one}: {got}, not {wanted}"
    with books.town.service.work(TENANT) as work:
        problems = operations.examine(books.town.service, work)
    assert not problems, problems


def _covers(scopes: Any, one: tuple[str, str]) -> bool:
    """Whether a bill in force of the month covers a service of a creditor."""
    return bool({"all", f"service:{one[0]}", f"provider:{one[1]}"} & set(scopes))


def _charged(books: Books) -> dict[tuple[int, str, str, str], int]:
    """What lines in force charge of each month, by account, month, service and creditor."""
    rows = books.home.rows(
        f"SELECT b.account_id, coalesce(l.origin, b.period), l.service, l.provider, sum(l.amount) FROM {_LINES} "
        "GROUP BY 1, 2, 3, 4"
    )
    return {tuple(row[:4]): row[4] for row in rows}


def _own(books: Books) -> set[tuple[int, str, str, str]]:
    """Accounts, months, services and creditors that bills of those very months charge."""
    rows = books.home.rows(
        f"SELECT DISTINCT b.account_id, b.period, l.service, l.provider FROM {_LINES} AND l.origin IS NULL"
    )
    return {tuple(row) for row in rows}


def _covered(books: Books) -> dict[tuple[int, str], set[str]]:
    """Of which services bills in force of a month are that charge something of it."""
    found: dict[tuple[int, str], set[str]] = defaultdict(set)
    rows = books.home.rows(f"SELECT DISTINCT b.account_id, b.period, b.scope FROM {_LINES} AND l.origin IS NULL")
    for account_id, period, scope in rows:
        found[account_id, period].add(scope)
    return found


def undo_everything(books: Books) -> None:
    """All bills cancelled, all documents taken back, all payments reversed: every account owes what it owed when it was
    opened."""
    books.end_open_run("abandon")
    for number in [number for number, effects in books.known.posted.items() if effects]:
        assert books.document(kind="storno", document=number), f"document {number} cannot be taken back"
    if books.home.rows(f"SELECT 1 FROM bill b WHERE {_IN_FORCE} LIMIT 1"):
        assert books.document(kind="cancel", since=month(0), through=month(books.known.now))
    for key in [key for key, paid in books.known.paid.items() if paid[2]]:
        books.reverse(key)
    _differ("not as it was opened", balances_of(books), books.known.openings)


def ledger_days_hold(books: Books) -> None:
    """Every ledger day that is over is proved, none twice and none left out."""
    rows = [date.fromisoformat(row[0]) for row in books.home.rows("SELECT day FROM ledger_proof ORDER BY day")]
    gaps = [day for day, following in pairwise(rows) if (following - day).days != 1]
    assert not gaps, f"days not proved after {gaps}"
