"""The job that sends: mark, hand over with no transaction open, write down what became of it.

A process that dies in between leaves messages marked "sending". Nobody can tell then whether the gateway has them:
one that absorbs a repeat by our id gets them again, one that can be asked is asked, for any other they become
"unknown" and are never sent again by themselves.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from aimak.batches import in_batches
from aimak.messaging.faults import MAX_ATTEMPTS
from aimak.plugins.sms_gateways import Handed, Handover, OutgoingSms
from aimak.problems import Problem, Refused
from aimak.service import Job, Service
from sqlalchemy import Row

from aimak_notifications import store
from aimak_notifications.application.gateways import Gateways, Opened
from aimak_notifications.domain import states

_log = logging.getLogger("aimak.sms")
_REASON_CHARS = 500

Ask = Callable[[Sequence[OutgoingSms]], list[Handed]]


class NotTaken(Exception):
    """Messages are left that the gateway does not take now: the job is tried again, later and later."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.code} {dict(problem.fields)}")


class Sending:
    """The handler of the job `sms.send`; its payload names the messages."""

    def __init__(self, gateways: Gateways) -> None:
        self._gateways = gateways

    def send(self, service: Service, job: Job) -> None:
        """Send what is still to be sent of the job's messages. Raises NotTaken while some are left; at the last
        attempt these fail."""
        last = job.attempts + 1 >= MAX_ATTEMPTS
        ids = [int(number) for number in job.payload["messages"]]
        try:
            opened = self._open(service, job.tenant)
        except Refused as wrong:
            self._leave(service, job, ids, wrong.problems[0].code, last)
            raise NotTaken(wrong.problems[0]) from wrong
        for part in in_batches(ids, opened.gateway.batch_size):
            reason = _send_batch(service, job.tenant, part, opened)
            if reason is not None:
                self._leave(service, job, ids, reason, last)
                raise NotTaken(Problem("AIM-N008", {"gateway": opened.gateway.code, "reason": reason}))

    def _open(self, service: Service, tenant: str) -> Opened:
        with service.work(tenant) as work:
            row = self._gateways.chosen(service, work)
            work.commit()
        return self._gateways.open(service, tenant, row)

    def _leave(self, service: Service, job: Job, ids: Sequence[int], reason: str, last: bool) -> None:
        """At the last attempt, settle what is left; before it, leave it for the next."""
        if not last:
            return
        with service.work(job.tenant) as work:
            failed = [_change(number, states.FAILED, reason, settled_at=work.now) for number in ids]
            store.change_messages(work, failed, only_from=(states.QUEUED,))
            doubtful = [_change(number, states.UNKNOWN, reason) for number in ids]
            store.change_messages(work, doubtful, only_from=(states.SENDING,))
            work.commit()


def _send_batch(service: Service, tenant: str, ids: Sequence[int], opened: Opened) -> str | None:
    """Hand one batch over; gives the gateway's reason when it left messages for later."""
    fresh, doubtful = _mark(service, tenant, ids, opened)
    if opened.gateway.can_query:
        asked = _settle(service, tenant, doubtful, opened, opened.gateway.query)
        return _settle(service, tenant, fresh, opened, opened.gateway.send) or asked
    return _settle(service, tenant, [*doubtful, *fresh], opened, opened.gateway.send)


def _settle(service: Service, tenant: str, messages: Sequence[OutgoingSms], opened: Opened, ask: Ask) -> str | None:
    """Ask the gateway and write down what it says; gives its reason when messages are left for later."""
    if not messages:
        return None
    answers = _answers(opened, messages, ask)
    _record(service, tenant, answers, opened)
    left = [handed for handed in answers if _state(handed, opened) in (states.QUEUED, states.SENDING)]
    return (left[0].reason or left[0].handover.value) if left else None


def _mark(
    service: Service, tenant: str, ids: Sequence[int], opened: Opened
) -> tuple[list[OutgoingSms], list[OutgoingSms]]:
    """Mark messages as being sent; gives the fresh ones and those in doubt that this gateway can settle."""
    code = opened.gateway.code
    settles = opened.gateway.repeatable or opened.gateway.can_query
    with service.work(tenant) as work:
        rows = store.open_messages(work, ids)
        fresh = [row for row in rows if row.state == states.QUEUED]
        doubtful = [row for row in rows if row.state == states.SENDING and row.gateway == code and settles]
        lost = [row for row in rows if row.state == states.SENDING and row not in doubtful]
        starts = [
            {"id": row.id, "state": states.SENDING, "gateway": code, "attempts": row.attempts + 1}
            for row in (*doubtful, *fresh)
        ]
        store.change_messages(work, starts, only_from=(states.QUEUED, states.SENDING))
        stopped = "the process ended while it was being sent"
        store.change_messages(
            work, [_change(row.id, states.UNKNOWN, stopped) for row in lost], only_from=(states.SENDING,)
        )
        work.commit()
    return [_outgoing(row, opened, again=False) for row in fresh], [
        _outgoing(row, opened, again=True) for row in doubtful
    ]


def _outgoing(row: Row[Any], opened: Opened, *, again: bool) -> OutgoingSms:
    return OutgoingSms(
        id=row.id,
        phone=row.phone,
        text=row.text,
        encoding=row.encoding,
        parts=row.parts,
        day=row.day,
        report_url=opened.report_url(row.id),
        again=again,
    )


def _answers(opened: Opened, messages: Sequence[OutgoingSms], ask: Ask) -> list[Handed]:
    """One answer for each message; what the gateway left out, or all when it raised, is unknown."""
    try:
        given = {handed.message_id: handed for handed in ask(messages)}
        reason = "the gateway said nothing of it"
    except Exception as broken:
        _log.exception("gateway %s of %s raised", opened.gateway.code, opened.tenant)
        given, reason = {}, f"the gateway raised {type(broken).__name__}"
    return [given.get(sms.id) or Handed(sms.id, Handover.UNKNOWN, reason=reason) for sms in messages]


def _state(handed: Handed, opened: Opened) -> str:
    match handed.handover:
        case Handover.ACCEPTED:
            return states.SENT
        case Handover.REFUSED:
            return states.REFUSED
        case Handover.LATER:
            return states.QUEUED
        case Handover.UNKNOWN:
            settles = opened.gateway.repeatable or opened.gateway.can_query
            return states.SENDING if settles else states.UNKNOWN


def _record(service: Service, tenant: str, answers: Sequence[Handed], opened: Opened) -> None:
    """Write down the outcome, unless a report was faster."""
    by_state: dict[str, list[dict[str, Any]]] = defaultdict(list)
    with service.work(tenant) as work:
        for handed in answers:
            state = _state(handed, opened)
            times = {
                "sent_at": work.now if state == states.SENT else None,
                "settled_at": work.now if state == states.REFUSED else None,
            }
            by_state[state].append(_change(handed.message_id, state, handed.reason, gateway_ref=handed.ref, **times))
        for changes in by_state.values():
            store.change_messages(work, changes, only_from=(states.SENDING,))
        work.commit()


def _change(message_id: int, state: str, reason: str | None, **values: Any) -> dict[str, Any]:
    return {"id": message_id, "state": state, "reason": reason[:_REASON_CHARS] if reason else None, **values}
