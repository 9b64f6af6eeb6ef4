"""`aimak help CODE`: what was printed is explained without an installation."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from aimak import texts
from aimak.languages import LANGUAGES
from aimak_gateway.cli import frame
from aimak_gateway.cli.app import app
from typer.testing import CliRunner, Result


def asked(*words: str, lang: str = "en") -> Result:
    """What is said to these words."""
    return CliRunner().invoke(app, ["help", *words], env={"AIMAK_LANG": lang})


@pytest.mark.parametrize("typed", ["AIM-G094", "aim-g094", "G094", "AIM-G094:"])
def test_a_code_is_explained_as_it_is_typed(typed: str) -> None:
    """What it means, with the places of an occurrence's own words marked, and what mends it."""
    said = asked(typed)
    assert said.exit_code == frame.OK
    assert said.stdout == (
        "AIM-G094: The file ‹file› cannot be opened or written\n"
        "hint: Is its folder there, may you write in it, is there room on the disk?\n"
    )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_code_is_explained_in_the_readers_language(lang: str) -> None:
    """As it is printed, with no field's name in braces."""
    for code in texts.codes():
        assert texts.template(code, lang)[0] == texts.catalogue(texts.OWNERS[code[4]], lang)[code]
    told = json.loads(asked("AIM-P020", "--json", lang=lang).stdout)["data"]
    assert "‹partner›" in told["message"] and "{" not in told["message"] and told["hint"]


def test_a_code_that_is_not_there_names_those_like_it() -> None:
    """A slip in a code ends as not found, with what was probably meant."""
    said = asked("AIM-X12")
    assert (said.exit_code, said.stdout) == (frame.NOT_FOUND, "")
    assert "AIM-G095" in said.stderr and "AIM-X002" in said.stderr
    assert "AIM-G096" in asked("cycle").stderr and "--help" in asked("cycle").stderr


def test_without_a_code_it_is_the_help_of_all() -> None:
    """What people type first."""
    assert "import readings" in asked().stdout and "dead-letters" in asked().stdout


def test_it_needs_no_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A code can be looked up anywhere, and nothing is made by it."""
    monkeypatch.setenv("AIMAK_DATA_DIR", str(tmp_path / "none"))
    assert asked("AIM-K030").exit_code == frame.OK and not list(tmp_path.iterdir())
