"""An auditor's questions: who changed what after the bill and what it cost, and what was written off."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aimak.storage.work import UnitOfWork
from sqlalchemy import Row

from aimak_billing.application.corrections.entries import source_of
from aimak_billing.application.corrections.money import STORNO
from aimak_billing.store import registers
from aimak_billing.store import runs as run_store
from aimak_billing.store.reports import changes as store
from aimak_billing.store.reports import rebilled

WRITE_OFFS = ("write_off", "merge", "transfer", "storno", "refund")


def span(work: UnitOfWork, since: date, through: date) -> tuple[datetime, datetime]:
    """The instants at which `since` begins and `through` ends in the municipality's zone."""
    zone = ZoneInfo(work.tenant_facts().zone)
    return datetime.combine(since, time(), zone), datetime.combine(through + timedelta(days=1), time(), zone)


def after_bills(work: UnitOfWork, since: date, through: date) -> dict[str, Any]:
    """What was changed in these days about periods that had been billed: by whom, on what paper, and what it moved;
    and for each employee the som that went away (< 0) or came.

    What a later bill charged for an earlier period, or a bill made anew in the place of another, counts for the change
    before it that came last; a change that no bill has settled yet has none. A bill made anew without any change stands
    for itself; what is billed after a document cancelled a bill counts for that document.
    """
    begins, ends = span(work, since, through)
    found = [*_registers(work, begins, ends), *_documents(work, begins, ends, None), *_anew(work, begins, ends)]
    found.sort(key=lambda change: change["at"])
    by_actor: dict[str, int] = {}
    for change in found:
        by_actor[change["actor"]] = by_actor.get(change["actor"], 0) + (change["moved_tyiyn"] or 0)
    people = [{"actor": actor, "moved_tyiyn": moved} for actor, moved in sorted(by_actor.items())]
    return {"changes": found, "employees": people}


def _registers(work: UnitOfWork, begins: datetime, ends: datetime) -> list[dict[str, Any]]:
    rows = store.noted(work, begins, ends)
    settled = _settled(work, rows)
    return [
        {
            "at": row.at.isoformat(),
            "actor": row.actor,
            "account": row.account,
            "what": row.after["reason"],
            "period": row.after["period"],
            "ground": row.paper,
            "approved_by": None,
            "moved_tyiyn": settled.get(row.id),
        }
        for row in rows
    ]


def _settled(work: UnitOfWork, rows: Sequence[Row[Any]]) -> dict[int, int]:
    """What later bills charged on account of each change (its id in the audit)."""
    billed = _billed(work, {row.account_id for row in rows}) if rows else []
    times = run_store.issued_at(work, {line.run_id for line in billed})
    moved: dict[int, int] = {}
    for line in billed:
        before = [
            row
            for row in rows
            if (row.account_id, row.after["period"]) == (line.account_id, line.origin) and row.at <= times[line.run_id]
        ]
        if before:
            moved[before[-1].id] = moved.get(before[-1].id, 0) + int(line.amount)
    return moved


def _billed(work: UnitOfWork, account_ids: Collection[int]) -> list[Row[Any]]:
    """What later bills, and bills made anew, charged accounts for periods that had been billed."""
    return [*store.differences(work, account_ids), *rebilled.of_accounts(work, account_ids)]


def _anew(work: UnitOfWork, begins: datetime, ends: datetime) -> list[dict[str, Any]]:
    """Runs of these days that made bills anew, by period: what they moved where nobody had changed anything here and
    metering had told nothing; that counts for what was changed."""
    runs = rebilled.runs(work, begins, ends)
    if not runs:
        return []
    noted, usage = rebilled.first_noted(work, runs), rebilled.of_usage(work, runs)
    moved: dict[tuple[int, str], dict[int, int]] = {}
    for row in rebilled.of_runs(work, runs):
        pair, at = (row.account_id, row.origin), runs[row.run_id].at
        if pair not in usage and noted.get(pair, ends) > at:
            moved.setdefault((row.run_id, row.origin), {})[row.account_id] = int(row.amount)
    hands = rebilled.hands(work, runs)
    alone = {account_id for sums in moved.values() if len(sums) == 1 for account_id in sums}
    numbers = rebilled.numbers(work, alone)
    return [
        {
            "at": runs[run_id].at.isoformat(),
            "actor": hands[run_id, "preview"],
            "account": numbers[next(iter(sums))] if len(sums) == 1 else None,
            "what": "rebill",
            "period": period,
            "ground": runs[run_id].reason,
            "approved_by": hands.get((run_id, "approve")),
            "moved_tyiyn": sum(sums.values()),
        }
        for (run_id, period), sums in sorted(moved.items())
    ]


def by_usage(work: UnitOfWork, account_ids: Collection[int]) -> list[dict[str, Any]]:
    """What metering's later words did to periods of some accounts that had been billed: when a bill settled them (none:
    one has yet to) and the som that it charged. Who said them is in metering's own record. What a bill settled after a
    change that was made here is that change's."""
    told = store.told_by_usage(work, account_ids)
    facts = {(row.account_id, row.period): row.account for row in told}
    found = [_of_usage(row, row.account, row.period, None, None) for row in told if row.open]
    here = [(row.account_id, row.after["period"], row.at) for row in store.noted_of(work, account_ids)] if told else []
    billed = _billed(work, {key for key, _ in facts}) if told else []
    times = run_store.issued_at(work, {line.run_id for line in billed})
    for line in billed:
        key, at = (line.account_id, line.origin), times[line.run_id]
        if key in facts and not any((one, period) == key and made <= at for one, period, made in here):
            found.append(_of_usage(line, facts[key], line.origin, at, int(line.amount)))
    return found


def _of_usage(row: Row[Any], account: str, period: str, at: datetime | None, moved: int | None) -> dict[str, Any]:
    when = at.isoformat() if at else None
    return {"account_id": row.account_id, "account": account, "period": period, "at": when, "moved_tyiyn": moved}


def _documents(work: UnitOfWork, begins: datetime, ends: datetime, kinds: Sequence[str] | None) -> list[dict[str, Any]]:
    rows = store.decided(work, begins, ends, kinds)
    if kinds is not None:
        undone = store.kinds_of(work, {row.facts["document"] for row in rows if row.kind == STORNO.code})
        rows = [row for row in rows if row.kind != STORNO.code or undone[row.facts["document"]] in kinds]
    codes = [provider.code for provider in registers.providers(work)]
    sources = {row.id: _sources(work, row, codes) for row in rows}
    moved = store.moved_by(work, {source for some in sources.values() for source in some})
    cancelled = store.cancelled_by(work, [row.id for row in rows])
    placed = rebilled.after_documents(work, cancelled) if cancelled else {}
    return [
        {
            "at": row.at.isoformat(),
            "actor": row.entered_by,
            "account": row.account,
            "what": row.kind,
            "period": row.facts.get("origin") or row.facts.get("since"),
            "ground": row.ground or row.reason,
            "approved_by": row.approved_by,
            "moved_tyiyn": sum(moved.get((source, row.kind == STORNO.code), 0) for source in sources[row.id])
            - cancelled.get(row.id, 0)
            + placed.get(row.id, 0),
        }
        for row in rows
    ]


def _sources(work: UnitOfWork, row: Row[Any], codes: Sequence[str]) -> list[int]:
    """Where the entries of a document on its own account come from; what it moved to another is no loss. A reversal's
    name what the document that it undoes named."""
    if row.account_id is None:
        return []
    document = row.facts["document"] if row.kind == STORNO.code else row.id
    return [source_of(work, document, row.account_id, code) for code in codes]


def written_off(work: UnitOfWork, since: date, through: date) -> dict[str, Any]:
    """Every debt that left an account without being paid: write-offs, mergers, transfers, refunds and what undid
    them, with reason, act, who entered and who approved."""
    begins, ends = span(work, since, through)
    return {"changes": _documents(work, begins, ends, WRITE_OFFS)}
