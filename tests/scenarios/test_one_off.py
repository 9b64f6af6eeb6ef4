"""A one-off service from the price list to the printed bill, through the command line."""

from __future__ import annotations

from aimak_gateway.cli.app import app
from aimak_gateway.cli.frame import OK
from typer.testing import CliRunner

from tests.scenarios.test_bad_input import ACCOUNTS, Desk, desk  # noqa: F401
from tests.unit.billing.test_one_off import LIST


def test_a_call_out_is_billed(desk: Desk) -> None:  # noqa: F811
    """Shown by --dry-run, entered, approved by another, explained in Kyrgyz, printed."""
    row = "W-1;;house;household;Асан;;ky;Манас;1;;2;2020-01-01;waste;tazalyk;"
    assert desk.run("import", "accounts", desk.file("works.csv", f"{ACCOUNTS}\n{row}\n"))[0] == OK
    assert desk.run("tariff", "import", desk.file("works.yaml", LIST))[0] == OK
    assert desk.run("login", "bakyt", "--tenant", "sary")[0] == OK
    assert desk.run("tariff", "adopt", "works", "--ground", "decided before")[0] == OK
    told = CliRunner().invoke(app, ["tariff", "show", "works", "--lang", "ru"]).stdout.replace("\u00a0", " ")
    for part in ("works@2026-10-20: Услуги", "действует", "Выезд", "120.50", "3 %", "124.12", "шт.", "принят на учёт"):
        assert part in told, told
    assert desk.run("login", "admin", "--tenant", "sary")[0] == OK
    asked = ["bill", "one-off", "--account", "W-1", "--item", "call-out", "--quantity", "2", "--reason", "request 5"]
    code, answer, _ = desk.run(*asked, "--dry-run")
    facts = answer["correction"]["facts"]
    assert (code, facts["net_tyiyn"], facts["tax_tyiyn"], facts["gross_tyiyn"]) == (OK, 24_100, 723, 24_823)
    number = desk.run(*asked)[1]["correction"]["number"]
    assert number == answer["correction"]["number"]
    assert desk.run("login", "bakyt", "--tenant", "sary")[0] == OK
    assert desk.run("correction", "approve", number)[0] == OK
    (bill,) = desk.run("bill", "list", "--account", "W-1")[1]
    (sentence,) = desk.run("bill", "explain", bill["number"], "--lang", "ky")[1]["sentences"]
    assert sentence.replace("\u00a0", " ").startswith("Чакыруу: 2 даана × 120.50 сом = 241.00 сом; ")
    file = desk.folder / "works.pdf"
    assert desk.run("bill", "pdf", bill["number"], "--out", file)[0] == OK
    assert file.read_bytes().startswith(b"%PDF")
    assert desk.run("login", "admin", "--tenant", "sary")[0] == OK
