"""A partner's daily registry: taken as a whole or not at all, matched line by line, what is missing credited."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Sequence
from datetime import date
from typing import Any

from aimak.ids import derived_id
from aimak.period import business_date
from aimak.plugins.payment_partners import Outcome, Pay, PaymentPartner, RegistryFile, RegistryLine
from aimak.plugins.registry import Registry
from aimak.problems import NotFound, Place, Problem, Refused
from aimak.service import Job, Service
from aimak.storage.upsert import insert_once
from aimak.storage.work import UnitOfWork
from sqlalchemy import Row

from aimak_payments.application.partner import Partner
from aimak_payments.application.payments import REGISTRY, Taken, known_of, take
from aimak_payments.domain.registries import MATCHED, MISMATCH, MISSING_ONLINE, compare, faults
from aimak_payments.store import accounts, partners, payments, registries

JOB = "registry"
# One transaction credits no more than this, so that an online payment never waits long for a registry.
BLOCK_LINES = 500

Matches = dict[tuple[str, str | None], dict[int, int | None]]


def open_partner(work: UnitOfWork, code: str, protocols: Registry[PaymentPartner]) -> Partner:
    """A partner of this tenant at work. Raises NotFound."""
    record = partners.read(work.connection, work.metadata, work.tenant, code)
    if record is None:
        raise NotFound(Problem("AIM-P011", {"partner": code}))
    return Partner.open(record, protocols)


def read(partner: Partner, content: bytes) -> RegistryFile:
    """The file as the partner's protocol reads it. Raises Refused with every fault of the file."""
    file = partner.protocol.read_registry(content)
    problems = faults(file)
    if problems:
        raise Refused(*problems)
    return file


def bring(work: UnitOfWork, partner: Partner, name: str, content: bytes, actor: str) -> int:
    """Keep a registry and have its lines matched; gives its id. The same bytes again are the same registry, nothing
    is taken twice. Raises Refused with every fault of the file."""
    file = read(partner, content)
    digest = hashlib.sha256(content).hexdigest()
    registry_id = derived_id("registry", work.tenant, partner.code, digest)
    days = [business_date(line.paid_at, partner.record.terms.zone) for line in file.lines]
    row = {
        "tenant": work.tenant,
        "id": registry_id,
        "partner": partner.code,
        "file": name,
        "sha256": digest,
        "lines": len(file.lines),
        "amount": sum(line.amount_tyiyn for line in file.lines),
        "first_day": min(days, default=None),
        "last_day": max(days, default=None),
        "brought_by": actor,
        "brought_at": work.now,
    }
    if insert_once(work, work.table("registry"), row):
        registries.add_lines(work, registry_id, partner.code, file.lines)
        work.schedule(JOB, str(registry_id), {"registry": registry_id, "partner": partner.code})
    return registry_id


def dry_run(work: UnitOfWork, partner: Partner, name: str, content: bytes) -> dict[str, Any]:
    """What would come of the file: read and compared, nothing taken. Raises Refused with every fault of the file."""
    file = read(partner, content)
    counts: dict[str, int] = {}
    for first in range(0, len(file.lines), BLOCK_LINES):
        for match in _compared(work, partner, file.lines[first : first + BLOCK_LINES]):
            counts[match] = counts.get(match, 0) + 1
    refused = counts.get(MISMATCH, 0)
    return {
        "kind": JOB,
        "partner": partner.code,
        "file": name,
        "dry_run": True,
        "state": "done",
        "done": len(file.lines),
        "total": len(file.lines),
        "taken": len(file.lines) - refused,
        "refused": refused,
        "matches": [{"match": match, "lines": lines} for match, lines in sorted(counts.items())],
        "problems": [],
    }


def _compared(work: UnitOfWork, partner: Partner, lines: Sequence[RegistryLine]) -> list[str]:
    known = payments.answers(work, partner.code, [line.external_id for line in lines])
    found = accounts.find(work, [line.account for line in lines])
    matches = []
    for line in lines:
        account = found.get(line.account)
        stored = known.get(line.external_id)
        account_id = account.account_id if account else None
        before = known_of(stored) if stored is not None else None
        matches.append(compare(line.account, account_id, line.amount_tyiyn, before)[0])
    return matches


def match_registry(service: Service, job: Job, protocols: Registry[PaymentPartner]) -> None:
    """The job: match the lines block by block, each block one transaction; a killed worker's successor goes on."""
    while True:
        with service.work(job.tenant, bulk=True) as work:
            work.refuse_set_time()
            partner = open_partner(work, job.payload["partner"], protocols)
            lines = registries.waiting(work, job.payload["registry"], BLOCK_LINES)
            if not lines:
                return
            for (match, reason), matched in match_block(work, partner, lines).items():
                registries.set_match(work, job.payload["registry"], match, reason, matched)
            work.commit()


def match_block(work: UnitOfWork, partner: Partner, lines: Sequence[Row[Any]]) -> Matches:
    """Hold lines against what is known and credit what nobody has told us online: (match, reason) → line → payment."""
    known = payments.answers(work, partner.code, [line.external_id for line in lines])
    found = accounts.find(work, [line.account_text for line in lines if line.external_id in known])
    matches: Matches = {}
    missing = []
    for line in lines:
        stored = known.get(line.external_id)
        if stored is None:
            missing.append(line)
            continue
        account = found.get(line.account_text)
        how = compare(line.account_text, account.account_id if account else None, line.amount, known_of(stored))
        matches.setdefault(how, {})[line.line] = stored.payment_id
    commands = [Pay(line.external_id, line.account_text, line.amount, line.paid_at) for line in missing]
    taken = take(work, partner, commands, REGISTRY)
    for line in missing:
        result = taken[line.external_id]
        matches.setdefault(_how(result), {})[line.line] = result.payment_id
    return matches


def _how(taken: Taken) -> tuple[str, str | None]:
    if taken.fresh:
        return MISSING_ONLINE, taken.suspense_reason
    # It came online between the look and the insert.
    return (MATCHED, None) if taken.outcome is Outcome.ACCEPTED else (MISMATCH, None)


def state(work: UnitOfWork, registry_id: int) -> dict[str, Any]:
    """How far a registry is, and what came of its lines. Raises NotFound."""
    registry = registries.one(work, registry_id)
    if registry is None:
        raise NotFound(Problem("AIM-P043", {"registry": str(registry_id)}))
    counts = registries.counts(work, registry_id)
    waiting = sum(lines for (match, _), (lines, _) in counts.items() if match is None)
    refused = sum(lines for (match, _), (lines, _) in counts.items() if match == MISMATCH)
    failed = registries.failure(work, JOB, str(registry_id))
    return {
        "import": str(registry_id),
        "kind": JOB,
        "partner": registry.partner,
        "file": registry.file,
        "sha256": registry.sha256,
        "state": "refused" if failed else "taking" if waiting else "done",
        "done": registry.lines - waiting,
        "total": registry.lines,
        "taken": registry.lines - waiting - refused,
        "refused": refused,
        "amount_tyiyn": registry.amount,
        "matches": [
            {"match": match, "reason": reason, "lines": lines, "amount_tyiyn": amount}
            for (match, reason), (lines, amount) in counts.items()
            if match is not None
        ],
        "only_online": _only_online(work, registry.partner, registry.first_day, registry.last_day),
    }


def _only_online(work: UnitOfWork, partner: str, first: date | None, last: date | None) -> list[dict[str, Any]]:
    if first is None or last is None:
        return []
    return [
        {
            "payment": str(row.id),
            "external_id": row.external_id,
            "account": row.account_text,
            "amount_tyiyn": row.amount,
            "paid_on": row.paid_on.isoformat(),
        }
        for row in registries.only_online(work, partner, first, last)
    ]


def problems(work: UnitOfWork, registry_id: int) -> list[Problem]:
    """What has to be looked at by a person: the lines that differ from what was taken online, and a job that failed."""
    failed = registries.failure(work, JOB, str(registry_id))
    found = [Problem("AIM-P044", {"reason": failed})] if failed else []
    return found + [
        Problem("AIM-P042", {"line": line.line, "id": line.external_id, "differs": line.reason}, Place(line=line.line))
        for line in registries.lines(work, registry_id, MISMATCH)
    ]


def refused_csv(work: UnitOfWork, registry_id: int) -> str:
    """The lines that differ, as a table."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";")
    writer.writerow(["line", "txn_id", "account", "sum_tyiyn", "differs"])
    for line in registries.lines(work, registry_id, MISMATCH):
        writer.writerow([line.line, line.external_id, line.account_text, line.amount, line.reason])
    return text.getvalue()
