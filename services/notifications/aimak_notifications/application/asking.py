"""What people ask and set: the list of messages, the gateways, the consent."""

from __future__ import annotations

from typing import Any

from aimak.problems import Problem, Refused
from aimak.storage.work import UnitOfWork
from sqlalchemy import Row

from aimak_notifications import store
from aimak_notifications.domain import notices, states
from aimak_notifications.domain.phones import international
from aimak_notifications.store import Filter

_INSTANTS = ("made_at", "sent_at", "settled_at")
MESSAGE_COLUMNS = (
    *("id", "source_id", "account", "kind", "period", "phone", "language", "text", "encoding", "parts", "state"),
    *("gateway", "gateway_ref", "reason", "attempts", *_INSTANTS),
)


def list_messages(work: UnitOfWork, wanted: Filter, limit: int, after: int | None) -> dict[str, Any]:
    """Messages with their totals over the whole filter, what was not told and why, and where the next page begins.
    Raises Refused for a state that does not exist."""
    if wanted.state is not None and wanted.state not in states.STATES:
        raise Refused(Problem("AIM-N006", {"state": wanted.state, "known": ", ".join(states.STATES)}))
    rows = store.list_messages(work, wanted, limit + 1, after)
    page = rows[:limit]
    return {
        "messages": [_message_json(row) for row in page],
        "next": str(page[-1].id) if len(rows) > limit else None,
        "totals": [
            {"state": row.state, "kind": row.kind, "messages": row.messages, "parts": int(row.parts)}
            for row in store.message_totals(work, wanted)
        ],
        "not_told": store.notice_totals(work, wanted.kind, wanted.period),
    }


def list_gateways(work: UnitOfWork) -> list[dict[str, Any]]:
    """The gateways that were set up; secrets stand there by name alone, as they were given."""
    return [
        {
            "gateway": row.code,
            "settings": row.settings,
            "chosen": row.chosen,
            "changed_at": row.changed_at.isoformat(),
            "changed_by": row.changed_by,
        }
        for row in store.gateways(work)
    ]


def set_consent(work: UnitOfWork, written: str, allowed: bool, actor: str, country_code: str) -> str:
    """Note whether a phone may get messages; gives the phone as it is kept. What is queued already still goes.
    Raises Refused for what is no phone."""
    phone = international(written, country_code)
    if phone is None:
        raise Refused(Problem("AIM-N007", {"phone": written}))
    store.set_consent(work, phone, allowed, actor)
    return phone


def check(work: UnitOfWork) -> list[Problem]:
    """What `aimak doctor` shows: messages of unknown fate and notices that wait."""
    unknown = store.count_messages(work, states.UNKNOWN)
    waiting = store.notice_totals(work).get(notices.WAITING, 0)
    found = (("AIM-N009", unknown), ("AIM-N011", waiting))
    return [Problem(code, {"count": count}, severity="warning") for code, count in found if count]


def _message_json(row: Row[Any]) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in MESSAGE_COLUMNS}
    instants = {name: values[name].isoformat() if values[name] else None for name in _INSTANTS}
    # Ids are 19 digits: a reader that takes JSON numbers for floats would round them.
    return {**values, "id": str(row.id), "source_id": str(row.source_id), **instants}
