"""Formulas and tables in a tariff: what they charge, what holds an account, what is refused at entry."""

import json

import polars as pl
import pytest
from aimak_billing.domain.rating import explain, quote, rate
from aimak_billing.tariff_file import dump, load

from tests.unit.billing.rating.conftest import HEAD, frame, tariff

BUDGET = """
- {code: indoor, kind: formula, gives: value, formula: "residents * 5.5"}
- {code: standing, kind: lookup, by: [norm], table: [{keys: [flat], value: 30}, {keys: [house], value: 45.50}]}
- {code: volume, kind: formula, formula: "blocks(quantity, indoor, 2, 2 * indoor, 4, 5)"}
- {code: surcharge, kind: formula, formula: "0.014 * (standing + volume)"}
"""
CONNECTION = {"service": "water", "provider": "p", "usage": 25000, "residents": 2, "attributes": {"metered": True}}


def lines(made, connection, components=BUDGET, **attributes):
    """Component → amount of one connection, or the codes of what holds it."""
    rated = quote({**CONNECTION, **connection, "attributes": {"metered": True, **attributes}}, made(tariff(components)))
    if rated.holds.height:
        return rated.holds.get_column("code").to_list()
    return dict(zip(rated.lines["component"].to_list(), rated.lines["amount"].to_list(), strict=True))


def faults(plugins, components):
    """Codes and lines of what is wrong with a tariff of these components."""
    loaded = load(HEAD + "tariffs:" + tariff(components), "naryn", plugins)
    return [(problem.code, problem.place.line) for problem in loaded.problems]


def test_values_are_no_lines_and_charges_are(made):
    """11 × 2 + 11 × 4 + 3 × 5 = 81.00; of it and the standing charge 1.4 %."""
    assert lines(made, {}, norm="flat") == {"standing": 3000, "volume": 8100, "surcharge": 155}


def test_money_in_a_formula_is_som(made):
    """A charge of 30 som is 30 in another's formula, rounded or not."""
    doubled = BUDGET + '- {code: doubled, kind: formula, formula: "2 * standing"}'
    assert lines(made, {}, doubled, norm="house")["doubled"] == 9100


def test_a_key_that_no_row_has_holds_and_is_told(made):
    """The attribute, what the connection has of it, and what there is."""
    rated = quote({**CONNECTION, "attributes": {"metered": True, "norm": "yurt"}}, made(tariff(BUDGET)))
    (hold,) = rated.holds.to_dicts()
    told = json.loads(hold["fields"])
    assert hold["code"] == "AIM-T210"
    assert (told["attribute"], told["value"], told["known"]) == ("norm", "yurt", "flat; house")


def test_what_is_missing_holds_with_its_own_reason(made):
    """An attribute, the number of residents: never a number in their place."""
    assert lines(made, {}) == ["AIM-T024"]
    assert lines(made, {"residents": None}, norm="flat") == ["AIM-T021"]


def test_division_by_zero_holds_only_whom_it_meets(made):
    """Nobody lives there: held with the place in the formula; the neighbour is billed."""
    book = made(tariff('- {code: share, kind: formula, formula: "quantity / residents"}'))
    rows = frame({"usage": 3000, "residents": 0}, {"usage": 3000, "residents": 2, "place": 1})
    rated = rate(rows, book)
    assert rated.lines["amount"].to_list() == [150]
    assert [(hold["code"], json.loads(hold["fields"])["column"]) for hold in rated.holds.to_dicts()] == [
        ("AIM-T207", "10")
    ]


def test_the_branch_not_taken_need_not_be_known(made):
    """`if` asks only for what it takes; the condition itself must be known."""
    components = "- {code: c, kind: formula, formula: \"if(norm = 'flat', quantity, agreed_volume)\"}"
    assert lines(made, {}, components, norm="flat") == {"c": 2500}
    assert lines(made, {}, components, norm="house") == ["AIM-T024"]
    assert lines(made, {}, components) == ["AIM-T024"]


def test_ranges_and_months_choose_a_row(made):
    """October is no winter month; 600 belongs to the row that ends there."""
    components = """
- code: c
  kind: lookup
  by: [month, agreed_volume]
  times: quantity
  table:
    - {keys: [[11, 12, 1, 2, 3], {over: 0}], value: 1}
    - {keys: [[4, 5, 6, 7, 8, 9, 10], {up_to: 600}], value: 2}
    - {keys: [[4, 5, 6, 7, 8, 9, 10], {over: 600}], value: 3}
"""
    assert lines(made, {}, components, agreed_volume="600") == {"c": 5000}
    assert lines(made, {}, components, agreed_volume="600.001") == {"c": 7500}


def test_one_account_is_rated_as_in_bulk(made):
    """Lines and holds are the same alone and among others."""
    book = made(tariff(BUDGET))
    rows = [{"usage": usage, "residents": usage % 7} for usage in range(0, 40_000, 2_500)]
    for place, row in enumerate(rows):
        row |= {
            "place": place,
            "attributes": json.dumps({"metered": True, "norm": ("flat", "house", "yurt")[place % 3]}),
        }
    bulk = rate(frame(*rows), book)
    for place in range(len(rows)):
        alone = rate(frame(*rows)[place : place + 1], book)
        assert alone.lines.equals(bulk.lines.filter(pl.col("place") == place)), place
        assert alone.holds.equals(bulk.holds.filter(pl.col("place") == place)), place


@pytest.mark.parametrize(
    ("components", "code"),
    [
        ('- {code: a, kind: formula, formula: "b + 1"}\n- {code: b, kind: formula, formula: "a + 1"}', "AIM-T010"),
        ('- {code: a, kind: formula, formula: "a + 1"}', "AIM-T010"),
        ('- {code: a, kind: formula, formula: "quantity * sunshine"}', "AIM-T011"),
        ("- {code: a, kind: formula, formula: \"if(colour = 'red', 1, 2)\"}", "AIM-T011"),
        ('- {code: a, kind: formula, formula: "quantity / (2 - 2)"}', "AIM-T207"),
        ('- {code: n, kind: fixed, price: 1}\n- {code: a, kind: formula, formula: "n / (month - month * 1)"}', None),
        ('- {code: a, kind: formula, formula: "quantity * quantity * quantity * quantity"}', "AIM-T015"),
        ('- {code: a, kind: formula, gives: value, formula: "1"}', "AIM-T211"),
        ('- {code: a, kind: formula, formula: "1 +"}', "AIM-T202"),
        ("- {code: a, kind: lookup, by: [colour], table: [{keys: [red], value: 1}]}", "AIM-T011"),
    ],
)
def test_what_cannot_be_rated_is_refused_at_entry(plugins, components, code):
    """A circle, an unknown name, a division by nothing but zero, a step beyond 128 bits: with the line in the file."""
    found = faults(plugins, components)
    assert [one for one, _ in found] == ([code] if code else [])
    assert all(line >= 10 for _, line in found)


def test_a_tariff_with_formulas_reads_back_the_same(plugins):
    """YAML out and in is the same tariff."""
    loaded = load(HEAD + "tariffs:" + tariff(BUDGET), "naryn", plugins)
    assert loaded.problems == ()
    again = load(dump(loaded.versions, plugins), "naryn", plugins)
    assert again.versions == loaded.versions


def test_a_formula_and_a_table_explain_themselves(made, plugins):
    """Blocks and a table with `times` show quantity × price; what is needed for it stands on the line."""
    sewage = "- {code: sewage, kind: lookup, by: [norm], times: quantity, table: [{keys: [flat], value: 1.25}]}"
    book = made(tariff(BUDGET + sewage))
    rated = quote({**CONNECTION, "attributes": {"metered": True, "norm": "flat"}}, book)
    (version,) = book.versions.values()
    sentence = explain(rated.lines.to_dicts(), version, plugins, (), "en")
    assert "30.00" in sentence and "81.00" in sentence and "1.55" in sentence
    assert "11.000 m³ × 2.00 som" in sentence.replace("\xa0", " ")
    assert json.loads(rated.lines["basis"][-1]) == {"norm": "flat"}
    assert "25.000 m³ × 1.25 som" in sentence.replace("\xa0", " ")
