"""Bills that others published are met by tariffs of ours, or docs/rating-cases.md says why not."""

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from aimak.period import Period
from aimak_billing.domain.rating import Book, quote
from aimak_billing.tariff_file import load

ROOT = Path(__file__).parents[4]
FOLDER = ROOT / "tests" / "data" / "rating_cases"
PAGE = ROOT / "docs" / "rating-cases.md"
USUAL = {
    "provider": "p",
    "service": "water",
    "name": {"ky": "а", "ru": "б", "en": "c"},
    "decision": {"body": "council", "number": "1", "date": "2000-01-01"},
    "legal_ground": "law",
    "from": "2000-01-01",
}
# A cycle in the unit in which a fixed charge is exact to nine decimals.
CYCLE_TYIYN = 10**9


class Text(yaml.SafeLoader):
    """Reads every number as it is written."""


Text.yaml_implicit_resolvers = {
    first: [(tag, re.compile("true|false")) for tag, _ in rules if tag.endswith(":bool")]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read(name):
    """The cases of one file."""
    return yaml.load((FOLDER / f"{name}.yaml").read_text(), Loader=Text)


BILLS = [
    case for name in ("utilities", "japan", "vilnius", "killbill_tiers", "lago", "openmeter") for case in read(name)
]
DAYS = read("killbill_days")


def tyiyn(text):
    """An amount as it is written, in tyiyn."""
    units = Decimal(text) * 100
    assert units == units.to_integral_value(), text
    return int(units)


def book(case, plugins):
    """The case's tariffs and taxes, read as the file that an operator writes."""
    tariffs = [{**USUAL, "code": "t", **tariff} for tariff in case["tariffs"]]
    taxes = [
        {"tax": tax, "name": USUAL["name"], "rate": rate, "from": "2000-01-01", "legal_ground": "law"}
        for tax, rate in case.get("taxes", {}).items()
    ]
    loaded = load(json.dumps({"aimak": "tariffs/1", "tariffs": tariffs, "taxes": taxes}), "naryn", plugins)
    assert loaded.problems == (), loaded.problems
    return Book.of(loaded.versions, loaded.taxes, plugins, Period.month(case["given"].get("period", "2026-10")))


def connection(given):
    """What is known of the one who is billed."""
    known = {"service": "water", "provider": "p", "attributes": {"metered": True}}
    known.update({name: value for name, value in given.items() if name != "period"})
    for name in ("days", "days_in_period", "residents"):
        known.update({name: int(given[name])} if name in given else {})
    if "usage" in given:
        known["usage"] = int(Decimal(given["usage"]) * 1000)
    return known


@pytest.mark.parametrize("case", BILLS, ids=lambda case: case["id"])
def test_a_published_bill_is_met(case, plugins):
    """Total, lines and quantities to the tyiyn; what cannot be billed is held."""
    rated = quote(connection(case["given"]), book(case, plugins))
    if "held" in case:
        assert rated.holds["code"].to_list() == [case["held"]]
        return
    assert rated.holds.is_empty(), rated.holds.to_dicts()
    lines = {line["component"]: line for line in rated.lines.to_dicts()}
    assert {code: lines[code]["amount"] for code in case.get("lines", {})} == {
        code: tyiyn(amount) for code, amount in case.get("lines", {}).items()
    }
    assert {code: lines[code]["quantity"] for code in case.get("quantities", {})} == {
        code: int(Decimal(quantity) * 1000) for code, quantity in case.get("quantities", {}).items()
    }
    assert sum(line["amount"] for line in lines.values()) == tyiyn(case["total"])


@pytest.mark.parametrize("case", DAYS, ids=lambda case: case["id"])
def test_a_fixed_charge_by_days_is_met(case, plugins):
    """Each part of the time costs its days ÷ the period's, rounded by itself, and the parts add up to the cycles."""
    fixed = [{"code": "fee", "kind": "fixed", "price": str(CYCLE_TYIYN // 100), "prorate": "days"}]
    rates = book({"tariffs": [{"components": fixed}], "given": {}}, plugins)
    paid = 0
    for days, whole in case["segments"]:
        given = {"days": days, "days_in_period": whole, "usage": "0"}
        paid += quote(connection(given), rates).lines["amount"].item()
    assert paid == int(Decimal(case["cycles"]) * CYCLE_TYIYN)


def test_what_differs_from_its_source_is_explained():
    """Every case of which the source says otherwise stands in docs/rating-cases.md by its id, and no other does."""
    page = PAGE.read_text()
    differing = {case["id"] for case in (*BILLS, *DAYS) if "published" in case}
    assert differing and all(f"`{case}`" in page for case in differing)
    agreeing = {case["id"] for case in (*BILLS, *DAYS)} - differing
    assert not [case for case in agreeing if f"`{case}`" in page]


@pytest.mark.parametrize(
    "name",
    [
        "utility_worked_examples",
        "japan_municipal_examples",
        "killbill_consumable_tiers",
        "killbill_proration_dateutils",
        "killbill_proration_in_advance",
        "lago_charge_models",
        "lago_invoice_scenarios",
        "openmeter_rating",
    ],
)
def test_no_published_case_is_passed_over(name, corpora):
    """Each case of the corpus is restated here, or named with a reason in docs/rating-cases.md."""
    published = json.loads((corpora / "rating_cases" / f"{name}.json").read_text())["cases"]
    ours = {case["id"].split("/")[0] for case in (*BILLS, *DAYS)}
    page = PAGE.read_text()
    assert not [case["id"] for case in published if case["id"] not in ours and f"`{case['id']}`" not in page]
