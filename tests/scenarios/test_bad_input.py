"""Bad files through the command line: an exit code, a code, a place, a value and what mends it, in three languages."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aimak import texts
from aimak.problems import Place, Problem
from aimak_gateway.cli import frame
from aimak_gateway.cli.app import app
from aimak_gateway.cli.frame import OK, PARTIAL, VALIDATION, Ui, error_lines
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


def account(number: str, holder: str = "Асанова Айна") -> str:
    """A metered account's line."""
    return f"{number};;house;household;{holder};;ky;Өзөн көч.;1;;;2020-01-01;water;vodokanal;{METERED}"


@dataclass(frozen=True)
class Fault:
    """A file with one fault: what is brought, and the code, line, column and value that the answer must name. Of a
    file that is refused whole, `taken` is None, else so many of its rows stand."""

    name: str
    content: bytes
    kind: str
    code: str
    line: int | None = None
    column: str | None = None
    value: str = ""
    taken: int | None = None


def named(problem: dict[str, Any], fault: Fault) -> None:
    """The problem says code, file, line, field and value, and in each language of the country, and in English, what is
    wrong and what mends it, each in words of its own."""
    place = problem["place"] or {}
    assert (problem["code"], place.get("file"), place.get("line")) == (fault.code, fault.name, fault.line)
    assert fault.column is None or fault.column in (place.get("column"), place.get("path"))
    said = Problem(problem["code"], problem["fields"])
    wrong, mends = ({lang: made(said, lang) for lang in texts.LANGUAGES} for made in (texts.text, texts.hint))
    assert all(fault.value in str(text) for text in wrong.values()), wrong
    assert all(mends.values()), mends
    for told in (wrong, mends):
        assert len(set(told.values())) == len(texts.LANGUAGES), told
    assert not any(str(text).startswith(fault.code) for text in wrong.values())


def said(code: str, **fields: str) -> dict[str, Any]:
    """A problem without a place as a command gives it."""
    ui = Ui(as_json=True, lang=frame.language(None), quiet=True, debug=False)
    return ui.problem(Problem(code, fields))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A municipality with a creditor, tariffs and one metered account."""
    folder = tmp_path_factory.mktemp("desk")
    clock = folder / "clock"
    clock.write_text(datetime(2026, 11, 2, 4, tzinfo=UTC).isoformat())
    patch = pytest.MonkeyPatch()
    patch.setenv("AIMAK_DATA_DIR", str(folder / "data"))
    patch.setenv("AIMAK_PASSWORD", "a-password-for-tests")
    patch.setenv("AIMAK_CLOCK__FILE", str(clock))
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
    meters = "account;service;serial;size;dials;installed_on;initial_reading;verified_until;seal"
    meter = "500;water;S1;15;5;2025-01-01;50;2030-01-01;"
    assert made.run("import", "accounts", made.file("a.csv", f"{ACCOUNTS}\n{account('500')}\n"))[0] == OK
    assert made.run("import", "meters", made.file("m.csv", f"{meters}\n{meter}\n"))[0] == OK
    yield made
    patch.undo()


@pytest.mark.parametrize("encoding", ["cp1251", "cp866", "utf-8"])
def test_old_encodings_are_read(desk: Desk, encoding: str) -> None:
    """Files of the programs of before are read as they are, letters and all."""
    number = {"cp1251": "100", "cp866": "200", "utf-8": "300"}[encoding]
    line = account(number, f"Петров {encoding} Пётр").replace("Өзөн көч.", "Речная")
    file = desk.file(f"{encoding}.csv", f"{ACCOUNTS}\n{line}\n".encode(encoding))
    code, data, _ = desk.run("import", "accounts", file)
    assert (code, data["taken"]) == (OK, 1)
    assert desk.run("account", "show", number)[1]["holder"] == f"Петров {encoding} Пётр"


TARIFFS = TARIFF.read_text(encoding="utf-8").partition("\ntaxes:")[0]
WATER = TARIFFS[TARIFFS.index("  - code: water-household") : TARIFFS.index("  - code: water-organisations")]
AGAIN = re.sub(r"&\w+", "", WATER).replace("code: water-household", "code: water-again")
PRICED = TARIFFS[: TARIFFS.index("price: 10.45")].count("\n") + 1
RESIDENTS = "account;persons;from;to;ground;pensioners\n500;3;2026-01-01;;книга;0\n"
READINGS = "account;serial;date;reading;reader;note\n"


def lines(*texts: str) -> bytes:
    """A file of these lines."""
    return "\n".join([*texts, ""]).encode()


WHOLE = {
    "empty file": Fault("empty.csv", b"", "accounts", "AIM-F001"),
    "missing column": Fault("short.csv", b"account;kind\n1;house\n", "accounts", "AIM-F004", 1, "class", "class"),
    "rubbish named as a workbook": Fault("rubbish.xlsx", b"\x00\xff\x9b\n" * 90, "accounts", "AIM-F008"),
    "rubbish named as readings": Fault("rubbish-2.xlsx", b"\x00\xff\x9b\n" * 91, "readings", "AIM-F008"),
    "truncated workbook": Fault("cut.xlsx", b"PK\x03\x04" + b"\x00" * 200, "readings", "AIM-F008"),
    "price beyond the bounds": Fault(
        "price.yaml",
        TARIFFS.replace("price: 10.45", "price: 99999999999999", 1).encode(),
        "tariffs",
        "AIM-T005",
        PRICED,
        "tariffs[0].components[0].price",
        "99999999999999",
    ),
    "no price": Fault(
        "null.yaml",
        TARIFFS.replace("price: 10.45", "price: null", 1).encode(),
        "tariffs",
        "AIM-T002",
        PRICED,
        "tariffs[0].components[0].price",
        "price",
    ),
    "a table for a tariff file": Fault(
        "t.csv", lines(ACCOUNTS, account("1")), "tariffs", "AIM-T037", 1, None, ACCOUNTS[:20]
    ),
    "a workbook for a tariff file": Fault(
        "t.xlsx", b"PK\x03\x04" + b"\x00" * 200, "tariffs", "AIM-T037", None, None, "XLSX"
    ),
    "a word for a tariff file": Fault("t.yaml", b"water\n", "tariffs", "AIM-T037", 1, None, "water"),
    "two tariffs for one date": Fault(
        "two.yaml",
        (TARIFFS + "\n" + AGAIN).encode(),
        "tariffs",
        "AIM-T009",
        (TARIFFS + "\n" + AGAIN).rpartition("from: ")[0].count("\n") + 1,
        "tariffs[7].from",
        "water-household",
    ),
}
ROWS = {
    "duplicate account": Fault(
        "twice.csv", lines(ACCOUNTS, account("510"), account("510")), "accounts", "AIM-B012", 3, "account", "510", 1
    ),
    "duplicate account, another holder": Fault(
        "other.csv",
        lines(ACCOUNTS, account("520"), account("520", "Другой Человек")),
        "accounts",
        "AIM-B013",
        3,
        "holder",
        "520",
        1,
    ),
    "text in a number": Fault(
        "text.csv",
        (RESIDENTS + "500;много;2026-02-01;;книга;0\n").encode(),
        "residents",
        "AIM-F102",
        3,
        "persons",
        "много",
        1,
    ),
    "null quantity": Fault(
        "null.csv", (READINGS + "500;S1;2026-10-30;;;\n").encode(), "readings", "AIM-F101", 2, "reading", "", 0
    ),
    "unknown meter": Fault(
        "meter.csv", (READINGS + "500;NONE;2026-10-30;1;;\n").encode(), "readings", "AIM-M103", 2, "serial", "NONE", 0
    ),
}


@pytest.mark.parametrize("case", sorted(WHOLE))
def test_a_faulty_file_is_refused_whole(desk: Desk, case: str) -> None:
    """A fault of the file: exit 5, nothing is taken, and the answer names what, where and what mends it."""
    fault = WHOLE[case]
    before = desk.run("tariff", "list")[1] if fault.kind == "tariffs" else None
    code, _, problems = desk.run("import", fault.kind, desk.file(fault.name, fault.content))
    assert code == VALIDATION
    named(problems[0], fault)
    assert before is None or desk.run("tariff", "list")[1] == before


@pytest.mark.parametrize("case", sorted(ROWS))
def test_a_faulty_row_is_given_back_and_good_ones_stand(desk: Desk, case: str) -> None:
    """A fault of a row: exit 6, good rows stand, the faulty one is named and comes back as a file with its reason."""
    fault, back = ROWS[case], desk.folder / "back.csv"
    file = desk.file(fault.name, fault.content)
    code, data, problems = desk.run("import", fault.kind, file, "--refused", back, "--lang", "ky")
    assert (code, data["taken"], data["refused"]) == (PARTIAL, fault.taken, 1)
    named(problems[0], fault)
    given = back.read_text(encoding="utf-8-sig").splitlines()
    assert fault.line is not None
    cells = fault.content.decode().splitlines()[fault.line - 1].split(";")
    assert len(given) == 2 and given[1].startswith(cells[0])
    assert str(texts.text(Problem(fault.code, problems[0]["fields"]), "ky")) in given[1].replace('""', '"')


@pytest.mark.parametrize("kind", ["accounts", "tariffs", "readings"])
def test_what_is_no_file_is_said_to_be_none(desk: Desk, kind: str) -> None:
    """A folder is told from a file that is not there, each with what mends it."""
    assert desk.run("import", kind, desk.folder)[::2] == (VALIDATION, [said("AIM-G037", file=str(desk.folder))])
    absent = desk.folder / "absent.csv"
    told = said("AIM-G020", file=str(absent), folder=str(Path.cwd()))
    assert desk.run("import", kind, absent)[::2] == (VALIDATION, [told])
    assert told["hint"]


def test_a_reading_below_the_last_is_held(desk: Desk) -> None:
    """It is no refused row: it waits for a person, with the reading, the one before and what to do."""
    file = desk.file("below.csv", READINGS + "500;S1;2026-10-31;40;;\n")
    code, data, problems = desk.run("import", "readings", file)
    assert (code, data["taken"], data["refused"]) == (OK, 1, 0)
    named(problems[0], Fault(file.name, b"", "readings", "AIM-M201", 2, "reading", "40"))
    assert problems[0]["fields"]["last"] == "50"
    assert [row["value"] for row in desk.run("reading", "held")[1]["held"]] == ["40"]
    # Whoever bills the month meanwhile is told, as the account is billed as if nobody had read.
    previewed = CliRunner().invoke(app, ["cycle", "preview", "--period", "2026-10"])
    assert (previewed.exit_code, "aimak reading held" in previewed.stderr) == (OK, True)


@pytest.mark.parametrize(
    ("lang", "line"),
    [
        ("ky", "ката AIM-F102: shown.csv, сап 3, тилке persons: "),
        ("ru", "ошибка AIM-F102: shown.csv, строка 3, колонка persons: "),
        ("en", "error AIM-F102: shown.csv, line 3, column persons: "),
    ],
)
def test_a_fault_is_told_in_the_readers_language(lang: str, line: str) -> None:
    """On the screen every word but the code and the file's own names is the reader's."""
    problem = Problem("AIM-F102", {"column": "persons", "value": "много"}, Place("shown.csv", 3, "persons"))
    missing = Problem("AIM-F101", {"column": "persons"}, Place("shown.csv", 3, "persons"))
    ui = Ui(as_json=False, lang=lang, quiet=False, debug=False)
    told = error_lines(ui, ui.problem(problem))
    # The column is named once, though the reason alone, in the file of refused rows, names it as well.
    assert told[0] == line + texts.text(problem, lang).removeprefix("persons: ")
    assert texts.text(problem, lang).startswith("persons: ")
    assert error_lines(ui, ui.problem(missing))[0].count("persons") == 1
    assert (told[1].endswith(str(texts.hint(problem, lang))) and not told[1].startswith("hint")) or lang == "en"


def test_what_is_not_known_is_held_and_never_nothing(desk: Desk) -> None:
    """An account whose norm needs persons and has none is held with a code; it gets no bill of 0."""
    line = account("700").replace(METERED, '"{""metered"":false,""norm"":""house""}"')
    assert desk.run("import", "accounts", desk.file("n.csv", f"{ACCOUNTS}\n{line}\n"))[0] == OK
    assert desk.run("cycle", "preview", "--period", "2026-10")[0] == OK
    rows = desk.run("cycle", "status", "--period", "2026-10", "--holds")[1]["held_rows"]
    held = {row["account"]: row for row in rows}
    assert "700" in held
    assert held["700"]["code"].startswith("AIM-")
