"""The town's build script stands beside its data, outside the packages."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

TOWN = Path(__file__).resolve().parents[3] / "examples" / "town"
sys.path.insert(0, str(TOWN))


@pytest.fixture(scope="session")
def town_folder() -> Path:
    """Where the town's files are."""
    return TOWN
