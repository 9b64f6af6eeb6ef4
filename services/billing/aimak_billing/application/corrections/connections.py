"""Another class or other attributes of a connection from a day on, also one long past: what it was stays known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from aimak import audit
from aimak.problems import Place, Problem, Refused
from aimak.storage.work import UnitOfWork
from sqlalchemy import Row

from aimak_billing.application.corrections.life import alive, tell_connections
from aimak_billing.application.corrections.touching import touch_since
from aimak_billing.application.kit import Kit
from aimak_billing.application.registers import attribute_problems
from aimak_billing.application.views import find_account
from aimak_billing.store import accounts
from aimak_billing.store import life as store

CLASSES = ("household", "budget", "other")
BENEFIT = "benefit"
"""The attribute of a connection that names the category of a benefit, in every service type that knows one."""


def change_connection(kit: Kit, work: UnitOfWork, number: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Have a connection be otherwise from a day on. asked: service, provider (where there are several), day,
    customer_class, attributes (those that change), ground. Raises Refused for what its service type does not have."""
    work.tenant_facts()
    account = store.lock(work, find_account(work, number).id)
    mine = [row for row in accounts.connections_of(work, [account.id]) if row.service == asked["service"]]
    mine = [row for row in mine if asked.get("provider") in (None, row.provider)]
    lasting = alive(mine, asked["day"])
    if len(lasting) != 1:
        raise Refused(Problem("AIM-B126", {"account": number, "service": asked["service"]}))
    connection = lasting[0]
    wanted_class = asked.get("customer_class") or connection.customer_class
    attributes = {**(connection.attributes or {}), **(asked.get("attributes") or {})}
    ground = asked.get("ground") or "-"
    before = _alter(kit, work, number, connection, asked["day"], wanted_class, attributes, ground)
    told = {"service": connection.service, "from": asked["day"].isoformat()}
    _note(work, account.id, before, {**told, "customer_class": wanted_class, "attributes": attributes}, ground)
    touch_since(work, [(account.id, asked["day"])], "connection")
    tell_connections(work, [account.id])
    named = {"service": connection.service, "customer_class": wanted_class, "attributes": attributes}
    return {"account": account.number, **named, "from": asked["day"].isoformat()}


def _alter(
    kit: Kit,
    work: UnitOfWork,
    number: str,
    connection: Row[Any],
    day: date,
    wanted_class: str,
    attributes: Mapping[str, Any],
    ground: str,
) -> Row[Any]:
    """What it was on the day until now."""
    wrong = attribute_problems(kit, connection.service, attributes)
    if wanted_class not in CLASSES:
        named = {"value": wanted_class, "choices": ", ".join(CLASSES)}
        wrong.append(Problem("AIM-T013", named, Place(path="customer_class")))
    if wrong:
        fields = {"account": number, "service": connection.service}
        raise Refused(Problem("AIM-B015", fields, inner=tuple(wrong)))
    return store.change_connection(work, connection, day, wanted_class, attributes, ground)


def _note(work: UnitOfWork, account_id: int, before: Row[Any], after: dict[str, Any], ground: str) -> None:
    """What a connection was and is; of its attributes those alone that differ."""
    was, now = before.attributes or {}, after["attributes"]
    differ = sorted(name for name in {*was, *now} if was.get(name) != now.get(name))
    sides = [
        {name: value for name, value in side.items() if name != "attributes"}
        | ({"attributes": {name: known.get(name) for name in differ}} if differ else {})
        for side, known in (({"customer_class": before.customer_class}, was), (after, now))
    ]
    audit.note(work, account_id=account_id, before=sides[0], after=sides[1], ground=ground)


def set_benefit(kit: Kit, work: UnitOfWork, number: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Grant an account a benefit on each service that knows one, from a day on, also one long past; or take it away.
    asked: category (none: no benefit from the day on), day, until (the first day without it again; where the services
    end before, their end), service (that one alone), ground (the paper). Raises Refused without a paper, and where no
    service of the account knows benefits on the day."""
    work.tenant_facts()
    day, until = asked["day"], asked.get("until")
    account = store.lock(work, find_account(work, number).id)
    if not (asked.get("ground") or "").strip():
        raise Refused(Problem("AIM-B190", {"account": account.number}))
    if until is not None and until <= day:
        raise Refused(Problem("AIM-B191", {"since": day.isoformat(), "until": until.isoformat()}))
    given, had = _give(kit, work, account, day, asked.get("category") or None, asked)
    if not given:
        raise Refused(Problem("AIM-B192", {"account": account.number}))
    if until is not None:
        # A service that ends before ends the benefit with it.
        _give(kit, work, account, until, None, asked)
        until = min(until, max(connection.valid_to or date.max for connection in given))
    services = dict.fromkeys(connection.service for connection in given)
    days = {"from": day.isoformat(), **({"until": until.isoformat()} if until else {})}
    after = {"benefit": asked.get("category") or "-", "services": list(services), **days}
    before = {"benefit": ", ".join(had) or "-"}
    audit.note(work, account_id=account.id, before=before, after=after, ground=asked["ground"].strip())
    touch_since(work, [(account.id, day)], "benefit")
    tell_connections(work, [account.id])
    return {"account": account.number, **after, "services": ", ".join(services)}


def _give(
    kit: Kit, work: UnitOfWork, account: Row[Any], day: date, category: str | None, asked: Mapping[str, Any]
) -> tuple[list[Row[Any]], list[str]]:
    """The connections that it was given, and the categories that those had before."""
    given, had = [], set[str]()
    for connection in alive(accounts.connections_of(work, [account.id]), day):
        if asked.get("service") not in (None, connection.service):
            continue
        plugin = kit.plugins.service_types.get(connection.service)
        if plugin is None or BENEFIT not in plugin.attributes().fields:
            continue
        attributes = {name: value for name, value in (connection.attributes or {}).items() if name != BENEFIT}
        attributes |= {BENEFIT: category} if category else {}
        facts = (connection.customer_class, attributes, asked["ground"].strip())
        before = _alter(kit, work, account.number, connection, max(day, connection.valid_from), *facts)
        had |= {str((before.attributes or {})[BENEFIT])} if (before.attributes or {}).get(BENEFIT) else set()
        given.append(connection)
    return given, sorted(had)
