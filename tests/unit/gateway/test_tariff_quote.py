"""Prices by a file: no database, no server, an exit code and a code where there is no price."""

import json
from pathlib import Path

import pytest
from aimak_gateway.cli.app import app
from aimak_gateway.cli.frame import OK, USAGE, VALIDATION
from typer.testing import CliRunner

from tests.unit.billing.test_one_off import LIST

ROOT = Path(__file__).resolve().parents[3]
PLAIN = ROOT / "tests" / "data" / "owrs" / "plain.owrs"
TOWN = ROOT / "examples" / "town" / "tariffs.yaml"


@pytest.fixture
def quote(monkeypatch, tmp_path):
    """(exit code, JSON of the result or the codes of the errors) of a quote in a folder where nothing is."""
    monkeypatch.setenv("AIMAK_DATA_DIR", str(tmp_path / "nothing"))

    def run(*words):
        answer = CliRunner().invoke(app, ["tariff", "quote", *map(str, words), "--json"])
        assert not (tmp_path / "nothing").exists()
        if answer.exit_code == OK:
            return OK, json.loads(answer.stdout)
        assert answer.stdout == ""
        return answer.exit_code, [error["code"] for error in json.loads(answer.stderr.splitlines()[-1])["errors"]]

    return run


def test_an_owrs_file_is_priced(quote):
    """Lines, total and currency stand at the top and under `data`; a size and a unit as people write them."""
    size = ("--set", 'meter_size=3/4"', "--set", "fixed_drought_surcharge=0", "--set", "variable_drought_surcharge=0")
    code, answer = quote(
        PLAIN, "--format", "owrs", "--class", "RESIDENTIAL_SINGLE", "--usage", 12, "--unit", "ccf", *size
    )
    assert code == OK and answer["data"]["total"] == answer["total"] == "39.50"
    assert (answer["currency"], answer["errors"]) == ("USD", [])
    assert [set(line) for line in answer["lines"]] == [{"component", "label", "quantity", "price", "amount"}] * 4
    assert {line["component"]: line["amount"] for line in answer["lines"]} == {
        "service_charge": "12.50",
        "commodity_charge": "27.00",
        "fixed_drought_surcharge": "0.00",
        "variable_drought_surcharge": "0.00",
    }


def test_a_file_of_ours_is_priced(quote):
    """12.3 m³ × 10.45 and 3 % of it; a component can be given another amount, a unit converted."""
    asked = (TOWN, "--service", "water", "--class", "household", "--set", "metered=true")
    code, answer = quote(*asked, "--usage", "12.3")
    assert (code, answer["total"], answer["currency"]) == (OK, "132.40", "KGS")
    assert [line["price"] for line in answer["lines"]] == ["10.45", "3 %"]
    assert quote(*asked, "--usage", "12.3", "--set", "sales_tax=0")[1]["total"] == "128.54"
    assert quote(*asked, "--usage", "12300", "--unit", "l")[1]["total"] == "132.40"


def test_who_names_a_usage_has_a_meter(quote):
    """Without a word of the meter: by usage where one is named, else by persons and norm, unless it is said."""
    asked = (TOWN, "--service", "water", "--class", "household")
    assert quote(*asked, "--usage", "12.3")[1]["total"] == "132.40"
    # 3 × 0.215 × 30 = 19.35 m³, 202.21 and tax 6.07
    persons = (*asked, "--persons", 3, "--set", "norm=house", "--date", "2026-11-10")
    assert quote(*persons)[1]["total"] == "208.28"
    assert quote(*persons, "--usage", "1", "--set", "metered=false")[1]["total"] == "208.28"


def test_a_price_list_is_priced_by_item(quote, tmp_path):
    """2 × 120.50 and tax; one of it where no quantity is said; without an item the code and those there are."""
    file = tmp_path / "works.yaml"
    rules = """taxes:
  - {tax: sales_tax, name: {ky: а, ru: б, en: c}, rate: 3 %, from: 2026-01-01, legal_ground: law}
"""
    file.write_text(LIST + rules)
    asked = (file, "--class", "household")
    assert quote(*asked, "--set", "item=call-out", "--usage", "2")[1]["total"] == "248.23"
    code, answer = quote(*asked, "--set", "item=bulky", "--date", "2026-10-25")
    assert (code, answer["total"], answer["lines"][0]["quantity"]) == (OK, "360.50", "1")
    assert quote(*asked, "--set", "item=bulky", "--date", "2026-10-19") == (VALIDATION, ["AIM-T246"])
    assert quote(*asked) == (VALIDATION, ["AIM-T246"])


SEWER = """aimak: tariffs/1
tariffs:
  - code: sewer
    service: sewerage
    provider: p
    name: {ky: а, ru: б, en: c}
    from: 2026-06-01
    decision: {body: council, number: "14", date: 2026-05-22}
    legal_ground: law
    components:
      - {code: share, kind: percentage, percent: 60 %, of_service: water}
"""


def test_the_charge_of_another_service_is_told(quote, tmp_path):
    """A share of what water comes to: 60 % of 128.54 is 77.12; without the amount it is refused by a code, and so is
    what is no amount."""
    file = tmp_path / "sewer.yaml"
    file.write_text(SEWER)
    code, answer = quote(file, "--class", "household", "--set", "charge.water=128.54")
    assert (code, answer["total"]) == (OK, "77.12")
    assert [line["component"] for line in answer["lines"]] == ["share"]
    assert quote(file, "--class", "household") == (VALIDATION, ["AIM-T036"])
    for wrong in ("-1", "much", "1.234"):
        assert quote(file, "--class", "household", "--set", f"charge.water={wrong}") == (VALIDATION, ["AIM-T230"])


@pytest.mark.parametrize(
    ("words", "exit_code", "codes"),
    [
        ((PLAIN, "--format", "owrs", "--class", "RESIDENTIAL_SINGLE", "--usage", 9), VALIDATION, ["AIM-T024"]),
        ((PLAIN, "--format", "xml", "--class", "A"), VALIDATION, ["AIM-G032"]),
        ((PLAIN.parent / "none.owrs", "--format", "owrs", "--class", "A"), VALIDATION, ["AIM-G020"]),
        ((PLAIN.parent / "broken.owrs", "--format", "owrs", "--class", "A"), VALIDATION, ["AIM-T001"]),
        ((PLAIN, "--format", "owrs", "--class", "A", "--set", "meter"), VALIDATION, ["AIM-G026"]),
        ((TOWN, "--class", "household", "--usage", 9), VALIDATION, ["AIM-T233"]),
        ((TOWN, "--class", "people", "--service", "water", "--usage", 9), VALIDATION, ["AIM-T115"]),
        ((TOWN, "--class", "household", "--service", "water", "--set", "metered=true"), VALIDATION, ["AIM-T023"]),
        ((TOWN, "--class", "household", "--service", "water", "--date", "soon"), VALIDATION, ["AIM-G034"]),
        (("--class", "household"), USAGE, ["AIM-G031"]),
    ],
)
def test_what_cannot_be_priced_ends_with_a_code(quote, words, exit_code, codes):
    """A missing input, an unknown form, a file that is not there or broken."""
    assert quote(*words) == (exit_code, codes)
