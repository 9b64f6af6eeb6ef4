"""The floor: COPY of the very rows a pass has written, bytes made beforehand, into the same tables."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import psycopg

FORMATS = ("binary", "csv")
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Part:
    """Rows of one table that a pass writes; `half` is an SQL condition true for the first half of them."""

    table: str
    where: str
    half: str
    # A column that the pass leaves empty and another process fills later.
    empty: tuple[str, ...] = ()


@dataclass(frozen=True)
class Floor:
    """Seconds (median) of the fastest way found, that way, and the medians of every way tried."""

    seconds: float
    way: str
    tried: dict[str, float]
    rows: int
    bytes: int


Bytes = dict[str, list[bytes]]


def measure(
    connect: Callable[[], psycopg.Connection], parts: list[Part], empty: Callable[[], None], runs: int
) -> Floor:
    """Take the rows out, then put them in again by each format and by 1 and 2 connections; `empty` removes them.

    The first round is there to warm up and to choose the format. The rows are in the tables afterwards.
    """
    taken = {form: _take_out(connect, parts, form) for form in FORMATS}
    rows = sum(_count(connect, part) for part in parts)
    first = {form: _put_in(connect, parts, taken[form], form, 1, empty) for form in FORMATS}
    form = min(FORMATS, key=lambda name: first[name])
    tried = {}
    for connections in (1, 2):
        seconds = [_put_in(connect, parts, taken[form], form, connections, empty) for _ in range(runs)]
        tried[f"{form}, {connections} connections"] = statistics.median(seconds)
    way = min(tried, key=lambda name: tried[name])
    size = sum(len(block) for halves in taken[form].values() for block in halves)
    return Floor(tried[way], way, tried, rows, size)


def _columns(connection: psycopg.Connection, part: Part) -> list[str]:
    query = (
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND table_schema = current_schema() "
    )
    return [row[0] for row in connection.execute(query + "ORDER BY ordinal_position", [part.table])]


def _count(connect: Callable[[], psycopg.Connection], part: Part) -> int:
    with connect() as connection:
        row = connection.execute(f"SELECT count(*) FROM {part.table} WHERE {part.where}").fetchone()
    return int(row[0]) if row else 0


def _take_out(connect: Callable[[], psycopg.Connection], parts: list[Part], form: str) -> Bytes:
    taken: Bytes = {}
    with connect() as connection:
        for part in parts:
            names = [name for name in _columns(connection, part) if name not in part.empty]
            listed = ", ".join(f'"{name}"' for name in names)
            halves = []
            for half in (part.half, f"NOT ({part.half})"):
                query = f"SELECT {listed} FROM {part.table} WHERE ({part.where}) AND {half}"
                with connection.cursor().copy(f"COPY ({query}) TO STDOUT (FORMAT {form})") as copy:
                    halves.append(b"".join(bytes(block) for block in copy))
            taken[f"{part.table} ({listed})"] = halves
    return taken


def _put_in(
    connect: Callable[[], psycopg.Connection],
    parts: list[Part],
    taken: Bytes,
    form: str,
    connections: int,
    empty: Callable[[], None],
) -> float:
    empty()
    opened = [connect() for _ in range(connections)]
    for connection in opened:
        connection.autocommit = False
    shares = [[0, 1]] if connections == 1 else [[0], [1]]
    began = time.perf_counter()
    with ThreadPoolExecutor(connections) as pool:
        list(pool.map(lambda pair: _copy(pair[0], taken, form, pair[1]), zip(opened, shares, strict=True)))
    seconds = time.perf_counter() - began
    for connection in opened:
        connection.close()
    return seconds


def _copy(connection: psycopg.Connection, taken: Bytes, form: str, halves: list[int]) -> None:
    for half in halves:
        for target, blocks in taken.items():
            view = memoryview(blocks[half])
            with connection.cursor().copy(f"COPY {target} FROM STDIN (FORMAT {form})") as copy:
                for first in range(0, len(view), _BLOCK):
                    copy.write(view[first : first + _BLOCK])
    connection.commit()
