"""What `aimak doctor` asks billing beyond what it asks every service."""

from __future__ import annotations

from collections.abc import Sequence

from aimak.problems import Problem
from aimak.storage.work import UnitOfWork

from aimak_billing.application.parties import parties_agree
from aimak_billing.application.reports.carrying import carried_agree
from aimak_billing.store import cancellations, ledger


def bills_agree(work: UnitOfWork) -> Sequence[Problem]:
    """Every bill says what the ledger posted for it."""
    differing = ledger.bills_that_disagree(work)
    return [Problem("AIM-B060", {"count": differing})] if differing else []


def charged_once(work: UnitOfWork) -> Sequence[Problem]:
    """No connection is charged for a period by two bills in force."""
    count = cancellations.charged_twice(work)
    return [Problem("AIM-B063", {"count": count})] if count else []


def cancelled_whole(work: UnitOfWork) -> Sequence[Problem]:
    """All that a cancelled bill posted is undone."""
    count = cancellations.undone_in_part(work)
    return [Problem("AIM-B064", {"count": count})] if count else []


CHECKS = (bills_agree, parties_agree, charged_once, cancelled_whole, carried_agree)
