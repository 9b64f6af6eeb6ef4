"""Documents of correction: one person enters, another approves, and only then anything is posted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aimak import audit
from aimak.problems import Conflict, Forbidden, NotFound, Problem, Refused
from aimak.storage import counters
from aimak.storage.work import UnitOfWork
from sqlalchemy import Row

from aimak_billing.store import documents as store

APPROVED, REFUSED, ENTERED = "approved", "refused", "entered"


@dataclass(frozen=True)
class Kind:
    """One kind of document. `check` gives the facts as they are kept and the account, or raises Refused; `post` does
    what the document says, in the transaction of its approval, and may raise Refused or Conflict."""

    code: str
    check: Callable[[UnitOfWork, Mapping[str, Any]], tuple[dict[str, Any], int | None]]
    post: Callable[[UnitOfWork, Row[Any]], None]


def enter(work: UnitOfWork, kind: Kind, asked: Mapping[str, Any], actor: str) -> int:
    """Enter a document; gives its number. asked: reason, ground, and the facts of its kind. Nothing is posted."""
    reason = (asked.get("reason") or "").strip()
    if not reason:
        raise Refused(Problem("AIM-B103", {}))
    work.tenant_facts()
    facts, account_id = kind.check(work, asked)
    number = counters.reserve(work, "correction", 1)
    said = {"reason": reason, "ground": (asked.get("ground") or "").strip()}
    entered = {"entered_by": actor, "entered_at": work.now}
    row = {"id": number, "kind": kind.code, "account_id": account_id, "facts": facts, **said, **entered}
    store.add(work, row)
    paper = said["ground"] or reason
    audit.note(work, account_id=account_id, after=facts, ground=paper, action=f"enter {kind.code} {number}")
    return number


def approve(work: UnitOfWork, kinds: Mapping[str, Kind], number: int, actor: str) -> bool:
    """Approve a document and post what it says; False where it was approved before. Raises NotFound, Forbidden for
    who entered it, Conflict where it was refused."""
    document = find(work, number)
    if document.decision == APPROVED:
        return False
    _decide(work, document, APPROVED, actor, "")
    kinds[document.kind].post(work, document)
    return True


def refuse(work: UnitOfWork, number: int, actor: str, reason: str) -> bool:
    """Refuse a document; False where it was refused before. Who entered it may take it back."""
    document = find(work, number)
    if document.decision == REFUSED:
        return False
    if not reason.strip():
        raise Refused(Problem("AIM-B103", {}))
    _decide(work, document, REFUSED, actor, reason.strip())
    return True


def _decide(work: UnitOfWork, document: Row[Any], decision: str, actor: str, reason: str) -> None:
    if document.decision is not None:
        raise Conflict(Problem("AIM-B110", {"number": document.id, "decision": document.decision}))
    if decision == APPROVED and document.entered_by == actor:
        raise Forbidden(Problem("AIM-B111", {"number": document.id, "actor": actor}))
    turn = counters.reserve(work, "turn", 1)
    facts = {"decision": decision, "reason": reason, "actor": actor, "at": work.now, "turn": turn}
    store.decide(work, {"correction_id": document.id, **facts})
    done = {"before": {"state": ENTERED}, "after": {"state": decision}, "ground": document.ground or document.reason}
    audit.note(work, account_id=document.account_id, **done, action=f"{decision} {document.kind} {document.id}")


def find(work: UnitOfWork, number: int) -> Row[Any]:
    """A document with its decision (null: none yet), locked. Raises NotFound."""
    store.take_turn(work)
    document = store.one(work, number)
    if document is None:
        raise NotFound(Problem("AIM-B112", {"number": number}))
    return document


def view(document: Row[Any]) -> dict[str, Any]:
    """A document as the API shows it."""
    shown = ("kind", "account", "facts", "reason", "ground", "entered_by")
    decided = {"decided_by": document.actor, "decided_at": document.at.isoformat() if document.at else None}
    return {
        "number": document.id,
        **{name: getattr(document, name) for name in shown},
        "entered_at": document.entered_at.isoformat(),
        "state": document.decision or ENTERED,
        **decided,
        "refused_because": document.decision_reason or None,
    }
