"""Taking the resident register: how many persons an account is charged for, from when, on what ground."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from aimak import audit
from aimak.files.rows import Row
from aimak.problems import Place, Problem
from aimak.storage import counters
from aimak.storage.work import UnitOfWork

from aimak_billing.application.corrections.touching import touch_since
from aimak_billing.store import accounts as store
from aimak_billing.store import life


def take_residents(work: UnitOfWork, rows: Sequence[Row]) -> list[Problem]:
    """Take a block of entries. An entry closes the one before it; the entry that came with the account itself is
    completed by one of the same date. What would overlap is refused."""
    work.tenant_facts()
    ids = store.ids_by_name(work, {row.values["account"] for row in rows})
    life.lock_all(work, ids.values())
    register: dict[int, list[dict[str, Any]]] = {key: [] for key in ids.values()}
    for entry in store.residents_of(work, ids.values()):
        register[entry.account_id].append(dict(entry._mapping))
    problems, told = list[Problem](), list[tuple[int, date]]()
    for row in rows:
        account_id = ids.get(row.values["account"])
        problem = _fault(row, None if account_id is None else register[account_id])
        if problem is not None:
            problems.append(problem)
            continue
        assert account_id is not None
        before = _count(register[account_id])
        _enter(register[account_id], account_id, row)
        if before is not None:
            after = _count(register[account_id])
            ground = row.values["ground"] or ""
            audit.note(work, account_id=account_id, before=before, after=after, ground=ground, action="residents")
        told.append((account_id, row.values["from"]))
    touch_since(work, told, "residents")
    _write(work, [entry for entries in register.values() for entry in entries])
    return problems


def _fault(row: Row, entries: list[dict[str, Any]] | None) -> Problem | None:
    said = row.values
    place = Place(line=row.line, column="account" if entries is None else "from")
    if entries is None:
        return Problem("AIM-B017", {"account": said["account"]}, place)
    if (said["pensioners"] or 0) > said["persons"]:
        return Problem("AIM-B022", {"account": said["account"]}, Place(line=row.line, column="pensioners"))
    if said["to"] is not None and said["to"] <= said["from"]:
        return Problem("AIM-B023", {"account": said["account"]}, Place(line=row.line, column="to"))
    last = entries[-1] if entries else None
    if last is None or _is_completed_by(last, said["from"]):
        return None
    if said["from"] <= last["valid_from"] or (last["valid_to"] is not None and said["from"] < last["valid_to"]):
        return Problem("AIM-B018", {"account": said["account"], "from": str(last["valid_from"])}, place)
    return None


def _count(entries: list[dict[str, Any]]) -> dict[str, Any] | None:
    """How many the register has last; None where nobody was ever entered."""
    if not entries:
        return None
    last = entries[-1]
    return {"persons": last["persons"], "pensioners": last["pensioners"], "from": last["valid_from"].isoformat()}


def _is_completed_by(entry: dict[str, Any], day: date) -> bool:
    return bool(entry["valid_from"] == day and entry["ground"] == "")


def _enter(entries: list[dict[str, Any]], account_id: int, row: Row) -> None:
    said = row.values
    facts = {"persons": said["persons"], "pensioners": said["pensioners"] or 0, "valid_to": said["to"]}
    facts["ground"] = said["ground"] or "-"
    if entries and _is_completed_by(entries[-1], said["from"]):
        entries[-1].update(facts, changed=True)
        return
    if entries and entries[-1]["valid_to"] is None:
        entries[-1].update(valid_to=said["from"], changed=True)
    entries.append({"account_id": account_id, "valid_from": said["from"], **facts})


def _write(work: UnitOfWork, entries: Sequence[dict[str, Any]]) -> None:
    fresh = [entry for entry in entries if "id" not in entry]
    first = counters.reserve(work, "resident", len(fresh))
    names = ("account_id", "persons", "pensioners", "valid_from", "valid_to", "ground")
    store.add_rows(
        work,
        "resident",
        [
            {"id": first + place, **{name: entry[name] for name in names}, "version": 1}
            for place, entry in enumerate(fresh)
        ],
    )
    again = ("id", *names[1:])
    changed = [entry for entry in entries if "id" in entry and entry.get("changed")]
    store.change_residents(
        work, [{name: entry[name] for name in again} | {"version": entry["version"] + 1} for entry in changed]
    )
