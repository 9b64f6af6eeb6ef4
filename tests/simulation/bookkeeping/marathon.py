"""The run of many steps on every core: a seed is a block of towns; what passed is kept, and a seed can be played again.

    python -m tests.simulation.bookkeeping.marathon --steps 200000
    python -m tests.simulation.bookkeeping.marathon --seed 17

What passed stands in `out/books/<commit>.jsonl`, a line a seed: started again, the run goes on with the seeds that are
missing there. A seed counts only for the commit that it passed on.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
KEPT = ROOT / "out" / "books"
# A seed's worth: long enough for months to pass, short enough that little is lost when the run is stopped.
TOWNS, STEPS_A_TOWN = 20, 60


@dataclass(frozen=True)
class Passed:
    """What became of a seed; `said` is empty where all was right."""

    seed: int
    counts: dict[str, int]
    cpu_s: float
    said: str = ""


def play(seed: int, towns: int = TOWNS, *, shrink: bool = False) -> Passed:
    """Play one seed in this process. With `shrink` what breaks is told in the fewest steps."""
    # A handful of rows needs no threads; Polars reads this when it is loaded, in the line after.
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    from hypothesis import HealthCheck, Phase, settings
    from hypothesis import seed as seeded
    from hypothesis.stateful import run_state_machine_as_test

    from tests.simulation.bookkeeping import machine

    machine.begun()
    machine.DID.clear()
    phases = (Phase.generate, Phase.shrink) if shrink else (Phase.generate,)
    chosen = settings(
        max_examples=towns,
        stateful_step_count=STEPS_A_TOWN,
        deadline=None,
        database=None,
        phases=phases,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    began, said = time.process_time(), io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        broken = ""
        try:
            run_state_machine_as_test(seeded(seed)(type("Machine", (machine.Machine,), {})), settings=chosen)
        except Exception as error:
            notes = "\n".join(getattr(error, "__notes__", ()))
            broken = f"{type(error).__name__}: {error}\n{notes}\n"
    told = broken + said.getvalue() if broken else ""
    return Passed(seed, dict(machine.DID), time.process_time() - began, told)


def commit() -> str:
    """The commit that is tried, with a mark where files differ from it."""
    asked = ["git", "describe", "--always", "--abbrev=12", "--dirty", "--exclude=*"]
    return subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def pool_of(jobs: int) -> ProcessPoolExecutor:
    """So many processes, which end with this one however it ends."""
    return ProcessPoolExecutor(
        jobs, mp_context=get_context("spawn"), max_tasks_per_child=50, initializer=_end_with_parent
    )


def _end_with_parent() -> None:
    """A process of a pool waits for work forever when its parent is killed."""
    parent = parent_process()
    assert parent is not None

    def leave(*_: object) -> None:
        # In the main thread, so that no step is writing to the files that go.
        home = sys.modules.get("tests.simulation.bookkeeping.home")
        if home is not None:
            home.leave()
        os._exit(1)

    def watch() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    signal.signal(signal.SIGTERM, leave)
    threading.Thread(target=watch, daemon=True).start()


def run(steps: int, jobs: int) -> int:
    """Play seeds from 1 on until so many steps have passed; gives what the shell is told."""
    file = KEPT / f"{commit()}.jsonl"
    passed = list(_read(file))
    file.parent.mkdir(parents=True, exist_ok=True)
    before, began = _steps(passed), time.monotonic()
    seeds = (seed for seed in range(1, 1 << 30) if seed not in {one.seed for one in passed})
    failed: list[Passed] = []
    with (
        pool_of(jobs) as pool,
        file.open("a") as kept,
    ):
        under_way: set[Future[Passed]] = set()
        while not failed and _steps(passed) < steps:
            under_way |= {pool.submit(play, next(seeds)) for _ in range(jobs - len(under_way))}
            done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            for one in (future.result() for future in done):
                (failed if one.said else passed).append(one)
                if not one.said:
                    print(json.dumps(one.__dict__, sort_keys=True), file=kept, flush=True)
            _progress(_steps(passed), steps, _steps(passed) - before, time.monotonic() - began)
        for future in under_way:
            future.cancel()
    _summary(passed)
    for one in failed:
        (KEPT / f"seed-{one.seed}.txt").write_text(one.said)
        print(one.said, f"seed {one.seed} fails; play it again: make simulate-books SEED={one.seed}", file=sys.stderr)
    return 1 if failed else 0


def _read(file: Path) -> Iterator[Passed]:
    if file.exists():
        for line in file.read_text().splitlines():
            yield Passed(**json.loads(line))


def _steps(passed: list[Passed]) -> int:
    return sum(one.counts["steps"] for one in passed)


def _progress(done: int, wanted: int, here: int, seconds: float) -> None:
    rate = here / seconds if seconds else 0
    left = f", {(wanted - done) / rate / 60:.0f} min left" if rate and done < wanted else ""
    print(f"{done} of {wanted} steps, {rate:.1f} a second{left}", file=sys.stderr, flush=True)


def _summary(passed: list[Passed]) -> None:
    """How often each step was taken, and by which seeds on which commit."""
    counts: Counter[str] = Counter()
    for one in passed:
        counts.update(one.counts)
    for name, count in sorted(counts.items()):
        print(f"{count:9}  {name}")
    cpu = sum(one.cpu_s for one in passed)
    each = cpu / counts["steps"] if counts["steps"] else 0
    print(f"{counts['steps']} steps passed in {len(passed)} seeds on {commit()}, {each:.3f} s of CPU a step")


def main(words: list[str] | None = None) -> int:
    """Play one seed again, or as many as it takes."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--steps", type=int, default=200_000, help="how many steps must have passed")
    reader.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes at the same time")
    reader.add_argument("--seed", type=int, help="play this seed alone, and tell what breaks in the fewest steps")
    asked: Any = reader.parse_args(words)
    if asked.seed is None:
        return run(asked.steps, asked.jobs)
    one = play(asked.seed, shrink=True)
    print(one.said or f"seed {one.seed} passes: {one.counts['steps']} steps")
    return 1 if one.said else 0


if __name__ == "__main__":
    sys.exit(main())
