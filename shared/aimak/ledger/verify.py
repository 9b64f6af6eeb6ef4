"""Prove a copy of the ledger: no row was changed, added or removed since its days were closed.

This file needs nothing but Python 3.10 or later, no database, no server and no network; it stands in every copy:

    python3 verify.py FOLDER [--against HASH_OR_FILE ...]

HASH_OR_FILE is a hash that was published, or a file of lines SERVICE DAY HASH, as `aimak ledger hash` prints them.

A copy has a folder for each service with `days.json` and, for each day, the rows of each table as text (TABLE.tsv)
and the digest that each row had when the day was closed (TABLE.digests). docs/ledger.md describes the format.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

FORMAT = "aimak-ledger 1"
NOTHING_BEFORE = "0" * 64
DAYS = "days.json"
BLOCK_ROWS = 20_000
# What is wrong, in the order in which a reader should be told.
CHANGED, REMOVED, ADDED = "changed", "removed", "added"
RECORD, CHAIN, PUBLISHED, UNREADABLE, ROWS = "record", "chain", "published", "unreadable", "rows"
# What the detail of these, a day or a file, stands for.
SAID = {CHAIN: "{} must stand here, over the hash of the day before", UNREADABLE: "{} is missing or not a copy's"}


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong. `key` names the row, `columns` what differs in it where that can be told, `detail` a
    day, a file or a hash (see SAID), or more in words."""

    kind: str
    service: str
    day: str = ""
    table: str = ""
    key: str = ""
    columns: tuple[str, ...] = ()
    detail: str = ""

    def __str__(self) -> str:
        where = [self.service, self.day, self.table, f"row {self.key}" if self.key else ""]
        columns = f" ({', '.join(self.columns)})" if self.columns else ""
        detail = f": {SAID.get(self.kind, '{}').format(self.detail)}" if self.detail else ""
        return f"{self.kind}: {' '.join(part for part in where if part)}{columns}{detail}"


class Digester:
    """Works out the digests of a table's rows of one day, block by block in the order of the rows."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._rows = hashlib.sha256()
        self._columns = {name: hashlib.sha256() for name in columns}
        self.rows = 0

    def feed(self, lines: Sequence[bytes]) -> list[bytes]:
        """The digest of each row; `lines` are the rows' texts without their line ends."""
        digests = [hashlib.sha256(line).digest() for line in lines]
        self._rows.update(b"".join(digests))
        for values, digest in zip(
            zip(*(line.split(b"\t") for line in lines), strict=False), self._columns.values(), strict=False
        ):
            digest.update(b"\n".join(values) + b"\n")
        self.rows += len(lines)
        return digests

    @property
    def digest(self) -> str:
        """The digest over the digests of all rows so far."""
        return self._rows.hexdigest()

    @property
    def columns(self) -> list[list[str]]:
        """The name of each column with the digest over its values so far."""
        return [[name, digest.hexdigest()] for name, digest in self._columns.items()]


def day_hash(tenant: str, service: str, day: dict[str, Any]) -> str:
    """The hash of a day's record: `day`, `previous` and `tables`, each with `name`, `rows`, `digest`, `keys`,
    `columns`."""
    lines = [FORMAT, f"tenant {tenant}", f"service {service}", f"day {day['day']}", f"previous {day['previous']}"]
    for table in day["tables"]:
        lines.append(f"table {table['name']} {table['rows']} {table['digest']} {','.join(table['keys'])}")
        lines += [f"column {table['name']} {name} {digest}" for name, digest in table["columns"]]
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def verify(folder: Path, against: Iterable[str] = ()) -> tuple[list[Finding], list[dict[str, Any]]]:
    """What is wrong with a copy, the first thing first, and what was proved: service, days, rows and last hash.

    `against` are published hashes, each alone or as "SERVICE DAY HASH"; every one must be met by a day of the copy.
    """
    files = [folder / DAYS] if (folder / DAYS).is_file() else sorted(folder.glob(f"*/{DAYS}"))
    if not files:
        return [Finding(UNREADABLE, folder.name, detail=DAYS)], []
    findings: list[Finding] = []
    proved: list[dict[str, Any]] = []
    hashes: dict[tuple[str, str], str] = {}
    for file in files:
        try:
            record = json.loads(file.read_text(encoding="utf-8"))
            findings += _service(file.parent, record, hashes)
            proved.append(_proved(record))
        except (OSError, ValueError, KeyError, TypeError) as error:
            findings.append(Finding(UNREADABLE, file.parent.name, detail=_file(error)))
    return findings + list(_unmet(against, hashes)), proved


def _file(error: Exception) -> str:
    return Path(str(getattr(error, "filename", None) or DAYS)).name


def _proved(record: dict[str, Any]) -> dict[str, Any]:
    days = record["days"]
    rows = sum(table["rows"] for day in days for table in day["tables"])
    last = {"through": days[-1]["day"], "hash": days[-1]["hash"]} if days else {"through": "", "hash": ""}
    return {"service": record["service"], "tenant": record["tenant"], "days": len(days), "rows": rows, **last}


def _service(folder: Path, record: dict[str, Any], hashes: dict[tuple[str, str], str]) -> Iterator[Finding]:
    service = record["service"]
    if record["format"] != FORMAT:
        yield Finding(UNREADABLE, service, detail=DAYS)
        return
    before, expected = NOTHING_BEFORE, ""
    known = set()
    for day in record["days"]:
        known.add(day["day"])
        if day["previous"] != before or (expected and day["day"] != expected):
            yield Finding(CHAIN, service, day["day"], detail=expected or day["day"])
        if day_hash(record["tenant"], service, day) != day["hash"]:
            yield Finding(RECORD, service, day["day"])
        yield from _day(folder / day["day"], service, day)
        before, expected = day["hash"], (date.fromisoformat(day["day"]) + timedelta(days=1)).isoformat()
        hashes[service, day["day"]] = day["hash"]
    for stray in sorted(path.name for path in folder.iterdir() if path.is_dir() and path.name not in known):
        for file in sorted((folder / stray).glob("*.tsv")):
            yield Finding(ADDED, service, stray, file.stem, detail="a day that was never closed")


def _day(folder: Path, service: str, day: dict[str, Any]) -> Iterator[Finding]:
    tables = {table["name"]: table for table in day["tables"]}
    there = {file.stem for file in folder.glob("*.tsv")} if folder.is_dir() else set()
    for name in sorted(tables.keys() | there):
        # A table that had no row that day has no entry: whatever is there now was added.
        table = tables.get(name)
        file = folder / f"{name}.tsv"
        if table is None:
            yield from _unexpected(file, service, day["day"])
        else:
            yield from _table(file, service, day["day"], table)


def _unexpected(file: Path, service: str, day: str) -> Iterator[Finding]:
    with file.open("rb") as stream:
        stream.readline()
        for line in stream:
            yield Finding(ADDED, service, day, file.stem, _text(line.rstrip(b"\n").split(b"\t")[0]))


def _table(file: Path, service: str, day: str, table: dict[str, Any]) -> Iterator[Finding]:
    columns = [name for name, _ in table["columns"]]
    digester = Digester(columns)
    found: list[tuple[str, bytes]] = []
    if file.is_file():
        with file.open("rb") as stream:
            if stream.readline().rstrip(b"\n").decode().split("\t") != columns:
                yield Finding(RECORD, service, day, table["name"], detail="other columns")
                return
            for lines in _blocks(stream):
                digests = digester.feed(lines)
                found += zip(_keys(lines, columns, table["keys"]), digests, strict=False)
    if (digester.rows, digester.digest) == (table["rows"], table["digest"]):
        return
    yield from _differences(file, service, day, table, digester, found)


def _blocks(stream: BinaryIO) -> Iterator[list[bytes]]:
    while True:
        lines = [line.rstrip(b"\n") for line in islice(stream, BLOCK_ROWS)]
        if not lines:
            return
        yield lines


def _keys(lines: Sequence[bytes], columns: Sequence[str], keys: Sequence[str]) -> list[str]:
    places = [columns.index(name) for name in keys]
    split = (line.split(b"\t") for line in lines)
    return [" ".join(_text(cells[place]) for place in places if place < len(cells)) for cells in split]


def _text(cell: bytes) -> str:
    return cell.decode(errors="replace")


def _differences(
    file: Path,
    service: str,
    day: str,
    table: dict[str, Any],
    digester: Digester,
    found: Sequence[tuple[str, bytes]],
) -> Iterator[Finding]:
    """Name the rows by the digests that were kept when the day was closed, which the day's record vouches for."""
    name = table["name"]
    kept = _kept(file.with_suffix(".digests"))
    if hashlib.sha256(b"".join(digest for _, digest in kept)).hexdigest() != table["digest"]:
        yield Finding(ROWS, service, day, name, detail="the list of digests is damaged too, so the row cannot be named")
        return
    then, now = dict(kept), dict(found)
    same_rows = [key for key, _ in kept] == [key for key, _ in found]
    differing = [column for column, digest in digester.columns if [column, digest] not in table["columns"]]
    for key, digest in kept:
        if key not in now:
            yield Finding(REMOVED, service, day, name, key)
        elif now[key] != digest:
            yield Finding(CHANGED, service, day, name, key, tuple(differing) if same_rows else ())
    for key in now:
        if key not in then:
            yield Finding(ADDED, service, day, name, key)
    if len(found) > len(now) or (same_rows is False and then == now):
        yield Finding(ROWS, service, day, name, detail="rows stand twice or in another order")


def _kept(file: Path) -> list[tuple[str, bytes]]:
    """The key and digest of each row; none where the file is not there or holds something else."""
    kept = []
    try:
        for line in file.read_text(encoding="utf-8").splitlines():
            *keys, digest = line.split("\t")
            kept.append((" ".join(keys), bytes.fromhex(digest)))
    except (FileNotFoundError, ValueError):
        return []
    return kept


def _unmet(against: Iterable[str], hashes: dict[tuple[str, str], str]) -> Iterator[Finding]:
    for said in against:
        *where, wanted = said.split()
        if len(where) == 2:
            if hashes.get((where[0], where[1])) != wanted:
                yield Finding(PUBLISHED, where[0], where[1], detail=wanted)
        elif wanted not in hashes.values():
            yield Finding(PUBLISHED, "", detail=wanted)


def published(against: Iterable[str]) -> list[str]:
    """Hashes as they were typed, and the lines of files that were named."""
    said: list[str] = []
    for item in against:
        file = Path(item)
        # Editors on Windows put a mark before the first line.
        said += file.read_text(encoding="utf-8-sig").splitlines() if file.is_file() else [item]
    return [line.strip() for line in said if line.strip()]


def main(arguments: Sequence[str]) -> int:
    """Prove the copy that the first argument names; 0: proved, 1: something is wrong. Raises SystemExit with 2 where it
    is used wrongly, with 0 where it was asked for its usage."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", metavar="FOLDER", type=Path)
    parser.add_argument("--against", metavar="HASH_OR_FILE", nargs="+", action="extend", default=[])
    asked = parser.parse_args(arguments)
    findings, proved = verify(asked.folder, published(asked.against))
    for service in proved:
        print("{service}: {days} days, {rows} rows, through {through}, hash {hash}".format(**service))
    for finding in findings:
        print(f"WRONG {finding}")
    print("proved" if not findings else f"{len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
