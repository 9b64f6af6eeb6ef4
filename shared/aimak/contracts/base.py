"""An event: a batch of flat rows that travels as columns."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, Self

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError

from aimak.problems import PermanentFault, Problem

if TYPE_CHECKING:
    import polars as pl

MAX_ROWS = 20_000
MAX_BYTES = 8_000_000
# Below this the row-by-row check of marshmallow costs less than loading Polars.
SMALL_BATCH_ROWS = 64

_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")


class Row(Schema):
    """The schema of one row. An unknown column is refused when published and ignored when received from a
    newer publisher."""

    class Meta:
        """Publishing side: what is not in the contract is a bug."""

        unknown = RAISE


class Event:
    """A batch of rows of one kind for one tenant. Subclasses name `publisher`, `version`, `row`, and `alone` for tasks.

    Columns are equal in length and hold null, bool, int and str only. The same class checks and reads both ways.
    """

    publisher: ClassVar[str]
    version: ClassVar[int] = 1
    row: ClassVar[type[Row]]
    # A task for one of several workers travels by itself: together in a message, one worker would get them all.
    alone: ClassVar[bool] = False
    known: ClassVar[dict[str, type[Event]]] = {}

    routing_key: ClassVar[str]
    snake_name: ClassVar[str]

    def __init_subclass__(cls) -> None:
        cls.snake_name = _CAPITAL.sub("_", cls.__name__).lower()
        cls.routing_key = f"{cls.publisher}.{cls.snake_name}.v{cls.version}"
        Event.known[cls.routing_key] = cls

    def __init__(self, tenant: str, columns: Mapping[str, list[Any]]) -> None:
        """Columns as they are; use `of`, `of_columns` or `of_frame`, which check them."""
        self.tenant = tenant
        self.columns = dict(columns)

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The columns of the contract, in its order."""
        return tuple(cls.row._declared_fields)

    @classmethod
    def of(cls, tenant: str, rows: Iterable[Mapping[str, Any]]) -> Self:
        """From rows; each must have every column of the contract. Raises PermanentFault for what does not fit."""
        listed, names = list(rows), set(cls.names())
        for row in listed:
            if row.keys() != names:
                raise unfit(cls, f"columns {sorted(row)} instead of {sorted(cls.names())}")
        return cls.of_columns(tenant, {name: [row[name] for row in listed] for name in cls.names()})

    @classmethod
    def of_columns(cls, tenant: str, columns: Mapping[str, list[Any]]) -> Self:
        """From columns, checked by type, bound and length. Raises PermanentFault for what does not fit."""
        event = cls(tenant, {name: columns[name] for name in cls.names() if name in columns})
        if columns.keys() != set(cls.names()):
            raise unfit(cls, f"columns {sorted(columns)} instead of {sorted(cls.names())}")
        event.check()
        return event

    @classmethod
    def of_frame(cls, tenant: str, frame: pl.DataFrame) -> Self:
        """From a Polars frame with the contract's columns (others are left behind)."""
        return cls.of_columns(tenant, {name: frame.get_column(name).to_list() for name in cls.names()})

    def check(self) -> None:
        """Hold every column against the contract. Raises PermanentFault naming the first column that does not fit."""
        lengths = {len(column) for column in self.columns.values()}
        if len(lengths) > 1:
            raise unfit(type(self), f"columns of unequal length {sorted(lengths)}")
        if len(self) > MAX_ROWS:
            raise unfit(type(self), f"{len(self)} rows, at most {MAX_ROWS}")
        if len(self) <= SMALL_BATCH_ROWS:
            check_rows(self)
        else:
            from aimak.contracts.columns import check_columns

            check_columns(self)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), []))

    def rows(self) -> Iterator[dict[str, Any]]:
        """The rows as dicts, in order."""
        names = list(self.columns)
        for values in zip(*self.columns.values(), strict=True):
            yield dict(zip(names, values, strict=True))

    def frame(self) -> pl.DataFrame:
        """The columns as a Polars frame, typed by the contract (dates stay text)."""
        from aimak.contracts.columns import frame_of

        return frame_of(self)

    def bodies(self) -> Iterator[tuple[int, bytes]]:
        """The same rows as bodies that travel, each with the number of its rows: at most 20,000 of them and 8 MB, for
        a larger one would be refused where it arrives. Raises PermanentFault for a row that is larger by itself."""
        rows, body = len(self), self.encode()
        if rows <= MAX_ROWS and len(body) <= MAX_BYTES:
            yield rows, body
        elif rows == 1:
            raise unfit(type(self), f"{len(body)} bytes, at most {MAX_BYTES}")
        else:
            for first, end in ((0, rows // 2), (rows // 2, rows)):
                columns = {name: column[first:end] for name, column in self.columns.items()}
                yield from type(self)(self.tenant, columns).bodies()

    def encode(self) -> bytes:
        """The body that travels: `{"version", "rows", "columns"}`, compact JSON in UTF-8."""
        body = {"version": self.version, "rows": len(self), "columns": self.columns}
        return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()

    @classmethod
    def decode(cls, tenant: str, body: bytes) -> Self:
        """Read and check a body. Unknown columns are left behind, a missing one that may be null is filled.
        Raises PermanentFault for anything that does not fit the contract."""
        return cls.joined(tenant, [body])

    @classmethod
    def joined(cls, tenant: str, bodies: Iterable[bytes]) -> Self:
        """The rows of several bodies in one event, which is checked as a whole. Raises PermanentFault as `decode`."""
        read = [cls._read(body) for body in bodies]
        columns = (
            read[0] if len(read) == 1 else {name: [v for part in read for v in part[name]] for name in cls.names()}
        )
        event = cls(tenant, columns)
        event.check()
        return event

    @classmethod
    def _read(cls, body: bytes) -> dict[str, list[Any]]:
        """The contract's columns of a body, equal in length, their values not looked at."""
        if len(body) > MAX_BYTES:
            raise unfit(cls, f"{len(body)} bytes, at most {MAX_BYTES}")
        tree = decode_json(body, cls)
        columns, rows = tree.get("columns"), tree.get("rows")
        if tree.get("version") != cls.version or not isinstance(columns, dict) or type(rows) is not int:
            raise unfit(cls, "not a batch of this version")
        if not all(isinstance(column, list) and len(column) == rows for column in columns.values()):
            raise unfit(cls, f"a column has not {rows} rows")
        known: dict[str, list[Any]] = {}
        for name, field in cls.row._declared_fields.items():
            if name not in columns and not field.allow_none:
                raise unfit(cls, f"column {name} is missing")
            known[name] = columns.get(name, [None] * rows)
        return known


def decode_json(body: bytes, kind: type[Event]) -> dict[str, Any]:
    """A JSON object without NaN and without doubled keys. Raises PermanentFault otherwise."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        tree = dict(pairs)
        if len(tree) != len(pairs):
            raise ValueError("a key stands twice")
        return tree

    def refuse(constant: str) -> Any:
        raise ValueError(f"{constant} is no JSON")

    try:
        tree = json.loads(body.decode(), object_pairs_hook=unique, parse_constant=refuse)
    except (ValueError, RecursionError) as broken:
        raise unfit(kind, f"not decodable: {broken}") from broken
    if not isinstance(tree, dict):
        raise unfit(kind, "not an object")
    return tree


@cache
def _schema(row: type[Row]) -> Schema:
    """A schema copies all its fields when it is made, which costs more than checking a small event."""
    return row(unknown=EXCLUDE)


def check_rows(event: Event) -> None:
    """The small path: marshmallow's fields, value by value, without what `load` does around them. Raises
    PermanentFault."""
    for name, field in _schema(event.row).fields.items():
        for number, value in enumerate(event.columns[name]):
            try:
                field.deserialize(value, name)
            except ValidationError as wrong:
                raise unfit(type(event), f"row {number}: { ({name: wrong.messages}) }") from wrong


def unfit(kind: type[Event], reason: str) -> PermanentFault:
    """What does not fit the contract of `kind`."""
    return PermanentFault(Problem("AIM-K010", {"event": kind.__name__, "reason": reason}))
