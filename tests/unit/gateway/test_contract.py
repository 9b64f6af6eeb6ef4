"""What a command may do is said once, where it is registered, and what follows from it comes by itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import fastexcel
import httpx
import pytest
import typer
from aimak import texts
from aimak_gateway.cli import frame, listing, tariff_simulate
from aimak_gateway.cli.app import app
from aimak_gateway.cli.connect import Api
from typer.testing import CliRunner

from tests.unit.gateway.commands import ALL

# Commands that change nothing and show no list: one thing, a check, a file that is made, a process. A new command that
# is here by neglect must be written down by somebody who then asks whether it is one of these.
NEITHER = {
    "account show",
    "bill explain",
    "bill pdf",
    "bill print",
    "bill show",
    "correction show",
    "dead-letters show",
    "doctor",
    "help",
    "ledger export",
    "partner show",
    "plugins check",
    "provider show",
    "run show",
    "serve",
    "tariff diff",
    "tariff export",
    "tariff quote",
    "tariff sheet",
    "tariff show",
    "tenant show",
}


def options(name: str) -> set[str]:
    """The options of a command."""
    return {option for parameter in ALL[name].params for option in parameter.opts}


@pytest.mark.parametrize("name", sorted(ALL))
def test_a_command_changes_or_lists_or_is_known_to_do_neither(name: str) -> None:
    """What changes something has --dry-run, what lists has --csv and --xlsx, and all have --json; what has none of
    these stands in the table above."""
    found = options(name)
    assert "--json" in found
    assert ("--dry-run" in found) + ({"--csv", "--xlsx"} <= found) + (name in NEITHER) == 1


def test_the_table_names_commands_that_are_there() -> None:
    """No line of the table outlives its command."""
    assert set(ALL) >= NEITHER


def helps(group: Mapping[str, Any]) -> Iterator[str]:
    """What nouns and commands do, in the words they were written in, without the examples."""
    for command in group.values():
        yield " ".join(command.help.split()).partition("Example:")[0].strip()
        yield from helps(getattr(command, "commands", {}))


@pytest.mark.parametrize("lang", texts.LANGUAGES)
def test_help_is_there_in_the_readers_language(lang: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What every noun and command does, and what each of its options means."""
    monkeypatch.setenv("AIMAK_LANG", "en")
    root = typer.main.get_command(app)
    options = (getattr(option, "help", None) for command in ALL.values() for option in command.params)
    said = {" ".join(text.split()) for text in [*helps(root.commands), *options] if text}  # type: ignore[attr-defined]
    words = texts.catalogue("aimak_gateway", lang)
    assert sorted(text for text in said if f"help.{text}" not in words) == []


def test_help_is_shown_in_the_readers_language(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the command does, its options, and the word before the example; the example is as one types it."""
    monkeypatch.setenv("AIMAK_LANG", "ru")
    shown = " ".join(CliRunner().invoke(app, ["bill", "cancel", "--help"]).output.split())
    assert "Отменить квитанцию; она остаётся в учёте. Пример: aimak bill cancel 15 --reason" in shown
    assert "Показать, что было бы сделано; ничего не менять." in shown
    assert shown.startswith("Использование: ") and "Usage" not in shown
    assert "Почему; остаётся в учёте. [обязательно]" in shown and "Показать эту справку." in shown
    assert "Пример: aimak account adjust 17" in CliRunner().invoke(app, ["account", "adjust", "--help"]).output
    verbs = CliRunner().invoke(app, ["bill", "--help"]).output
    assert "Квитанции месяца или счёта." in verbs and "Команды:" in verbs and "Commands" not in verbs
    assert "Aimak начисляет городу воду" in CliRunner().invoke(app, ["--help"]).output


@pytest.mark.parametrize(("lang", "promise"), [("en", "that was set"), ("ru", "заданная"), ("ky", "коюлган")])
def test_config_show_promises_what_it_lists(tmp_path: Path, lang: str, promise: str) -> None:
    """It lists settings that were set, not those that have their default, and its help says so."""
    env = {"AIMAK_LANG": lang, "AIMAK_DATA_DIR": str(tmp_path), "AIMAK_CONFIG": None}
    shown = CliRunner().invoke(app, ["config", "show", "--json"], env=env).stdout
    assert {"data_dir"} <= set(json.loads(shown)["data"]) and "broker.url" not in shown
    assert promise in CliRunner().invoke(app, ["config", "show", "--help"], env=env).output


def ui(**facts: Any) -> frame.Ui:
    """What a command is given."""
    return frame.Ui(as_json=False, lang="en", quiet=True, debug=False, **facts)


def api(of: frame.Ui, asked: list[httpx.Request]) -> Api:
    """An API that notes what is asked of it."""

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={})

    return Api(httpx.Client(transport=httpx.MockTransport(answer), base_url="http://none"), of, None)


def test_who_does_not_change_cannot_post() -> None:
    """A command that was registered without `changes` fails where it would change something, and nothing is sent."""
    asked: list[httpx.Request] = []
    with pytest.raises(AssertionError):
        api(ui(changes=False), asked).post("/billing/tenants", {})
    assert asked == []


@pytest.mark.parametrize(("dry_run", "query"), [(True, {"dry_run": "1"}), (False, {})])
def test_a_dry_run_is_asked_for_with_every_post(dry_run: bool, query: dict[str, str]) -> None:
    """No command has to remember to pass it on."""
    asked: list[httpx.Request] = []
    api(ui(dry_run=dry_run), asked).post("/billing/tenants", {})
    assert dict(asked[0].url.params) == query


def test_a_simulation_that_is_only_tried_has_no_report_to_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was undone cannot be asked for its report, and no file is written."""
    asked: list[httpx.Request] = []

    @contextmanager
    def connected(shown: frame.Ui) -> Iterator[Api]:
        def answer(request: httpx.Request) -> httpx.Response:
            asked.append(request)
            return httpx.Response(200, json={"simulation": 1, "state": "running", "report": None})

        yield Api(httpx.Client(transport=httpx.MockTransport(answer), base_url="http://none"), shown, None)

    monkeypatch.setattr(tariff_simulate, "connected", connected)
    words = ["tariff", "simulate", "--tariff", "water", "--periods", "2026-10", "--pdf", str(tmp_path / "r.pdf")]
    assert CliRunner().invoke(app, [*words, "--dry-run"]).exit_code == 0
    assert [request.method for request in asked] == ["POST"]
    assert not (tmp_path / "r.pdf").exists()


def test_who_does_not_list_cannot_give_a_list() -> None:
    """A command that was registered without `lists` fails when its result is a list."""
    with pytest.raises(AssertionError):
        ui(changes=False, lists=False).result([{"a": 1}], [])


def test_a_list_is_the_same_on_screen_and_in_files(tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """One description of the columns: aligned and spaced for the eye, plain in CSV, numbers that add up in XLSX."""
    shown = ui(lists=True, csv=tmp_path / "list.csv", xlsx=tmp_path / "list.xlsx")
    rows = [("17", 123_456_789, 1_500, 3), ("18", -5, None, 12_000)]
    listing.show(shown, [], ("account", "gross:som", "quantity:quantity", "bills:count"), rows)
    lines = [line.split("  ") for line in capsys.readouterr().out.splitlines()[2:]]
    assert [[cell.strip() for cell in line if cell] for line in lines] == [
        ["17", "1\u00a0234\u00a0567.89", "1.500", "3"],
        ["18", "-0.05", "12\u00a0000"],
    ]
    text = (tmp_path / "list.csv").read_text(encoding="utf-8-sig")
    assert text.splitlines()[1:] == ["17;1234567.89;1.500;3", "18;-0.05;;12000"]
    sheet = fastexcel.read_excel(tmp_path / "list.xlsx").load_sheet(0).to_polars()
    assert sheet.rows() == [("17", 1234567.89, 1.5, 3.0), ("18", -0.05, None, 12000.0)]
