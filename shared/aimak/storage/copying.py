"""The rows of a query as PostgreSQL's COPY gives them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from sqlalchemy import Select
from sqlalchemy.dialects import postgresql

from aimak.storage.work import UnitOfWork


def copy_out(work: UnitOfWork, query: Select[Any], options: str) -> Iterator[bytes]:
    """The answer of COPY, a row at a time. libpq is asked itself: psycopg hands a row through four layers of Python.

    The query's values are written into its text, so they must be ours, never a caller's. The connection can do nothing
    else until the last row has been taken.
    """
    text = str(query.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}))  # type: ignore[no-untyped-call]
    server = cast(Any, work.connection.connection.driver_connection).pgconn
    server.send_query(f"COPY ({text}) TO STDOUT ({options})".encode())
    while server.flush():
        pass
    answer = server.get_result()
    if answer.status != ExecStatus.COPY_OUT:
        _finish(server, answer)
    while True:
        size, block = server.get_copy_data(0)
        if size < 0:
            break
        yield bytes(block)
    _finish(server, server.get_result())


def _finish(server: Any, answer: Any) -> None:
    """Read the connection to the end of its command. Raises what the database says."""
    while server.get_result() is not None:
        pass
    if answer.status != ExecStatus.COMMAND_OK:
        raise error_from_result(answer)
