"""The bookkeeper's guide: its text in three languages, with what each command really printed.

A source (`examples/guide/guide.LANG.txt`) is Markdown in which a line `$ command` is run, in a town of its own, and
becomes a block with the command and its output. `@2026-11-02T06:00` moves the town's clock; the towns are test ones.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "examples" / "guide"
PAGES = ROOT / "docs" / "guides"
LANGUAGES = ("ru", "ky", "en")
_LIMIT_S = 300


def page(lang: str) -> str:
    """The guide in one language. Raises RuntimeError where a command does not end as the guide says."""
    with tempfile.TemporaryDirectory() as folder:
        town = Path(folder)
        for file in SOURCES.glob("*.*sv"):
            shutil.copy(file, town)
        shutil.copy(ROOT / "examples" / "town" / "tariffs.yaml", town)
        source = (SOURCES / f"guide.{lang}.txt").read_text(encoding="utf-8").splitlines()
        return "\n".join(_written(source, town, lang)) + "\n"


def _written(source: list[str], town: Path, lang: str) -> Iterator[str]:
    clock = "2026-11-02T04:00:00+00:00"
    for line in source:
        if line.startswith("@"):
            clock = f"{line[1:]}:00+00:00"
        elif line.startswith("$ "):
            yield "```"
            yield line
            yield from _run(line[2:], town, lang, clock)
            yield "```"
        else:
            yield line


def _run(command: str, town: Path, lang: str, clock: str) -> Iterator[str]:
    """What a command prints; it may name the exit code that it must end with (`… # 5`), and a file for what it prints
    (`… > hash.txt`)."""
    said, _, wanted = command.partition(" # ")
    line, _, target = said.partition(" > ")
    before = {name: os.environ.get(name) for name in _environment(town, lang, clock)}
    os.environ.update(_environment(town, lang, clock))
    here = Path.cwd()
    os.chdir(town)
    try:
        code, out, err = _ended(line)
    finally:
        os.chdir(here)
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})
    if code != int(wanted or 0):
        raise RuntimeError(f"{said}: {code}\n{out}{err}")
    if target:
        (town / target).write_text(out, encoding="utf-8")
        return iter(())
    return (row.rstrip() for row in (out + (err if wanted else "")).replace(str(town), "").splitlines())


def _environment(town: Path, lang: str, clock: str) -> dict[str, str]:
    return {
        "AIMAK_DATA_DIR": str(town / "data"),
        "AIMAK_LANG": lang,
        "AIMAK_CLOCK__INSTANT": clock,
        "AIMAK_PASSWORD": "only-for-the-guide",
        "COLUMNS": "160",
    }


def _ended(line: str) -> tuple[int, str, str]:
    """Exit code, output and errors. Aimak's own commands run in this process: starting one takes longer than most."""
    name, *arguments = shlex.split(line)
    if name == "aimak":
        from aimak_gateway.cli.app import app
        from typer.testing import CliRunner

        done = CliRunner().invoke(app, arguments)
        return done.exit_code, done.stdout, done.stderr + (str(done.exception or "") if done.exit_code == 1 else "")
    ended = subprocess.run([name, *arguments], capture_output=True, text=True, timeout=_LIMIT_S, check=False)
    return ended.returncode, ended.stdout, ended.stderr


def main(languages: list[str]) -> None:
    """Write the pages of these languages (default: all)."""
    for lang in languages or LANGUAGES:
        (PAGES / f"bookkeeper.{lang}.md").write_text(page(lang), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
