"""The guard over outside data: leaving a test out is a failure where the data is at hand."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).parents[2] / "conftest.py"
WANTS = 'def test_a(corpora):\n    """Data is there."""\n    assert corpora.exists()\n'
REFUSES = (
    "import pytest\n\n@pytest.mark.corpora\n"
    'def test_b():\n    """Left out by its own doing."""\n    pytest.skip("no file")\n'
)


def _run(folder: Path, test: str, corpora: Path | None, *options: str) -> subprocess.CompletedProcess[str]:
    shutil.copy(CONFTEST, folder / "conftest.py")
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n    corpora\n    servers\n", encoding="utf-8")
    (folder / "test_it.py").write_text(test, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "AIMAK_CORPORA"}
    if corpora:
        environment["AIMAK_CORPORA"] = str(corpora)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:pytest_nameko", *options, "test_it.py"]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


def test_without_data_a_test_is_skipped_and_named(tmp_path: Path) -> None:
    """Where no data is named, the run is green and says which tests did without."""
    done = _run(tmp_path, WANTS, None)
    assert done.returncode == 0
    assert "1 tests did without outside data" in done.stdout


@pytest.mark.parametrize("options", [(), ("-n", "1")])
def test_with_data_a_skip_fails_the_run(tmp_path: Path, options: tuple[str, ...]) -> None:
    """Where data is named, a test that leaves it out ends the run with 1, in one process and in several."""
    assert _run(tmp_path, REFUSES, tmp_path, *options).returncode == 1


def test_with_data_the_test_runs(tmp_path: Path) -> None:
    """Where data is named, the test gets its folder."""
    done = _run(tmp_path, WANTS, tmp_path)
    assert done.returncode == 0
    assert "1 passed" in done.stdout
