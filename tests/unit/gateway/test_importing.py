"""What is told of a file that was taken in."""

from __future__ import annotations

from typing import Any

import pytest
import typer
from aimak_gateway.cli.frame import Ui
from aimak_gateway.cli.importing import finish


def test_rows_that_were_taken_before_are_not_taken_anew(capsys: pytest.CaptureFixture[str]) -> None:
    """A file with refused rows that comes again has taken what is new; what was there already is counted beside it."""
    state: dict[str, Any] = {"state": "done", "taken": 14, "refused": 1, "taken_before": 13, "problems": []}
    with pytest.raises(typer.Exit):
        finish(Ui(as_json=False, lang="ru", quiet=False, debug=False), "readings", state)
    told = capsys.readouterr()
    assert "принято строк 1, отклонено 1" in told.out
    assert told.err == "Строк этого файла, принятых раньше: 13\n"


def test_a_file_that_is_new_has_no_rows_of_before(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is said of rows that were taken before where there are none."""
    state: dict[str, Any] = {"state": "done", "taken": 14, "refused": 0, "taken_before": 0}
    finish(Ui(as_json=False, lang="ru", quiet=False, debug=False), "readings", state)
    told = capsys.readouterr()
    assert ("принято строк 14, отклонено 0" in told.out, told.err) == (True, "")
