"""Before a run is approved and issued: bills that look wrong are decided one by one, and nobody is missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
from aimak import audit
from aimak.period import Period
from aimak.problems import Conflict, NotFound, Problem, Refused
from aimak.storage.work import UnitOfWork
from sqlalchemy import Row

from aimak_billing.domain import chunk as columns
from aimak_billing.domain.corrections import outsort
from aimak_billing.domain.corrections.selection import EVERYBODY, is_limited
from aimak_billing.domain.cycle import ISSUED, is_own
from aimak_billing.domain.rating import Rated
from aimak_billing.store import accounts, comparison, issued
from aimak_billing.store import checks as store

PERIODS_COMPARED = 3
RELEASE, CORRECT, EXCLUDE = "release", "correct", "exclude"
_HELD_BY = {EXCLUDE: "AIM-B132", CORRECT: "AIM-B133"}


def set_aside(work: UnitOfWork, run: Row[Any], chunk: Row[Any], rated: Rated) -> Rated:
    """What was rated, with a hold for each account that a person excluded, or wants corrected first: the latter until
    the next preview, which judges it anew."""
    rows = [
        {"account_id": key, "connection_id": 0, "code": _HELD_BY[decision.decision], "fields": "{}"}
        for key, decision in sorted(store.decisions(work, run.id).items())
        if chunk.first_account <= key <= chunk.last_account
        and (decision.decision == EXCLUDE or (decision.decision == CORRECT and decision.attempt == run.attempt))
    ]
    if not rows:
        return rated
    held = pl.DataFrame(rows).with_columns(
        *(pl.lit(None, dtype=kind).alias(name) for name, kind in rated.holds.schema.items() if name not in rows[0])
    )
    return Rated(rated.lines, pl.concat([rated.holds, held.select(rated.holds.columns).cast(rated.holds.schema)]))


def sorted_out(work: UnitOfWork, run: Row[Any], chunk: Row[Any], known: columns.Facts, result: columns.Outcome) -> Any:
    """What the municipality's rules sort out of a chunk's bills; nothing is read where there are none."""
    rules = store.rules(work)
    if not rules:
        return pl.DataFrame(schema=outsort.FOUND)
    first, last, period = chunk.first_account, chunk.last_account, Period.month(run.period)
    since = period
    for _ in range(outsort.PERIODS_BACK):
        since = since.previous()
    bills = result.bills.select("account_id", (pl.col("net") + pl.col("tax")).alias("gross"))
    bills = bills.join(known.residents.select("account_id", "residents"), on="account_id", how="left")
    lines = result.lines.join(result.bills.select("place", "account_id"), on="place")
    marks = {outsort.EARLIER: lines.filter(pl.col("origin").is_not_null()).select("account_id").unique()}
    if {outsort.TARIFF, outsort.ESTIMATE} & rules.keys():
        before = store.lines_before(work, first, last, period.previous().previous().name, period.name)
        marks |= {
            outsort.TARIFF: outsort.other_tariff(lines, before),
            outsort.ESTIMATE: outsort.estimated_again(lines, before),
        }
    history = store.history(work, first, last, since.name, period.name)
    return outsort.outsorted(bills, history, marks, rules)


def waiting(work: UnitOfWork, run: Row[Any]) -> list[dict[str, Any]]:
    """Bills that rules sorted out, each with its rules and the decision on it (null: none yet)."""
    decided = store.decisions(work, run.id)
    found: dict[int, dict[str, Any]] = {}
    for row in store.outsorts(work, run.id):
        decision = decided.get(row.account_id)
        facts = {"decision": None, "reason": None, "decided_by": None}
        if decision is not None and decision.decision == RELEASE and decision.attempt == run.attempt:
            facts = {"decision": RELEASE, "reason": decision.reason, "decided_by": decision.actor}
        entry = found.setdefault(row.account_id, {"account": row.number, "rules": [], **row.fields, **facts})
        entry["rules"].append(row.rule)
    return list(found.values())


def decide(work: UnitOfWork, run: Row[Any], number: str, decision: str, reason: str, actor: str) -> int | None:
    """Release, correct or exclude a bill that was sorted out; gives the chunk that is to be rated again, if any.
    Raises Refused without a reason, NotFound for an account that was not sorted out."""
    if not reason.strip():
        raise Refused(Problem("AIM-B103", {}))
    account_id = accounts.ids_by_name(work, [number]).get(number, 0)
    chunk = store.chunk_of(work, run.id, account_id)
    if chunk is None:
        raise NotFound(Problem("AIM-B134", {"account": number, "run": run.id}))
    facts = {"decision": decision, "reason": reason.strip(), "actor": actor, "at": work.now}
    store.decide(work, {"run_id": run.id, "account_id": account_id, "attempt": run.attempt, **facts})
    after = {"period": run.period, "verdict": decision}
    audit.note(work, account_id=account_id, after=after, ground=reason.strip())
    return None if decision == RELEASE else chunk


def refuse_undecided(work: UnitOfWork, run: Row[Any]) -> None:
    """Raises Conflict while a bill that was sorted out waits for its decision."""
    undecided = [row["account"] for row in waiting(work, run) if row["decision"] is None]
    if undecided:
        raise Conflict(Problem("AIM-B130", {"count": len(undecided), "account": undecided[0]}))


def refuse_incomplete(work: UnitOfWork, run: Row[Any]) -> None:
    """Raises Conflict, naming service and provider, where billed + held + exempt are not the connections that the
    register has for the period: somebody would be missing, or be there twice."""
    registered = store.active(work, run, limited=is_limited(run.selection))
    seen = {(row.service, row.provider): int(row.billed + row.held + row.exempt) for row in store.counted(work, run.id)}
    if run.scope != EVERYBODY:
        kind, _, value = run.scope.partition(":")
        place = 0 if kind == "service" else 1
        registered, seen = (
            {key: count for key, count in one.items() if key[place] == value} for one in (registered, seen)
        )
    problems = [
        Problem("AIM-B131", {"service": key[0], "provider": key[1], "active": active, "seen": seen.get(key, 0)})
        for key in sorted({*registered, *seen})
        if (active := registered.get(key, 0)) != seen.get(key, 0)
    ]
    if problems:
        raise Conflict(*problems)


def completeness_view(work: UnitOfWork, run: Row[Any]) -> list[dict[str, Any]]:
    """Connections of a run by service and provider: active by the register, billed, previewed (what the run bills until
    it is issued), held, exempt. In the month's own run those that runs issued before it bill are billed too."""
    registered = store.active(work, run, limited=is_limited(run.selection))
    before = issued.billed_before(work, run) if is_own(run) else {}
    listed = []
    for row in store.counted(work, run.id):
        counts = {name: int(getattr(row, name)) for name in ("billed", "held", "exempt")}
        key = row.service, row.provider
        known = min(counts["exempt"], before.get(key, 0))
        made = {"billed": counts["billed"] + known, "previewed": 0}
        if run.state != ISSUED:
            made = {"billed": known, "previewed": counts["billed"]}
        left = {"held": counts["held"], "exempt": counts["exempt"] - known}
        listed.append({"service": key[0], "provider": key[1], "active": registered.get(key, 0), **made, **left})
    return listed


def write_rules(work: UnitOfWork, wanted: Mapping[str, int]) -> dict[str, int]:
    """Have these rules (rule, times in thousandths) and no others. Raises Refused for an unknown one."""
    work.tenant_facts()
    unknown = sorted(set(wanted) - set(outsort.RULES))
    if unknown:
        raise Refused(Problem("AIM-B135", {"rule": unknown[0], "known": ", ".join(outsort.RULES)}))
    before = store.rules(work)
    store.write_rules(work, wanted)
    after = store.rules(work)
    audit.note(work, before={"rules": dict(before)}, after={"rules": dict(after)})
    return after


def comparison_view(work: UnitOfWork, run: Row[Any], by: str) -> list[dict[str, Any]]:
    """What a run comes to beside the last three periods, by service, provider, customer_class or street; of the
    month's own run the whole month with what others issued. Raises Refused for another dimension."""
    if by not in (*comparison.OF_TOTALS, comparison.STREET):
        known = ", ".join((*comparison.OF_TOTALS, comparison.STREET))
        raise Refused(Problem("AIM-B136", {"by": by, "known": known}))
    names, earlier = list[str](), Period.month(run.period)
    for _ in range(PERIODS_COMPARED):
        earlier = earlier.previous()
        names.append(earlier.name)
    now = comparison.of_month(work, run, by) if is_own(run) else comparison.of_run(work, run.id, by)
    before = {name: comparison.of_period(work, name, by) for name in names}
    keys = sorted({key for sums in (now, *before.values()) for key in sums}, key=str)
    called = accounts.address_names(work, keys) if by == comparison.STREET else {}
    return [
        {by: called.get(key, key), "gross_tyiyn": now.get(key, 0)}
        | {name: sums.get(key) for name, sums in before.items()}
        for key in keys
    ]
