"""report compare: the turnover of the books beside what 1C and the tax service have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer
from aimak.languages import LANGUAGES
from aimak.problems import Problem, Refused

from aimak_gateway.cli import listing
from aimak_gateway.cli.brought import rows_of
from aimak_gateway.cli.connect import Api, connected
from aimak_gateway.cli.frame import VALIDATION, Failed, Ui, command
from aimak_gateway.cli.report_sheets import NAMES, whole_rows
from aimak_gateway.cli.spans import Period, Since, Until

DIMENSIONS = ("provider", "service", "class", "street", "account")
# Those that the list always has.
ALWAYS = DIMENSIONS[:3]
SUMS = ("opening", "charged", "recalculated", "paid", "written_off", "closing", "tax")
TURNOVER = "/billing/reports/turnover"
# Of what a row names of the dimensions: each of the sums that it has.
Sums = dict[tuple[str, ...], dict[str, int]]


@dataclass(frozen=True)
class Theirs:
    """A file of theirs. `named`: the dimensions that it has; `rows`: the sums of what each row says of them, "" where
    a cell is empty."""

    name: str
    named: tuple[str, ...]
    rows: Sums


def add_compare(group: typer.Typer) -> None:
    """Add the command."""

    @command(group, "compare", lists=True)
    def compare(
        ui: Ui,
        against: Annotated[list[Path], typer.Option(help="A file of theirs, CSV or XLSX; may come again.")],
        period: Period = None,
        since: Since = None,
        until: Until = None,
    ) -> None:
        """Hold the turnover against files of 1C and of the e-invoices whose columns are called as in `aimak report
        turnover --csv` (those of `report postings` are not): each row names creditor, service, class, street or account
        as far as it goes, and any of the sums; what differs is listed, and the command ends with 5.

        Example: aimak report compare --period 2026-10 --against 1c.xlsx --against esf.csv
        """
        asked = {"period": period, "from": since, "to": until}
        theirs = [_theirs(file, ui.lang) for file in against]
        shown = [name for name in DIMENSIONS if name in ALWAYS or any(name in one.named for one in theirs)]
        with connected(ui) as api:
            found = [row for one in theirs for row in _differing(api, asked, one, shown)]
        counted = sum(len(sums) for one in theirs for sums in one.rows.values())
        if found:
            columns = ("file", *shown, "what", "theirs:som", "ours:som", "difference:som")
            listing.show(ui, {"compared": counted, "differing": found}, columns, found)
            raise Failed(VALIDATION, [ui.problem(Problem("AIM-G064", {"count": len(found), "all": counted}))])
        ui.result({"compared": counted, "differing": []}, [ui.word("ui.theirs_equals", count=counted)])


def _theirs(file: Path, lang: str) -> Theirs:
    """What a file says; rows that name the same are one. Raises Refused where it names no sum at all."""
    from aimak.files import Column

    columns = [Column(name, aliases=_heads(name)) for name in DIMENSIONS]
    rows = rows_of(file, *columns, *(Column(name, "som", aliases=_heads(name)) for name in SUMS))
    totals = _words("ui.total")
    kept = [row for row in rows if not totals & {row[name] for name in DIMENSIONS}]
    if not any(row[name] is not None for row in kept for name in SUMS):
        known = ", ".join(_called(name, lang) for name in SUMS)
        raise Refused(Problem("AIM-G063", {"file": file.name, "known": known}))
    named = tuple(name for name in DIMENSIONS if any(row[name] for row in kept))
    for row in kept:
        row.update({name: _code(name, row[name]) for name in NAMES.keys() & named if row[name]})
    return Theirs(file.name, named, _summed(kept, named))


def _words(key: str) -> set[Any]:
    """What a word of the screens is in every language."""
    from aimak.texts import LANGUAGES, translate

    return {translate("aimak_gateway", key, lang) for lang in LANGUAGES}


@cache
def _code(name: str, value: str) -> str:
    """The code of what a sheet of ours says in words; anything else as it stands."""
    from aimak.texts import LANGUAGES, catalogue

    kind = f"ui.{NAMES[name]}."
    for lang in LANGUAGES:
        for key, word in catalogue("aimak_gateway", lang).items():
            if word == value and key.startswith(kind):
                return key.removeprefix(kind)
    return value


def _heads(name: str) -> tuple[str, ...]:
    """The heads that our own sheets have, so that a sheet that was sent comes back as it was."""
    from aimak.texts import translate

    found = {translate("aimak_billing", f"report.{name}", lang) for lang in LANGUAGES} - {None, name}
    return tuple(sorted(str(head) for head in found))


def _called(name: str, lang: str) -> str:
    """A column as it may be headed: by its own name, and by that of the sheet in the reader's language."""
    from aimak.files.columns import fold_header
    from aimak.texts import translate

    head = translate("aimak_billing", f"report.{name}", lang) or name
    return name if fold_header(head) == fold_header(name) else f"{name} ({head})"


def _summed(rows: Iterable[Mapping[str, Any]], named: Sequence[str]) -> Sums:
    """The sums of all rows that say the same of `named`."""
    found: Sums = {}
    for row in rows:
        sums = found.setdefault(tuple(row[name] or "" for name in named), {})
        for name in SUMS:
            if row[name] is not None:
                sums[name] = sums.get(name, 0) + row[name]
    return found


def _books(api: Api, asked: Mapping[str, Any], named: Sequence[str]) -> list[dict[str, Any]]:
    """Every row of the turnover by `named`; the service's own file has those that its answer leaves out."""
    given = {**asked, "by": ",".join(named or DIMENSIONS[:1])}
    answer = api.get(TURNOVER, **given)
    if not answer["left_out"]:
        return [{**row, **{name: row[f"{name}_tyiyn"] for name in SUMS}} for row in answer["rows"]]
    rows = whole_rows(api.raw(TURNOVER, **given, format="csv"), answer)
    return [dict(zip(answer["columns"], row, strict=True)) for row in rows]


def _differing(api: Api, asked: Mapping[str, Any], theirs: Theirs, shown: Sequence[str]) -> list[list[Any]]:
    """Each sum of theirs that is not that of the books, its row told by the dimensions `shown`."""
    rows = _books(api, asked, theirs.named)
    ours: dict[tuple[str, ...], Sums] = {}

    def sums_of(said: Mapping[str, str]) -> dict[str, int]:
        names = tuple(said)
        if names not in ours:
            ours[names] = _summed(rows, names)
        return ours[names].get(tuple(said.values()), {})

    found = []
    for key, sums in theirs.rows.items():
        said = dict(zip(theirs.named, key, strict=True))
        # An empty cell is what has none (an advance is of no service), as in our own sheets, or all that there is, as
        # in a row of theirs that goes less far than others.
        readings = [sums_of(said), sums_of({name: cell for name, cell in said.items() if cell})]
        if any(all(one.get(name, 0) == sum_ for name, sum_ in sums.items()) for one in readings):
            continue
        mine = readings[0] or readings[1]
        cells = [said.get(name, "") for name in shown]
        for name, sum_ in sums.items():
            if sum_ != mine.get(name, 0):
                found.append([theirs.name, *cells, name, sum_, mine.get(name, 0), sum_ - mine.get(name, 0)])
    return found
