"""Storage: two engines, one unit of work, portable column types, bulk load, guards, migrations."""

from aimak.storage.database import Database
from aimak.storage.guards import append_only
from aimak.storage.work import UnitOfWork

__all__ = ["Database", "UnitOfWork", "append_only"]
