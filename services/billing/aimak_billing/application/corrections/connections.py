"""Another class or other attributes of a connection from a day on, also one long past: what it was stays known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aimak.problems import Problem, Refused
from aimak.storage.work import UnitOfWork

from aimak_billing.application.corrections.life import tell_connections
from aimak_billing.application.corrections.touching import touch_since
from aimak_billing.application.kit import Kit
from aimak_billing.application.registers import attribute_problems
from aimak_billing.application.views import find_account
from aimak_billing.store import accounts
from aimak_billing.store import life as store

CLASSES = ("household", "budget", "other")


def change_connection(kit: Kit, work: UnitOfWork, number: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Have a connection be otherwise from a day on. asked: service, provider (where there are several), day,
    customer_class, attributes (those that change), ground. Raises Refused for what its service type does not have."""
    work.tenant_facts()
    account = find_account(work, number)
    mine = [row for row in accounts.connections_of(work, [account.id]) if row.service == asked["service"]]
    mine = [row for row in mine if asked.get("provider") in (None, row.provider)]
    alive = [row for row in mine if row.valid_to is None or row.valid_to > asked["day"]]
    if len(alive) != 1:
        raise Refused(Problem("AIM-B126", {"account": number, "service": asked["service"]}))
    connection = alive[0]
    wanted_class = asked.get("customer_class") or connection.customer_class
    attributes = {**(connection.attributes or {}), **(asked.get("attributes") or {})}
    wrong = attribute_problems(kit, connection.service, attributes)
    if wrong or wanted_class not in CLASSES:
        reason = "; ".join(wrong) or wanted_class
        raise Refused(Problem("AIM-B015", {"account": number, "service": connection.service, "reason": reason}))
    store.change_connection(work, connection, asked["day"], wanted_class, attributes, asked.get("ground") or "-")
    touch_since(work, [(account.id, asked["day"])], "connection")
    tell_connections(work, [account.id])
    named = {"service": connection.service, "customer_class": wanted_class, "attributes": attributes}
    return {"account": account.number, **named, "from": asked["day"].isoformat()}
