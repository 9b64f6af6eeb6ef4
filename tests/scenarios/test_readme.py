"""The block of commands in the README works as it is pasted."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from aimak_gateway.cli.app import app
from typer.testing import CliRunner

ROOT = Path(__file__).resolve().parents[2]
LOOP = re.compile(r"for (\w+) in (.+?); do (.+?); done")


def commands(text: str) -> Iterator[list[str]]:
    """Each command of Aimak in the README's block, loops written out."""
    block = text.partition("## The same by hand")[2].partition("\n## ")[0]
    for line in (line.strip() for line in block.splitlines() if line.startswith("    ")):
        if line.startswith(("export ", "make ")):
            continue
        said, loop = line, LOOP.search(line)
        if loop:
            name, values, body = loop.groups()
            said = " && ".join(body.replace(f"${name}", value) for value in values.split())
        for one in re.split(r" && ", said):
            words = shlex.split(one, comments=True)
            assert words[0] == "aimak", line
            yield words[1:]


def test_the_readmes_commands_work_as_pasted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From an empty folder to a bill as PDF and matched payments; each command ends with 0, and the files are there."""
    monkeypatch.setenv("AIMAK_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("AIMAK_LANG", "ru")
    monkeypatch.setenv("AIMAK_PASSWORD", "a-password-for-tests")
    # A town of its own clock is a test one; that is the only word that differs from the README's.
    monkeypatch.setenv("AIMAK_CLOCK__INSTANT", "2026-11-09T06:00:00+00:00")
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    said = {}
    for words in commands((ROOT / "README.md").read_text(encoding="utf-8")):
        answer = CliRunner().invoke(app, [*words, *(["--test"] if words[:2] == ["tenant", "add"] else [])])
        assert answer.exit_code == 0, (words, answer.output)
        said[" ".join(words[:2])] = answer.stdout
    assert (tmp_path / "bill-1.pdf").read_bytes().startswith(b"%PDF")
    assert "сом" in said["bill explain"] and "принято строк 3" in said["payment import-registry"]
    assert "обе книги сходятся" in said["doctor"]
