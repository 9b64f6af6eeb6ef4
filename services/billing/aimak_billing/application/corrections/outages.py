"""Days without supply in some streets, as facts of the periods they fall into: the tariff says what they are worth, and
periods that were billed already are corrected by the next bill."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from aimak.batches import in_batches
from aimak.files.rows import Row
from aimak.period import Period
from aimak.problems import NotFound, Problem, Refused
from aimak.storage.work import UnitOfWork

from aimak_billing.application.corrections.life import alive
from aimak_billing.application.kit import Kit
from aimak_billing.application.period_facts import take_facts
from aimak_billing.domain.period_facts import DAYS_WITHOUT_SUPPLY
from aimak_billing.store import accounts, life, selections

A_DAY = 1_000


def add_outage(kit: Kit, work: UnitOfWork, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Note that streets had no supply from `since` until `until` (the first day with it again). asked: streets (names
    or ids), service, since, until, ground. Gives how many accounts it concerns, and what was noted before."""
    work.tenant_facts()
    since, until = asked["since"], asked["until"]
    if until <= since:
        raise Refused(Problem("AIM-B023", {"account": "-"}))
    service, ids = asked["service"], _accounts(work, asked["streets"])
    dry = {row.number: _dry(work, row.id, service, since, until) for row in _described(work, ids)}
    numbers = [number for number, parts in dry.items() if parts]
    days = [(number, part) for number in numbers for part in dry[number]]
    rows = [
        Row(line, _fact(number, service, first, last, asked.get("ground") or "-"))
        for line, (number, (first, last)) in enumerate(days, start=1)
    ]
    problems = take_facts(kit, work, rows)
    if problems:
        raise Refused(*problems)
    return {"accounts": len(numbers), "service": service, "from": since.isoformat(), "until": until.isoformat()}


def outages_view(work: UnitOfWork) -> list[dict[str, Any]]:
    """What was noted, by street, service and part of a month, with how many accounts it concerns."""
    names = {row.id: row.name for row in life.streets(work)}
    return [
        {
            "street": names.get(row.street_id, ""),
            "service": row.service,
            "from": row.from_date.isoformat(),
            "until": row.to_date.isoformat() if row.to_date else None,
            "accounts": row.accounts,
            "ground": row.ground,
        }
        for row in life.facts_by_street(work, DAYS_WITHOUT_SUPPLY)
    ]


def _fact(account: str, service: str, first: date, last: date, ground: str) -> dict[str, Any]:
    told = {"from": first, "to": last, "value": (last - first).days * A_DAY, "ground": ground}
    return {"account": account, "service": service, "provider": None, "name": DAYS_WITHOUT_SUPPLY, **told}


def _by_month(since: date, until: date) -> list[tuple[date, date]]:
    """The days by the months they fall into: each part is a fact of its month alone."""
    parts, first = [], since
    while first < until:
        last = min(until, Period.month_of(first).end)
        parts.append((first, last))
        first = last
    return parts


def _accounts(work: UnitOfWork, streets: Sequence[str]) -> list[int]:
    known = {text: row.id for row in life.streets(work) for text in (str(row.id), row.name.casefold())}
    unknown = [text for text in streets if text.casefold() not in known]
    if unknown:
        raise NotFound(*(Problem("AIM-B127", {"street": text}) for text in unknown))
    chosen = sorted({known[text.casefold()] for text in streets})
    return [account_id for street in chosen for account_id in selections.of_street(work, street)]


def _described(work: UnitOfWork, ids: Sequence[int]) -> list[Any]:
    return [row for part in in_batches(ids, accounts.BATCH) for row in accounts.described(work, part)]


def _dry(work: UnitOfWork, account_id: int, service: str, since: date, until: date) -> list[tuple[date, date]]:
    """The days without supply of an account by months, of those in which it had the service on one of them. Who
    supplied it on which of the days follows when a bill is made (`domain.supplied`)."""
    mine = [row for row in accounts.connections_of(work, [account_id]) if row.service == service]
    parts = _by_month(since, until)
    return [(first, last) for first, last in parts if any(row.valid_from < last for row in alive(mine, first))]
