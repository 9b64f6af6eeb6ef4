"""Two accounts become one: the document closes the first and brings what it owes or has over to the second."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aimak.problems import Problem, Refused
from aimak.storage.work import UnitOfWork
from sqlalchemy import Row

from aimak_billing.application.corrections import life
from aimak_billing.application.corrections.documents import Kind
from aimak_billing.application.corrections.entries import Entry, post, standing
from aimak_billing.application.corrections.money import moved_over
from aimak_billing.application.views import find_account
from aimak_billing.store import life as accounts
from aimak_billing.store import registers


def _check(work: UnitOfWork, asked: Mapping[str, Any]) -> tuple[dict[str, Any], int | None]:
    """asked: account (is closed), to (stays)."""
    account, to = (find_account(work, asked.get(name) or "") for name in ("account", "to"))
    if account.id == to.id:
        raise Refused(Problem("AIM-B119", {"account": asked["account"]}))
    return {"to": to.id, "to_account": to.number}, account.id


def _post(work: UnitOfWork, document: Row[Any]) -> None:
    source, target = document.account_id, document.facts["to"]
    account = accounts.lock(work, source)
    if account.status == life.ACTIVE:
        life.move_out(work, account.number, max(work.today(), account.opened_on))
    entries: list[Entry] = []
    for provider in registers.providers(work):
        stands = standing(work, source, provider.code)
        owed = sum(amount for _, _, amount in stands.owed)
        for amount in (owed, -stands.advance):
            if amount:
                entries += moved_over(work, source, target, provider.code, amount)
    post(work, document.id, "transfer", entries)


MERGE = Kind("merge", _check, _post)
