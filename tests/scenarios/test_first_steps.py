"""What somebody who has read nothing but the README does next: things in the wrong order, and words in Cyrillic."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from aimak_gateway.cli.app import app
from aimak_gateway.cli.frame import AUTH, NOT_FOUND, OK, PARTIAL, VALIDATION
from click.testing import Result
from typer.testing import CliRunner

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
ACCOUNTS = EXAMPLES / "guide" / "accounts.csv"
Desk = Callable[..., Result]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A console in Russian at an empty installation, and a check of the exit code that a command must end with."""
    monkeypatch.setenv("AIMAK_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("AIMAK_LANG", "ru")
    monkeypatch.setenv("AIMAK_PASSWORD", "a-password-for-tests")

    def run(typed: str, *words: str, ends: int = OK) -> Result:
        answer = CliRunner().invoke(app, [*typed.split(), *words])
        assert answer.exit_code == ends, answer.output
        return answer

    run("init")
    return run


def founded(desk: Desk) -> None:
    """A municipality with two creditors and three houses."""
    desk("login admin --tenant sary")
    desk("tenant add sary --name Сары")
    for code in ("vodokanal", "tazalyk"):
        desk(f"provider add {code} --name {code} --tax-number 01234567890123")
    desk("import accounts", str(ACCOUNTS))


def test_who_logs_in_to_no_municipality_is_told_what_to_do(desk: Desk) -> None:
    """Login names the two commands that come next, and so does whatever is tried without them."""
    assert "aimak login admin --tenant КОД, затем aimak tenant add КОД" in desk("login admin").stderr
    assert (
        "AIM-K032: accounts.csv: Муниципалитет не выбран"
        in desk("import accounts", str(ACCOUNTS), ends=VALIDATION).stderr
    )
    refused = desk("tenant add sary --name Сары", ends=AUTH)
    assert "aimak login ИМЯ --tenant sary" in refused.stderr
    desk("login admin --tenant sary")
    desk("tenant add sary --name Сары")
    # Who has not chosen works in the only one.
    assert "КОД" not in desk("login admin").stderr


def test_an_empty_folder_says_that_nobody_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, desk: Desk) -> None:
    """Who mistypes the data folder is not told that the password is wrong, and leaves no databases behind."""
    monkeypatch.setenv("AIMAK_DATA_DIR", str(tmp_path / "elsewhere"))
    for words in ("login admin", "doctor", "serve --port 0"):
        refused = desk(words, ends=AUTH)
        assert "AIM-G005" in refused.stderr and "AIMAK_DATA_DIR" in refused.stderr
        assert not (tmp_path / "elsewhere").exists()


def test_a_file_that_came_too_early_is_taken_when_it_comes_again(desk: Desk) -> None:
    """Accounts whose creditor is unknown are left out; when it is defined, the same file takes them, and a third time
    it says that nothing is entered twice."""
    desk("login admin --tenant sary")
    desk("tenant add sary --name Сары")
    desk("provider add tazalyk --name Тазалык --tax-number 01234567890124")
    early = desk("import accounts", str(ACCOUNTS), ends=PARTIAL)
    assert "принято строк 3, отклонено 2" in early.stdout and "vodokanal; есть: tazalyk" in early.stderr
    desk("provider add vodokanal --name Водоканал --tax-number 01234567890123")
    again = desk("import accounts", str(ACCOUNTS))
    assert "принято строк 2, отклонено 0" in again.stdout and "уже загружали" not in again.stderr
    assert "принятых раньше: 3" in again.stderr
    assert "уже загружали" in desk("import accounts", str(ACCOUNTS)).stderr
    assert [line.split()[0] for line in desk("account find Манас").stdout.splitlines()[2:]] == ["0100001", "0100002"]
    services = desk("account show 0100001").stdout
    assert "вода " in services and "вывоз ТБО " in services


def test_a_creditor_that_is_known_is_not_changed_in_silence(desk: Desk) -> None:
    """Who adds a code that is there is told what became another; the same once more, or a new one, is only named."""
    desk("login admin --tenant sary")
    desk("tenant add sary --name Сары")
    first = "provider add vodokanal --name Водоканал --tax-number 01234567890123"
    assert desk(first).stdout == desk(first).stdout == "vodokanal: Водоканал\n"
    tried = desk("provider add vodokanal --name Тазалык --tax-number 01234567890124 --dry-run").stdout
    done = desk("provider add vodokanal --name Тазалык --tax-number 01234567890124").stdout
    assert tried == done
    assert done.splitlines() == [
        "vodokanal: Тазалык",
        "Такой поставщик уже был; изменено:",
        "  имя: Водоканал → Тазалык",
        "  ИНН: 01234567890123 → 01234567890124",
    ]


def test_what_is_typed_in_cyrillic_is_answered(desk: Desk) -> None:
    """A name instead of a number, a month in words: no account and no month of that name, each with what mends it."""
    founded(desk)
    assert "aimak account find" in desk("account show Манас", ends=NOT_FOUND).stderr
    assert "AIM-B030: «октябрь» — не месяц" in desk("cycle status --period октябрь", ends=VALIDATION).stderr


def test_an_account_is_found_by_what_people_say(desk: Desk) -> None:
    """Part of a name, the beginning of a number, an old number, a street in any case, a house there, a phone."""
    founded(desk)
    everybody = ["0100001", "0100002", "0100003"]
    found = {
        "иванов": everybody[1:2],
        "010": everybody,
        "77-1": everybody[:1],
        "манас": everybody[:2],
        "Манас 10": everybody[1:2],
        "0555 000003": everybody[2:],
        "Ленина": [],
    }
    for text, numbers in found.items():
        lines = desk("account find", text).stdout.splitlines()[2:]
        assert [line.split()[0] for line in lines] == numbers, text


def test_tariffs_that_were_taken_say_who_goes_on(desk: Desk) -> None:
    """An import of tariffs names what makes them hold, and that another person does it."""
    founded(desk)
    desk("provider add jaryk --name Жарык --tax-number 01234567890125")
    answer = desk("import tariffs", str(EXAMPLES / "town" / "tariffs.yaml"))
    assert "→ aimak tariff adopt" in answer.stderr and "другой человек" in answer.stderr


def test_a_registry_tells_what_is_new_from_what_was_known(desk: Desk, tmp_path: Path) -> None:
    """The same payments in another file are not told as if they were credited anew, on screen and as JSON."""
    founded(desk)
    desk("partner add kapchyk --name Капчык")
    first, other = EXAMPLES / "guide" / "registry.tsv", tmp_path / "other.tsv"
    other.write_bytes(first.read_bytes() + b"\n")
    bring = "payment import-registry --partner kapchyk"
    assert desk(bring, str(first)).stdout.splitlines()[1:] == [
        "Новых платежей: 3, из них невыясненных 1; известных раньше: 0"
    ]
    # What was new when the file came first is not told again when it comes once more.
    assert "Новых" not in desk(bring, str(first)).stdout
    assert "Новых" not in desk(bring, str(other), "--dry-run").stdout
    assert desk(bring, str(other)).stdout.splitlines()[1:] == [
        "Новых платежей: 0, из них невыясненных 0; известных раньше: 3"
    ]
    told = json.loads(desk(bring, str(other), "--json").stdout)["data"]["matches"]
    assert [(row["match"], row["lines"]) for row in told] == [("MATCHED", 3)]


def test_payments_are_listed_by_their_time_and_as_many_as_asked(desk: Desk) -> None:
    """The list goes by the time of payment, names the account by its own number, and ends where --limit says."""
    founded(desk)
    desk("partner add kapchyk --name Капчык")
    desk("payment import-registry --partner kapchyk", str(EXAMPLES / "guide" / "registry.tsv"))
    listed = [line.split() for line in desk("payment list").stdout.splitlines()[2:]]
    assert [(row[0], row[3]) for row in listed] == [
        ("2026-11-05", "0100001"),
        ("2026-11-06", "0100002"),
        ("2026-11-06", "0199999"),
    ]
    assert len(desk("payment list --limit 1").stdout.splitlines()) == 3
    assert desk("payment list --suspense").stdout.splitlines()[2].split() == [
        *("2026-11-06", "kapchyk", "3", "0199999"),
        *("нет", "такого", "счёта", "50.00"),
    ]
