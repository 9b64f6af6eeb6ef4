"""The ledger: a row is a transfer from one ledger account to another, so that it sums to zero by its form.

Billing and payments each keep one, tied by control accounts that `aimak doctor` compares. Every day that is over is
closed and hashed over the day before it (`days`), and a copy of it is proved anywhere (`verify`).
"""

from aimak.entries import account_id, salted
from aimak.ledger.postings import close_day, open_day, post, transfer
from aimak.ledger.tables import belongs_to, day_index, tables

__all__ = ["account_id", "belongs_to", "close_day", "day_index", "open_day", "post", "salted", "tables", "transfer"]
