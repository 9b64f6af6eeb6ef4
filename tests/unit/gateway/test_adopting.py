"""Tariffs taken over: those that may be, and why the others may not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from aimak_gateway.cli import frame, tariff_life
from aimak_gateway.cli.app import app
from click.testing import Result
from typer.testing import CliRunner

DRAFT = {"service": "water", "provider": "vodokanal", "decision": "council 5", "state": "draft"}
LATER = {"code": "AIM-T106", "fields": {}, "message": "water@2027-01-01 begins on 2027-01-01", "hint": "submit it"}


class Api:
    """Two drafts, one of which begins later; what was asked for is kept."""

    state = "draft"

    def __init__(self) -> None:
        self.asked: dict[str, Any] = {}

    def get(self, path: str) -> Any:
        """Both drafts."""
        rows = [{**DRAFT, "code": "water", "valid_from": day} for day in ("2026-01-01", "2027-01-01")]
        return {"tariffs": [{**row, "state": self.state} for row in rows]}

    def post(self, path: str, said: dict[str, Any]) -> Any:
        """The later one is left out where only fitting ones are asked for."""
        self.asked = said
        taken = {**DRAFT, "code": "water", "valid_from": "2026-01-01", "state": "in_force"}
        return {"tariffs": [taken], "left_out": [LATER] if said["fitting"] else []}


def adopted(monkeypatch: pytest.MonkeyPatch, api: Api, *named: str) -> Result:
    """What the command answers."""

    @contextmanager
    def connected(ui: frame.Ui) -> Iterator[Api]:
        yield api

    monkeypatch.setattr(tariff_life, "connected", connected)
    monkeypatch.setenv("AIMAK_LANG", "en")
    return CliRunner().invoke(app, ["tariff", "adopt", *named, "--ground", "before"])


@pytest.mark.parametrize(
    ("named", "code"), [(["--all"], frame.PARTIAL), (["water@2026-01-01"], frame.OK)], ids=["all", "named"]
)
def test_all_drafts_that_may_be_are_adopted(monkeypatch: pytest.MonkeyPatch, named: list[str], code: int) -> None:
    """What was adopted is shown, the others are listed on stderr with why, and it ends as a file with faulty rows
    does; what is named by hand is taken whole or not at all."""
    api = Api()
    answer = adopted(monkeypatch, api, *named)
    assert (answer.exit_code, api.asked["fitting"]) == (code, code == frame.PARTIAL)
    assert "2026-01-01" in answer.stdout
    assert ("AIM-T106: water@2027-01-01 begins on 2027-01-01" in answer.stderr) == (code == frame.PARTIAL)


@pytest.mark.parametrize(("named", "code"), [(["--all"], "AIM-G065"), ([], "AIM-G060")], ids=["all", "none"])
def test_who_asked_for_all_is_told_that_there_are_none(
    monkeypatch: pytest.MonkeyPatch, named: list[str], code: str
) -> None:
    """With all adopted already, `--all` says that no draft is left; who named nothing is asked to name tariffs."""
    api = Api()
    api.state = "in_force"
    answer = adopted(monkeypatch, api, *named)
    assert (answer.exit_code != frame.OK, api.asked) == (True, {})
    assert code in answer.stderr


def test_where_no_municipality_is_defined_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """And not that no draft is left, of a municipality that can have none."""

    class Undefined(Api):
        state = "in_force"

        def get(self, path: str) -> Any:
            """No tariffs, and the municipality is not known."""
            if path == "/billing/tenants/current":
                raise frame.Failed(frame.NOT_FOUND, [{"code": "AIM-K030", "message": "There is none"}])
            return super().get(path)

    answer = adopted(monkeypatch, Undefined(), "--all")
    assert answer.exit_code == frame.NOT_FOUND
    assert "AIM-K030" in answer.stderr and "AIM-G065" not in answer.stderr
