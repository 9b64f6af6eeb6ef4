"""Trying drafts on the real accounts: asked for once, done chunk by chunk by the workers, told as one report."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import polars as pl
from aimak.batches import in_batches
from aimak.contracts import billing
from aimak.languages import spoken
from aimak.period import Period
from aimak.problems import NotFound, PermanentFault, Problem, Refused
from aimak.storage import counters
from aimak.storage.work import UnitOfWork
from aimak.texts import translate
from sqlalchemy import Row

from aimak_billing.application.cycle import period_of
from aimak_billing.application.kit import Kit
from aimak_billing.application.rating import with_winters
from aimak_billing.application.registers import tenant_called
from aimak_billing.application.tariff_life import find, ref_of
from aimak_billing.application.tariffs import stored
from aimak_billing.domain.chunk import rating_frame
from aimak_billing.domain.simulation import Compared, Pair, billed_in, compare, of_chunks, over_periods, pairs, report
from aimak_billing.domain.tariff import ONCE, TariffVersion
from aimak_billing.store import accounts as account_store
from aimak_billing.store import runs
from aimak_billing.store import simulations as store

RUNNING, DONE, STOPPED = "running", "done", "stopped"
PERIODS_AT_MOST = 36
# So many of a run's chunks at a time: little is written, and fewer of them have fewer of the fixed costs of rating.
RUN_CHUNKS = 4
_TOTALS = {
    "service": pl.String,
    "customer_class": pl.String,
    "tariff_id": pl.Int64,
    **dict.fromkeys(("connections", "quantity", "old_net", "old_tax", "new_net", "new_tax"), pl.Int64),
}
_HELD = {"side": pl.String, "service": pl.String, "code": pl.String, "accounts": pl.Int64}


def start(kit: Kit, work: UnitOfWork, refs: Sequence[str], periods: str, actor: str) -> int:
    """Have drafts tried on chosen months: "2026-01..2026-10" or "2026-10". Gives the simulation's number. Raises
    Refused with every reason why the drafts could not be rated."""
    versions, _ = stored(kit, work)
    drafts = [find(versions, ref, under_way=True) for ref in refs]
    months = months_of(periods)
    _refuse_untriable(drafts, months)
    asked = {
        "drafts": [draft.id for draft in drafts],
        "tariffs": [ref_of(draft) for draft in drafts],
        "periods": [month.name for month in months],
    }
    # What could refuse a draft in one month refuses it in every month: two are tried, all would take seconds.
    _pairs(kit, work, {**asked, "periods": sorted({asked["periods"][0], asked["periods"][-1]})})
    ids = runs.account_ids(work, 0)
    if not ids:
        raise Refused(Problem("AIM-B037", {"period": periods}))
    size = kit.accounts_a_chunk * RUN_CHUNKS
    bounds = [(part[0], part[-1]) for part in in_batches(ids, size)]
    number = counters.reserve(work, "simulation", 1)
    row = {"id": number, "asked": asked, "state": RUNNING, "actor": actor, "at": work.now}
    store.add(work, {**row, "chunks": len(bounds), "undone": len(bounds)}, bounds)
    for place in range(len(bounds)):
        work.publish(billing.SimulationChunksCut.of(work.tenant, [{"simulation_id": number, "chunk": place}]))
    return number


def _refuse_untriable(drafts: Sequence[TariffVersion], months: Sequence[Period]) -> None:
    """Raises Refused for a price list, and for a draft of which no period is billed in any of the months."""
    lists = [draft for draft in drafts if draft.frequency == ONCE]
    idle = [draft for draft in drafts if draft.frequency != ONCE and not billed_in(draft, months)]
    problems = [Problem("AIM-T123", {"tariff": ref_of(draft)}) for draft in lists]
    fields = [{"tariff": ref_of(one), "frequency": one.frequency, "billed": one.billed} for one in idle]
    problems += [Problem("AIM-T124", one) for one in fields]
    if problems:
        raise Refused(*problems)


def months_of(text: str) -> list[Period]:
    """The months of "2026-01..2026-10", or the one of "2026-10". Raises Refused."""
    first, mark, last = text.partition("..")
    start, end = period_of(first), period_of(last if mark else first)
    months = []
    while start.start <= end.start and len(months) <= PERIODS_AT_MOST:
        months.append(start)
        start = Period.month_of(start.end)
    if not months or len(months) > PERIODS_AT_MOST:
        raise Refused(Problem("AIM-T120", {"periods": text[:40], "limit": PERIODS_AT_MOST}))
    return months


def _pairs(kit: Kit, work: UnitOfWork, asked: Mapping[str, Any]) -> list[Pair]:
    versions, taxes = stored(kit, work)
    drafts = [version for version in versions if version.id in asked["drafts"]]
    months = [Period.month(name) for name in asked["periods"]]
    return pairs(versions, drafts, taxes, kit.plugins, months)


def simulate_chunk(kit: Kit, work: UnitOfWork, event: billing.SimulationChunksCut) -> None:
    """Rate the chunks named both ways. A chunk that is done, or of a simulation that was stopped, is left alone."""
    for asked in event.rows():
        number, place = asked["simulation_id"], asked["chunk"]
        simulation = store.one(work, number)
        if simulation is None:
            raise PermanentFault(Problem("AIM-T121", {"simulation": number}))
        chunk = store.chunk(work, number, place) if simulation.state == RUNNING else None
        if chunk is None or chunk.sums is not None:
            continue
        made = _compared(kit, work, simulation, chunk)
        body = io.BytesIO()
        made.accounts.write_ipc(body, compression="zstd")
        sums = {"totals": made.totals.to_dicts(), "held": made.held.to_dicts()}
        if store.keep(work, number, place, body.getvalue(), sums) == 0:
            _finish(kit, work, simulation)


def _compared(kit: Kit, work: UnitOfWork, simulation: Row[Any], chunk: Row[Any]) -> Compared:
    both = kit.simulated(work.tenant, simulation.id, lambda: _pairs(kit, work, simulation.asked))
    first, last = chunk.first_account, chunk.last_account
    books = [book for pair in both for book in (pair.old, pair.new)]
    services = {version.service for book in books for version in book.versions.values()}
    known = store.history(work, first, last, services, [pair.period for pair in both])

    def tried(pair: Pair) -> Compared:
        told = with_winters(work, first, last, known.facts(work, first, last, pair.period), [pair.old, pair.new])
        return compare(rating_frame(told, pair.old, pair.new), pair.old, pair.new, pair.months)

    return over_periods(map(tried, both))


def _finish(kit: Kit, work: UnitOfWork, simulation: Row[Any]) -> None:
    parts = [
        Compared(
            pl.read_ipc(io.BytesIO(row.accounts)),
            pl.DataFrame(row.sums["totals"], schema=_TOTALS),
            pl.DataFrame(row.sums["held"], schema=_HELD),
        )
        for row in store.chunks(work, simulation.id)
    ]
    both = kit.simulated(work.tenant, simulation.id, lambda: _pairs(kit, work, simulation.asked))
    versions = {key: version for pair in both for key, version in pair.new.versions.items()}
    told = report(of_chunks(parts), versions)
    hit = account_store.described(work, [row["account_id"] for row in told["hardest"]])
    numbers = {row.id: row.number for row in hit}
    told["hardest"] = [{**row, "account": numbers[row.pop("account_id")]} for row in told["hardest"]]
    units = {code: _unit(kit, code) for code in {row["service"] for row in told["revenue"]}}
    store.end(work, simulation.id, DONE, {**told, "units": units})


def _unit(kit: Kit, service: str) -> dict[str, str]:
    kind = kit.plugins.service_types.get(service)
    return dict(kind.unit_names) if kind else {}


def stop(work: UnitOfWork, number: int) -> None:
    """Stop a simulation that is running; what it has reckoned is dropped. Raises NotFound."""
    if _one(work, number).state == RUNNING:
        store.end(work, number, STOPPED)


def _one(work: UnitOfWork, number: int) -> Row[Any]:
    row = store.one(work, number)
    if row is None:
        raise NotFound(Problem("AIM-T121", {"simulation": number}))
    return row


def view(work: UnitOfWork, number: int) -> dict[str, Any]:
    """How far a simulation is, and its report when it is done. Raises NotFound."""
    row = _one(work, number)
    told = {"simulation": row.id, "state": row.state, "tariffs": row.asked["tariffs"], "periods": row.asked["periods"]}
    return {**told, "done": row.chunks - row.undone, "total": row.chunks, "report": row.report}


def documented(
    kit: Kit, work: UnitOfWork, number: int, lang: str
) -> tuple[dict[str, Any], dict[str, str], str, datetime]:
    """A simulation that is done, services and classes in words, the municipality's name and the instant it was asked
    for: for its documents. Raises NotFound, or Refused while it is not done."""
    told = view(work, number)
    if told["report"] is None:
        raise Refused(Problem("AIM-T122", {"simulation": number, "state": told["state"]}))
    names = {code: dict(kind.names)[lang] for code, kind in kit.plugins.service_types.all()}
    for row in told["report"]["revenue"]:
        code = row["customer_class"]
        names[code] = translate("aimak_billing", f"tariff.value.{code}", lang) or code
    at = _one(work, number).at
    said = tenant_called(work, [at])[at]
    return told, names, spoken(said, lang) or work.tenant, at
