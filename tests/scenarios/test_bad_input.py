"""Bad files through the command line: an exit code, a code, a place, and words in Kyrgyz and in Russian."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aimak import texts
from aimak.problems import Problem
from aimak_gateway.cli.app import app
from aimak_gateway.cli.frame import OK, PARTIAL, VALIDATION
from typer.testing import CliRunner

ACCOUNTS = (
    "account;aliases;kind;class;holder;phone;language;street;house;flat;residents;opened_on;service;provider;attributes"
)
TARIFF = Path(__file__).resolve().parents[2] / "examples" / "town" / "tariffs.yaml"
METERED = '"{""metered"":true,""norm"":""house""}"'


@dataclass
class Desk:
    """An operator at a console, with files to bring."""

    folder: Path

    def file(self, name: str, content: str | bytes) -> Path:
        """A file with that content."""
        made = self.folder / name
        made.write_bytes(content.encode() if isinstance(content, str) else content)
        return made

    def run(self, *words: object) -> tuple[int, Any, list[dict[str, Any]]]:
        """(exit code, data, problems) of a command."""
        answer = CliRunner().invoke(app, [*map(str, words), "--json"])
        if answer.exit_code in (OK, PARTIAL):
            data = json.loads(answer.stdout)["data"]
            return answer.exit_code, data, data.get("problems", []) if isinstance(data, dict) else []
        assert answer.stdout == ""
        return answer.exit_code, None, json.loads(answer.stderr.splitlines()[-1])["errors"]


def worded(problem: dict[str, Any]) -> bool:
    """Whether the problem has words of its own in both languages of the country, and a place."""
    asked = Problem(problem["code"], problem["fields"])
    ky, ru = texts.text(asked, "ky"), texts.text(asked, "ru")
    return ky != ru and not ky.startswith(problem["code"]) and not ru.startswith(problem["code"]) and problem["place"]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A municipality with a creditor, tariffs and one metered account."""
    folder = tmp_path_factory.mktemp("desk")
    clock = folder / "clock"
    clock.write_text(datetime(2026, 11, 2, 4, tzinfo=UTC).isoformat())
    patch = pytest.MonkeyPatch()
    patch.setenv("AIMAK_DATA_DIR", str(folder / "data"))
    patch.setenv("AIMAK_PASSWORD", "a-password-for-tests")
    patch.setenv("AIMAK_CLOCK_FILE", str(clock))
    made = Desk(folder)
    steps: list[list[object]] = [
        ["init"],
        ["login", "admin", "--tenant", "sary"],
        ["tenant", "add", "sary", "--name", "ru=Сары", "--test"],
        *(
            ["provider", "add", code, "--name", code, "--tax-number", f"0000000000000{place}"]
            for place, code in enumerate(("vodokanal", "tazalyk", "jaryk"))
        ),
        ["tariff", "import", TARIFF],
        ["user", "add", "bakyt", "--role", "approver"],
        ["login", "bakyt", "--tenant", "sary"],
        ["tariff", "adopt", "--all", "--ground", "decided before"],
        ["login", "admin", "--tenant", "sary"],
    ]
    for words in steps:
        answer = CliRunner().invoke(app, list(map(str, words)))
        assert answer.exit_code == OK, (words, answer.output)
    yield made
    patch.undo()


def account(number: str, holder: str = "Асанова Айна") -> str:
    """A metered account's line."""
    return f"{number};;house;household;{holder};;ky;Өзөн көч.;1;;;2020-01-01;water;vodokanal;{METERED}"


@pytest.mark.parametrize("encoding", ["cp1251", "cp866", "utf-8"])
def test_old_encodings_are_read(desk: Desk, encoding: str) -> None:
    """Files of the programs of before are read as they are, letters and all."""
    number = {"cp1251": "100", "cp866": "200", "utf-8": "300"}[encoding]
    line = account(number, f"Петров {encoding} Пётр").replace("Өзөн көч.", "Речная")
    file = desk.file(f"{encoding}.csv", f"{ACCOUNTS}\n{line}\n".encode(encoding))
    code, data, _ = desk.run("import", "accounts", file)
    assert (code, data["taken"]) == (OK, 1)
    assert desk.run("account", "show", number)[1]["holder"] == f"Петров {encoding} Пётр"


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("empty.csv", b"", "accounts"),
        ("short.csv", b"account;kind\n1;house\n", "accounts"),
        ("broken.xlsx", b"PK\x03\x04" + b"\x00" * 200, "readings"),
    ],
)
def test_a_faulty_file_is_refused_whole(desk: Desk, name: str, content: bytes, kind: str) -> None:
    """An empty file, a missing column, a workbook that was cut off: exit 5, nothing taken, the file named."""
    code, _, problems = desk.run("import", kind, desk.file(name, content))
    assert code == VALIDATION
    assert all(worded(problem) for problem in problems)
    assert problems[0]["code"].startswith("AIM-F")
    assert problems[0]["place"]["file"] == name


def test_faulty_rows_are_given_back(desk: Desk) -> None:
    """A number that is text is refused with its line and column, good rows beside it stand."""
    rows = "account;persons;from;to;ground;pensioners\n410;3;2026-01-01;;книга;0\n410;много;2026-02-01;;книга;0\n"
    assert desk.run("import", "accounts", desk.file("a.csv", f"{ACCOUNTS}\n{account('410')}\n"))[0] == OK
    code, data, problems = desk.run("import", "residents", desk.file("r.csv", rows))
    assert (code, data["taken"], data["refused"]) == (PARTIAL, 1, 1)
    assert worded(problems[0])
    assert (problems[0]["place"]["line"], problems[0]["place"]["column"]) == (3, "persons")


def test_an_account_twice_is_refused(desk: Desk) -> None:
    """Two accounts of one number with other facts in one file: the second is named by its line."""
    lines = [account("500"), account("500", "Другой Человек")]
    code, _, problems = desk.run("import", "accounts", desk.file("d.csv", "\n".join([ACCOUNTS, *lines, ""])))
    assert code in (PARTIAL, VALIDATION)
    assert worded(problems[0])
    assert problems[0]["place"]["line"] in (2, 3)


def test_readings_are_checked(desk: Desk) -> None:
    """A reading of an unknown meter is a refused row; one below the last is held until a person decides."""
    assert desk.run("import", "accounts", desk.file("m.csv", f"{ACCOUNTS}\n{account('600')}\n"))[0] == OK
    meter = "account;service;serial;size;dials;installed_on;initial_reading;verified_until;seal\n"
    assert (
        desk.run("import", "meters", desk.file("me.csv", f"{meter}600;water;S1;15;5;2025-01-01;50;2030-01-01;\n"))[0]
        == OK
    )
    rows = "account;serial;date;reading;reader;note\n600;S1;2026-10-30;40;;\n600;NONE;2026-10-30;1;;\n"
    code, data, problems = desk.run("import", "readings", desk.file("re.csv", rows))
    assert (code, data["refused"]) == (PARTIAL, 1)
    unknown = next(problem for problem in problems if problem["severity"] == "error")
    assert worded(unknown) and unknown["place"]["line"] == 3
    held = desk.run("reading", "held")[1]["held"]
    assert [(row["serial"], row["date"]) for row in held] == [("S1", "2026-10-30")]
    assert held[0]["findings"][0]["code"].startswith("AIM-M")


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("price: 10.45", "price: 99999999999999", 1),
        lambda text: text + text[text.index("  - code: water-household") : text.index("  - code: water-organisations")],
    ],
    ids=["price beyond the bounds", "two tariffs for one date"],
)
def test_a_faulty_tariff_file_is_refused_whole(desk: Desk, change: Callable[[str], str]) -> None:
    """A price that no unit costs, two tariffs for the same thing on the same day: exit 5 and the place."""
    text = TARIFF.read_text(encoding="utf-8")
    whole = text[: text.index("\ntaxes:")] if "\ntaxes:" in text else text
    code, _, problems = desk.run("import", "tariffs", desk.file("t.yaml", change(whole)))
    assert code == VALIDATION
    assert worded(problems[0])
    assert problems[0]["place"].get("line") or problems[0]["place"].get("path")


def test_what_is_not_known_is_held_and_never_nothing(desk: Desk) -> None:
    """An account whose norm needs persons and has none is held with a code; it gets no bill of 0."""
    line = account("700").replace(METERED, '"{""metered"":false,""norm"":""house""}"')
    assert desk.run("import", "accounts", desk.file("n.csv", f"{ACCOUNTS}\n{line}\n"))[0] == OK
    assert desk.run("cycle", "preview", "--period", "2026-10")[0] == OK
    rows = desk.run("cycle", "status", "--period", "2026-10", "--holds")[1]["held_rows"]
    held = {row["account"]: row for row in rows}
    assert "700" in held
    assert held["700"]["code"].startswith("AIM-")
