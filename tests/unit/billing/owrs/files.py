"""The root of the project, and where the OWRS files of our own making stand."""

from pathlib import Path

ROOT = Path(__file__).parents[4]
DATA = ROOT / "tests" / "data" / "owrs"
