"""Goal: each bug planted in billing's corrections is found. Method: the production code is copied, a bug planted by a
patch, and the test that the patch names run over the copy; it must fail, and without a bug the machine must pass. The
test named is the quickest that finds the bug."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.test_mutants import DISTRIBUTIONS, ROOT, TIMEOUT_S, planted

PATCHES = sorted((ROOT / "tests" / "mutants" / "billing").glob("*.patch"))
MACHINE = "tests/simulation/test_bookkeeping.py"
# What the machine and the tests of billing need beside the code.
BESIDE = ("tests/unit/billing", "tests/unit/shared", "tests/scenarios", "examples/town")
TOWNS = 10


def tried(tree: Path, patch: Path | None, test: str) -> subprocess.CompletedProcess[str]:
    """A test over a copy of the tree with a bug in it, in a process that imports from there."""
    planted(tree, patch)
    for name in BESIDE:
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    for name in ("services/billing/aimak_billing/documents/fonts",):
        shutil.copytree(ROOT / name, tree / name, dirs_exist_ok=True)
    paths = [str(tree / distribution) for distribution in DISTRIBUTIONS]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tree), *paths]), "AIMAK_MACHINE_TOWNS": str(TOWNS)}
    # The same draws each time: what is found once is found always.
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n0", "-p", "no:cacheprovider", "--hypothesis-seed=7", test]
    return subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)


def named(patch: Path) -> str:
    """The test that a patch says will find it."""
    found = re.search(r"^Caught by: (\S+)$", patch.read_text(), re.MULTILINE)
    assert found, f"{patch.name} names no test"
    return found[1]


@pytest.mark.faults
@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.stem)
def test_a_planted_bug_is_found(patch: Path, tmp_path: Path) -> None:
    """With the bug in place, the test that is named breaks."""
    run = tried(tmp_path / "tree", patch, named(patch))
    assert run.returncode == 1, run.stdout[-3000:] + run.stderr[-1000:]
    assert "1 failed" in run.stdout, run.stdout[-3000:]


@pytest.mark.faults
def test_the_machine_passes_without_a_bug(tmp_path: Path) -> None:
    """The copy itself is sound: what fails above fails for its bug."""
    run = tried(tmp_path / "tree", None, MACHINE)
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-1000:]


def test_there_are_bugs_enough() -> None:
    """At least twenty, and every patch names a test that is there."""
    assert len(PATCHES) >= 20
    for patch in PATCHES:
        file, _, test = named(patch).partition("::")
        assert f"def {test}(" in (ROOT / file).read_text(encoding="utf-8"), f"{patch.name}: {named(patch)}"
