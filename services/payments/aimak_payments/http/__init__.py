"""The web application: what operators ask, and the partners' own door."""

from aimak_payments.http.operators import operator_routes
from aimak_payments.http.partner_door import partner_routes

__all__ = ["operator_routes", "partner_routes"]
