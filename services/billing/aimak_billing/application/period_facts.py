"""Taking facts of a period: days attended, days without supply, containers lifted, visits, hours of draw."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Any

from aimak.files.rows import Row
from aimak.plugins.fields import Fault, plain
from aimak.plugins.service_types import fact_fields
from aimak.problems import Place, Problem
from aimak.storage.work import UnitOfWork
from marshmallow import ValidationError

from aimak_billing.application.corrections.life import alive
from aimak_billing.application.corrections.touching import touch_since
from aimak_billing.application.kit import Kit
from aimak_billing.domain.corrections.sentences import FACTS
from aimak_billing.domain.period_facts import DAYS_WITHOUT_SUPPLY
from aimak_billing.store import accounts, life
from aimak_billing.store import period_facts as store

Key = tuple[int, str]


def take_facts(kit: Kit, work: UnitOfWork, rows: Sequence[Row]) -> list[Problem]:
    """Take a block of facts. The same connection, name and first day again takes the place of what was there, under
    the next version; a fact without an end is ended by the next one; what would overlap is refused. Days without
    supply are told of an account and service, whoever supplies it on which of them."""
    work.tenant_facts()
    ids = accounts.ids_by_name(work, {row.values["account"] for row in rows})
    life.lock_all(work, ids.values())
    block = _Block(kit, work, ids)
    problems = [problem for row in rows if (problem := block.take(row)) is not None]
    store.write(work, block.fresh(), block.changed())
    since = [(fact["account_id"], fact["from_date"]) for fact in (*block.fresh(), *block.changed())]
    touch_since(work, since, FACTS)
    return problems


class _Block:
    """The facts of a block's accounts, as they were and as they become."""

    def __init__(self, kit: Kit, work: UnitOfWork, ids: dict[str, int]) -> None:
        self.kit, self.ids = kit, ids
        self.connections: dict[tuple[int, str], list[Any]] = {}
        for connection in accounts.connections_of(work, ids.values()):
            self.connections.setdefault((connection.account_id, connection.service), []).append(connection)
        self.facts: dict[Key, list[dict[str, Any]]] = {}
        for fact in store.of_accounts(work, ids.values()):
            self.facts.setdefault((fact.connection_id, fact.name), []).append({**fact._mapping, "was": True})

    def take(self, row: Row) -> Problem | None:
        """Take one row, or say why not."""
        said, account = row.values, row.values["account"]
        if account not in self.ids:
            return Problem("AIM-B017", {"account": account}, Place(line=row.line, column="account"))
        if said["to"] is not None and said["to"] <= said["from"]:
            return Problem("AIM-B023", {"account": account}, Place(line=row.line, column="to"))
        connection = self._connection(row)
        if isinstance(connection, Problem):
            return connection
        value = self._value(row, connection.service)
        if isinstance(value, Problem):
            return value
        return self._enter(row, connection, value)

    def fresh(self) -> list[dict[str, Any]]:
        """Facts that were not there."""
        found = [fact for facts in self.facts.values() for fact in facts if not fact["was"]]
        return [{name: value for name, value in fact.items() if name not in ("was", "again")} for fact in found]

    def changed(self) -> list[dict[str, Any]]:
        """Facts that were there and say otherwise now."""
        return [fact for facts in self.facts.values() for fact in facts if fact["was"] and fact.get("again")]

    def _connection(self, row: Row) -> Any:
        said = row.values
        found = self.connections.get((self.ids[said["account"]], said["service"]), [])
        found = alive([one for one in found if said["provider"] in (None, one.provider)], said["from"])
        found = [one for one in found if said.get("to") is None or one.valid_from < said["to"]]
        if len(found) == 1 or (found and said["name"] == DAYS_WITHOUT_SUPPLY and not _at_once(found)):
            return min(found, key=lambda one: one.valid_from)
        fields = {"account": said["account"], "service": said["service"]}
        code = "AIM-B081" if found else "AIM-B080"
        return Problem(code, fields, Place(line=row.line, column="provider" if found else "service"))

    def _value(self, row: Row, service: str) -> int | Problem:
        """Thousandths, as the field that the service type declares reads the value."""
        said, kind = row.values, self.kit.plugins.service_types.get(service)
        fields = {} if kind is None else fact_fields(kind)
        field = fields.get(said["name"])
        if field is None:
            known = ", ".join(fields) or "-"
            told = {"service": service, "name": said["name"], "known": known}
            return Problem("AIM-B082", told, Place(line=row.line, column="name"))
        try:
            field.deserialize(plain(said["value"], 3))
        except ValidationError as wrong:
            (fault,) = (each for each in wrong.messages if isinstance(each, Fault))
            return Problem(fault.code, dict(fault.fields), Place(line=row.line, column="value"))
        return int(said["value"])

    def _enter(self, row: Row, connection: Any, value: int) -> Problem | None:
        said = row.values
        facts = self.facts.setdefault((connection.id, said["name"]), [])
        known = self._known(connection, said["name"])
        written = {"to_date": said["to"], "value_thousandths": value, "ground": said["ground"] or "-"}
        same = next((fact for fact in known if fact["from_date"] == said["from"]), None)
        others = [fact for fact in known if fact is not same]
        for fact in others:
            if _overlap(fact, said["from"], said["to"]):
                return Problem(
                    "AIM-B083",
                    {"account": said["account"], "name": said["name"], "from": str(fact["from_date"])},
                    Place(line=row.line, column="from"),
                )
        for fact in others:
            if fact["to_date"] is None and fact["from_date"] < said["from"]:
                _again(fact, {"to_date": said["from"]})
        if same is not None:
            _again(same, written)
        else:
            named = {"connection_id": connection.id, "name": said["name"], "from_date": said["from"]}
            owned = {"account_id": connection.account_id, "version": 1, "was": False}
            facts.append({**named, **written, **owned})
        return None

    def _known(self, connection: Any, name: str) -> list[dict[str, Any]]:
        """The facts of a name that this connection has; days without supply are of the account and service: those of
        its creditors before and after too."""
        found = [*self.facts[connection.id, name]]
        if name == DAYS_WITHOUT_SUPPLY:
            for one in self.connections[connection.account_id, connection.service]:
                if one.id != connection.id and not _at_once([one, connection]):
                    found += self.facts.get((one.id, name), [])
        return found


def _at_once(connections: Sequence[Any]) -> bool:
    """Whether two of them hold on one day. What ended as it began never held."""
    held = [one for one in connections if one.valid_to is None or one.valid_to > one.valid_from]
    rows = sorted(held, key=lambda one: one.valid_from)
    return any(earlier.valid_to is None or later.valid_from < earlier.valid_to for earlier, later in pairwise(rows))


def _overlap(fact: dict[str, Any], start: date, end: date | None) -> bool:
    """Whether two facts of a name share a day; one without an end gives way to the next."""
    if fact["to_date"] is None and fact["from_date"] < start:
        return False
    return (end is None or fact["from_date"] < end) and (fact["to_date"] is None or start < fact["to_date"])


def _again(fact: dict[str, Any], written: dict[str, Any]) -> None:
    if any(fact[name] != value for name, value in written.items()):
        fact.update(written)
        fact["again"] = True
        fact["version"] += 1 if fact["was"] else 0
