"""Billing's tables: registers, tariffs, runs, bills, corrections; and the kernel's and the ledger's."""

from aimak import intake, ledger
from aimak.tables import kernel_tables
from sqlalchemy import MetaData

from aimak_billing.tables import (
    allocation,
    bills,
    carried,
    checks,
    corrections,
    parties,
    period_facts,
    registers,
    runs,
    simulations,
    tariffs,
)

metadata = MetaData()
kernel_tables(metadata)
ledger.tables(metadata)
intake.tables(metadata)
registers.add(metadata)
tariffs.add(metadata)
simulations.add(metadata)
runs.add(metadata)
bills.add(metadata)
corrections.add(metadata)
checks.add(metadata)
parties.add(metadata)
period_facts.add(metadata)
allocation.add(metadata)
carried.add(metadata)

__all__ = ["metadata"]
