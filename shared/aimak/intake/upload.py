"""Receiving a file: its bytes into parts of a megabyte, each in a transaction of its own, then one that keeps what is
left and names it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from aimak.files.faults import FILE_TOO_LARGE
from aimak.ids import derived_id
from aimak.intake import store
from aimak.problems import Problem, Refused
from aimak.service import Service
from aimak.storage.types import dumps
from aimak.storage.work import UnitOfWork

JOB = "import"
PART_BYTES = 1 << 20
MAX_FILE_BYTES = 512 << 20


@dataclass(frozen=True)
class Received:
    """An import and whether the same file had come before; where it is looked at anew, how many of its rows were taken
    by then."""

    import_id: int
    replayed: bool
    taken_before: int = 0


@dataclass(frozen=True)
class Sending:
    """What comes with the bytes."""

    tenant: str
    actor: str
    kind: str
    name: str
    params: Mapping[str, str]
    dry_run: bool = False


def receive(
    service: Service, sending: Sending, read: Callable[[int], bytes], *, again: Collection[str] | None = None
) -> Received:
    """Keep a file and have it taken in by the worker. The same content of the same kind and parameters is the same
    import and what was taken of it is not taken again; a file that was refused, or rows of it that were left out
    (`again`: for these codes), are looked at anew, since what they lacked may be there by now. A dry run is always new.
    `read(n)` gives up to n bytes, none at the end; no transaction is open while it waits for the sender."""
    upload_id = str(service.ids.uuid())
    kept = _keep_parts(service, sending, upload_id, read)
    import_id = _identity(sending, kept.digest, upload_id)
    with service.work(sending.tenant) as work:
        known = store.look(work, import_id)
        left = known is not None and _left_rows_out(work, known, again)
        if known is not None and known.state != "refused" and not left:
            store.drop_parts(work, upload_id)
            work.commit()
            return Received(import_id, replayed=True)
        if known is None:
            described = {"kind": sending.kind, "name": sending.name, "params": dict(sending.params)}
            store.add(
                work,
                {"id": import_id, "upload_id": upload_id, **described, "sha256": kept.digest, "size": kept.size}
                | {"actor": sending.actor, "dry_run": sending.dry_run, "received_at": work.now},
            )
        else:
            store.drop_parts(work, known.upload_id)
            # What was taken stays taken: a refused file goes on behind it, one that is done begins with its left rows.
            state = "taking" if known.taken + known.refused else "uploaded"
            done = 0 if left else known.done
            sent = {"name": sending.name, "actor": sending.actor, "received_at": work.now}
            store.change(work, import_id, upload_id=upload_id, state=state, done=done, **sent)
        if kept.rest:
            store.add_part(work, upload_id, kept.parts, kept.rest)
        store.drop_unfinished(work)
        work.schedule(JOB, str(import_id), {"import": import_id})
        work.commit()
    return Received(import_id, replayed=False, taken_before=known.taken if known is not None else 0)


def _left_rows_out(work: UnitOfWork, known: Row[Any], codes: Collection[str] | None) -> bool:
    if known.state != "done" or not known.refused:
        return False
    return codes is None or store.left_out(work, known.id, codes)


@dataclass(frozen=True)
class _Kept:
    """What came in: so many full parts are kept; the rest waits for the transaction that names the file."""

    digest: str
    size: int
    parts: int
    rest: bytes


def _keep_parts(service: Service, sending: Sending, upload_id: str, read: Callable[[int], bytes]) -> _Kept:
    digest, size, place = hashlib.sha256(), 0, 0
    while True:
        body = _full_part(read)
        size += len(body)
        if size > MAX_FILE_BYTES:
            _forget(service, sending.tenant, upload_id)
            limit = {"size_mb": size >> 20, "limit_mb": MAX_FILE_BYTES >> 20}
            raise Refused(Problem(FILE_TOO_LARGE, limit))
        digest.update(body)
        if len(body) < PART_BYTES:
            return _Kept(digest.hexdigest(), size, place, body)
        with service.work(sending.tenant) as work:
            store.add_part(work, upload_id, place, body)
            work.commit()
        place += 1


def _full_part(read: Callable[[int], bytes]) -> bytes:
    pieces: list[bytes] = []
    wanted = PART_BYTES
    while wanted and (piece := read(wanted)):
        pieces.append(piece)
        wanted -= len(piece)
    return b"".join(pieces)


def _forget(service: Service, tenant: str, upload_id: str) -> None:
    with service.work(tenant) as work:
        store.drop_parts(work, upload_id)
        work.commit()


def _identity(sending: Sending, digest: str, upload_id: str) -> int:
    if sending.dry_run:
        return derived_id("dry run", upload_id)
    return derived_id("import", sending.kind, digest, dumps(dict(sending.params)))
