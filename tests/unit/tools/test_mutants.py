"""The bugs that are planted to see a test find them."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
MUTANTS = ROOT / "tests" / "mutants"
# What a patch is put on top of.
BELOW = {"points/between_commits": ("publish_after_commit",)}
PATCHES = sorted(str(patch.relative_to(MUTANTS).with_suffix("")) for patch in MUTANTS.rglob("*.patch"))


def plant(tree: Path, patch: str) -> None:
    """Apply a patch to the letter: lines that only resemble those it was made for will not do."""
    command = ["patch", "-p1", "--forward", "--fuzz=0", "-i", str(MUTANTS / f"{patch}.patch")]
    found = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize("patch", PATCHES)
def test_a_bug_is_planted_where_it_was_meant_to_be(tmp_path: Path, patch: str) -> None:
    """Every patch fits the code as it is: whoever changes the code around it sees so at once, not in a night's run."""
    for name in re.findall(r"^--- a/(\S+)", (MUTANTS / f"{patch}.patch").read_text(), re.MULTILINE):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    for below in BELOW.get(patch, ()):
        plant(tmp_path, below)
    plant(tmp_path, patch)
