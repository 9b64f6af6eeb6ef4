"""The job that takes a file in: scan it whole, then take it block by block, each block one transaction.

What is done is recorded in the block's own transaction, so that a killed import goes on where it stood and a second
worker that comes by stops.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from functools import partial
from typing import Any

import psycopg
from sqlalchemy.exc import SQLAlchemyError

from aimak import audit
from aimak.files import faults
from aimak.files.rows import Block, Document
from aimak.intake import store
from aimak.intake.importer import Importer, Incoming, Rows
from aimak.intake.upload import JOB
from aimak.problems import PermanentFault, Problem, Refused
from aimak.service import Job, JobHandler, Service
from aimak.storage.work import UnitOfWork

_log = logging.getLogger("aimak.intake")

BROKE = "AIM-F204"
# What the database or the machine may get over; the job is then tried again.
PASSING = (SQLAlchemyError, psycopg.Error, sqlite3.Error, OSError)
# After so many blocks other jobs of the service get their turn.
BLOCKS_A_TURN = 100
# A dry run keeps what it found in memory until it is over.
DRY_RUN_FAULTS = 1_000
# A file up to this size is looked at and taken in one transaction when one block holds it.
AT_ONCE_BYTES = 64 << 10


def jobs(importers: Sequence[Importer]) -> dict[str, JobHandler]:
    """The handler of the intake job, for a service that takes in these kinds of files."""
    return {JOB: partial(_run, {importer.kind: importer for importer in importers})}


def _run(importers: dict[str, Importer], service: Service, job: Job) -> timedelta | None:
    return _Run(importers, service, job).step()


class _Run:
    """One import at work."""

    def __init__(self, importers: dict[str, Importer], service: Service, job: Job) -> None:
        self._service = service
        self._tenant = job.tenant
        self._id = int(job.payload["import"])
        with self._work() as work:
            row = store.find(work, self._id)
        assert row is not None, "an import is never deleted"
        self._row = row
        self._file: Incoming = store.incoming(row)
        self._importer = importers[row.kind]
        self._scanned: Document | None = None

    def step(self) -> timedelta | None:
        """Scan, take the next blocks, and say whether to come again. Refusals end the import."""
        if self._row.state in ("done", "refused") or (self._is_small() and self._take_at_once()):
            return None
        try:
            if self._row.state != "taking":
                self._scan()
            if not self._file.dry_run:
                return self._take_blocks()
            self._try_all()
        except Refused as refused:
            self._refuse(refused.problems)
        except PermanentFault as fault:
            self._refuse((fault.problem,))
        except PASSING:
            raise
        except Exception as error:
            # A reader or importer that breaks would break again: better to say so than to keep the sender waiting.
            _log.exception("import %s broke", self._id)
            self._refuse((Problem(BROKE, {"reason": f"{type(error).__name__}: {error}"[:200]}),))
        return None

    def _work(self) -> UnitOfWork:
        return self._service.work(self._tenant, bulk=True)

    def _document(self, work: UnitOfWork | None = None) -> Document:
        def opened() -> AbstractContextManager[UnitOfWork]:
            return self._work() if work is None else nullcontext(work)

        source = store.PartsSource(self._row.name, self._row.size, self._row.upload_id, opened)
        return self._importer.reader_for(self._file).open(source)

    def _is_small(self) -> bool:
        """Whether all of the file may be taken in one transaction: no scan of its own, nothing taken before."""
        fresh = self._row.state == "uploaded" and not self._file.dry_run
        return fresh and self._row.size <= AT_ONCE_BYTES and self._importer.scan is None

    def _take_at_once(self) -> bool:
        """Look at a small file and take it in one transaction; says whether that is done. Whatever is wrong with it is
        undone and left to be found step by step."""
        try:
            with audit.commanded(self._command()), self._work() as work:
                row = store.find(work, self._id)
                assert row is not None, "an import is never deleted"
                self._row = row
                if row.state != "uploaded":
                    # Another worker was faster.
                    return row.state in ("done", "refused")
                document = self._document(work)
                blocks = document.blocks(self._importer.block_rows)
                block = next(blocks, None)
                if block is None or next(blocks, None) is not None:
                    return False
                store.drop_faults(work, self._id)
                notes = store.as_faults((), (), store.named(document.warnings, row.name))
                store.add_faults(work, self._id, 0, notes)
                self._take(work, block, total=block.count, listed=len(notes), header=list(document.header))
                work.commit()
        except PASSING:
            raise
        except Exception:
            _log.debug("import %s is not taken at once", self._id, exc_info=True)
            return False
        return True

    def _scan(self) -> None:
        with self._work() as work:
            store.drop_faults(work, self._id)
            store.change(work, self._id, state="scanning", faults=0)
            work.commit()
        document = self._document()
        total, found = self._look(document)
        if total == 0:
            raise faults.file_fault(faults.NO_ROWS, self._row.name)
        errors = [problem for problem in found if problem.severity == "error"]
        if errors:
            raise Refused(*errors)
        notes = store.as_faults((), (), store.named([*document.warnings, *found], self._row.name))
        with self._work() as work:
            store.add_faults(work, self._id, 0, notes)
            header = list(document.header)
            store.change(work, self._id, state="taking", total=total, header=header, faults=len(notes))
            work.commit()
        self._scanned = document

    def _look(self, document: Document) -> tuple[int, list[Problem]]:
        if self._importer.scan is None:
            return document.count(), []
        total = 0

        def counted() -> Iterator[Block]:
            nonlocal total
            for block in document.blocks(self._importer.block_rows):
                total += block.count
                yield block

        blocks = counted()
        found = self._importer.scan(self._file, document, blocks)
        # What the importer did not care to read is still held against the file's end.
        for _ in blocks:
            pass
        return total, found

    def _take_blocks(self) -> timedelta | None:
        with self._work() as work:
            done = self._progress(work)
        if done is None:
            return None
        blocks = (self._scanned or self._document()).blocks(self._importer.block_rows, skip=done)
        for turn, block in enumerate(blocks, 1):
            with audit.commanded(self._command()), self._work() as work:
                if self._progress(work) != done:
                    return None
                self._take(work, block, total=self._row.total, listed=self._row.faults)
                work.commit()
            done += block.count
            if done == self._row.total:
                return None
            if turn == BLOCKS_A_TURN:
                return timedelta(0)
        with self._work() as work:
            if self._progress(work) == done:
                store.change(work, self._id, state="done")
                work.commit()
        return None

    def _command(self) -> audit.Command:
        """What a block's rows are noted under, if its importer notes them: who brought the file."""
        action, said = f"import {self._row.kind}", {"file": self._row.name}
        return audit.Command(self._row.actor, action, str(self._id), said, written=True)

    def _progress(self, work: UnitOfWork) -> int | None:
        """Rows done so far; None when the import is no longer being taken. Locks it for this transaction."""
        row = store.find(work, self._id)
        if row is None or row.state != "taking":
            return None
        self._row = row
        return int(row.done)

    def _take(self, work: UnitOfWork, block: Block, *, total: int, listed: int, **more: Any) -> None:
        """Take a block of a file of `total` rows, `listed` of its faults being known; `more` is written with it. Where
        the file comes again, only the rows that were left out are offered."""
        again = self._row.taken + self._row.refused > self._row.done
        offered = self._left_out(work, block) if again else block
        found, refused = self._offer(work, offered)
        store.add_faults(work, self._id, listed, found)
        done = self._row.done + block.count
        store.change(
            work,
            self._id,
            state="done" if done == total else "taking",
            total=total,
            done=done,
            taken=self._row.taken + offered.count - refused,
            refused=self._row.refused + refused - (offered.count if again else 0),
            faults=listed + len(found),
            **more,
        )

    def _left_out(self, work: UnitOfWork, block: Block) -> Block:
        among = [row.line for row in (*block.good, *block.bad)]
        lines = store.reclaimed(work, self._id, among, self._importer.again)
        good, bad = ([row for row in rows if row.line in lines] for rows in (block.good, block.bad))
        return Block(good, bad)

    def _offer(self, work: UnitOfWork, block: Block) -> tuple[list[dict[str, object]], int]:
        problems = self._importer.take(work, Rows(block.good, self._file)) if block.good else []
        found = store.as_faults(block.bad, block.good, store.named(problems, self._row.name))
        return found, sum(bool(fault["refused"]) for fault in found)

    def _try_all(self) -> None:
        """A dry run: everything in one transaction, since later rows may build on earlier ones, and then nothing."""
        listed: list[dict[str, object]] = []
        total = refused = 0
        with self._work() as work:
            for block in self._document(work).blocks(self._importer.block_rows):
                found, left_out = self._offer(work, block)
                total, refused = total + block.count, refused + left_out
                listed += found[: DRY_RUN_FAULTS - len(listed)]
        with self._work() as work:
            row = store.find(work, self._id)
            assert row is not None
            store.add_faults(work, self._id, row.faults, listed)
            counts = {"done": total, "taken": total - refused, "refused": refused, "faults": row.faults + len(listed)}
            store.change(work, self._id, state="done", **counts)
            store.drop_parts(work, row.upload_id)
            work.commit()

    def _refuse(self, problems: Sequence[Problem]) -> None:
        with self._work() as work:
            row = store.find(work, self._id)
            assert row is not None
            one_each: list[dict[str, object]] = [
                {"line": problem.place.line if problem.place else None, "refused": False, "cells": []}
                | {"problems": [problem.as_json()]}
                for problem in store.named(problems, self._row.name)
            ]
            store.add_faults(work, self._id, row.faults, one_each)
            store.change(work, self._id, state="refused", faults=row.faults + len(one_each))
            work.commit()
