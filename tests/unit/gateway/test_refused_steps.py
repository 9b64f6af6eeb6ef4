"""A step of a run that is refused is told in the reader's words, with commands that can be typed as they stand."""

from __future__ import annotations

import re

import pytest
from aimak.problems import Problem
from aimak.texts import LANGUAGES
from aimak_gateway.cli import frame

COMMANDS = ("preview", "approve", "issue", "close", "abandon", "pause", "resume", "retry")


@pytest.mark.parametrize("code", frame.WRONG_STATES)
@pytest.mark.parametrize("lang", ["ru", "ky"])
def test_a_step_that_cannot_follow_is_called_by_its_word(lang: str, code: str) -> None:
    """And the state as the month's own screen names it; a word of English is part of a command line alone."""
    ui = frame.Ui(as_json=False, lang=lang, quiet=False, debug=False)
    for command in COMMANDS:
        told = Problem(code, {"period": "2026-10", "command": command, "state": "issued", "run": 77})
        said, hint = frame.error_lines(ui, ui.problem(told))
        assert f": {ui.word(f'ui.command.{command}')} " in said
        assert not re.search("[a-z]", said.removeprefix(f"error {code}")), said
        assert "aimak run abandon 77" in hint
        assert not re.search("[a-z]", re.sub(r"aimak (?:run|cycle) [a-z]+(?:, [a-z]+)*", "", hint)), hint


def test_a_months_state_is_called_by_its_word() -> None:
    """Where a step cannot follow, step and state are named in the reader's words."""
    told = Problem("AIM-B031", {"period": "2026-10", "command": "preview", "state": "issued", "run": 77})
    ui = frame.Ui(as_json=False, lang="ru", quiet=False, debug=False)
    said = frame.error_lines(ui, ui.problem(told))[0]
    assert ": предварительный расчёт не может следовать за состоянием «выставлен»" in said


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_run_that_has_not_ended_is_named_with_what_ends_it(lang: str) -> None:
    """By commands that can be typed as they stand."""
    ui = frame.Ui(as_json=False, lang=lang, quiet=False, debug=False)
    told = Problem("AIM-B104", {"period": "2026-10", "selection": "service:waste", "run": 77})
    hint = frame.error_lines(ui, ui.problem(told))[1]
    assert "aimak run preview 77" in hint and "aimak run abandon 77" in hint
