"""Where the OWRS files of our own making stand."""

from pathlib import Path

DATA = Path(__file__).parents[3] / "data" / "owrs"
