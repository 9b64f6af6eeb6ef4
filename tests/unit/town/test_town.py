"""The sample town is what its page says, and comes out the same each time."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from town_build.files import town
from town_build.model import FULL, Size

Rows = list[dict[str, str]]


def rows(text: str) -> Rows:
    """A file's lines by column name."""
    return list(csv.DictReader(io.StringIO(text), delimiter=";"))


@pytest.fixture(scope="module")
def built() -> dict[str, str]:
    """The full town, built anew."""
    return town(Size(FULL))


@pytest.fixture(scope="module")
def accounts(built: dict[str, str]) -> dict[str, dict[str, str]]:
    """One line per account, by number."""
    return {row["account"]: row for row in rows(built["accounts.csv"])}


def test_committed_files_are_what_the_script_builds(built: dict[str, str], town_folder: Path) -> None:
    """Each committed file has the very bytes that the script writes."""
    for name, text in built.items():
        assert (town_folder / name).read_bytes() == text.encode("utf-8"), name


def test_kinds_and_people_are_those_of_the_sample_month(
    built: dict[str, str], accounts: dict[str, dict[str, str]]
) -> None:
    """8,430 accounts by kind, 34,000 people served, 6,570 phones, each with a number of its own."""
    kinds = Counter(row["kind"] for row in accounts.values())
    assert kinds == {"flat": 2320, "house": 4950, "standpipe": 460, "budget": 90, "other": 610}
    now = [row for row in rows(built["residents.csv"]) if not row["to"]]
    assert sum(int(row["persons"]) for row in now) == 34_000
    assert sum(int(row["pensioners"]) for row in now) == 4_000
    assert all(int(row["pensioners"]) <= int(row["persons"]) for row in now)
    assert len(now) == 7_730
    phones = [row["phone"] for row in accounts.values() if row["phone"]]
    assert len(phones) == len(set(phones)) == 6_570
    assert all(phone.startswith("996000") and len(phone) == 12 for phone in phones)


def test_no_number_stands_for_two_accounts(accounts: dict[str, dict[str, str]]) -> None:
    """Numbers and old numbers are all different."""
    aliases = [alias for row in accounts.values() for alias in row["aliases"].split("|") if alias]
    assert len(aliases) > 6_000
    assert len(set(aliases) | set(accounts)) == len(aliases) + len(accounts)


def test_metered_homes_use_110_litres_a_person_and_day(
    built: dict[str, str], accounts: dict[str, dict[str, str]]
) -> None:
    """The last two readings of the homes that were read right differ by 110 l a person and day, all together."""
    persons = {row["account"]: int(row["persons"]) for row in rows(built["residents.csv"]) if not row["to"]}
    last = {row["serial"]: int(row["reading"]) for row in rows(built["readings-history.csv"])}
    litres = people = 0
    for row in rows(built["readings-2026-10.csv"]):
        used = int(row["reading"]) - last.get(row["serial"], 10**9)
        if accounts[row["account"]]["class"] == "household" and used >= 0 and not row["note"]:
            litres += used * 1000
            people += persons[row["account"]]
    assert 106 <= litres / people / 31 <= 114


def test_month_has_the_faults_it_says(built: dict[str, str]) -> None:
    """12 readings are of an unknown meter, 14 below the last, 10 tenfold."""
    serials = {row["serial"] for row in rows(built["meters.csv"])}
    last = {row["serial"]: int(row["reading"]) for row in rows(built["readings-history.csv"])}
    month = rows(built["readings-2026-10.csv"])
    assert sum(row["serial"] not in serials for row in month) == 12
    assert sum(int(row["reading"]) < last.get(row["serial"], 0) for row in month) == 14
    assert sum(bool(row["note"]) for row in month) == 10
    assert all("2026-10-29" <= row["date"] <= "2026-11-01" for row in month)


def test_old_debt_is_9_5_million_and_38_percent_of_it_old(
    built: dict[str, str], accounts: dict[str, dict[str, str]]
) -> None:
    """The debt's sum, its age, the number of debtors and the largest one are those of the sample month."""
    owed = [
        (row["account"], row["origin"], round(float(row["amount"]) * 100))
        for row in rows(built["balances.csv"])
        if not row["amount"].startswith("-")
    ]
    assert sum(amount for *_, amount in owed) == 950_000_000
    assert sum(amount for _, origin, amount in owed if origin < "2023-10") == 361_000_000
    sums: Counter[str] = Counter()
    for account, _, amount in owed:
        sums[account] += amount
    assert len(sums) == 1_900
    homes = [amount for number, amount in sums.items() if accounts[number]["class"] == "household"]
    assert max(homes) <= 4_309_300


def test_small_town_has_every_kind_and_every_fault(tmp_path: Path, town_folder: Path) -> None:
    """A town of 100 accounts, built by the command, has all kinds, all services and all faults."""
    command = [sys.executable, str(town_folder / "build.py"), "--accounts", "100", "--out", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True)
    lines = rows((tmp_path / "accounts.csv").read_text(encoding="utf-8"))
    assert len({row["account"] for row in lines}) == 100
    assert {row["kind"] for row in lines} == {"flat", "house", "standpipe", "budget", "other"}
    assert {row["service"] for row in lines} == {"water", "sewerage", "waste", "street_lighting"}
    serials = {row["serial"] for row in rows((tmp_path / "meters.csv").read_text(encoding="utf-8"))}
    month = rows((tmp_path / "readings-2026-10.csv").read_text(encoding="utf-8"))
    assert sum(row["serial"] not in serials for row in month) == 1
    for name in ("town.json", "tariffs.yaml"):
        assert (tmp_path / name).read_bytes() == (town_folder / name).read_bytes(), "a month cannot run without it"


def test_town_of_another_size_never_overwrites_the_committed_one(town_folder: Path) -> None:
    """Another size without a folder of its own is refused."""
    command = [sys.executable, str(town_folder / "build.py"), "--accounts", "100"]
    assert subprocess.run(command, capture_output=True).returncode == 2
