"""Goal: the simulation finds each planted bug. Method: the production code is copied, a bug planted by a patch, and the
simulation run over the copy; it must fail, and without a bug it must pass."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATCHES = sorted((ROOT / "tests" / "mutants").glob("*.patch"))
DISTRIBUTIONS = (
    "shared",
    *(f"services/{name}" for name in ("billing", "metering", "payments", "notifications", "gateway")),
)
# Enough for the rarest of them with room to spare. With the seed the drawing is the same each time: what is found once
# is found always.
SEED = 1
HISTORIES = 400
TIMEOUT_S = 900


def planted(tree: Path, patch: Path | None) -> Path:
    """A copy of the production code and of this test, with a bug in it."""
    leave = shutil.ignore_patterns("__pycache__", "*.egg-info", "*.ttf")
    for name in ("shared", "services", "tests/simulation"):
        shutil.copytree(ROOT / name, tree / name, ignore=leave)
    for name in ("pyproject.toml", "tests/conftest.py"):
        shutil.copy(ROOT / name, tree / name)
    if patch:
        subprocess.run(["patch", "-p1", "--forward", "-i", str(patch)], cwd=tree, check=True, capture_output=True)
    return tree


def simulated(tree: Path, histories: int) -> subprocess.CompletedProcess[str]:
    """The simulation over a tree, in a process that imports from there."""
    paths = [str(tree / distribution) for distribution in DISTRIBUTIONS]
    env = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(tree), *paths]),
        "AIMAK_HISTORIES": str(histories),
        "AIMAK_SIMULATED_TREE": str(tree),
    }
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-n0",
        "-p",
        "no:cacheprovider",
        f"--hypothesis-seed={SEED}",
        "tests/simulation/test_histories.py",
    ]
    return subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.stem)
def test_a_planted_bug_is_found(patch: Path, tmp_path: Path) -> None:
    """With the bug in place, some history breaks a promise."""
    run = simulated(planted(tmp_path / "tree", patch), HISTORIES)
    assert run.returncode == 1, run.stdout[-3000:] + run.stderr[-1000:]
    assert "1 failed" in run.stdout, run.stdout[-3000:]


def test_a_copy_without_a_bug_passes(tmp_path: Path) -> None:
    """The copy itself is sound: what fails above fails for its bug."""
    run = simulated(planted(tmp_path / "tree", None), 20)
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-1000:]
