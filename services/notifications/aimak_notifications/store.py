"""The queries of notifications: plain functions on a unit of work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import polars as pl
from aimak.batches import in_batches
from aimak.storage import bulk, turns
from aimak.storage.statements import insert_into, rows_where
from aimak.storage.types import dumps
from aimak.storage.upsert import insert_once
from aimak.storage.work import UnitOfWork
from sqlalchemy import Column, Row, Select, Table, Update, bindparam, delete, func, insert, or_, select, update

from aimak_notifications.domain import notices as domain
from aimak_notifications.domain import states
from aimak_notifications.domain.notices import Notice
from aimak_notifications.tables import account, consent, gateway, message, notice, plugin_state, service_type

# One turn at a time in a tenant: bills, payments and accounts look at each other's rows before they write.
_TURN_LOCK_SPACE = 0x61696D6E
# Both databases take more parameters in a statement than this.
_IDS_AT_ONCE = 1000
# From so many rows on a frame is quicker than a statement built once.
_FRAME_ROWS = 200
_SERVICES = 64


@dataclass(frozen=True)
class Filter:
    """Which messages: None leaves a column open. `account` is the account's number."""

    account: str | None = None
    state: str | None = None
    kind: str | None = None
    period: str | None = None


def take_turn(work: UnitOfWork) -> None:
    """Wait until no other transaction of this tenant makes notices; held until this one ends."""
    turns.alone(work, _TURN_LOCK_SPACE)


def town(work: UnitOfWork) -> Row[Any] | None:
    """The tenant's row; None while it is not known here."""
    return next(iter(work.fetch(rows_where(work.table("tenant"), "code"), {"code": work.tenant})), None)


def accounts(work: UnitOfWork, ids: Iterable[int]) -> dict[int, Row[Any]]:
    """The known ones among these accounts, by id."""
    return {row.account_id: row for row in _by_ids(work, _rows_of(account.c.account_id), ids)}


def service_names(work: UnitOfWork) -> dict[str, Mapping[str, str]]:
    """Service code → language → name."""
    return {row.code: row.names for row in work.fetch(rows_where(service_type, "tenant"), {"tenant": work.tenant})}


def unwilling(work: UnitOfWork) -> set[str]:
    """Phones that want no messages."""
    return {row.phone for row in work.fetch(_unwilling(), {"tenant": work.tenant})}


@lru_cache(1)
def _unwilling() -> Select[Any]:
    return select(consent.c.phone).where(consent.c.tenant == bindparam("tenant"), consent.c.allowed.is_(False))


def set_consent(work: UnitOfWork, phone: str, allowed: bool, actor: str) -> None:
    """Note whether a phone may get messages."""
    facts = {"allowed": allowed, "changed_at": work.now, "changed_by": actor}
    if not insert_once(work, consent, {"tenant": work.tenant, "phone": phone, **facts}):
        mine = (consent.c.tenant == work.tenant) & (consent.c.phone == phone)
        work.execute(update(consent).where(mine).values(**facts))


def known_notices(work: UnitOfWork, ids: Iterable[int]) -> dict[int, Row[Any]]:
    """Version and state of the notices that are here already, by id."""
    return {row.id: row for row in _by_ids(work, _rows_of(notice.c.id), ids)}


def waiting_notices(work: UnitOfWork, account_ids: Iterable[int] | None = None) -> list[Notice]:
    """Notices that wait for their account, their town or a service; of these accounts, or all."""
    rows: Iterable[Row[Any]]
    if account_ids is None:
        rows = work.fetch(rows_where(notice, "tenant", "state"), {"tenant": work.tenant, "state": domain.WAITING})
    else:
        rows = _by_ids(work, _rows_of(notice.c.account_id, domain.WAITING), account_ids)
    return [
        Notice(row.id, row.kind, row.source_id, row.account_id, row.period, row.version, True, row.facts)
        for row in rows
    ]


def add_notices(work: UnitOfWork, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert notices in bulk."""
    if not _add_few(work, notice, rows):
        _load(work, notice, [{**row, "facts": None if row["facts"] is None else dumps(row["facts"])} for row in rows])


def add_messages(work: UnitOfWork, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert messages in bulk; `made_at` is this unit's instant."""
    if not _add_few(work, message, [{**row, "made_at": work.now} for row in rows]):
        made_at = work.now.isoformat(timespec="microseconds")
        _load(work, message, [{**row, "made_at": made_at} for row in rows])


def _add_few(work: UnitOfWork, table: Table, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Insert rows if they are few; says whether they were."""
    few = len(rows) < _FRAME_ROWS
    if few and rows:
        work.fetch(insert_into(table), [{"tenant": work.tenant, **row} for row in rows])
    return few


def change_notices(work: UnitOfWork, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write version, state and facts of notices that are here; `rows` have id, version, state, facts."""
    if not rows:
        return
    mine = (notice.c.tenant == work.tenant) & (notice.c.id == bindparam("notice_id"))
    facts = bindparam("new_facts", type_=notice.c.facts.type)
    new = {"version": bindparam("new_version"), "state": bindparam("new_state"), "facts": facts}
    statement = update(notice).where(mine).values(**new)
    values = [
        {"notice_id": row["id"], "new_version": row["version"], "new_state": row["state"], "new_facts": row["facts"]}
        for row in rows
    ]
    work.execute(statement, values)


def withdraw(work: UnitOfWork, message_id: int) -> bool:
    """Take back a message that nobody has begun to send; says whether there was one."""
    mine = (message.c.tenant == work.tenant) & (message.c.id == message_id) & (message.c.state == states.QUEUED)
    changed = update(message).where(mine).values(state=states.WITHDRAWN, settled_at=work.now)
    return work.execute(changed).rowcount == 1


def open_messages(work: UnitOfWork, ids: Sequence[int]) -> list[Row[Any]]:
    """Those of these messages that are still to be sent or were being sent, in the order of `ids`."""
    query = _rows_of(message.c.id, states.QUEUED, states.SENDING, lock=True)
    found = {row.id: row for row in _by_ids(work, query, ids)}
    return [found[number] for number in ids if number in found]


def change_messages(work: UnitOfWork, changes: Sequence[Mapping[str, Any]], *, only_from: Sequence[str]) -> int:
    """Write new values of messages that are in one of the states `only_from` and say how many there were. Each change
    has `id` and the same columns as the others."""
    if not changes:
        return 0
    columns = tuple(name for name in changes[0] if name != "id")
    common = {"the_tenant": work.tenant, **{f"from_{place}": state for place, state in enumerate(only_from)}}
    values = [
        {**common, "message_id": change["id"], **{f"new_{name}": change[name] for name in columns}}
        for change in changes
    ]
    return work.execute(_changed_message(columns, len(only_from)), values).rowcount


@lru_cache(_SERVICES)
def _changed_message(columns: tuple[str, ...], states_before: int) -> Update:
    mine = (message.c.tenant == bindparam("the_tenant")) & (message.c.id == bindparam("message_id"))
    # Not IN: a list in it cannot be expanded where many rows are changed at once.
    before = or_(*(message.c.state == bindparam(f"from_{place}") for place in range(states_before)))
    new = {name: bindparam(f"new_{name}", type_=message.c[name].type) for name in columns}
    return update(message).where(mine, before).values(**new)


def one_message(work: UnitOfWork, message_id: int) -> Row[Any] | None:
    """A message of this tenant."""
    mine = (message.c.tenant == work.tenant) & (message.c.id == message_id)
    return work.execute(select(message).where(mine)).one_or_none()


def list_messages(work: UnitOfWork, wanted: Filter, limit: int, after: int | None) -> list[Row[Any]]:
    """At most `limit` messages in the order of their ids, beginning after the id `after`."""
    query = _filtered(select(message), message, wanted, work).order_by(message.c.id).limit(limit)
    if after is not None:
        query = query.where(message.c.id > after)
    return list(work.execute(query))


def message_totals(work: UnitOfWork, wanted: Filter) -> list[Row[Any]]:
    """Messages and parts by state and kind."""
    columns = (message.c.state, message.c.kind)
    query = select(*columns, func.count().label("messages"), func.sum(message.c.parts).label("parts"))
    return list(work.execute(_filtered(query, message, wanted, work).group_by(*columns).order_by(*columns)))


def notice_totals(work: UnitOfWork, kind: str | None = None, period: str | None = None) -> dict[str, int]:
    """How many bills and payments were not told of, by reason."""
    query = select(notice.c.state, func.count().label("notices")).where(notice.c.state != domain.TOLD)
    wanted = Filter(kind=kind, period=period)
    rows = work.execute(_filtered(query, notice, wanted, work).group_by(notice.c.state).order_by(notice.c.state))
    return {row.state: row.notices for row in rows}


def count_messages(work: UnitOfWork, state: str) -> int:
    """How many messages are in this state."""
    mine = (message.c.tenant == work.tenant) & (message.c.state == state)
    return int(work.execute(select(func.count()).select_from(message).where(mine)).scalar_one())


def gateways(work: UnitOfWork) -> list[Row[Any]]:
    """The gateways that were ever set up for this tenant."""
    return list(work.execute(select(gateway).where(gateway.c.tenant == work.tenant).order_by(gateway.c.code)))


def one_gateway(work: UnitOfWork, code: str) -> Row[Any] | None:
    """A gateway of this tenant."""
    mine = (gateway.c.tenant == work.tenant) & (gateway.c.code == code)
    return work.execute(select(gateway).where(mine)).one_or_none()


def chosen_gateway(work: UnitOfWork) -> Row[Any] | None:
    """The gateway that this tenant sends through; None while nobody has chosen."""
    return next(iter(work.fetch(_chosen_gateway(), {"tenant": work.tenant})), None)


@lru_cache(1)
def _chosen_gateway() -> Select[Any]:
    return select(gateway).where(gateway.c.tenant == bindparam("tenant"), gateway.c.chosen)


def choose_gateway(work: UnitOfWork, code: str, settings: Mapping[str, Any], actor: str) -> None:
    """Send through this gateway from now on. The secret of its reports stays what it was."""
    work.execute(update(gateway).where(gateway.c.tenant == work.tenant).values(chosen=False))
    facts = {"settings": dict(settings), "chosen": True, "changed_at": work.now, "changed_by": actor}
    mine = (gateway.c.tenant == work.tenant) & (gateway.c.code == code)
    if work.execute(update(gateway).where(mine).values(**facts)).rowcount == 0:
        secret = work.ids.uuid().hex
        work.execute(insert(gateway).values(tenant=work.tenant, code=code, report_secret=secret, **facts))


@lru_cache(_SERVICES)
def _rows_of(column: Column[Any], *in_states: str, lock: bool = False) -> Select[Any]:
    """Rows of the tenant with one of `ids` in this column, in one of these states where any is named; `lock` holds
    them until the transaction ends."""
    table = column.table
    query = select(table).where(table.c.tenant == bindparam("tenant"), column.in_(bindparam("ids", expanding=True)))
    if in_states:
        query = query.where(or_(*(table.c.state == state for state in in_states)))
    return query.with_for_update() if lock else query


def _by_ids(work: UnitOfWork, query: Select[Any], ids: Iterable[int]) -> Iterator[Row[Any]]:
    for some in in_batches(list(dict.fromkeys(ids)), _IDS_AT_ONCE):
        yield from work.fetch(query, {"tenant": work.tenant, "ids": some})


def _filtered(query: Select[Any], table: Table, wanted: Filter, work: UnitOfWork) -> Select[Any]:
    query = query.where(table.c.tenant == work.tenant)
    for name in ("account", "state", "kind", "period"):
        value = getattr(wanted, name)
        if value is not None:
            query = query.where(table.c[name] == value)
    return query


def _load(work: UnitOfWork, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        named = [{"tenant": work.tenant, **row} for row in rows]
        bulk.load(work, table, pl.DataFrame(named, infer_schema_length=None))


def remembered(work: UnitOfWork, code: str) -> dict[str, Any]:
    """What a gateway's plugin remembers for this tenant, by key."""
    mine = (plugin_state.c.tenant == work.tenant) & (plugin_state.c.gateway == code)
    return {row.key: row.value for row in work.execute(select(plugin_state).where(mine))}


def remember(work: UnitOfWork, code: str, key: str, value: Any) -> None:
    """Put a value under a key in the place of what was there; None leaves nothing there."""
    row = {"tenant": work.tenant, "gateway": code, "key": key}
    mine = (plugin_state.c.tenant == work.tenant) & (plugin_state.c.gateway == code) & (plugin_state.c.key == key)
    work.execute(delete(plugin_state).where(mine))
    if value is not None:
        work.execute(insert(plugin_state).values(**row, value=value))
