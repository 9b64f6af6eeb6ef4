"""Kannel, the open SMS gateway (Debian: kannel 1.4.5), over the HTTP interface of its smsbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from aimak.plugins.sms_gateways import (
    Delivery,
    DeliveryReport,
    GatewayRequest,
    Handed,
    Handover,
    HttpAnswer,
    NotAnswered,
    NotReached,
    OutgoingSms,
    SmsGateway,
    Unreadable,
)

from aimak_notifications.plugins.sms_gateways.kannel.schema import KannelSettings

# Kannel's own bits: 1 delivered, 2 failed, 4 buffered, 8 taken by the operator, 16 refused by it. All are asked for.
_DELIVERIES = {
    1: Delivery.DELIVERED,
    2: Delivery.FAILED,
    4: Delivery.SENT,
    8: Delivery.SENT,
    16: Delivery.REFUSED,
}
_MASK = sum(_DELIVERIES)
# Kannel fills these in: the bit, the operator's words, the operator's id.
_ESCAPES = "&t=%d&a=%A&f=%F"
_CODING = {"gsm7": "0", "ucs2": "2"}
_REASON_CHARS = 200
ID_DIGITS = 19


class KannelGateway(SmsGateway):
    """Hands messages to smsbox one by one. Kannel gives no id and knows no repeat: ours comes back in its reports, and
    a message whose answer was lost stays unknown until a report tells of it."""

    code = "kannel"
    interface_version = 1
    names: ClassVar[Mapping[str, str]] = {"ky": "Kannel", "ru": "Kannel", "en": "Kannel"}
    settings_schema = KannelSettings
    batch_size = 50

    def send(self, messages: Sequence[OutgoingSms]) -> list[Handed]:
        """202 is taken; 400 refuses this message; anything else says that Kannel takes none now."""
        handed: list[Handed] = []
        for sms in messages:
            handed.append(self._send_one(sms))
            if handed[-1].handover in (Handover.LATER, Handover.UNKNOWN):
                # What one message met would meet the next: no use in waiting for each time limit.
                reason = handed[-1].reason
                rest = messages[len(handed) :]
                return handed + [Handed(later.id, Handover.LATER, reason=reason) for later in rest]
        return handed

    def report(self, request: GatewayRequest) -> list[DeliveryReport]:
        """A call of the delivery URL: our id, the bit, the operator's words and id."""
        number, bit = request.query.get("id", ""), request.query.get("t", "")
        if not (number.isascii() and number.isdigit() and len(number) == ID_DIGITS):
            raise Unreadable("id is not a message of ours")
        if bit not in map(str, _DELIVERIES):
            raise Unreadable(f"t is {bit[:10]!r}, not one of {', '.join(map(str, _DELIVERIES))}")
        words = request.query.get("a", "")[:_REASON_CHARS] or None
        return [DeliveryReport(int(number), _DELIVERIES[int(bit)], request.query.get("f") or None, words)]

    def _send_one(self, sms: OutgoingSms) -> Handed:
        if sms.parts > self.settings["max_parts"]:
            return Handed(sms.id, Handover.REFUSED, reason=f"{sms.parts} parts, at most {self.settings['max_parts']}")
        try:
            answer = self.host.http.get(self.settings["url"], params=self._parameters(sms))
        except NotReached as away:
            return Handed(sms.id, Handover.LATER, reason=str(away))
        except NotAnswered as silent:
            return Handed(sms.id, Handover.UNKNOWN, reason=str(silent))
        return _handed(sms, answer)

    def _parameters(self, sms: OutgoingSms) -> dict[str, str]:
        parameters = {
            "username": self.settings["username"],
            "password": self.settings["password"],
            "from": self.settings["sender"],
            "to": sms.phone,
            "text": sms.text,
            "charset": "UTF-8",
            "coding": _CODING[sms.encoding],
            "dlr-mask": str(_MASK),
            "dlr-url": sms.report_url + _ESCAPES,
            "validity": str(self.settings["validity_minutes"]),
        }
        if self.settings.get("smsc"):
            parameters["smsc"] = self.settings["smsc"]
        return parameters


def _handed(sms: OutgoingSms, answer: HttpAnswer) -> Handed:
    reason = f"{answer.status_code} {answer.text[:_REASON_CHARS]}"
    if answer.status_code == 202:
        return Handed(sms.id, Handover.ACCEPTED)
    # Other 4xx are our account or our settings: no fault of this message, which must not be lost for it.
    return Handed(sms.id, Handover.REFUSED if answer.status_code == 400 else Handover.LATER, reason=reason)
