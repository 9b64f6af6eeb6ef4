"""The life of an account: moving out and in, splitting, other residents, another creditor, a street's new name.

Each change has its day. What it says of periods that were billed already is corrected by the next bill.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from aimak import audit
from aimak.batches import in_batches
from aimak.contracts import billing
from aimak.contracts.base import MAX_ROWS
from aimak.problems import Conflict, NotFound, Problem, Refused
from aimak.storage import counters
from aimak.storage.types import dumps
from aimak.storage.work import UnitOfWork
from sqlalchemy import Row

from aimak_billing.application.corrections.going_on import Piece, lasting, waiting
from aimak_billing.application.corrections.touching import touch_since
from aimak_billing.application.views import address_parts, find_account, find_provider
from aimak_billing.domain.addresses import STREET, address_text
from aimak_billing.domain.phones import phone_number
from aimak_billing.store import accounts, selections
from aimak_billing.store import life as store

CLOSED, ACTIVE = "closed", "active"


def tell_accounts(work: UnitOfWork, account_ids: Sequence[int]) -> None:
    """Tell others of accounts as they stand now."""
    alike = ("number", "holder", "phone", "language", "status", "version")
    for part in in_batches(account_ids, accounts.BATCH):
        rows = accounts.described(work, part)
        parts = address_parts(work, rows)
        told = [
            {"account_id": row.id, "address": address_text(*parts[row.id])} | {key: getattr(row, key) for key in alike}
            for row in rows
        ]
        work.publish(billing.AccountsDefined.of(work.tenant, told))


def tell_connections(work: UnitOfWork, account_ids: Sequence[int]) -> None:
    """Tell others of all connections of some accounts as they stand now."""
    alike = ("account_id", "service", "provider", "customer_class", "version")
    told = [
        {"connection_id": row.id, "attributes": dumps(row.attributes), "valid_from": row.valid_from.isoformat()}
        | {"valid_to": row.valid_to.isoformat() if row.valid_to else None}
        | {key: getattr(row, key) for key in alike}
        for row in accounts.connections_of(work, account_ids)
    ]
    # So many accounts as one statement asks for may have more connections, ended ones too, than an event holds.
    for part in in_batches(told, MAX_ROWS):
        work.publish(billing.ConnectionsDefined.of(work.tenant, part))


def _active(work: UnitOfWork, number: str) -> Row[Any]:
    """The account, locked. Raises NotFound, Conflict for one that is closed."""
    account = store.lock(work, find_account(work, number).id)
    if account.status != ACTIVE:
        raise Conflict(Problem("AIM-B123", {"account": account.number, "day": str(account.closed_on)}))
    return account


def alive(rows: Iterable[Row[Any]], day: date) -> list[Row[Any]]:
    """Entries and connections that hold on a day or begin after it. What ended as it began never held, and is not
    carried on: an account whose creditor changed back and forth would have twice as many each time."""
    return [row for row in rows if row.valid_to is None or row.valid_to > max(day, row.valid_from)]


def move_out(work: UnitOfWork, number: str, day: date) -> dict[str, Any]:
    """Nobody is charged from `day` on: connections and residents end, the account is closed. Its last bill comes with
    the month, or at once by a run over the account; what it owes stays owed."""
    work.tenant_facts()
    account = _active(work, number)
    if day < account.opened_on:
        raise Refused(Problem("AIM-B124", {"account": account.number, "day": account.opened_on.isoformat()}))
    store.end_connections(work, alive(accounts.connections_of(work, [account.id]), day), day, left_on=day)
    _end_residents(work, account.id, day)
    store.change_account(work, account.id, status=CLOSED, closed_on=day)
    after = {"status": CLOSED, "from": day.isoformat()}
    audit.note(work, account_id=account.id, before={"status": ACTIVE}, after=after)
    touch_since(work, [(account.id, day)], "moved_out")
    tell_accounts(work, [account.id])
    tell_connections(work, [account.id])
    return {"account": account.number, "status": CLOSED, "closed_on": day.isoformat()}


def _end_residents(work: UnitOfWork, account_id: int, day: date) -> None:
    for entry in alive(accounts.residents_of(work, [account_id]), day):
        if entry.valid_from >= day:
            store.drop_resident(work, entry.id)
        else:
            store.end_resident(work, entry.id, day)


def move_in(work: UnitOfWork, number: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Open a new account at the premise of `number`, with the services that it was left with, each of the creditor who
    would give it by then; nothing waits there any more. asked: as (the new number), day, holder, persons, pensioners,
    phone, language. Debts stay with who made them. Raises Conflict where people live there, or nothing waits."""
    work.tenant_facts()
    store.lock(work, find_account(work, number).id)
    before, day = find_account(work, number), asked["day"]
    if before.status == ACTIVE or (before.closed_on and before.closed_on > day):
        raise Conflict(Problem("AIM-B125", {"account": before.number}))
    had = waiting(accounts.connections_of(work, [before.id]), day)
    if not had:
        raise Conflict(Problem("AIM-B198", {"account": before.number, "day": day.isoformat()}))
    store.end_waiting(work, [(piece.row, piece.since) for piece in had])
    key = _open_account(work, before, asked["as"], day, asked)
    _connect(work, had, account_id=key, anew=True)
    _note_opening(work, key, asked)
    opened = {"account": asked["as"], "account_id": key, "status": ACTIVE, "opened_on": day.isoformat()}
    # Who was the creditor when the house was left need not be the one whom people expect today.
    return {**opened, "connected": {piece.row.service: piece.row.provider for piece in reversed(had)}}


def split(work: UnitOfWork, number: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Open a second account at the same premise and give it some services from a day on. asked: as, day, services,
    holder, persons (that go over), phone, language. Balances stay; a document transfers what is to go over."""
    work.tenant_facts()
    account = _active(work, number)
    before, day = find_account(work, number), asked["day"]
    wanted = set(asked.get("services") or ())
    mine = [piece for piece in lasting(accounts.connections_of(work, [account.id]), day) if piece.row.service in wanted]
    missing = wanted - {piece.row.service for piece in mine}
    if missing or not wanted:
        raise Refused(Problem("AIM-B126", {"account": number, "service": ", ".join(sorted(missing)) or "-"}))
    key = _open_account(work, before, asked["as"], day, asked)
    store.end_connections(work, [piece.row for piece in mine], day)
    _connect(work, mine, account_id=key)
    _note_opening(work, key, asked, services=sorted(wanted))
    went = {"services": sorted(wanted), "to_account": asked["as"], "from": day.isoformat()}
    audit.note(work, account_id=account.id, after=went)
    touch_since(work, [(account.id, day)], "split")
    tell_connections(work, [account.id])
    return {"account": asked["as"], "account_id": key, "services": sorted(wanted), "opened_on": day.isoformat()}


def _open_account(work: UnitOfWork, like: Row[Any], number: str, day: date, asked: Mapping[str, Any]) -> int:
    if accounts.ids_by_name(work, [number]):
        raise Conflict(Problem("AIM-B014", {"number": number, "account": number}))
    phone = phone_number(asked.get("phone") or "")
    if asked.get("phone") and phone is None:
        raise Refused(Problem("AIM-B021", {"phone": asked["phone"], "account": number}))
    key = counters.reserve(work, "account", 1)
    holder = asked.get("holder") or like.holder
    named = {"name": holder, "folded": holder.casefold(), "language": asked.get("language") or like.language}
    accounts.add_rows(work, "customer", [{"id": key, **named, "phone": phone}])
    alike = {"premise_id": like.premise_id, "customer_class": like.customer_class}
    row = {"id": key, "number": number, "customer_id": key, **alike, "status": ACTIVE, "opened_on": day}
    accounts.add_rows(work, "account", [{**row, "closed_on": None, "version": 1}])
    if asked.get("persons") is not None:
        _enter_residents(work, key, asked["persons"], asked.get("pensioners") or 0, day, "move")
    tell_accounts(work, [key])
    return key


def _note_opening(work: UnitOfWork, account_id: int, asked: Mapping[str, Any], **facts: Any) -> None:
    """A new account, noted under its own name: by the old one it would not be found."""
    told = {name: asked[name] for name in ("holder", "persons", "pensioners") if asked.get(name) is not None}
    after = {"account": asked["as"], "from": asked["day"].isoformat(), **told, **facts}
    audit.note(work, account_id=account_id, after=after)


def _enter_residents(work: UnitOfWork, account_id: int, persons: int, pensioners: int, day: date, ground: str) -> None:
    key = counters.reserve(work, "resident", 1)
    row = {"id": key, "account_id": account_id, "persons": persons, "pensioners": pensioners, "valid_from": day}
    accounts.add_rows(work, "resident", [{**row, "valid_to": None, "ground": ground, "version": 1}])


def _connect(
    work: UnitOfWork,
    like: Sequence[Piece],
    *,
    account_id: int | None = None,
    anew: bool = False,
    provider: str | None = None,
) -> None:
    """Connections as others were on some of their days, of the same accounts or of `account_id`: they were what those
    were on each of these days. `anew`: as those were in the end."""
    if not like:
        return
    first = counters.reserve(work, "connection", len(like))
    rows = [
        {"id": first + place, "account_id": account_id or piece.row.account_id}
        | {"service": piece.row.service, "provider": provider or piece.row.provider}
        | {"customer_class": piece.row.customer_class, "attributes": dumps(piece.row.attributes)}
        | {"valid_from": piece.since, "valid_to": piece.until}
        | {"left_on": None if anew else piece.left_on, "left_until": None if anew else piece.left_until}
        | {"version": 1}
        for place, piece in enumerate(like)
    ]
    accounts.add_rows(work, "connection", rows)
    if not anew:
        store.copy_past(work, {piece.row.id: row for piece, row in zip(like, rows, strict=True)})
    tell_connections(work, sorted({row["account_id"] for row in rows}))


def set_residents(work: UnitOfWork, number: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """So many persons live there from a day on, also a day long past: what stood from then on gives way. asked:
    persons, pensioners, day, ground."""
    work.tenant_facts()
    account = _active(work, number)
    persons, pensioners, day = asked["persons"], asked.get("pensioners") or 0, asked["day"]
    if pensioners > persons:
        raise Refused(Problem("AIM-B022", {"account": number}))
    before = _residents_on(work, account.id, day)
    _end_residents(work, account.id, day)
    _enter_residents(work, account.id, persons, pensioners, day, asked.get("ground") or "-")
    after = {"persons": persons, "pensioners": pensioners, "from": day.isoformat()}
    audit.note(work, account_id=account.id, before=before, after=after, ground=asked.get("ground") or "")
    touch_since(work, [(account.id, day)], "residents")
    return {"account": account.number, "persons": persons, "pensioners": pensioners, "valid_from": day.isoformat()}


def _residents_on(work: UnitOfWork, account_id: int, day: date) -> dict[str, Any] | None:
    """How many the register has on a day, or next after it; None where nobody was ever entered."""
    for entry in alive(accounts.residents_of(work, [account_id]), day):
        return {"persons": entry.persons, "pensioners": entry.pensioners, "from": entry.valid_from.isoformat()}
    return None


def change_provider(work: UnitOfWork, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Another creditor gives a service from a day on: to one account, or to all that have it from `provider`. asked:
    service, provider, to, day, account. Debts stay owed to whom they were made. Of all, also those who move in later
    where the service was left."""
    work.tenant_facts()
    service, provider, to, day = (asked[name] for name in ("service", "provider", "to", "day"))
    for code in (provider, to):
        find_provider(work, code)
    ids = [_active(work, asked["account"]).id] if asked.get("account") else _all_of(work, service, provider)
    moved: set[int] = set()
    for part in in_batches(ids, accounts.BATCH):
        rows = accounts.connections_of(work, part)
        mine = [piece for piece in lasting(rows, day) if (piece.row.service, piece.row.provider) == (service, provider)]
        waited = _waiting_for(rows, mine, day, (service, provider))
        store.end_connections(work, [piece.row for piece in mine], day)
        store.end_waiting(work, [(piece.row, piece.since) for piece in waited])
        came = [replace(piece, until=piece.since, left_until=piece.until) for piece in waited]
        _connect(work, [*mine, *came], provider=to)
        moved |= {piece.row.account_id for piece in mine}
    after = {"service": service, "provider": to, "from": day.isoformat(), "accounts": len(moved)}
    audit.note(work, account_id=ids[0] if asked.get("account") else None, before={"provider": provider}, after=after)
    touch_since(work, [(account_id, day) for account_id in moved], "provider")
    return after


def _all_of(work: UnitOfWork, service: str, provider: str) -> list[int]:
    """The accounts that have, or had, a service of a provider, locked: all of them before the first connection gets its
    id, as who holds one and waits for an id must not be waited for. Who came while others were locked comes as well."""
    held: set[int] = set()
    while more := sorted(set(selections.of_service(work, service, provider)) - held):
        for part in in_batches(more, accounts.BATCH):
            store.lock_all(work, part)
        held.update(more)
    return sorted(held)


def _waiting_for(rows: Sequence[Row[Any]], ended: Sequence[Piece], day: date, whose: tuple[str, str]) -> list[Piece]:
    """What of a creditor's service waits on a day or later where accounts were left; left out is what really `ended`
    that day, whose mark goes over."""
    over = {piece.row.id for piece in ended}
    mine = [row for row in rows if (row.service, row.provider) == whose and row.id not in over]
    return waiting(mine, day)


def rename_street(work: UnitOfWork, street_id: int, name: str, day: date) -> dict[str, Any]:
    """A street is called otherwise from a day on, which has come; bills made out before keep its old name. Raises
    NotFound, Refused for a day that is still to come: whatever is made out until then bears the old name."""
    work.tenant_facts()
    known = store.address(work, STREET, street_id)
    if known is None:
        raise NotFound(Problem("AIM-B127", {"street": street_id}))
    if not name.strip():
        raise Refused(Problem("AIM-B197", {}))
    if day > work.today():
        raise Refused(Problem("AIM-B196", {"name": name.strip(), "day": day.isoformat()}))
    facts = {"id": street_id, "kind": STREET, "parent_id": None}
    store.name_address(work, {**facts, "valid_from": day, "name": name.strip()})
    now = {"name": name.strip(), "from": day.isoformat()}
    audit.note(work, before={"name": known.name}, after=now)
    ids = selections.of_street(work, street_id)
    store.raise_versions(work, ids)
    tell_accounts(work, ids)
    return {"street": street_id, "name": name.strip(), "from": day.isoformat(), "accounts": len(ids)}


def streets_view(work: UnitOfWork) -> list[dict[str, Any]]:
    """Streets with every name they have had."""
    return [{"street": row.id, "name": row.name, "from": row.valid_from.isoformat()} for row in store.streets(work)]
