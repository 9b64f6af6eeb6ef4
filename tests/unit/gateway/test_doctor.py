"""The doctor holds billing's control accounts against those of payments."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import httpx
import pytest
from aimak_gateway.cli import frame, installation
from aimak_gateway.cli.app import app
from aimak_gateway.cli.connect import Api
from typer.testing import CliRunner

SOUND = {"vodokanal": 12_345, "tazalyk": -5}


def doctor(monkeypatch: pytest.MonkeyPatch, control: Mapping[str, Mapping[str, int]]) -> tuple[int, str, str]:
    """What `aimak doctor` says of services that tell these sums."""

    def answer(request: httpx.Request) -> httpx.Response:
        service = request.url.path.split("/")[1]
        return httpx.Response(200, json={"service": service, "problems": [], "control": control.get(service, {})})

    @contextmanager
    def connected(shown: frame.Ui) -> Iterator[Api]:
        yield Api(httpx.Client(transport=httpx.MockTransport(answer), base_url="http://none"), shown, None)

    monkeypatch.setattr(installation, "connected", connected)
    done = CliRunner().invoke(app, ["doctor", "--json"])
    return done.exit_code, done.stdout, done.stderr


def test_equal_ledgers_are_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    """A creditor that one of them has not heard of yet is 0 there; metering has no ledger."""
    both = {"billing": {**SOUND, "jaryk": 0}, "payments": SOUND}
    assert doctor(monkeypatch, both)[0] == frame.OK


@pytest.mark.parametrize(
    ("payments", "provider", "seen"),
    [
        ({**SOUND, "vodokanal": 12_346}, "vodokanal", (12_345, 12_346)),
        ({"tazalyk": -5}, "vodokanal", (12_345, 0)),
        ({**SOUND, "jaryk": 1}, "jaryk", (0, 1)),
    ],
)
def test_a_tyiyn_of_difference_is_told(
    monkeypatch: pytest.MonkeyPatch, payments: dict[str, int], provider: str, seen: tuple[int, int]
) -> None:
    """By creditor with both sums; the command ends with 5 and stdout stays empty."""
    code, out, err = doctor(monkeypatch, {"billing": SOUND, "payments": payments})
    assert (code, out) == (frame.VALIDATION, "")
    (problem,) = json.loads(err)["errors"]
    assert problem["code"] == "AIM-G030"
    assert problem["fields"] == {"provider": provider, "billing": seen[0], "payments": seen[1]}
