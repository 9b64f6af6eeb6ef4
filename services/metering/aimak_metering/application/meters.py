"""The register of meters comes in as a file; the same meter again changes what may change."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from aimak.files import Column, Columns
from aimak.files.rows import Row
from aimak.ids import derived_id
from aimak.intake import Rows
from aimak.problems import Place, Problem
from aimak.storage.work import UnitOfWork

from aimak_metering import store
from aimak_metering.domain import checks
from aimak_metering.domain.meters import Meter

UNKNOWN_ACCOUNT = "AIM-M101"
NO_CONNECTION = "AIM-M102"
ELSEWHERE = "AIM-M109"
HAS_READINGS = "AIM-M110"
NOT_YET = "AIM-M112"
CONTRADICTS = "AIM-M113"
TWICE = "AIM-M121"

METERS = Columns(
    Column("account", required=True, max_length=64, aliases=("account number", "лицевой счёт", "л/с", "жеке эсеп")),
    Column("service", required=True, max_length=64, aliases=("услуга", "кызмат")),
    Column("serial", required=True, max_length=64, aliases=("номер счётчика", "заводской номер", "номери")),
    Column("size", "int", minimum=10, maximum=1000, aliases=("диаметр", "калибр", "ду", "диаметри")),
    Column("dials", "int", minimum=3, maximum=9, aliases=("разрядность", "знаков", "орундар")),
    Column("installed_on", "date", required=True, aliases=("дата установки", "орнотулган күнү")),
    Column("initial_reading", "thousandths", aliases=("начальное показание", "баштапкы көрсөткүч")),
    Column("verified_until", "date", aliases=("поверка до", "следующая поверка", "текшерүү мөөнөтү")),
    Column("seal", max_length=64, aliases=("пломба", "номер пломбы")),
)
DEFAULT_SIZE, DEFAULT_DIALS = 15, 5
_CHANGEABLE = ("connection_id", "size", "dials", "installed_on", "initial", "verified_until", "seal")
_BEGUN = ("last_date", "last_value", "latest_date", "uses", "held")


def take_meters(work: UnitOfWork, rows: Rows) -> list[Problem]:
    """Keep the meters of a block. Left out: an unknown account, a service that the account does not have, a meter that
    is not installed yet, shows more digits than it has or stands at another account, lines of one meter that differ, a
    meter whose first reading would change under readings that are kept already. Taken once, with a note: a line that
    stands twice."""
    work.tenant_facts()
    accounts = store.accounts(work, {row.values["account"] for row in rows})
    connections = {
        (row.account_id, row.service): row.connection_id
        for row in store.connections(work, set(accounts.values()))
        if store.ever_held(row)
    }
    known = {row.meter_id: row._asdict() for row in store.meters(work, set(accounts.values()), lock=True)}
    before = {meter_id: dict(meter) for meter_id, meter in known.items()}
    today = work.today()
    standing = _standing(work, rows, today)
    twice, differing = _doubled(rows, accounts)
    problems: list[Problem] = []
    for row in rows:
        account_id = accounts.get(row.values["account"], 0)
        connection_id = connections.get((account_id, row.values["service"]), 0)
        problem = (
            _missing(row, account_id, connection_id)
            or _impossible(row, today)
            or differing.get(row.line)
            or _elsewhere(row, account_id, known, standing)
            or _keep(work, row, account_id, connection_id, known)
            or twice.get(row.line)
        )
        if problem is not None:
            problems.append(problem)
    store.add(work, "meter", [meter for meter_id, meter in known.items() if meter_id not in before])
    changes = [
        {name: meter[name] for name in ("meter_id", *_CHANGEABLE, *_BEGUN, "changed_at")}
        for meter_id, meter in known.items()
        if meter_id in before and meter != before[meter_id]
    ]
    store.change_meters(work, changes)
    return problems


def _missing(row: Row, account_id: int, connection_id: int) -> Problem | None:
    account = row.values["account"]
    if not account_id:
        return Problem(UNKNOWN_ACCOUNT, {"account": account}, Place(line=row.line, column="account"))
    if not connection_id:
        fields = {"account": account, "service": row.values["service"]}
        return Problem(NO_CONNECTION, fields, Place(line=row.line, column="service"))
    return None


def _impossible(row: Row, today: date) -> Problem | None:
    """A meter that is not there yet, or a first reading that it cannot show."""
    values = row.values
    facts = _facts(values, 0)
    meter = Meter(facts["dials"], facts["size"], facts["installed_on"])
    if meter.installed_on > today:
        fields = {"serial": values["serial"], "date": meter.installed_on.isoformat()}
        return Problem(NOT_YET, fields, Place(line=row.line, column="installed_on"))
    if facts["initial"] >= meter.capacity:
        shown = {"value": checks.shown(facts["initial"]), "dials": meter.dials}
        return Problem(checks.TOO_MANY_DIGITS, shown, Place(line=row.line, column="initial_reading"))
    return None


def _doubled(rows: Rows, accounts: Mapping[str, int]) -> tuple[dict[int, Problem], dict[int, Problem]]:
    """What is told of a meter that stands in the block more than once, by line: of lines that only repeat the first;
    and of lines that differ, which are all left out: none of them is more likely right, and sent again they differ
    still."""
    lines: dict[int, list[Row]] = {}
    for row in rows:
        lines.setdefault(_meter_id(row, accounts.get(row.values["account"], 0)), []).append(row)
    twice: dict[int, Problem] = {}
    differing: dict[int, Problem] = {}
    for first, *more in lines.values():
        if any(_facts(row.values, 0) != _facts(first.values, 0) for row in more):
            named = [(first, more[0]), *((row, first) for row in more)]
            differing |= {row.line: _beside(CONTRADICTS, row, other) for row, other in named}
        else:
            twice |= {row.line: _beside(TWICE, row, first, "warning") for row in more}
    return twice, differing


def _beside(code: str, row: Row, other: Row, severity: str = "error") -> Problem:
    fields = {"serial": row.values["serial"], "account": row.values["account"], "other": other.line}
    return Problem(code, fields, Place(line=row.line, column="serial"), severity)


_Standing = dict[tuple[str, str], set[int]]


def _standing(work: UnitOfWork, rows: Rows, today: date) -> _Standing:
    """Service and serial → the accounts where a meter of that serial stands. It stands no more where it was taken down,
    nor where the account's connection is over: a meter goes over with the service."""
    alike = [meter for meter in store.of_serials(work, {row.values["serial"] for row in rows}) if not meter.removed_on]
    lasting = {
        (row.account_id, row.service)
        for row in store.connections(work, {meter.account_id for meter in alike})
        if row.valid_to is None or row.valid_to > today
    }
    found: _Standing = {}
    for meter in alike:
        if (meter.account_id, meter.service) in lasting:
            found.setdefault((meter.service, meter.serial), set()).add(meter.account_id)
    return found


def _elsewhere(row: Row, account_id: int, known: Mapping[int, Any], standing: _Standing) -> Problem | None:
    """A new meter stands at one account; one that is known already may change as ever."""
    values = row.values
    if _meter_id(row, account_id) in known:
        return None
    accounts = standing.setdefault((values["service"], values["serial"]), {account_id})
    if accounts != {account_id}:
        fields = {"serial": values["serial"], "account": values["account"]}
        return Problem(ELSEWHERE, fields, Place(line=row.line, column="serial"))
    return None


def _meter_id(row: Row, account_id: int) -> int:
    return derived_id("meter", account_id, row.values["service"], row.values["serial"])


def _keep(
    work: UnitOfWork, row: Row, account_id: int, connection_id: int, known: dict[int, dict[str, Any]]
) -> Problem | None:
    """Put a row's meter among the known ones; a problem where that would contradict its readings."""
    values = row.values
    meter_id = _meter_id(row, account_id)
    facts = _facts(values, connection_id)
    meter = known.get(meter_id)
    if meter is None:
        key = {"meter_id": meter_id, "account_id": account_id, "service": values["service"]}
        known[meter_id] = {**key, "serial": values["serial"], **facts, **begun(facts), "changed_at": work.now}
        return None
    if meter["latest_date"] is not None:
        if any(meter[name] != facts[name] for name in ("installed_on", "initial")):
            fields = {"serial": values["serial"], "account": values["account"]}
            return Problem(HAS_READINGS, fields, Place(line=row.line, column="initial_reading"))
    else:
        facts |= begun(facts)
    if any(meter[name] != value for name, value in facts.items()):
        meter |= {**facts, "changed_at": work.now}
    return None


def _facts(values: Mapping[str, Any], connection_id: int) -> dict[str, Any]:
    given = (
        connection_id,
        values["size"] or DEFAULT_SIZE,
        values["dials"] or DEFAULT_DIALS,
        values["installed_on"],
        values["initial_reading"] or 0,
        values["verified_until"],
        values["seal"],
    )
    return dict(zip(_CHANGEABLE, given, strict=True))


def begun(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The state of a meter without readings: its installation is the last accepted one."""
    return dict(zip(_BEGUN, (facts["installed_on"], facts["initial"], None, [], 0), strict=True))
