"""What people and other programs ask of billing over HTTP."""

from aimak_billing.http.routes import routes

__all__ = ["routes"]
