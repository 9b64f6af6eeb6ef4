"""What a process loads and how it is started, seen in fresh ones."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from aimak.settings import Settings
from aimak.supervisor.supervisor import Supervisor

ROOT = Path(__file__).parents[2]
# Everything but the consumer: the children of a supervisor, the command line, the one process.
GREENLESS = (
    "aimak.supervisor.main",
    "aimak.supervisor.http",
    "aimak.supervisor.relay",
    "aimak.supervisor.worker",
    "aimak_gateway.cli.app",
    "aimak_gateway.embedded",
)
LOADER = """
import importlib, sys
importlib.import_module(sys.argv[1])
sys.exit(f"{sys.argv[1]} loads eventlet" if "eventlet" in sys.modules else 0)
"""


@pytest.mark.parametrize("module", GREENLESS)
def test_only_the_consumer_is_green(module: str) -> None:
    """No other process so much as loads eventlet."""
    done = subprocess.run([sys.executable, "-c", LOADER, module], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_eventlet_patches_in_one_place() -> None:
    """The entry module of the consumer does it before anything else is imported, and no other module does."""
    sources = [path for folder in ("shared", "services") for path in (ROOT / folder).rglob("*.py")]
    patching = [path for path in sources if "monkey_patch()" in path.read_text(encoding="utf-8")]
    assert [path.relative_to(ROOT).as_posix() for path in patching] == ["shared/aimak/messaging/rabbitmq/consumer.py"]
    imports = re.findall(r"^(?:import|from) .*|^eventlet.*", patching[0].read_text(encoding="utf-8"), re.MULTILINE)
    assert imports[:2] == ["import eventlet", "eventlet.monkey_patch()"]


def test_no_process_is_forked() -> None:
    """Polars does not stand a fork: children are started anew."""
    sources = [path for folder in ("shared", "services") for path in (ROOT / folder).rglob("*.py")]
    forking = re.compile(r"os\.fork\(|import multiprocessing|from multiprocessing|ProcessPoolExecutor|preexec_fn")
    assert [path.name for path in sources if forking.search(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize(("consumers", "threads"), [(1, 8), (2, 4), (3, 2), (20, 1)])
def test_the_cores_are_shared_among_the_consumers(
    monkeypatch: pytest.MonkeyPatch, consumers: int, threads: int
) -> None:
    """POLARS_MAX_THREADS is cores over consumers, at least one, unless somebody has set it."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(8)))
    monkeypatch.delenv("POLARS_MAX_THREADS", raising=False)
    supervisor = Supervisor("billing", Settings({"processes.billing.consumer": consumers}))
    assert supervisor.environment()["POLARS_MAX_THREADS"] == str(threads)
    monkeypatch.setenv("POLARS_MAX_THREADS", "5")
    assert supervisor.environment()["POLARS_MAX_THREADS"] == "5"
