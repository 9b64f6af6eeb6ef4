"""A partner's daily registry: taken as a whole or not at all, matched line by line, what is missing credited."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from aimak.files.rows import Block, Document, Row
from aimak.files.source import Source
from aimak.intake import Importer, Incoming, Rows
from aimak.intake import store as intake
from aimak.money import plain_som
from aimak.period import business_date
from aimak.plugins.payment_partners import Pay, PaymentPartner, RegistryLine
from aimak.plugins.registry import Registry
from aimak.problems import NotFound, Place, Problem, Refused
from aimak.service import Service
from aimak.storage.work import UnitOfWork
from sqlalchemy import Connection, MetaData

from aimak_payments.application.partner import Partner
from aimak_payments.application.payments import REGISTRY, Taken, known_of, take
from aimak_payments.domain.registries import (
    ACCOUNT_DIFFERS,
    DATED_AHEAD,
    MISMATCH,
    MISSING_ONLINE,
    REFUSED_ONLINE,
    Known,
    compare,
    faults,
)
from aimak_payments.domain.terms import CLOSED_ACCOUNT, NO_PROVIDER, UNKNOWN_ACCOUNT, is_ahead
from aimak_payments.store import accounts, partners, payments, registries

KIND = "registry"
COLUMNS = ("txn_id", "paid_at", "account", "sum")
# A country's partner sends less in a day; the file is read in one piece, since its end tells whether it is whole.
MAX_BYTES = 64_000_000
# One transaction credits no more than this, so that an online payment never waits long for a registry.
BLOCK_LINES = 500
# What is dated ahead is taken when the same file comes on its day; what differs was put down and is not put down again.
_STILL_TO_COME = "AIM-P052"
_IN_SUSPENSE = {UNKNOWN_ACCOUNT: "AIM-P046", CLOSED_ACCOUNT: "AIM-P050", NO_PROVIDER: "AIM-P051"}


def importer(service: Service, protocols: Registry[PaymentPartner]) -> Importer:
    """What intake must know of registries: `partner` names whose file it is."""

    def reader(file: Incoming) -> _Reader:
        return _Reader(service, protocols, file)

    def taken(work: UnitOfWork, rows: Rows) -> list[Problem]:
        partner = open_partner(work.connection, work.metadata, work.tenant, rows.file.params["partner"], protocols)
        return match(work, partner, rows.file.id, [row.values["line"] for row in rows])

    return Importer(
        KIND, None, taken, reader=reader, params=("partner",), block_rows=BLOCK_LINES, again={_STILL_TO_COME}
    )


def open_partner(
    connection: Connection, metadata: MetaData, tenant: str, code: str, protocols: Registry[PaymentPartner]
) -> Partner:
    """A partner of this tenant at work. Raises NotFound."""
    record = partners.read(connection, metadata, tenant, code)
    if record is None:
        raise NotFound(Problem("AIM-P011", {"partner": code}))
    return Partner.open(record, protocols)


@dataclass(frozen=True)
class _Reader:
    """Reads a registry by the protocol of the partner that sent it."""

    service: Service
    protocols: Registry[PaymentPartner]
    file: Incoming

    def open(self, source: Source) -> Document:
        """Read the file. Raises Refused with every fault: of a faulty file nothing is taken."""
        if source.size > MAX_BYTES:
            raise Refused(Problem("AIM-P038", {"bytes": source.size, "limit": MAX_BYTES}))
        # A unit of work may be open around this one: on SQLite a second one would wait for it for ever.
        with self.service.bulk.engine.connect() as connection:
            code = self.file.params["partner"]
            partner = open_partner(connection, self.service.metadata, self.file.tenant, code, self.protocols)
        registry = partner.protocol.read_registry(b"".join(source.chunks()))
        problems = faults(registry)
        if problems:
            raise Refused(*problems)
        return _Registry(registry.lines)


class _Registry:
    """A sound registry as intake walks through it."""

    header: tuple[str, ...] = COLUMNS
    warnings: tuple[Problem, ...] = ()
    trailer: tuple[str, ...] | None = None

    def __init__(self, lines: Sequence[RegistryLine]) -> None:
        self._lines = lines

    def count(self) -> int:
        """How many payments there are."""
        return len(self._lines)

    def blocks(self, size: int = BLOCK_LINES, skip: int = 0) -> Iterator[Block]:
        """The payments after the first `skip`."""
        for first in range(skip, len(self._lines), size):
            yield Block([_row(line) for line in self._lines[first : first + size]])


def _row(line: RegistryLine) -> Row:
    cells = (line.external_id, line.paid_at.isoformat(), line.account, plain_som(line.amount_tyiyn))
    return Row(line.line, {"line": line}, cells)


@dataclass(frozen=True)
class Matched:
    """How one line was matched. `reason`: what differs, or why its money waits in suspense."""

    match: str
    reason: str | None = None
    payment_id: int | None = None
    known: Known | None = None


def match(work: UnitOfWork, partner: Partner, registry_id: int, lines: Sequence[RegistryLine]) -> list[Problem]:
    """Hold lines against what is known and credit what nobody told online. Gives a problem for each line that differs
    (an error: nothing is mended) and a warning for each whose money waits in suspense.

    A line dated in days to come is a fault; one whose money was not taken is left out until its day. How far back a
    line may be dated has no bound, as `judge_form` says.
    """
    ahead = [line for line in lines if is_ahead(line.paid_at, work.now)]
    lines = [line for line in lines if not is_ahead(line.paid_at, work.now)]
    told = _ahead(work, partner, registry_id, ahead)
    matches = _known(work, partner, lines)
    missing = [line for line in lines if line.line not in matches]
    commands = [Pay(line.external_id, line.account, line.amount_tyiyn, line.paid_at) for line in missing]
    taken = take(work, partner, commands, REGISTRY)
    # What came online between the look and the insert is looked at again.
    matches |= _known(work, partner, [line for line in missing if not taken[line.external_id].fresh])
    credited = [line for line in missing if line.line not in matches]
    matches |= {line.line: _credited(taken[line.external_id]) for line in credited}
    zone = partner.record.terms.zone
    written = [_written(line, matches[line.line], zone) for line in lines]
    registries.add_lines(work, registry_id, partner.code, written)
    return told + [problem for line in lines if (problem := _problem(line, matches[line.line])) is not None]


def _ahead(work: UnitOfWork, partner: Partner, registry_id: int, lines: Sequence[RegistryLine]) -> list[Problem]:
    """What is wrong with lines dated in days to come. Those whose payment is taken already are put down."""
    if not lines:
        return []
    matches = _known(work, partner, lines)
    days = payments.days_of(work, [matched.payment_id for matched in matches.values() if matched.payment_id])
    told, written = [], []
    for line in lines:
        place = Place(line=line.line)
        fields: dict[str, str | int | None] = {"id": line.external_id, "day": line.paid_at.date().isoformat()}
        matched = matches.get(line.line)
        if matched is None or matched.payment_id is None:
            told.append(Problem(_STILL_TO_COME, fields, place))
            continue
        told.append(Problem("AIM-P053", fields | {"known": days[matched.payment_id].isoformat()}, place))
        if (differing := _problem(line, matched)) is not None:
            told.append(differing)
        dated = replace(matched, match=MISMATCH, reason=DATED_AHEAD)
        written.append(_written(line, dated, partner.record.terms.zone))
    registries.add_lines(work, registry_id, partner.code, written)
    return told


def _known(work: UnitOfWork, partner: Partner, lines: Sequence[RegistryLine]) -> dict[int, Matched]:
    """How lines whose id is known stand to what is known of it, by their number."""
    known = payments.answers(work, partner.code, [line.external_id for line in lines])
    found = accounts.find(work, [line.account for line in lines if line.external_id in known])
    matches: dict[int, Matched] = {}
    for line in lines:
        if stored := known.get(line.external_id):
            account = found.get(line.account)
            account_id = account.account_id if account else None
            one = known_of(stored)
            how, reason = compare(line.account, account_id, line.amount_tyiyn, one)
            matches[line.line] = Matched(how, reason, stored.payment_id, one)
    return matches


def _credited(taken: Taken) -> Matched:
    return Matched(MISSING_ONLINE, taken.suspense_reason, taken.payment_id)


def _written(line: RegistryLine, matched: Matched, zone: str) -> dict[str, Any]:
    return {
        "line": line.line,
        "external_id": line.external_id,
        "account_text": line.account,
        "amount": line.amount_tyiyn,
        "paid_at": line.paid_at,
        "paid_on": business_date(line.paid_at, zone),
        "match": matched.match,
        "reason": matched.reason,
        "payment_id": matched.payment_id,
    }


def _problem(line: RegistryLine, matched: Matched) -> Problem | None:
    place = Place(line=line.line)
    if matched.known is not None and matched.match == MISMATCH:
        return _differing(line, matched.known, matched.reason, place)
    if matched.match == MISSING_ONLINE and matched.reason is not None:
        return Problem(_IN_SUSPENSE[matched.reason], {"account": line.account}, place, severity="warning")
    return None


def _differing(line: RegistryLine, known: Known, reason: str | None, place: Place) -> Problem:
    """What is known and what the file says, of the one thing that differs."""
    said = plain_som(line.amount_tyiyn)
    if reason == ACCOUNT_DIFFERS:
        return Problem("AIM-P048", {"id": line.external_id, "known": known.account, "said": line.account}, place)
    if reason == REFUSED_ONLINE:
        return Problem("AIM-P049", {"id": line.external_id, "account": known.account, "said": said}, place)
    fields: dict[str, str | int | None] = {"known": plain_som(known.amount_tyiyn), "said": said}
    return Problem("AIM-P042", {"id": line.external_id, **fields}, place)


def report(work: UnitOfWork, registry_id: int) -> dict[str, Any]:
    """What came of a registry: its lines by match, those that differ, and payments of its days that stand in no
    registry. Raises NotFound."""
    summary = registries.summary(work, registry_id) or _nothing_yet(work, registry_id)
    if summary is None:
        raise NotFound(Problem("AIM-P043", {"registry": str(registry_id)}))
    days = summary.days
    return {
        "registry": registry_id,
        "partner": summary.partner,
        "lines": summary.lines,
        "amount_tyiyn": summary.amount_tyiyn,
        "matches": [
            {"match": match, "reason": reason, "lines": lines, "amount_tyiyn": amount}
            for match, reason, lines, amount in summary.matches
        ],
        "mismatches": [
            {
                "line": row.line,
                "external_id": row.external_id,
                "account": row.account_text,
                "amount_tyiyn": row.amount,
                "differs": row.reason,
                "payment": row.payment_id and str(row.payment_id),
            }
            for row in registries.mismatches(work, registry_id)
        ],
        "only_online": [
            {
                "payment": str(row.id),
                "external_id": row.external_id,
                "account": row.account_text,
                "amount_tyiyn": row.amount,
                "paid_on": row.paid_on.isoformat(),
            }
            for row in (registries.only_online(work, summary.partner, *days) if days else ())
        ],
    }


def _nothing_yet(work: UnitOfWork, registry_id: int) -> registries.Summary | None:
    """A registry that was taken in, of which every line is still to come."""
    file = intake.look(work, registry_id)
    if file is None or file.kind != KIND or file.state != "done" or file.dry_run:
        return None
    return registries.Summary(file.params["partner"], 0, 0, None, ())
