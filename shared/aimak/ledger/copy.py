"""A copy of the ledger as files, and what is wrong with one as problems."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from aimak.ledger import verify
from aimak.problems import Problem

_CODES = {
    verify.CHANGED: "AIM-K041",
    verify.REMOVED: "AIM-K042",
    verify.ADDED: "AIM-K043",
    verify.RECORD: "AIM-K044",
    verify.CHAIN: "AIM-K045",
    verify.PUBLISHED: "AIM-K046",
    verify.UNREADABLE: "AIM-K047",
    verify.ROWS: "AIM-K051",
}


def write_copy(
    folder: Path,
    records: Sequence[Mapping[str, Any]],
    fetch: Callable[[str, Path], None],
    show: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Write what each service's /ledger/days answered (`records`), and the rows behind it, under `folder`.

    `fetch(path, file)` brings what a service answers at `path` into `file`; `show(done, total)` hears of every day.
    """
    total, done = sum(len(record["days"]) for record in records), 0
    for record in records:
        own = folder / record["service"]
        own.mkdir(parents=True)
        for day in record["days"]:
            closed = {table["name"] for table in day["tables"]}
            for name in record["tables"]:
                _write_day(own, record["service"], day["day"], name, fetch, closed=name in closed)
            done += 1
            show(done, total)
        for stray, names in record["strays"].items():
            for name in names:
                _write_day(own, record["service"], stray, name, fetch, closed=False)
        said = {"format": verify.FORMAT, "tenant": record["tenant"], "service": record["service"]}
        (own / verify.DAYS).write_text(json.dumps({**said, "days": record["days"]}, indent=1) + "\n", encoding="utf-8")
    shutil.copyfile(verify.__file__, folder / "verify.py")


def _write_day(
    own: Path, service: str, day: str, name: str, fetch: Callable[[str, Path], None], *, closed: bool
) -> None:
    """The rows of a table and, where it had some when the day was closed, their digests; a table without a row has
    no file."""
    (own / day).mkdir(exist_ok=True)
    file = own / day / f"{name}.tsv"
    fetch(f"/{service}/ledger/days/{day}/{name}.tsv", file)
    with file.open("rb") as rows:
        rows.readline()
        empty = not rows.readline()
    if empty:
        file.unlink()
    if closed:
        fetch(f"/{service}/ledger/days/{day}/{name}.digests", file.with_suffix(".digests"))


def problem(finding: verify.Finding) -> Problem:
    """What is wrong with a copy, as a problem."""
    fields = {name: getattr(finding, name) for name in ("service", "day", "table", "key", "detail")}
    return Problem(_CODES[finding.kind], {**fields, "columns": ", ".join(finding.columns) or "?"})
