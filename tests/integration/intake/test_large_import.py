"""A large file goes through in bounded memory, and a killed process loses nothing of it."""

import json
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

FILE_MB = 200
MEMORY_MB = 400
SCRIPT = Path(__file__).with_name("large_import.py")


def command(megabytes: int, folder: Path) -> list[str]:
    """The process that imports."""
    return [sys.executable, str(SCRIPT), str(megabytes), str(folder)]


def run(megabytes: int, folder: Path) -> dict[str, Any]:
    """Import to the end, and what that process told."""
    done = subprocess.run(command(megabytes, folder), capture_output=True, text=True, timeout=300, check=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def check(told: dict[str, Any]) -> None:
    """Every good row was taken once, every faulty one refused."""
    rows, faulty = told["rows"], told["rows"] // 1000
    assert told["state"] == {"state": "done", "total": rows, "taken": rows - faulty, "refused": faulty}
    assert told["kept"] == rows - faulty


def test_two_hundred_megabytes_under_four_hundred(tmp_path: Path) -> None:
    """A CSV of 200 MB is sent in, kept, scanned and taken, faulty rows and all, by a process of less than 400 MB."""
    told = run(FILE_MB, tmp_path)
    check(told)
    assert told["file_mb"] >= FILE_MB
    assert told["memory_mb"] < MEMORY_MB


def test_a_killed_import_goes_on_where_it_stood(tmp_path: Path) -> None:
    """Killed with -9 in the middle, the import goes on in the next process: no row twice, none lost."""
    process = subprocess.Popen(command(20, tmp_path), stdout=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while rows_done(tmp_path) < 6_000:
        assert process.poll() is None and time.monotonic() < until, "it should have been at work"
        time.sleep(0.005)
    process.kill()
    process.wait()
    done = rows_done(tmp_path)
    assert done % 2_000 == 0
    told = run(20, tmp_path)
    check(told)
    assert done < told["rows"]


def rows_done(folder: Path) -> int:
    """How far the import is, as its database says."""
    try:
        with sqlite3.connect(f"file:{folder / 'sample.sqlite3'}?mode=ro", uri=True) as connection:
            row = connection.execute("SELECT done FROM import_file").fetchone()
    except sqlite3.OperationalError:
        return 0
    return int(row[0]) if row else 0
