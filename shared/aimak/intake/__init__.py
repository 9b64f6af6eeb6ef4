"""Files that people send in: kept as parts in the database, looked at as a whole, then taken block by block.

A fault that concerns the whole file refuses it before anything is taken; a faulty row is left out and given back.
"""

from typing import TYPE_CHECKING

from aimak.intake.importer import Importer, Incoming, Rows
from aimak.intake.runner import jobs
from aimak.intake.schema import tables

if TYPE_CHECKING:
    from aimak.intake.http import blueprint

__all__ = ["Importer", "Incoming", "Rows", "blueprint", "jobs", "tables"]


def __getattr__(name: str) -> object:
    # Flask is not loaded where only tables and jobs are needed.
    if name == "blueprint":
        from aimak.intake.http import blueprint

        return blueprint
    raise AttributeError(name)
