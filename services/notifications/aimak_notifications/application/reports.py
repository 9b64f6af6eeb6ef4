"""What a gateway tells of messages that it took."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Sequence
from typing import Any

from aimak.plugins.sms_gateways import DeliveryReport, GatewayRequest, Unreadable
from aimak.problems import Forbidden, NotFound, Problem, Refused
from aimak.service import Service
from aimak.storage.work import UnitOfWork
from sqlalchemy import Row

from aimak_notifications import store
from aimak_notifications.application.gateways import Gateways, report_key
from aimak_notifications.domain import states

_log = logging.getLogger("aimak.sms")
_REF_CHARS = 128


def take_report(service: Service, gateways: Gateways, tenant: str, code: str, request: GatewayRequest) -> int:
    """Take a gateway's call and say how many messages it moved on; a repeat and a late report move none.

    Raises Forbidden for a wrong key, NotFound for a message that is not ours, Refused for a call that makes no sense.
    """
    with service.work(tenant) as work:
        row = store.one_gateway(work, code)
    if row is None or not _proven(row, request):
        raise Forbidden(Problem("AIM-N005"))
    reports = _read(service, gateways, tenant, row, request)
    with service.work(tenant) as work:
        moved = sum(_apply(work, report) for report in reports)
        work.commit()
    return moved


def _proven(row: Row[Any], request: GatewayRequest) -> bool:
    expected = report_key(row.report_secret, request.query.get("id", ""))
    return hmac.compare_digest(expected.encode(), request.query.get("key", "").encode())


def _read(
    service: Service, gateways: Gateways, tenant: str, row: Row[Any], request: GatewayRequest
) -> Sequence[DeliveryReport]:
    try:
        reports = gateways.open(service, tenant, row).gateway.report(request)
    except Unreadable as wrong:
        raise Refused(Problem("AIM-N012", {"reason": str(wrong)})) from wrong
    signed = request.query.get("id", "")
    if signed and any(str(report.message_id) != signed for report in reports):
        # The key in the address is good for the message it names and for no other.
        raise Forbidden(Problem("AIM-N005"))
    return reports


def _apply(work: UnitOfWork, report: DeliveryReport) -> int:
    row = store.one_message(work, report.message_id)
    if row is None:
        raise NotFound(Problem("AIM-N004", {"message": str(report.message_id)}))
    state = report.delivery.value
    earlier = states.earlier(state)
    if row.state not in earlier:
        return 0
    change = {
        "id": row.id,
        "state": state,
        "gateway_ref": report.ref[:_REF_CHARS] if report.ref else row.gateway_ref,
        "reason": report.reason,
        "sent_at": row.sent_at or work.now,
        "settled_at": None if state == states.SENT else work.now,
    }
    return store.change_messages(work, [change], only_from=earlier)
