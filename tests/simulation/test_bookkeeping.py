"""Goal: the books are right whatever is done in whatever order. Method: a state machine of hypothesis drives billing's
use cases on SQLite with readings, runs, payments, cancellations, corrections, moves and tariffs, and checks after every
step; a bug that is planted must be found (`test_bookkeeping_mutants.py`).

`make simulate-books` is the long run (STEPS=200000) on every core; it can be stopped and goes on where it was, and a
seed that fails is played again with SEED=n.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.simulation.bookkeeping import marathon
from tests.simulation.bookkeeping.home import home
from tests.simulation.bookkeeping.marathon import TOWNS, Passed, play

# Some seconds' worth; the planted bugs ask for more.
SHORT = int(os.environ.get("AIMAK_MACHINE_TOWNS", "3"))


@pytest.fixture(autouse=True, scope="module")
def _swept() -> Iterator[None]:
    """The towns' files go with the module."""
    yield
    if home.cache_info().currsize:
        home().sweep()


def test_the_books_are_right_in_any_order() -> None:
    """Balances are charged less paid and written off, nothing is charged twice, nobody is stuck, all can be undone."""
    played = play(1, SHORT)
    assert not played.said, played.said
    assert played.counts["undone to the opening balances"] >= SHORT


def test_a_run_that_was_stopped_goes_on_with_the_seeds_that_are_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """What passed on this commit is not played again, what fails is named with its seed and counts for nothing."""
    _in_this_process(monkeypatch, tmp_path)
    played: list[int] = []

    def passes(seed: int, towns: int = TOWNS) -> Passed:
        played.append(seed)
        return Passed(seed, {"steps": 100}, 1.0, "broken" if seed == 4 else "")

    monkeypatch.setattr(marathon, "play", passes)
    assert marathon.run(200, 1) == 0
    assert marathon.run(300, 1) == 0
    assert marathon.run(1_000, 1) == 1
    assert played == [1, 2, 3, 4]
    said = capsys.readouterr()
    assert "make simulate-books SEED=4" in said.err
    assert "300 steps passed in 3 seeds" in said.out


_PARENT = """
from tests.simulation import test_bookkeeping as these
from tests.simulation.bookkeeping.marathon import pool_of
these.wait_in(pool_of(1))
"""


@pytest.mark.parametrize("told", [signal.SIGKILL, signal.SIGTERM])
def test_players_end_with_the_run_that_started_them(told: signal.Signals) -> None:
    """Killed in the middle, the run leaves no process behind and no files of theirs."""
    parent = subprocess.Popen([sys.executable, "-c", _PARENT], stdout=subprocess.PIPE, text=True, cwd=marathon.ROOT)
    with parent:
        assert parent.stdout is not None
        pid, folder = parent.stdout.readline().split()
        assert Path(folder).is_dir()
        parent.send_signal(told)
    try:
        deadline = time.monotonic() + 20
        while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not Path(f"/proc/{pid}").exists()
        assert not Path(folder).exists()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)


def wait_in(pool: ProcessPoolExecutor) -> None:
    """In a process of its own: say who plays and where the files are, then wait for what takes long."""
    print(*pool.submit(player).result(), flush=True)
    pool.submit(time.sleep, 600).result()


def player() -> tuple[int, str]:
    """A process of the pool and its folder."""
    return os.getpid(), str(home().folder)


def _in_this_process(monkeypatch: pytest.MonkeyPatch, folder: Any) -> None:
    from concurrent.futures import ThreadPoolExecutor

    monkeypatch.setattr(marathon, "KEPT", folder)
    # A copy with a planted bug is of no commit.
    monkeypatch.setattr(marathon, "commit", lambda: "this")
    monkeypatch.setattr(marathon, "ProcessPoolExecutor", lambda jobs, **_: ThreadPoolExecutor(jobs))
