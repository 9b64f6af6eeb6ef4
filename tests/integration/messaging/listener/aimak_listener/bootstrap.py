"""A service made for tests: it hears one event and does what its rows say."""

from __future__ import annotations

import os
import time
from pathlib import Path

from aimak.contracts.base import Event, Row
from aimak.contracts.fields import Text, Whole
from aimak.http import service_app
from aimak.problems import PermanentFault, Problem
from aimak.service import Service, Subscription
from aimak.settings import Settings
from aimak.storage.work import UnitOfWork
from aimak.tables import kernel_tables
from sqlalchemy import BigInteger, Column, MetaData, String, Table, insert

metadata = MetaData()
kernel_tables(metadata)
heard = Table(
    "heard",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=True),
    Column("word", String(64), nullable=False),
    Column("number", BigInteger, nullable=False),
)


class SpokenRow(Row):
    """A word that says how it wants to be handled, and a number."""

    word = Text(required=True)
    number = Whole(required=True)


class Spoken(Event):
    """What the tests publish."""

    publisher = "test"
    row = SpokenRow


def hear(work: UnitOfWork, event: Spoken) -> None:
    """Note every attempt in a file and every success in the table."""
    for row in event.rows():
        with (Path(os.environ["LISTENER_NOTES"]) / f"{row['word']}-{row['number']}").open("a") as notes:
            notes.write(f"{time.time()}\n")
        _behave(row["word"], row["number"])
        work.execute(insert(heard).values(word=row["word"], number=row["number"]))


def _behave(word: str, number: int) -> None:
    if word == "passing":
        raise RuntimeError("this will pass")
    if word == "poison":
        raise PermanentFault(Problem("AIM-K011", {"service": "listener", "event": "poison"}))
    if word == "sleepy":
        time.sleep(number / 1000)


def build(settings: Settings) -> Service:
    """The listener on the databases that `settings` name."""
    service = Service.open("listener", settings, metadata)
    service.listens(Subscription(Spoken, hear))
    service.web = lambda: service_app(service)
    return service
