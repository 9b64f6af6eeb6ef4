"""The document that cancels bills: one, those of an account, of a run, of a range of periods."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from aimak.problems import Conflict, NotFound, Problem, Refused
from aimak.service import Job, Service
from aimak.storage.work import UnitOfWork
from sqlalchemy import Row

from aimak_billing.application.corrections.cancel import cancel_bills
from aimak_billing.application.corrections.documents import Kind
from aimak_billing.application.cycle import period_of
from aimak_billing.application.views import find_account, find_bill
from aimak_billing.store import bills, cancellations, documents, runs

JOB = "corrections.cancel"
# What one transaction cancels: as many as a chunk bills.
BILLS_AT_ONCE = 20_000


def _check(work: UnitOfWork, asked: Mapping[str, Any]) -> tuple[dict[str, Any], int | None]:
    """asked: bill (number), account (number), run (id), or since and through (periods), and scope; what is named
    together must all be so. Raises Refused where nothing is named or no bill in force is found."""
    facts: dict[str, Any] = {}
    account_id = None
    if asked.get("bill"):
        bill = find_bill(work, str(asked["bill"]))
        if bill.cancelled_on is not None:
            raise Conflict(Problem("AIM-B113", {"bill": bill.number, "day": bill.cancelled_on.isoformat()}))
        facts["bill"], facts["bill_number"], account_id = bill.id, bill.number, bill.account_id
    if asked.get("account"):
        account_id = find_account(work, asked["account"]).id
        facts["account"] = account_id
    if asked.get("run"):
        if runs.run(work, int(asked["run"])) is None:
            raise NotFound(Problem("AIM-B100", {"run": asked["run"]}))
        facts["run"] = int(asked["run"])
    if asked.get("since"):
        through = asked.get("through") or asked["since"]
        facts |= {"since": period_of(asked["since"]).name, "through": period_of(through).name}
    # What is billed after this day's entry is not meant, however late the approval comes.
    facts["upto"] = bills.last_number(work)
    if len(facts) == 1 or not cancellations.chosen(work, facts, 1):
        raise Refused(Problem("AIM-B114", {}))
    return facts, account_id


def _post(work: UnitOfWork, document: Row[Any]) -> None:
    if not _some(work, document):
        work.schedule(JOB, str(document.id), {"document": document.id})


def _some(work: UnitOfWork, document: Row[Any]) -> bool:
    """Cancel as many as one transaction takes; whether that were all."""
    found = cancellations.chosen(work, document.facts, BILLS_AT_ONCE)
    cancel_bills(work, [bill.id for bill in found], document.id, work.today())
    return len(found) < BILLS_AT_ONCE


def go_on(service: Service, job: Job) -> timedelta | None:
    """The job that cancels the rest of many bills, a transaction for each part; killed at any moment, it goes on
    where it was."""
    while True:
        with service.work(job.tenant, bulk=True) as work:
            document = documents.one(work, job.payload["document"])
            assert document is not None, "the job is scheduled with its document"
            done = _some(work, document)
            work.commit()
        if done:
            return None


CANCEL = Kind("cancel", _check, _post)
