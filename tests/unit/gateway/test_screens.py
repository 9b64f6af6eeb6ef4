"""What screens and files say of the same answer: words in the reader's language, the same in both."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import fastexcel
import pytest
import typer
from aimak.problems import Problem
from aimak.texts import LANGUAGES, catalogue
from aimak_gateway.cli import audit, billing, connect, frame, registers, report_sheets, reports, runs, write_offs
from aimak_gateway.cli.app import app
from aimak_gateway.cli.billing import account_lines
from typer.testing import CliRunner

TURNOVER = {
    "columns": ["service", "class", "closing"],
    "rows": [
        {"service": "water", "class": "household", "closing_tyiyn": 12_345_678},
        {"service": "waste", "class": "budget", "closing_tyiyn": -5},
    ],
    "totals": {"closing_tyiyn": 12_345_673},
    "left_out": 0,
    "problems": [],
}
POSTINGS = {
    "columns": ["day", "kind", "provider", "debit", "credit", "count", "amount"],
    "rows": [
        {"day": "2026-11-02", "kind": "charge", "provider": "tazalyk", "debit": "receivable", "credit": "revenue",
         "count": 3, "amount_tyiyn": 21_250},
        {"day": "2026-11-07", "kind": "write_off", "provider": "tazalyk", "debit": "write_off", "credit": "receivable",
         "count": 1, "amount_tyiyn": 25_000},
    ],
    "totals": {"amount_tyiyn": 46_250},
    "left_out": 0,
    "problems": [],
}  # fmt: skip
FILES = {
    "turnover": "h;h;h\nwater;household;123456.78\nwaste;budget;-0.05\n",
    "postings": "h;h;h;h;h;h;h\n2026-11-02;charge;tazalyk;receivable;revenue;3;212.50\n"
    "2026-11-07;write_off;tazalyk;write_off;receivable;1;250.00\n",
}
AUDIT = [
    ("approved write_off 1", "/billing/corrections/1/approve", {"state": "entered"}, {"state": "approved"}, {}),
    ("billing.imports", "/billing/imports/accounts", None, None, {"name": "a.csv"}),
    ("residents", "5312239489288482214", None, {"persons": 3}, {"file": "r.csv"}),
    ("user.add", "bakyt", None, {"roles": ["approver", "clerk"], "tenants": ["*"]}, {}),
    ("enter cancel 5", "/billing/corrections", None, {"bill": 8_796_093, "bill_number": 2, "upto": 40}, {}),
    ("billing.providers", "/billing/providers", None, None, {"code": "jaryk", "name": {"ru": "Горсвет"}}),
]
PARTNERS = [
    {"code": "kapchyk", "name": "Капчык", "protocol": "osmp", "logins": [], "addresses": [], "certificates": [],
     "settings": {"enabled": True, "zone": "Asia/Bishkek"}, "version": 1},
    {"code": "pay24", "name": "Pay24", "protocol": "osmp", "logins": ["pay24"], "addresses": ["10.0.0.0/8"],
     "certificates": [], "settings": {"enabled": True, "zone": "Asia/Bishkek"}, "version": 2},
]  # fmt: skip
PROVIDER = {"code": "tazalyk", "number": 1, "name": {"ky": "Тазалык", "ru": "Тазалык"}, "regime": "simplified"}
OUTAGE = {"street": "Манас", "service": "water", "from": "2026-10-05", "until": "2026-10-08", "accounts": 12}


def line(provider: str, origin: str | None, amount: int, **said: Any) -> dict[str, Any]:
    """A line of a bill."""
    named = {"service_name": provider, "label": "fee", "quantity": "", "unit": ""}
    return {
        "kind": "charge",
        "quantity_thousandths": None,
        "price": None,
        "price_scale": None,
        **named,
        "provider": provider,
        "origin": origin,
        "amount_tyiyn": amount,
    } | said


LINES = [
    line("vodokanal", None, 13_776, quantity_thousandths=3_440, quantity="3.44", unit="m³", price=1_000, price_scale=0),
    line("tazalyk", None, 6_000, quantity_thousandths=9_000, quantity="", unit="pers.", price=2_000, price_scale=0),
    line("tazalyk", "2026-06", -1_000),
    line("tazalyk", "2026-07", -1_090),
]
ANSWERS: dict[str, Any] = {
    "/billing/reports/turnover": TURNOVER,
    "/billing/reports/postings": POSTINGS,
    "/billing/tenants/current": {
        "tenant": {"code": "uchkun", "name": {"ru": "Учкун"}, "zone": "Asia/Bishkek", "languages": ["ky", "ru"],
                   "is_test": True, "version": 1}
    },
    "/billing/providers": {"providers": [{**PROVIDER, "tax_number": "01234567890123", "bank_account": "", "elqr": {}}]},
    "/payments/partners": {"partners": PARTNERS},
    "/billing/audit/write-offs": {
        "changes": [
            {"at": "2026-11-05T06:00:00+00:00", "actor": "ayna", "approved_by": "bakyt", "account": number,
             "what": "write_off", "period": None, "ground": "act 9", "moved_tyiyn": -25_000}
            for number in ("0100003", "0100004")
        ]
    },
    "/billing/bills/34": {
        "number": 34, "period": "2026-08", "account": "0100001", "holder": "A", "address": "B", "state": "issued",
        "issued_on": "2026-09-03", "due_on": "2026-09-25", "lines": LINES, "readings": [], "opening_tyiyn": 5_450,
        "net_tyiyn": 16_200, "tax_tyiyn": 486, "gross_tyiyn": 16_686, "due_tyiyn": 22_136, "before_tyiyn": 15_450,
        "charged_tyiyn": 19_776, "corrected_tyiyn": -3_090, "paid_tyiyn": 10_000, "balance_tyiyn": 22_136,
        "moved_since": "2026-08-01",
        "creditors": [
            {"provider": "vodokanal", "name": "Водоканал", "corrected_tyiyn": 0, "documents_tyiyn": 0},
            {"provider": "tazalyk", "name": "Тазалык", "corrected_tyiyn": -3_090, "documents_tyiyn": -1_000},
        ],
    },
    "/billing/runs/5": {
        "run_id": "5", "period": "2026-10", "selection": "all", "generation": 0, "state": "abandoned", "reason": "",
        "accounts": 5, "bills": 0, "held": 0, "totals": [], "holds": [], "warnings": [], "pace": [],
    },
    "/billing/outages": {"outages": [{**OUTAGE, "ground": "act 3"}]},
    "/billing/audit": {
        "audit": [
            {"at": f"2026-11-0{9 - place}T06:00:00+00:00", "actor": "ayna", "action": action, "path": path,
             "account_id": None, "before": before, "after": after, "said": said, "ground": ""}
            for place, (action, path, before, after, said) in enumerate(AUDIT)
        ]
    },
}  # fmt: skip


class Api(connect.Api):
    """The services' answers, as they were once given."""

    def __init__(self) -> None:
        """Of no installation."""

    def get(self, path: str, **asked: Any) -> Any:
        """The answer at `path`."""
        return {"service": path.split("/")[1], **ANSWERS.get(path, {"audit": []})}

    def raw(self, path: str, **asked: Any) -> bytes:
        """The service's own file of a report."""
        assert asked["format"] == "csv"
        return b"\xef\xbb\xbf" + FILES[path.rpartition("/")[2]].encode()


@contextmanager
def connected(ui: frame.Ui) -> Iterator[Api]:
    """In the place of an installation."""
    yield Api()


Run = Callable[..., str]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """What a command prints in a language."""
    for module in (report_sheets, reports, audit, billing, registers, runs, write_offs):
        monkeypatch.setattr(module, "connected", connected)

    def printed(lang: str, *words: object) -> str:
        monkeypatch.setenv("AIMAK_LANG", lang)
        answer = CliRunner().invoke(app, [*map(str, words)])
        assert answer.exit_code == frame.OK, answer.output
        return answer.stdout

    return printed


def cells(line: str) -> list[str]:
    """The cells of a line of a table."""
    return [cell.replace("\u00a0", "").replace(" ", "") for cell in line.split("  ") if cell.strip()]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", ["turnover", "postings"])
def test_a_file_says_what_the_screen_says(run: Run, tmp_path: Path, lang: str, name: str) -> None:
    """The same words and sums, the total last; codes stand beside the words, and the sheet has the list's name."""
    text, book, answer = tmp_path / "r.csv", tmp_path / "r.xlsx", ANSWERS[f"/billing/reports/{name}"]
    screen = run(lang, "report", name, "--period", "2026-11", "--csv", text, "--xlsx", book).splitlines()
    rows = list(csv.reader(text.read_text(encoding="utf-8-sig").splitlines(), delimiter=";"))
    coded = [column in report_sheets.NAMES for column in answer["columns"]]
    beside = {place + sum(coded[: place + 1]) for place, has in enumerate(coded) if has}
    for shown, row in zip([screen[0], *screen[2:]], rows, strict=True):
        plain = [cell for place, cell in enumerate(row) if place not in beside and cell]
        assert cells(shown) == [cell.replace(" ", "") for cell in plain]
    codes = {row[column] for row in answer["rows"] for column in report_sheets.NAMES if column in row}
    assert {row[place] for row in rows[1:-1] for place in beside} == codes
    if lang != "en":
        assert not any(code in line for line in screen for code in codes)
    opened = fastexcel.read_excel(book.read_bytes())
    assert opened.sheet_names != ["Sheet1"] and len(opened.sheet_names) == 1
    last = opened.load_sheet(0).to_polars().row(-1)
    assert (last[0], round(last[-1] * 100)) == (rows[-1][0], *answer["totals"].values())


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_bill_on_screen_has_the_rows_of_the_paper(run: Run, lang: str) -> None:
    """What earlier bills left, what is charged, recalculated, paid since the month began, what is to be paid: each by
    the word and with the figure that the paper has."""
    screen = " ".join(run(lang, "bill", "show", "34").lower().split())
    paper = catalogue("aimak_billing", lang)
    for word, figure in (("opening", "154.50"), ("charged", "197.76"), ("corrected", "-30.90")):
        assert f"{paper[f'bill.{word}'].lower()} {figure}" in screen
    assert "2026-08-01" in screen and " 100.00" in screen and " 221.36" in screen
    assert "166.86" not in screen and " 54.50" not in screen


def test_a_bill_on_screen_keeps_recalculated_months_apart(run: Run) -> None:
    """Below the name of each creditor its lines of the month, which come to what is charged; apart what is corrected,
    with the month that each is of, and what documents moved, which come to the recalculation."""
    screen = run("en", "bill", "show", "34")
    charged, _, below = screen.partition("\nRecalculation\n")
    rest, _, _ = below.partition("\n\n")
    assert (
        charged.index("\nВодоканал\n") < charged.index("137.76") < charged.index("\nТазалык\n") < charged.index("60.00")
    )
    assert "-10.90" not in charged and "2026-07" not in charged
    found = [row.split() for row in rest.splitlines()]
    assert ["2026-06", "tazalyk", "fee", "-10.00"] in found and ["2026-07", "tazalyk", "fee", "-10.90"] in found
    assert ["by", "documents", "since", "2026-08-01", "-10.00"] in found
    # Quantities and prices as paper has them: 4 persons and then 5 are not 9.
    assert "3.44  m³" in charged and " 10.00 " in charged and " 20.00 " in charged
    assert "pers." in charged and " 9 " not in charged


@pytest.mark.parametrize("lang", LANGUAGES)
def test_entries_are_called_alike_on_screen_and_paper(lang: str) -> None:
    """The act of reconciliation and the statement on screen name a document by one word."""
    screen, paper = catalogue("aimak_gateway", lang), catalogue("aimak_billing", lang)
    kinds = {key.removeprefix("kind."): text.lower() for key, text in paper.items() if key.startswith("kind.")}
    assert kinds and {kind: screen[f"ui.entry.{kind}"] for kind in kinds} == kinds


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_run_of_the_month_has_a_head_without_a_reason(run: Run, lang: str) -> None:
    """Nobody gave a reason for it: its line ends with what it is, and not with a comma."""
    head = run(lang, "run", "show", "5").splitlines()[0]
    assert head.startswith("5: ") and head.endswith(" 0")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_audit_is_told_in_words(run: Run, lang: str) -> None:
    """No address of the API, no number that only the program knows, no code of a state or a role; --json has them."""
    screen = run(lang, "audit", "list")
    english = () if lang == "en" else ("entered", "approved", "approver")
    for code in ("/billing", "5312239489288482214", "[", '"*"', "8796093", "upto", "bill_number", *english):
        assert code not in screen, code
    assert "a.csv" in screen and "jaryk" in screen and "bakyt" in screen
    assert {row["path"] for row in json.loads(run(lang, "audit", "list", "--json"))["data"]} >= {"/billing/providers"}


def test_a_sheet_that_is_not_the_ledgers_is_told_in_red(monkeypatch: pytest.MonkeyPatch) -> None:
    """At a terminal, below the figures, with both sums, and it ends as a failure."""

    class Terminal(io.StringIO):
        """Whoever sits before it sees colours."""

        def isatty(self) -> bool:
            return True

    ui, terminal = frame.Ui(as_json=False, lang="ru", quiet=False, debug=False), Terminal()
    problem = Problem("AIM-B953", {"column": "closing", "sheet": "1.00", "ledger": "2.00"})
    monkeypatch.setattr(sys, "stderr", terminal)
    with pytest.raises(typer.Exit) as ended:
        report_sheets._say_problems(ui, {"problems": [ui.problem(problem)]})
    said = terminal.getvalue().splitlines()[0]
    assert said.startswith("\x1b[31m") and said.endswith("\x1b[0m") and "1.00" in said and "2.00" in said
    assert ended.value.exit_code == frame.VALIDATION


def test_write_offs_of_relatives_are_marked(run: Run, tmp_path: Path) -> None:
    """Whose relative's account it is stands beside the write-off, from a file that nobody keeps."""
    relatives = tmp_path / "relatives.csv"
    relatives.write_text("лицевой счёт;чей\n0100004;депутат Асанов\n", encoding="utf-8")
    screen = run("ru", "audit", "write-offs", "--period", "2026-11", "--relatives", relatives).splitlines()
    marked = {line.split()[3]: "депутат Асанов" in line for line in screen if "act 9" in line}
    assert marked == {"0100003": False, "0100004": True}


def test_who_may_is_told_in_words() -> None:
    """The role that is wanted has its name, and beside it the word that a command takes."""
    problem = Problem("AIM-K072", {"actor": "ayna", "roles": "approver, admin"})
    for lang, wanted in (
        ("en", "approver, administrator (admin)"),
        ("ru", "утверждающий (approver), администратор (admin)"),
        ("ky", "бекитүүчү (approver), администратор (admin)"),
    ):
        ui = frame.Ui(as_json=False, lang=lang, quiet=False, debug=False)
        assert frame.error_lines(ui, ui.problem(problem))[0].endswith(wanted)


@pytest.mark.parametrize(("lang", "step"), [("ru", "внесён"), ("ky", "киргизилди")])
def test_a_trail_names_the_steps_of_a_tariff(lang: str, step: str) -> None:
    """From the bill back to the council every step has its name."""
    ui = frame.Ui(as_json=False, lang=lang, quiet=False, debug=False)
    tariff = {"code": "w", "valid_from": "2026-06-01", "decision": "14", "steps": [{"step": "enter", "actor": "ayna"}]}
    bill = {"number": 2, "period": "2026-10", "account": "1", "gross_tyiyn": 5, "explanations": [], "tariffs": [tariff]}
    assert f"    {step}: ayna" in audit._trail(ui, {**bill, "readings": [], "residents": []})


@pytest.mark.parametrize(
    ("lang", "debt", "over"),
    [("ru", "задолженность", "переплата"), ("ky", "карыз", "ашыкча төлөм"), ("en", "debt", "overpaid")],
)
def test_what_is_overpaid_is_no_debt(lang: str, debt: str, over: str) -> None:
    """Below zero a balance has a name of its own and no sign, as a whole and with each creditor."""
    ui = frame.Ui(as_json=False, lang=lang, quiet=False, debug=False)
    account = {name: "" for name in ("number", "holder", "address", "kind", "customer_class", "phone", "status")}
    lists: dict[str, Any] = {name: [] for name in ("aliases", "connections", "meters", "bills")}
    balances = [
        {"provider": "a", "balance_tyiyn": -20_000, "origins": []},
        {"provider": "b", "balance_tyiyn": 5, "origins": []},
    ]
    lines = account_lines(ui, {**account, **lists, "balances": balances, "balance_tyiyn": -19_995})
    assert lines[0].split("  ")[0] == over and lines[0].endswith(f"199.95 {ui.word('ui.som')}")
    assert (lines[1].strip(), lines[2].strip()) == (
        f"a: {over} 200.00 {ui.word('ui.som')}",
        f"b: 0.05 {ui.word('ui.som')}",
    )
    assert "-" not in "".join(lines[:3])
    owing = account_lines(ui, {**account, **lists, "balances": [], "balance_tyiyn": 5})
    assert owing[0].split("  ")[0] == debt


@pytest.mark.parametrize(("lang", "until"), [("ru", "до"), ("ky", "чейин"), ("en", "until")])
def test_an_account_shows_until_when_its_services_hold(lang: str, until: str) -> None:
    """A service that ends, or whose creditor changes on a planned day, is shown with its end; where none ends there is
    no such column."""
    ui = frame.Ui(as_json=False, lang=lang, quiet=False, debug=False)
    account: dict[str, Any] = {name: "" for name in ("number", "holder", "address", "kind", "customer_class", "phone")}
    account |= {"status": "", "balance_tyiyn": 0, "balances": [], "aliases": [], "meters": [], "bills": []}
    water = {"service": "water", "provider": "a", "customer_class": "household", "valid_from": "2026-01-01"}
    stays = {**water, "valid_to": None}
    changes = [{**water, "valid_to": "2026-12-01"}, {**stays, "provider": "b", "valid_from": "2026-12-01"}]
    head, _, first, second = account_lines(ui, {**account, "connections": changes})[-7:-3]
    assert head.split()[-1] == until and first.endswith("2026-01-01  2026-12-01") and second.endswith("2026-12-01")
    assert until not in " ".join(account_lines(ui, {**account, "connections": [stays]})).split()


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("tenant show", ("uchkun", "Учкун", "Asia/Bishkek")),
        ("provider list", ("tazalyk", "Тазалык")),
        ("provider show tazalyk", ("tazalyk", "Тазалык")),
        ("partner list", ("kapchyk", "Капчык", "pay24", "Pay24")),
        ("partner show pay24", ("Pay24", "10.0.0.0/8", "enabled=True")),
        ("outage list", ("Манас", "2026-10-05", "12", "act 3")),
    ],
)
def test_what_was_defined_can_be_looked_at(run: Run, lang: str, words: str, names: tuple[str, ...]) -> None:
    """Municipality, creditors, partners and outages, with words for their codes."""
    screen = run(lang, *words.split())
    assert all(name in screen for name in names), screen
    if lang != "en":
        assert "simplified" not in screen and "water" not in screen


def test_what_was_not_defined_is_said_to_be_none(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """With 3, and the codes that there are."""
    monkeypatch.setenv("AIMAK_LANG", "en")
    answer = CliRunner().invoke(app, ["partner", "show", "payy24"])
    assert answer.exit_code == frame.NOT_FOUND and "kapchyk, pay24" in answer.stderr


def test_whoever_adds_can_look(run: Run) -> None:
    """Each noun that has `add` has `list` or `show`."""
    from tests.unit.gateway.commands import ALL

    added = {name.rpartition(" ")[0] for name in ALL if name.endswith(" add")}
    assert len(added) > 4
    assert [noun for noun in sorted(added) if not {f"{noun} list", f"{noun} show"} & set(ALL)] == []
