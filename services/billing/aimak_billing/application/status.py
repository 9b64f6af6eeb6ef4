"""How far a cycle has come and what it amounts to."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from aimak import texts
from aimak.problems import Problem
from aimak.storage.work import UnitOfWork
from sqlalchemy import ColumnElement, Row

from aimak_billing.application import months
from aimak_billing.application.corrections import late
from aimak_billing.application.cycle import locked, period_of, state_of
from aimak_billing.domain import cycle as states
from aimak_billing.domain.pace import pace
from aimak_billing.store import bills, issued
from aimak_billing.store import runs as store

_PLACEHOLDER = re.compile(r"\{\w+\}")
_BY = ("service", issued.CLASS)
_COUNTS = ("accounts", "bills", "held", "lines")
_ACTIONS = {"preview": "started", "approve": "approved", "issue": "issued", "close": "closed"}


def cycle_view(work: UnitOfWork, name: str, lang: str) -> dict[str, Any]:
    """The cycle of a period: state, progress, totals by service and class beside last month, holds, warnings."""
    period_of(name)
    work.tenant_facts()
    cycle = store.cycle(work, name)
    if cycle is None:
        return {"period": name, "state": states.OPEN, "run_id": None, **_nothing()}
    run = store.run(work, cycle.run_id)
    assert run is not None
    view = _run_view(work, run, state_of(cycle, run), lang)
    if _is_of_several(work, run):
        view |= _month_view(work, run, lang)
    return {**view, **_beside(work, run)}


def _beside(work: UnitOfWork, run: Row[Any]) -> dict[str, Any]:
    """What the figures of a month do not hold: bills that others issued while its own run is shown, and the other runs
    that have not ended."""
    others = [one for one in store.runs(work, run.period) if one.attempt and one.id != run.id]
    by_others = None
    apart = not _is_of_several(work, run) and any(one.state == states.ISSUED for one in others)
    if apart and (made := issued.counts(work, run.period)["bills"]):
        gross = sum(int(row.net + row.tax) for row in issued.totals(work, run.period, _BY))
        by_others = {"bills": made, "gross_tyiyn": gross}
    under_way = [one.id for one in others if one.state not in states.ENDED]
    return {"issued_by_others": by_others, "under_way": under_way}


def _is_of_several(work: UnitOfWork, run: Row[Any]) -> bool:
    """Whether a month is what several runs made of it: its own is issued and so are others, or nobody has begun or
    carried out its own."""
    if run.state == states.ISSUED:
        return len(issued.runs(work, run.period)) > 1
    return not run.attempt or run.state == states.ABANDONED


def _month_view(work: UnitOfWork, run: Row[Any], lang: str) -> dict[str, Any]:
    """What all issued runs of a month come to: what `_run_view` says of one. Only a month whose own run is issued is
    held against the month before."""
    whole, made = run.state == states.ISSUED, issued.runs(work, run.period)
    counts, held = issued.counts(work, run.period), issued.held(work, run.period)
    accounts = issued.accounts(work, made)
    apart = any(one.scope != states.EVERYBODY for one in made)
    billed = issued.accounts_billed(work, run.period) if apart else counts["bills"]
    last = _last_month(work, run.period) if whole else {}
    totals = [_total(row, last) for row in issued.totals(work, run.period, _BY)]
    found = [*months.warnings(work, run), *_warnings(totals, held), *late.warnings(work, run, lang)]
    return {
        "accounts": accounts,
        **counts,
        "held": held,
        "without_charge": max(0, accounts - billed - held),
        **_sums(totals),
        "totals": totals,
        "holds": _hold_counts(work, issued.still_held(work, run.period), lang),
        "warnings": _told(found, lang),
    }


def run_view(work: UnitOfWork, run_id: int, lang: str) -> dict[str, Any]:
    """One run as `cycle_view` shows the month's own, with what it covers and why. Raises NotFound."""
    run = locked(work, run_id)
    facts = {key: getattr(run, key) for key in ("selection", "scope", "replaces", "reason")}
    return {**_run_view(work, run, run.state, lang), **facts}


def runs_view(work: UnitOfWork, period: str | None) -> list[dict[str, Any]]:
    """Runs in short, of a period or all: those that were begun."""
    shown = ("period", "selection", "generation", "state", "replaces", "reason", "paused")
    listed = []
    for run in store.runs(work, period):
        if not run.attempt:
            continue
        chunks = store.chunks(work, run.id)
        counts = {key: sum(getattr(chunk, key) for chunk in chunks) for key in ("accounts", "bills", "held")}
        listed.append({"run_id": run.id, **{key: getattr(run, key) for key in shown}, **counts})
    return listed


def _run_view(work: UnitOfWork, run: Row[Any], state: str, lang: str) -> dict[str, Any]:
    chunks = store.chunks(work, run.id)
    totals, compared = _totals(work, run)
    first, last = bills.number_bounds(work, run.id)
    held = sum(chunk.held for chunk in chunks)
    return {
        "period": run.period,
        "state": state,
        "run_id": run.id,
        "generation": run.generation,
        "attempt": run.attempt,
        "paused": run.paused,
        **_who(store.approvals(work, run.id)),
        "issued_on": run.issued_on.isoformat() if run.issued_on else None,
        "due_on": run.due_on.isoformat() if run.due_on else None,
        **_progress(chunks, run),
        "pace": _pace(work, chunks, run),
        "first_number": first,
        "last_number": last,
        **_sums(totals),
        "totals": totals,
        "holds": _hold_counts(work, store.holds_of(work, run.id), lang),
        "warnings": _told(
            [*months.warnings(work, run), *_warnings(compared, held), *late.warnings(work, run, lang)], lang
        ),
    }


def _sums(totals: Sequence[dict[str, Any]]) -> dict[str, int]:
    return {key: sum(total[key] for total in totals) for key in ("net_tyiyn", "tax_tyiyn", "gross_tyiyn")}


def _nothing() -> dict[str, Any]:
    who = {f"{word}_{what}": None for word in _ACTIONS.values() for what in ("by", "at")}
    counts: dict[str, Any] = dict.fromkeys((*_COUNTS, "without_charge"), 0)
    sums = dict.fromkeys(("net_tyiyn", "tax_tyiyn", "gross_tyiyn"), 0)
    run = {"generation": 0, "attempt": 0, "paused": False, **who, "issued_on": None, "due_on": None}
    chunks = {"chunks": {"total": 0, "previewed": 0, "issued": 0}, **counts, "pace": None}
    return {
        **run,
        **chunks,
        "first_number": None,
        "last_number": None,
        **sums,
        "totals": [],
        "holds": [],
        "warnings": [],
        "issued_by_others": None,
        "under_way": [],
    }


def _who(approvals: Sequence[Row[Any]]) -> dict[str, Any]:
    """Who last did each step, and when."""
    who: dict[str, Any] = {f"{word}_{what}": None for word in _ACTIONS.values() for what in ("by", "at")}
    for entry in approvals:
        word = _ACTIONS.get(entry.action)
        if word is None:
            continue
        who[f"{word}_by"], who[f"{word}_at"] = entry.actor, entry.at.isoformat()
    return who


def _progress(chunks: Sequence[Row[Any]], run: Row[Any]) -> dict[str, Any]:
    counts = {key: sum(getattr(chunk, key) for chunk in chunks) for key in _COUNTS}
    previewed = sum(chunk.attempt == run.attempt for chunk in chunks)
    issued = sum(chunk.state == states.ISSUED for chunk in chunks)
    without = counts["accounts"] - counts["bills"] - counts["held"] if previewed == len(chunks) else 0
    done = {"total": len(chunks), "previewed": previewed, "issued": issued}
    return {"chunks": done, **counts, "without_charge": without}


def _pace(work: UnitOfWork, chunks: Sequence[Row[Any]], run: Row[Any]) -> dict[str, int | None] | None:
    """How far and how fast the pass that is under way goes; None where none is."""
    passes = {states.PREVIEWING: "preview", states.ISSUING: "issue"}
    action = passes.get(run.state)
    begun = [entry.at for entry in store.approvals(work, run.id) if entry.action == action]
    if not begun:
        return None
    done = [(chunk.done_at or begun[-1], chunk.accounts) for chunk in chunks if _is_done(chunk, run)]
    found = pace(sum(chunk.accounts for chunk in chunks), done, begun[-1], work.now)
    return {"done": found.done, "total": found.total, "a_second": found.a_second, "left_s": found.left_s}


def _is_done(chunk: Row[Any], run: Row[Any]) -> bool:
    if run.state == states.ISSUING:
        return bool(chunk.state == states.ISSUED)
    return bool(chunk.attempt == run.attempt)


def _totals(work: UnitOfWork, run: Row[Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What a run comes to, and what of its month is held against the month before. A part of the town is no more or
    less than all of it was last month, and so is the rest of one: that counts together with what is issued already."""
    rows, last = store.totals(work, run.id), _last_month(work, run.period) if _bills_everybody(run) else {}
    if not (last and _is_the_rest(work, run)):
        totals = [_total(row, last) for row in rows]
        return totals, totals
    month: dict[tuple[str, str], int] = {}
    for row in (*issued.totals(work, run.period, _BY), *(rows if run.state != states.ISSUED else ())):
        key = row.service, row.customer_class
        month[key] = month.get(key, 0) + int(row.net + row.tax)
    compared = [
        {"service": key[0], "customer_class": key[1], "gross_tyiyn": gross, "last_gross_tyiyn": last.get(key)}
        for key, gross in sorted(month.items())
    ]
    return [_total(row, {}) for row in rows], compared


def _total(row: Row[Any], last: Mapping[tuple[str, str], int]) -> dict[str, Any]:
    return {
        "service": row.service,
        "customer_class": row.customer_class,
        "connections": int(row.connections),
        "quantity_thousandths": int(row.quantity),
        "net_tyiyn": int(row.net),
        "tax_tyiyn": int(row.tax),
        "gross_tyiyn": int(row.net + row.tax),
        "last_gross_tyiyn": last.get((row.service, row.customer_class)),
    }


def _last_month(work: UnitOfWork, name: str) -> dict[tuple[str, str], int]:
    """Gross of the month before by service and class, of all its issued runs; nothing where it was not billed whole."""
    cycle = store.cycle(work, period_of(name).previous().name)
    run = store.run(work, cycle.run_id) if cycle else None
    if cycle is None or run is None or (cycle.state != states.CLOSED and run.state != states.ISSUED):
        return {}
    rows = issued.totals(work, cycle.period, _BY)
    return {(row.service, row.customer_class): int(row.net + row.tax) for row in rows}


def _bills_everybody(run: Row[Any]) -> bool:
    """Whether a run bills the whole town: the month's own, or one that makes all of it anew."""
    return bool(run.selection == states.EVERYBODY and (run.generation == 0 or run.replaces))


def _is_the_rest(work: UnitOfWork, run: Row[Any]) -> bool:
    """Whether others were issued before a run that leaves what they bill alone."""
    others = [other for other in issued.runs(work, run.period) if other.id != run.id]
    turn = run.issue_turn
    return not run.replaces and any(turn is None or other.issue_turn < turn for other in others)


def _hold_counts(work: UnitOfWork, mine: ColumnElement[bool], lang: str) -> list[dict[str, Any]]:
    found = [(row, json.loads(row.fields or "{}")) for row in store.hold_counts(work, mine)]
    return [
        {"code": row.code, "count": row.accounts, "text": _of_all(row.code, fields, lang), "fields": fields}
        for row, fields in found
    ]


def _of_all(code: str, fields: dict[str, Any], lang: str) -> str:
    """A reason in words; what is not the same for all that it holds is left open."""
    return _PLACEHOLDER.sub("…", texts.text(Problem(code, fields), lang))


def _warnings(totals: Sequence[dict[str, Any]], held: int) -> list[Problem]:
    found = [Problem("AIM-B070", {"count": held}, severity="warning")] if held else []
    for total in totals:
        last, now = total["last_gross_tyiyn"], total["gross_tyiyn"]
        # A quarter more or less than last month is worth a look before anybody approves it.
        if last is not None and 4 * abs(now - last) > abs(last):
            fields = {"service": total["service"], "customer_class": total["customer_class"]}
            found.append(Problem("AIM-B071", fields, severity="warning"))
    return found


def _told(found: Sequence[Problem], lang: str) -> list[dict[str, Any]]:
    return [
        {"code": problem.code, "text": texts.text(problem, lang), "fields": dict(problem.fields)} for problem in found
    ]


def cycles_view(work: UnitOfWork) -> list[dict[str, Any]]:
    """All cycles, the newest first."""
    listed = []
    for cycle in store.cycles(work):
        run = store.run(work, cycle.run_id)
        assert run is not None
        if _is_of_several(work, run):
            counts = {"bills": issued.counts(work, run.period)["bills"], "held": issued.held(work, run.period)}
            rows = issued.totals(work, run.period, _BY)
        else:
            chunks, rows = store.chunks(work, run.id), store.totals(work, run.id)
            counts = {key: sum(getattr(chunk, key) for chunk in chunks) for key in ("bills", "held")}
        gross = sum(int(row.net + row.tax) for row in rows)
        listed.append({"period": cycle.period, "state": state_of(cycle, run), **counts, "gross_tyiyn": gross})
    return listed


def holds_view(
    work: UnitOfWork, name: str, after: int, limit: int, lang: str
) -> tuple[list[dict[str, Any]], int | None]:
    """Held accounts with their reasons, and the key after which the list goes on."""
    period_of(name)
    cycle = store.cycle(work, name)
    if cycle is None:
        return [], None
    rows = store.holds(work, cycle.run_id, after, limit)
    following = None
    if len(rows) == limit:
        # The last account may have reasons beyond this page; it comes again, whole, on the next.
        whole = [row for row in rows if row.account_id != rows[-1].account_id]
        rows = whole or rows
        following = rows[-1].account_id
    listed = []
    for row in rows:
        fields = row.fields
        shown = {"account": row.number, "connection_id": row.connection_id or None, "service": row.service}
        said = texts.text(Problem(row.code, fields), lang)
        listed.append({**shown, "code": row.code, "text": said, "fields": fields})
    return listed, following
