"""Progress is for whoever sits at a terminal, and goes to stderr alone."""

from __future__ import annotations

import io
import sys

import pytest
from aimak_gateway.cli.frame import Ui
from aimak_gateway.cli.progress import Progress


class Screen(io.StringIO):
    """A stderr that is a terminal, or none."""

    def __init__(self, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        """What a program asks it."""
        return self._terminal


@pytest.mark.parametrize(
    ("terminal", "quiet", "as_json", "shown"),
    [(True, False, False, True), (False, False, False, False), (True, True, False, False), (True, False, True, False)],
)
def test_progress_is_shown_on_a_terminal_alone(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    terminal: bool,
    quiet: bool,
    as_json: bool,
    shown: bool,
) -> None:
    """What is done, how much there is, and how fast; in a pipe, with --quiet and with --json not a sign of it."""
    screen = Screen(terminal)
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    with Progress(Ui(as_json=as_json, lang="en", quiet=quiet, debug=False), "preview 2026-10") as progress:
        progress.show(3, 8, "12 a second")
    said = screen.getvalue()
    assert bool(said) == shown
    assert not shown or ("preview 2026-10" in said and "3/8" in said and "12 a second" in said)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("no_color", "variable", "coloured"), [(False, "", True), (True, "", False), (False, "1", False)]
)
def test_colour_can_be_switched_off(
    monkeypatch: pytest.MonkeyPatch, no_color: bool, variable: str, coloured: bool
) -> None:
    """With --no-color or NO_COLOR the bar has none."""
    screen = Screen(terminal=True)
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", variable)
    ui = Ui(as_json=False, lang="en", quiet=False, debug=False, no_color=no_color)
    with Progress(ui, "preview 2026-10") as progress:
        progress.show(3, 8)
    assert ("\x1b[38;5;" in screen.getvalue()) == coloured
