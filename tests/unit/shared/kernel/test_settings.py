"""Settings: a file, variables above it, secrets that are shown nowhere."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from aimak.problems import Refused
from aimak.settings import MASK, Settings

FILE = """
runtime = "servers"
[http]
port = 1
[processes.billing]
consumer = 3
"""
SECRETS = {
    "AIMAK_DATABASE__BILLING": "postgresql+psycopg://aimak_billing:hush@db/aimak",
    "AIMAK_OWNER_DATABASE__BILLING": "postgresql+psycopg://aimak_billing_owner:hush@db/aimak",
    "AIMAK_SUPERUSER_DATABASE": "postgresql+psycopg://postgres:hush@db/aimak",
    "AIMAK_BROKER__URL": "amqp://aimak:hush@mq:5672//",
    "AIMAK_BROKER__SPARE": "amqp://aimak:hu/sh@mq:5672//",
    "AIMAK_AUTH__SECRET": "hush",
    "AIMAK_SECRET__KANNEL": "hush",
    "AIMAK_PASSWORD": "hush",
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """An aimak.toml."""
    made = tmp_path / "aimak.toml"
    made.write_text(FILE)
    return made


def test_a_variable_stands_above_the_file(file: Path) -> None:
    """AIMAK_HTTP__PORT is http.port and wins over aimak.toml; each value knows where it came from."""
    settings = Settings.load(file, {"AIMAK_HTTP__PORT": "2", "AIMAK_CONFIG": "elsewhere", "HOME": "/root"})
    assert (settings.runtime, settings.number("http.port", 0)) == ("servers", 2)
    assert settings.number("processes.billing.consumer", 0) == 3
    assert settings.origins == {
        "runtime": str(file),
        "http.port": "AIMAK_HTTP__PORT",
        "processes.billing.consumer": str(file),
    }
    assert Settings.load(file.with_name("none.toml"), {}).runtime == "embedded"
    assert Settings.load(None, {"AIMAK_CONFIG": str(file)}).runtime == "servers"


def test_a_secret_comes_from_a_file_of_its_own(tmp_path: Path) -> None:
    """AIMAK_AUTH__SECRET_FILE names a file that holds auth.secret; one that cannot be read stops the program."""
    (tmp_path / "secret").write_text("hush\n")
    assert Settings.load(tmp_path, {"AIMAK_AUTH__SECRET_FILE": str(tmp_path / "secret")}).get("auth.secret") == "hush"
    with pytest.raises(Refused) as refused:
        Settings.load(tmp_path, {"AIMAK_AUTH__SECRET_FILE": str(tmp_path / "gone")})
    assert [problem.code for problem in refused.value.problems] == ["AIM-K003"]


def test_no_secret_is_shown(tmp_path: Path) -> None:
    """Passwords, keys and every address that has a password in it are masked, whoever's they are; the rest is not."""
    shown = Settings.load(tmp_path, {**SECRETS, "AIMAK_NOTIFICATIONS__PUBLIC_URL": "https://town.example"}).shown()
    assert len(shown) == len(SECRETS) + 1
    assert shown.pop("notifications.public_url")["value"] == "https://town.example"
    assert {entry["value"] for entry in shown.values()} == {MASK}


@pytest.mark.parametrize(("text", "code"), [("runtime = ", "AIM-K001"), ("[http]\nport = 'x'", "AIM-K002")])
def test_a_broken_setting_is_told_by_its_place(tmp_path: Path, text: str, code: str) -> None:
    """A file that is no TOML and a number that is none are problems with codes, and no traces."""
    file = tmp_path / "aimak.toml"
    file.write_text(text)
    with pytest.raises(Refused) as refused:
        Settings.load(file, {}).number("http.port", 0)
    (problem,) = refused.value.problems
    assert problem.code == code and (str(file) in problem.fields.values() or problem.fields["key"] == "http.port")


@pytest.mark.parametrize(
    "given", [{"clock.file": "c"}, {"clock.instant": "2026-11-02T04:00:00+00:00"}, {"ids.seed": 1}]
)
def test_time_and_ids_that_are_set_are_known_as_such(given: dict[str, object]) -> None:
    """Whichever of the three is set, only a municipality marked as a test one is served."""
    assert Settings(given).sets_time and not Settings({}).sets_time


def test_clock_and_ids_are_those_that_are_named(tmp_path: Path) -> None:
    """A file moves the clock of every process that reads it; a seed gives each service a series of its own."""
    (tmp_path / "clock").write_text("2026-11-02T10:00:00+06:00")
    assert Settings({"clock.file": str(tmp_path / "clock")}).clock().now() == datetime(2026, 11, 2, 4, tzinfo=UTC)
    seeded = Settings({"ids.seed": 7})
    assert seeded.ids("billing").uuid() == seeded.ids("billing").uuid() != seeded.ids("payments").uuid()
