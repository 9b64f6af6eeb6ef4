"""A slip of the finger is told in the reader's language, whatever the slip."""

from __future__ import annotations

import json
import re

import pytest
from aimak.texts import LANGUAGES
from aimak_gateway.cli import frame
from aimak_gateway.cli.app import app
from typer.testing import CliRunner

# What was typed, the code, what the message must name, and what was meant.
SLIPS = [
    ("cycel status", "AIM-G089", "cycel", "cycle"),
    ("cycle previw", "AIM-G089", "previw", "preview"),
    ("cycle --", "AIM-G088", "", ""),
    ("cycle preview --perid 2026-10", "AIM-G081", "--perid", "--period"),
    ("cycle -x", "AIM-G081", "-x", ""),
    ("bill list --period", "AIM-G082", "--period", ""),
    ("bill show 1 --json=yes", "AIM-G083", "--json", ""),
    ("bill show", "AIM-G084", "bill", ""),
    ("user add bakyt", "AIM-G084", "--role", ""),
    ("meter exchange 17 --old S1 --final 1 --new S2 --on 33 --reason act", "AIM-G085", "33", ""),
    ("bill list --limit many", "AIM-G086", "many", ""),
    ("bill list --limit 0", "AIM-G087", "1", ""),
    ("bill show 1 2", "AIM-G080", "2", ""),
    ("bill show 1 --lang xx", "AIM-G090", "xx", ""),
    ("bill show 1 --lang rus", "AIM-G090", "ky, ru", "ru"),
    ("--lang xx bill show 1", "AIM-G090", "xx", ""),
    ("account list", "AIM-G089", "list", ""),
]
ENGLISH = re.compile(r"usage|error|hint|help:|try|option|argument|missing|such|command|value|number|mean|invalid", re.I)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(("typed", "code", "names", "meant"), SLIPS)
def test_a_slip_is_told_in_the_readers_language(
    monkeypatch: pytest.MonkeyPatch, lang: str, typed: str, code: str, names: str, meant: str
) -> None:
    """How it is typed, what is wrong with its code, what was probably meant, where the help is; it ends with 2."""
    monkeypatch.setenv("AIMAK_LANG", lang)
    answer = CliRunner().invoke(app, typed.split())
    assert (answer.exit_code, answer.stdout) == (frame.USAGE, "")
    usage, error, hint = answer.stderr.splitlines()
    assert f" {code}: " in error and names in error and meant in hint
    command = usage.partition(": ")[2].partition(" [")[0]
    where = command.split()[1:]
    assert where == typed.split()[: len(where)]
    assert hint.endswith(f"{command} --help")
    if lang != "en":
        # Without what was typed and what may be typed no word of English is left.
        text = re.sub(r"--?[a-z]+|AIM-G\d+|«[^»]*»|aimak [a-z -]+", "", answer.stderr)
        assert ENGLISH.search(text) is None, text


def test_the_language_that_is_asked_for_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """--lang holds for help and slips as for everything else, before or after the slip."""
    monkeypatch.setenv("AIMAK_LANG", "ru")
    for typed in (
        "bill show --lang ky",
        "bill --lang=ky",
        "bill show --lang ky --help",
        "--lang ky --help",
        "bill --help --lang ky",
        "--lang=ky bill show --help",
    ):
        answer = CliRunner().invoke(app, typed.split())
        assert "Колдонуу: " in answer.output and "AIM-G081" not in answer.output, typed
    assert "Использование: " in CliRunner().invoke(app, ["bill", "show", "--help"]).output


def test_a_verb_that_is_like_no_other_is_not_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    """`account list` is not taken for `account split`, nor --reason for --json."""
    monkeypatch.setenv("AIMAK_LANG", "en")
    assert "split" not in CliRunner().invoke(app, ["account", "list"]).stderr
    slip = ["account", "move-out", "17", "--on", "2026-11-15", "--reason", "moved"]
    assert "--json" not in CliRunner().invoke(app, slip).stderr


def test_a_script_gets_a_slip_as_an_object(monkeypatch: pytest.MonkeyPatch) -> None:
    """With --json the slip is the object that every failure is, on stderr."""
    monkeypatch.setenv("AIMAK_LANG", "ru")
    answer = CliRunner().invoke(app, ["cycle", "previw", "--json"])
    assert (answer.exit_code, answer.stdout) == (frame.USAGE, "")
    (error,) = json.loads(answer.stderr)["errors"]
    assert (error["code"], error["fields"]) == ("AIM-G089", {"name": "previw"})


def test_help_says_what_kind_of_thing_is_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No name of a programming language's type stands in a help."""
    monkeypatch.setenv("AIMAK_LANG", "ky")
    pages = [CliRunner().invoke(app, [*words.split(), "--help"]).output for words in ("bill list", "user add", "bill")]
    assert "--limit <сан>" in pages[0] and "--csv <файл>" in pages[0] and "--role <текст>" in pages[1]
    assert not any(kind in page for page in pages for kind in ("<str>", "<int", "list[", "OPTIONS", "COMMAND"))
