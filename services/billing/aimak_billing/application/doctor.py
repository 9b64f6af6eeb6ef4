"""What `aimak doctor` asks billing beyond what it asks every service."""

from __future__ import annotations

from collections.abc import Sequence

from aimak.problems import Problem
from aimak.storage.work import UnitOfWork

from aimak_billing.store import ledger


def bills_agree(work: UnitOfWork) -> Sequence[Problem]:
    """Every bill says what the ledger posted for it."""
    differing = ledger.bills_that_disagree(work)
    return [Problem("AIM-B060", {"count": differing})] if differing else []


CHECKS = (bills_agree,)
