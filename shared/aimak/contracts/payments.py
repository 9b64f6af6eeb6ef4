"""What payments tells: money received for an account."""

from __future__ import annotations

from aimak.contracts.base import Event, Row
from aimak.contracts.fields import Day, Text, Tyiyn, Whole


class PaymentPartRow(Row):
    """The part of one payment that goes to one provider. All parts of a payment travel in one event."""

    payment_id = Whole(required=True)
    provider = Text(required=True)
    account_id = Whole(required=True)
    amount_tyiyn = Tyiyn(required=True, metadata={"description": "this provider's part, > 0; 0 when reversed"})
    payment_tyiyn = Tyiyn(required=True, metadata={"description": "the whole payment"})
    parts = Whole(required=True, metadata={"description": "how many parts the payment has"})
    partner = Text(required=True)
    partner_name = Text(
        required=True, allow_none=True, metadata={"description": "what people call the partner; null: its code alone"}
    )
    external_id = Text(required=True)
    paid_on = Day(required=True, metadata={"description": "business date in the partner's zone"})
    state = Text(required=True, metadata={"description": "received or reversed"})
    version = Whole(required=True)


class PaymentsReceived(Event):
    """Payments as they stand, part by part. Money in suspense is not among them."""

    publisher = "payments"
    row = PaymentPartRow
