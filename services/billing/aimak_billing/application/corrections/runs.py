"""Runs beside the month's own: over a part of the town, once more for whom the first passed over, or anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from aimak import audit
from aimak.contracts.fields import INT64_MAX
from aimak.problems import Conflict, NotFound, Problem, Refused
from aimak.storage.work import UnitOfWork
from sqlalchemy import Row

from aimak_billing.application import cycle
from aimak_billing.application.kit import Kit
from aimak_billing.application.registers import tell_service_types
from aimak_billing.application.views import find_account, find_bill
from aimak_billing.domain import cycle as states
from aimak_billing.domain.corrections.selection import Selection
from aimak_billing.store import accounts, selections
from aimak_billing.store import runs as store


def start(kit: Kit, work: UnitOfWork, asked: Mapping[str, Any], actor: str) -> int:
    """Begin a run of a period over a selection, and its preview; gives the run's id.

    asked: period, selection, replaces (bill anew and cancel what it replaces; without it only what no bill in force
    charges is billed), reason, accounts (numbers, for a list or a route;
    none: those it last had). It is of the generation after the last of its
    selection. Raises Conflict while that one has not ended.
    """
    period = cycle.period_of(asked["period"])
    selection = _selection(asked["selection"])
    reason = (asked.get("reason") or "").strip()
    if not reason:
        raise Refused(Problem("AIM-B103", {}))
    work.tenant_facts()
    tell_service_types(kit, work)
    store.lock_cycles(work)
    cycle.begin(work, period)
    scope, members = _members(work, selection, asked)
    before = [run for run in store.runs(work, period.name) if run.selection == selection.text and run.attempt]
    for run in before:
        if run.state not in states.ENDED:
            raise Conflict(Problem("AIM-B104", {"period": period.name, "selection": selection.text, "run": run.id}))
    generation = max((run.generation for run in before), default=-1) + 1
    key = states.run_id(work.tenant, states.MONTHLY, period.name, selection.text, generation)
    facts = {"selection": selection.text, "generation": generation, "scope": scope, "reason": reason}
    if store.run(work, key) is None:
        store.add_run(work, period.name, key, replaces=bool(asked.get("replaces")), **facts)
    else:
        # The month's own run, which nobody has begun, or gave up before.
        store.change_run(work, key, state=states.OPEN, replaces=bool(asked.get("replaces")), reason=reason)
    store.add_members(work, key, members)
    run = cycle.locked(work, key)
    cycle.preview_run(kit, work, run, actor)
    note_of(work, run)
    return key


def note_of(work: UnitOfWork, run: Row[Any]) -> None:
    """Note of what run the present command is: by its id nobody knows it."""
    kind = Selection.read(run.selection)
    # A run over one account is found by that account.
    alone = store.members(work, run.id, 0, INT64_MAX) if kind and kind.kind in ("account", "bill") else []
    told = {"period": run.period, "selection": run.selection, "generation": run.generation}
    told |= {"replaces": True} if run.replaces else {}
    audit.note(work, account_id=alone[0] if alone else None, after=told, ground=run.reason)


def _selection(text: str) -> Selection:
    selection = Selection.read(text)
    if selection is None:
        raise Refused(Problem("AIM-B105", {"selection": text}))
    return selection


def _bill(work: UnitOfWork, number: str, period: str) -> Row[Any]:
    """A bill that a run of the period may make anew. Raises Refused."""
    bill = find_bill(work, number)
    if bill.period != period:
        raise Refused(Problem("AIM-B106", {"bill": number, "period": bill.period}))
    if bill.scope == states.ONE_OFF:
        raise Refused(Problem("AIM-B185", {"bill": bill.number}))
    return bill


def _members(work: UnitOfWork, selection: Selection, asked: Mapping[str, Any]) -> tuple[str, Sequence[int]]:
    """What is billed of each account, and the accounts where they are named. Raises Refused where there are none."""
    scope, found = selection.scope, list[int]()
    if not selection.of_accounts:
        return scope, found
    if selection.kind == "account":
        found = [find_account(work, selection.value).id]
    elif selection.kind == "bill":
        bill = _bill(work, selection.value, asked["period"])
        scope, found = bill.scope, [bill.account_id]
    elif selection.kind == "street":
        found = selections.of_street(work, _number(selection.value))
    elif selection.kind == "touched":
        found = selections.touched(work, asked["period"])
    else:
        found = _listed(work, asked.get("accounts") or ()) or selections.last_of(work, selection.text)
    if not found:
        raise Refused(Problem("AIM-B107", {"selection": selection.text}))
    return scope, found


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0


def _listed(work: UnitOfWork, numbers: Sequence[str]) -> list[int]:
    ids = accounts.ids_by_name(work, set(numbers))
    unknown = sorted(set(numbers) - set(ids))
    if unknown:
        raise NotFound(*(Problem("AIM-B051", {"account": number}) for number in unknown))
    return sorted(set(ids.values()))


def abandon(work: UnitOfWork, run: Row[Any], actor: str) -> None:
    """Give up a run that was not issued. Raises Conflict for one that was, or is being worked on."""
    if cycle.is_repeat(work, "abandon", run):
        return
    store.change_run(work, run.id, state=states.ABANDONED)
    cycle.note(work, run, "abandon", run.attempt, actor)


def pause(work: UnitOfWork, run: Row[Any]) -> None:
    """Have the workers leave the chunks that are not begun yet."""
    if cycle.may(work, "pause", run) and not run.paused:
        store.change_run(work, run.id, paused=True)


def resume(work: UnitOfWork, run: Row[Any], command: str = "resume") -> None:
    """Go on with a run that was paused, or whose chunks failed: those that are not done are given out again. `command`:
    resume or retry, as whoever asks calls it."""
    cycle.may(work, command, run)
    store.change_run(work, run.id, paused=False)
    chunks = store.chunks(work, run.id)
    if run.state == states.PREVIEWING:
        waiting = [chunk.chunk for chunk in chunks if chunk.attempt != run.attempt]
        cycle.publish_previews(work, run.id, run.attempt, waiting)
    else:
        waiting = [chunk.chunk for chunk in chunks if chunk.state != states.ISSUED]
        cycle.publish_issues(work, run.id, run.attempt, waiting)
