"""A large file goes through in bounded memory."""

import json
import subprocess
import sys
from pathlib import Path

FILE_MB = 200
MEMORY_MB = 400


def test_two_hundred_megabytes_under_four_hundred(tmp_path: Path) -> None:
    """A CSV of 200 MB is sent in, kept, scanned and taken, faulty rows and all, by a process of less than 400 MB."""
    script = Path(__file__).with_name("large_import.py")
    done = subprocess.run(
        [sys.executable, str(script), str(FILE_MB), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    told = json.loads(done.stdout)
    print(told)
    rows, faulty = told["rows"], told["rows"] // 1000
    assert told["file_mb"] >= FILE_MB
    assert told["state"] == {"state": "done", "total": rows, "taken": rows - faulty, "refused": faulty}
    assert told["kept"] == rows - faulty
    assert told["memory_mb"] < MEMORY_MB
