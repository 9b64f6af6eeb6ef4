"""Closed days: a copy proves itself, and one changed, added or removed row is named."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aimak.ledger import verify
from aimak.ledger.copy import write_copy
from aimak.ledger.tables import proved
from aimak.storage import guards

from tests.unit.billing.conftest import settings_for
from tests.unit.billing.test_cancelling import document
from tests.unit.billing.town import Town, account_line
from tests.unit.shared import tampering

# A closed day with rows, one without, and one before everything.
DAYS = ("2026-11-02", "2026-11-04", "2026-10-05")
KEYS = {"transfer": ["id"], "bill": ["id"], "bill_line": ["bill_id", "line"], "party": ["id"]}


def later(town: Town, days: int = 1) -> None:
    """Let days go by."""
    town.service.clock.instant += timedelta(days=days)  # type: ignore[attr-defined]


def close(town: Town) -> dict[str, Any]:
    """Close the days that are over."""
    answer: dict[str, Any] = town.post("/billing/ledger/close-day", role="approver")
    return answer


def copy_of(town: Town, folder: Path) -> Path:
    """What `aimak ledger export` writes of this service."""

    def fetch(path: str, file: Path) -> None:
        file.write_bytes(town.ask("get", path, "inspector").data)

    shutil.rmtree(folder / "copy", ignore_errors=True)
    write_copy(folder / "copy", [town.get("/billing/ledger/days", role="inspector")], fetch)
    return folder / "copy"


def wrong(folder: Path, *against: str) -> list[verify.Finding]:
    """What the verifier finds."""
    return verify.verify(folder, against)[0]


def alone(copied: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The copy's own verify.py, started by a bare Python."""
    command = [sys.executable, "-I", "-S", str(copied / "verify.py"), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def three_days(town: Town) -> dict[str, Any]:
    """A month issued, money a day later, a day without anything, all closed."""
    town.accounts(*(account_line(f"A{number}", holder="Айгүл\tУ.") for number in range(4)))
    town.take("balances", ["account;provider;service;origin;amount", "A1;tazalyk;waste;2026-07;50.00"])
    town.preview()
    town.issue()
    document(town, kind="cancel", bill="4")
    later(town)
    town.pay(2, 1_000)
    town.pay(3, 2_000, payment_id=2)
    later(town, 2)
    return close(town)


@pytest.fixture(scope="module")
def closed(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with three closed days, to be copied by each test."""
    file = tmp_path_factory.mktemp("closed") / "billing.sqlite3"
    shutil.copy(founded, file)
    town = Town(settings_for(f"sqlite:///{file}"))
    three_days(town)
    town.service.close()
    return file


@pytest.fixture(scope="module")
def copied(closed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good copy of it, to be copied by each test."""
    town = Town(settings_for(f"sqlite:///{closed}"))
    folder = copy_of(town, tmp_path_factory.mktemp("copied"))
    town.service.close()
    return folder


def test_every_day_is_hashed_over_the_day_before(town: Town) -> None:
    """Days without a posting are links too, a day is hashed once, and postings after it carry a later day."""
    made = three_days(town)["closed"]
    assert [day["day"] for day in made] == ["2026-11-02", "2026-11-03", "2026-11-04"]
    records = town.get("/billing/ledger/days")["days"]
    assert [day["previous"] for day in records] == [verify.NOTHING_BEFORE, made[0]["hash"], made[1]["hash"]]
    assert [[held["name"] for held in day["tables"]] for day in records] == [
        ["bill", "bill_cancellation", "bill_line", "party", "transfer"],
        ["transfer"],
        [],
    ]
    again = close(town)
    assert (again["closed"], again["hash"]) == ([], made[-1]["hash"])
    town.pay(2, 5_000, version=2)
    assert str(max(row["ledger_day"] for row in town.rows("transfer"))) == "2026-11-05"


def test_a_day_that_is_not_over_is_not_closed(town: Town) -> None:
    """Today cannot be closed, a word that is no date is refused, and a clerk does not close days."""
    assert town.refused("/billing/ledger/close-day?through=2026-11-02", "admin") == (409, ["AIM-K040"])
    assert town.refused("/billing/ledger/close-day?through=today", "admin") == (422, ["AIM-K048"])
    assert town.refused("/billing/ledger/close-day", "clerk") == (403, ["AIM-K072"])


def test_the_daily_job_closes_days(town: Town) -> None:
    """Nobody needs to remember: what the worker does each day closes the days that are over."""
    town.accounts(account_line("A1"))
    town.preview()
    town.issue()
    later(town)
    town.pump.drain()
    assert [day["day"] for day in town.get("/billing/ledger/days")["days"]] == ["2026-11-02"]


def test_a_copy_proves_itself_alone(copied: Path) -> None:
    """The copy's own verify.py, started by a bare Python elsewhere, proves it and meets the published hash."""
    published = json.loads((copied / "billing" / "days.json").read_text())["days"][-1]["hash"]
    ended = alone(copied, str(copied), "--against", published)
    assert (ended.returncode, ended.stdout.splitlines()[-1]) == (0, "proved"), ended.stdout + ended.stderr
    assert published in ended.stdout
    assert wrong(copied, f"billing 2026-11-04 {published}") == []


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_the_copys_verifier_takes_a_file_of_published_hashes(copied: Path, tmp_path: Path, mark: str) -> None:
    """Lines SERVICE DAY HASH beside a hash by itself, --against said once or again; a hash of no day is found."""
    published = json.loads((copied / "billing" / "days.json").read_text())["days"][-1]["hash"]
    file = tmp_path / "published.txt"
    file.write_text(f"{mark}billing 2026-11-04 {published}\n\n", encoding="utf-8")
    for against in (["--against", str(file), published], ["--against", published, "--against", str(file)]):
        ended = alone(copied, str(copied), *against)
        assert (ended.returncode, ended.stdout.splitlines()[-1]) == (0, "proved"), ended.stdout + ended.stderr
    file.write_text(f"billing 2026-11-04 {'0' * 64}\n", encoding="utf-8")
    ended = alone(copied, str(copied), "--against", str(file))
    assert ended.returncode == 1 and f"WRONG published: billing 2026-11-04: {'0' * 64}" in ended.stdout


def test_the_copys_verifier_says_how_it_is_used(copied: Path) -> None:
    """Asked for help it does not look for a copy of that name; without a folder it ends with 2."""
    asked, nothing = alone(copied, "--help"), alone(copied)
    assert (asked.returncode, nothing.returncode) == (0, 2)
    assert "FOLDER" in asked.stdout and "--against" in asked.stdout and "WRONG" not in asked.stdout
    assert "FOLDER" in nothing.stderr


def test_a_copy_holds_no_personal_data(copied: Path) -> None:
    """No name, phone, street or account number is in the copy."""
    text = "".join(file.read_text() for file in copied.rglob("*") if file.is_file())
    assert [word for word in ("Айгүл", "Токтогул", "555123456", "A1") if word in text] == []


def test_a_rewritten_history_does_not_meet_the_published_hash(copied: Path, tmp_path: Path) -> None:
    """Who changes a row and works out every hash anew is found by the hash that was published before."""
    folder = shutil.copytree(copied, tmp_path / "copy")
    file = folder / "billing" / "days.json"
    published = json.loads(file.read_text())["days"][-1]["hash"]
    forge(folder)
    assert wrong(folder) == []
    assert [finding.kind for finding in wrong(folder, published)] == [verify.PUBLISHED]
    assert wrong(folder, f"billing 2026-11-04 {published}")[0].day == "2026-11-04"


def forge(folder: Path) -> None:
    """Change an amount and make everything in the copy fit it."""
    file = folder / "billing" / "days.json"
    record = json.loads(file.read_text())
    rows = folder / "billing" / "2026-11-02" / "transfer.tsv"
    rows.write_text(rows.read_text().replace("\t7500\t", "\t7400\t"))
    table = next(table for table in record["days"][0]["tables"] if table["name"] == "transfer")
    digester = verify.Digester([name for name, _ in table["columns"]])
    digester.feed(rows.read_bytes().splitlines()[1:])
    table.update(digest=digester.digest, columns=digester.columns)
    before = verify.NOTHING_BEFORE
    for day in record["days"]:
        day["previous"] = before
        before = day["hash"] = verify.day_hash(record["tenant"], record["service"], day)
    file.write_text(json.dumps(record))


def test_a_damaged_record_or_chain_is_named(copied: Path, tmp_path: Path) -> None:
    """A digest that was edited, a day that was taken out, a record that is none and a copy that is not there are each
    told of, by nothing but days and files, which need no translation."""
    for edit, kind, day, detail in (
        (lambda days: days[0]["tables"][0].update(rows=3), verify.RECORD, "2026-11-02", ""),
        (lambda days: days.pop(1), verify.CHAIN, "2026-11-04", "2026-11-03"),
        (lambda days: days[0].pop("hash"), verify.UNREADABLE, "", verify.DAYS),
    ):
        folder = shutil.copytree(copied, tmp_path / kind)
        file = folder / "billing" / "days.json"
        record = json.loads(file.read_text())
        edit(record["days"])
        file.write_text(json.dumps(record))
        assert (wrong(folder)[0].kind, wrong(folder)[0].day, wrong(folder)[0].detail) == (kind, day, detail)
    assert wrong(tmp_path / "nowhere") == [verify.Finding(verify.UNREADABLE, "nowhere", detail=verify.DAYS)]


def test_a_damaged_list_of_digests_is_said_to_be(copied: Path, tmp_path: Path) -> None:
    """Where it holds no digests and a row was changed, the row cannot be named: the day and table are, and the days
    after it are looked at still."""
    folder = shutil.copytree(copied, tmp_path / "copy")
    day = folder / "billing" / "2026-11-02"
    rows, digests = day / "transfer.tsv", day / "transfer.digests"
    rows.write_text(rows.read_text() + rows.read_text().splitlines()[-1] + "\n")
    digests.write_text("1\tno digest\n")
    record = json.loads((folder / "billing" / "days.json").read_text())
    record["days"][-1]["previous"] = "f" * 64
    (folder / "billing" / "days.json").write_text(json.dumps(record))
    found = wrong(folder)
    assert (found[0].kind, found[0].day, found[0].table) == (verify.ROWS, "2026-11-02", "transfer")
    assert [one.day for one in found if one.kind == verify.CHAIN] == [record["days"][-1]["day"]]


def _cells(copied: Path) -> Iterator[tuple[str, str]]:
    for table in KEYS:
        with (copied / "billing" / "2026-11-02" / f"{table}.tsv").open(newline="") as stream:
            yield from ((table, column) for column in next(csv.reader(stream, delimiter="\t")))


def test_each_changed_cell_of_a_copy_is_named(copied: Path) -> None:
    """One cell changed in each column of each table, one at a time: table, row and column are told."""
    cells = list(_cells(copied))
    assert len(cells) > 35
    for table, column in cells:
        file = copied / "billing" / "2026-11-02" / f"{table}.tsv"
        good = file.read_text()
        lines = [line.split("\t") for line in good.splitlines()]
        place = lines[0].index(column)
        key = " ".join(lines[2][lines[0].index(name)] for name in KEYS[table])
        lines[2][place] = "9" if lines[2][place] != "9" else "8"
        file.write_text("".join("\t".join(line) + "\n" for line in lines))
        found = wrong(copied)[0]
        file.write_text(good)
        if column in KEYS[table]:
            assert (found.kind, found.table, found.key) == (verify.REMOVED, table, key)
        else:
            assert (found.kind, found.table, found.key, found.columns) == (verify.CHANGED, table, key, (column,))
    assert wrong(copied) == []


def test_each_change_in_the_database_is_named(closed: Path, tmp_path: Path) -> None:
    """One row changed in each column of each table, removed or added behind the program's back, one at a time: the
    next copy names table and row, and the column where the row is still known."""
    file = tmp_path / "billing.sqlite3"
    shutil.copy(closed, file)
    town = Town(settings_for(f"sqlite:///{file}"))
    assert {table.name for table in proved(town.service.metadata)} >= set(KEYS)
    unlike = {"number": "777777", "sequence": "777777"}
    tried = tampering.each_is_named(file, town.service, lambda: copy_of(town, tmp_path), DAYS, unlike)
    assert tried > 45
    assert wrong(copy_of(town, tmp_path)) == []
    town.service.close()


def test_all_guards_of_the_proofs_are_there(town: Town) -> None:
    """Digests are append-only like the rows that they stand for."""
    with town.service.work("aksuu") as work:
        present = guards.present(work.connection)
    assert {f"{name}_no_update" for name in ("ledger_proof", "ledger_table", "ledger_rows")} <= present
