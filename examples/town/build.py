"""Build the sample town's files, the same bytes each time.

python examples/town/build.py                               the town of 8,430 accounts, into this folder
python examples/town/build.py --accounts 100 --out FOLDER   a town of another size, for tests
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from town_build.files import summary, town  # noqa: E402
from town_build.model import FULL, Size  # noqa: E402

LEAST = 50
# What a town of another size shares with this one.
WRITTEN_BY_HAND = ("town.json", "tariffs.yaml")


def main() -> None:
    """Write the files and print what the town comes to."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--accounts", type=int, default=FULL, help="how many accounts (at least 50)")
    parser.add_argument("--out", type=Path, default=HERE, help="folder to write into")
    options = parser.parse_args()
    if options.accounts < LEAST:
        parser.error(f"a town has at least {LEAST} accounts")
    if options.accounts != FULL and options.out == HERE:
        parser.error("a town of another size needs a folder of its own: --out")
    options.out.mkdir(parents=True, exist_ok=True)
    size = Size(options.accounts)
    for name, text in town(size).items():
        (options.out / name).write_bytes(text.encode("utf-8"))
    if options.out != HERE:
        for name in WRITTEN_BY_HAND:
            (options.out / name).write_bytes((HERE / name).read_bytes())
    sys.stdout.write(summary(size))


if __name__ == "__main__":
    main()
