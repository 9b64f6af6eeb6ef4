"""Tariffs in the Open Water Rate Specification: read, translated into tariffs of ours, priced by the same rating."""

from aimak_billing.owrs.document import Document, read
from aimak_billing.owrs.quote import quote
from aimak_billing.owrs.tariffs import tariffs

__all__ = ["Document", "quote", "read", "tariffs"]
