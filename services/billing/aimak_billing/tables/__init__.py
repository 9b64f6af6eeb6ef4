"""Billing's tables: registers, tariffs, runs, bills; and the kernel's and the ledger's."""

from aimak import intake, ledger
from aimak.tables import kernel_tables
from sqlalchemy import MetaData

from aimak_billing.tables import bills, registers, runs, tariffs

metadata = MetaData()
kernel_tables(metadata)
ledger.tables(metadata)
intake.tables(metadata)
registers.add(metadata)
tariffs.add(metadata)
runs.add(metadata)
bills.add(metadata)

__all__ = ["metadata"]
