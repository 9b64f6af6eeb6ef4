"""Tariffs taken over: those that may be, and why the others may not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from aimak_gateway.cli import frame, tariff_life
from aimak_gateway.cli.app import app
from typer.testing import CliRunner

DRAFT = {"service": "water", "provider": "vodokanal", "decision": "council 5", "state": "draft"}
LATER = {"code": "AIM-T106", "fields": {}, "message": "water@2027-01-01 begins on 2027-01-01", "hint": "submit it"}


class Api:
    """Two drafts, one of which begins later; what was asked for is kept."""

    def __init__(self) -> None:
        self.asked: dict[str, Any] = {}

    def get(self, path: str) -> Any:
        """Both drafts."""
        return {"tariffs": [{**DRAFT, "code": "water", "valid_from": day} for day in ("2026-01-01", "2027-01-01")]}

    def post(self, path: str, said: dict[str, Any]) -> Any:
        """The later one is left out where only fitting ones are asked for."""
        self.asked = said
        taken = {**DRAFT, "code": "water", "valid_from": "2026-01-01", "state": "in_force"}
        return {"tariffs": [taken], "left_out": [LATER] if said["fitting"] else []}


@pytest.mark.parametrize(
    ("named", "code"), [(["--all"], frame.PARTIAL), (["water@2026-01-01"], frame.OK)], ids=["all", "named"]
)
def test_all_drafts_that_may_be_are_adopted(monkeypatch: pytest.MonkeyPatch, named: list[str], code: int) -> None:
    """What was adopted is shown, the others are listed on stderr with why, and it ends as a file with faulty rows
    does; what is named by hand is taken whole or not at all."""
    api = Api()

    @contextmanager
    def connected(ui: frame.Ui) -> Iterator[Api]:
        yield api

    monkeypatch.setattr(tariff_life, "connected", connected)
    monkeypatch.setenv("AIMAK_LANG", "en")
    answer = CliRunner().invoke(app, ["tariff", "adopt", *named, "--ground", "before"])
    assert (answer.exit_code, api.asked["fitting"]) == (code, code == frame.PARTIAL)
    assert "2026-01-01" in answer.stdout
    assert ("AIM-T106: water@2027-01-01 begins on 2027-01-01" in answer.stderr) == (code == frame.PARTIAL)
