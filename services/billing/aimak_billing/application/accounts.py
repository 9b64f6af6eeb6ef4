"""Taking accounts with their aliases, connections and residents from an import, block by block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from aimak.contracts import billing
from aimak.files.rows import Row
from aimak.problems import Place, Problem
from aimak.storage import counters
from aimak.storage.types import dumps
from aimak.storage.work import UnitOfWork

from aimak_billing.application import parties
from aimak_billing.application.kit import Kit
from aimak_billing.application.registers import attribute_problems
from aimak_billing.domain import addresses
from aimak_billing.domain.phones import phone_number
from aimak_billing.store import accounts as store
from aimak_billing.store import life, registers

# A house that is being built has its account before it is lived in; a day further on is a slip of the pen.
_OPENED_AHEAD = timedelta(days=366)
# What every line of one account must say alike.
_ALIKE = ("kind", "class", "holder", "phone", "language", "street", "house", "flat", "opened_on")


@dataclass
class _New:
    """An account that this block brings."""

    row: Row
    number: str
    account_id: int = 0
    objects: dict[int, tuple[str, int | None, str]] = field(default_factory=dict)


@dataclass
class _Block:
    """What a block of rows comes to before anything is written."""

    known: dict[str, Any]
    names: dict[str, int]
    connected: set[tuple[str, str, str]]
    services: set[str]
    providers: set[str]
    latest: date
    new: dict[str, _New] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    connections: list[Row] = field(default_factory=list)
    judged: dict[tuple[str, str], list[Problem]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def take_accounts(kit: Kit, work: UnitOfWork, rows: Sequence[Row]) -> list[Problem]:
    """Take a block of lines, one for each account × connection; gives the faults of those that cannot be taken.

    Lines of one account may lie in different blocks: a later line adds its connection. The same connection twice is
    a duplicate account, and so is a line that says something else of the account than the lines before it.
    """
    block = _look_up(kit, work, rows)
    for row in rows:
        problem = _fault(kit, block, row)
        if problem is not None:
            block.problems.append(problem)
            continue
        _keep(block, row)
    _write(work, block)
    return block.problems


def _look_up(kit: Kit, work: UnitOfWork, rows: Sequence[Row]) -> _Block:
    numbers = {row.values["account"] for row in rows}
    known = store.by_numbers(work, numbers)
    names = store.ids_by_name(work, numbers | {alias for row in rows for alias in _aliases(row)})
    by_id = {account.id: account.number for account in known.values()}
    life.lock_all(work, by_id)
    connected = {
        (by_id[connection.account_id], connection.service, connection.provider)
        for connection in store.connections_of(work, by_id)
    }
    services = set(kit.plugins.service_types.codes())
    providers = {provider.code for provider in registers.providers(work)}
    return _Block(known, names, connected, services, providers, work.today() + _OPENED_AHEAD)


def _aliases(row: Row) -> list[str]:
    return [alias.strip() for alias in (row.values["aliases"] or "").split("|") if alias.strip()]


def _fault(kit: Kit, block: _Block, row: Row) -> Problem | None:
    """The first reason why a line cannot be taken."""
    return (
        _connection_fault(kit, block, row)
        or _phone_fault(row)
        or _day_fault(block, row)
        or _other_facts(block, row)
        or _taken_name(block, row)
        or _duplicate(block, row)
    )


def _problem(row: Row, code: str, column: str, **fields: Any) -> Problem:
    return Problem(code, {"account": row.values["account"], **fields}, Place(line=row.line, column=column))


def _connection_fault(kit: Kit, block: _Block, row: Row) -> Problem | None:
    service, provider = row.values["service"], row.values["provider"]
    if not service and not provider:
        return None
    if not service or not provider:
        return _problem(row, "AIM-B016", "service" if not service else "provider")
    if service not in block.services:
        return _problem(row, "AIM-B010", "service", service=service, known=", ".join(sorted(block.services)))
    if provider not in block.providers:
        return _problem(row, "AIM-B011", "provider", provider=provider, known=", ".join(sorted(block.providers)) or "-")
    attributes = row.values["attributes"] or {}
    judged = service, dumps(attributes)
    if judged not in block.judged:
        block.judged[judged] = attribute_problems(kit, service, attributes)
    wrong = block.judged[judged]
    if not wrong:
        return None
    return replace(_problem(row, "AIM-B015", "attributes", service=service), inner=tuple(wrong))


def _phone_fault(row: Row) -> Problem | None:
    given = row.values["phone"]
    if given and phone_number(given) is None:
        return _problem(row, "AIM-B021", "phone", phone=given)
    return None


def _day_fault(block: _Block, row: Row) -> Problem | None:
    opened = row.values["opened_on"]
    if opened > block.latest:
        return _problem(row, "AIM-B025", "opened_on", date=opened.isoformat(), latest=block.latest.isoformat())
    return None


def _other_facts(block: _Block, row: Row) -> Problem | None:
    number = row.values["account"]
    if number in block.new:
        first = block.new[number].row
        differing = [name for name in _ALIKE if first.values[name] != row.values[name]]
    elif number in block.known:
        differing = _differences(block.known[number], row)
    else:
        return None
    return _problem(row, "AIM-B013", differing[0], differing=", ".join(differing)) if differing else None


def _differences(account: Any, row: Row) -> list[str]:
    said = row.values
    pairs = {
        "kind": (account.kind, said["kind"]),
        "class": (account.customer_class, said["class"]),
        "holder": (account.holder, said["holder"]),
        "phone": (account.phone, phone_number(said["phone"] or "")),
        "language": (account.language, said["language"]),
        "street": ((account.street_id, account.house_id, account.flat_id), _object_ids(account.tenant, row)),
        "opened_on": (account.opened_on, said["opened_on"]),
    }
    return [name for name, (stands, says) in pairs.items() if stands != says]


def _object_ids(tenant: str, row: Row) -> tuple[int | None, int | None, int | None]:
    said = row.values
    return addresses.object_ids(tenant, said["street"] or "", said["house"] or "", said["flat"] or "")


def _taken_name(block: _Block, row: Row) -> Problem | None:
    number = row.values["account"]
    own = block.known[number].id if number in block.known else None
    if block.names.get(number, own) != own or block.aliases.get(number, number) != number:
        return _problem(row, "AIM-B014", "account", number=number)
    for alias in _aliases(row):
        taken = block.names.get(alias, own) != own or block.aliases.get(alias, number) != number
        if taken or alias == number or (alias in block.new):
            return _problem(row, "AIM-B014", "aliases", number=alias)
    return None


def _duplicate(block: _Block, row: Row) -> Problem | None:
    number, service, provider = (row.values[name] for name in ("account", "service", "provider"))
    again = number in block.new or number in block.known
    if (service and (number, service, provider) in block.connected) or (not service and again):
        return _problem(row, "AIM-B012", "account", service=service or "-")
    return None


def _keep(block: _Block, row: Row) -> None:
    number, service = row.values["account"], row.values["service"]
    if number not in block.known and number not in block.new:
        block.new[number] = _New(row, number)
    for alias in _aliases(row):
        if alias not in block.names:
            block.aliases[alias] = number
    if service:
        block.connected.add((number, service, row.values["provider"]))
        block.connections.append(row)


def _write(work: UnitOfWork, block: _Block) -> None:
    fresh = list(block.new.values())
    first = counters.reserve(work, "account", len(fresh))
    for place, new in enumerate(fresh):
        new.account_id = first + place
    ids = {number: account.id for number, account in block.known.items()}
    ids |= {new.number: new.account_id for new in fresh}
    _write_accounts(work, fresh)
    _write_residents(work, fresh)
    _write_aliases(work, block, ids)
    _write_connections(work, block, ids)


def _write_accounts(work: UnitOfWork, fresh: Sequence[_New]) -> None:
    objects: dict[int, tuple[str, int | None, str]] = {}
    customers, premises, accounts, told = [], [], [], []
    for new in fresh:
        said, key = new.row.values, new.account_id
        street, house, flat = _object_ids(work.tenant, new.row)
        for object_id, kind, parent, name in (
            (street, addresses.STREET, None, said["street"]),
            (house, addresses.HOUSE, street, said["house"]),
            (flat, addresses.FLAT, house, said["flat"]),
        ):
            if object_id is not None:
                objects.setdefault(object_id, (kind, parent, name))
        phone = phone_number(said["phone"] or "")
        holder = said["holder"]
        customers.append(
            {"id": key, "name": holder, "folded": holder.casefold(), "phone": phone, "language": said["language"]}
        )
        premises.append({"id": key, "kind": said["kind"], "street_id": street, "house_id": house, "flat_id": flat})
        accounts.append(
            {"id": key, "number": new.number, "customer_id": key, "premise_id": key, "customer_class": said["class"]}
            | {"status": "active", "opened_on": said["opened_on"], "closed_on": None, "version": 1}
        )
        address = addresses.address_text(said["street"], said["house"], said["flat"])
        told.append(
            {"account_id": key, "number": new.number, "holder": holder, "address": address, "phone": phone}
            | {"language": said["language"], "status": "active", "version": 1}
        )
    store.add_addresses(work, objects)
    store.add_rows(work, "customer", customers)
    store.add_rows(work, "premise", premises)
    store.add_rows(work, "account", accounts)
    parties.enter(work, told)
    work.publish(billing.AccountsDefined.of(work.tenant, told))


def _write_residents(work: UnitOfWork, fresh: Sequence[_New]) -> None:
    counted = [new for new in fresh if new.row.values["residents"] is not None]
    first = counters.reserve(work, "resident", len(counted))
    rows = [
        {"id": first + place, "account_id": new.account_id, "persons": new.row.values["residents"], "pensioners": 0}
        | {"valid_from": new.row.values["opened_on"], "valid_to": None, "ground": "", "version": 1}
        for place, new in enumerate(counted)
    ]
    store.add_rows(work, "resident", rows)


def _write_aliases(work: UnitOfWork, block: _Block, ids: dict[str, int]) -> None:
    rows = [{"alias": alias, "account_id": ids[number], "version": 1} for alias, number in block.aliases.items()]
    store.add_rows(work, "account_alias", rows)
    work.publish(billing.AliasesDefined.of(work.tenant, rows))


def _write_connections(work: UnitOfWork, block: _Block, ids: dict[str, int]) -> None:
    first = counters.reserve(work, "connection", len(block.connections))
    rows, told = [], []
    for place, row in enumerate(block.connections):
        said = row.values
        facts = {
            "account_id": ids[said["account"]],
            "service": said["service"],
            "provider": said["provider"],
            "customer_class": said["class"],
            "attributes": dumps(said["attributes"] or {}),
            "version": 1,
        }
        rows.append({"id": first + place, **facts, "valid_from": said["opened_on"], "valid_to": None})
        opened = said["opened_on"].isoformat()
        told.append({"connection_id": first + place, **facts, "valid_from": opened, "valid_to": None})
    store.add_rows(work, "connection", rows)
    work.publish(billing.ConnectionsDefined.of(work.tenant, told))
