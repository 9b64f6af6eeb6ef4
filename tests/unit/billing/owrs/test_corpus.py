"""The real files of the Open Water Rate Specification: what was published for them, and all of them by hand."""

import json
from fractions import Fraction

import pytest
from aimak.problems import Refused
from aimak_billing.domain.rating import Plugins
from aimak_billing.owrs import quote, read
from aimak_billing.owrs.corpus import asked_of, surveyed, written
from aimak_billing.owrs.quote import Asked

from tests.unit.billing.owrs.by_hand import ByHand, NotPriced

pytestmark = pytest.mark.corpora

CLASS = "RESIDENTIAL_SINGLE"
LEFT_OUT = dict.fromkeys(
    ("fixed_drought_surcharge", "variable_drought_surcharge", "fixed_wastewater_charge", "variable_wastewater_charge"),
    "0",
)
ONE_IN = 16
"""Every sixteenth file is priced in all of its classes: the whole corpus takes minutes."""
DOCS = "docs/owrs.md"


@pytest.fixture(scope="module")
def plugins():
    """All that are installed."""
    return Plugins.discover()


@pytest.fixture(scope="module")
def published(corpora):
    """The published bills."""
    return json.loads((corpora / "owrs" / "published_bills.json").read_text())["cases"]


def cents(text):
    """ "62.66" as 6266."""
    return int(text.replace(".", ""))


def test_published_bills_are_met_to_the_cent(corpora, published, plugins):
    """All 154 that its collector could reproduce, with the usage as it was published."""
    missed, met = [], 0
    for case in published:
        if case["check"] != "reproduced":
            continue
        text = (corpora / "owrs" / case["owrs_file"]).read_bytes().decode()
        given = {name: str(value) for name, value in case["inputs"].items() if name != "usage_ccf"}
        usage = str(case["inputs"]["usage_ccf"])
        found = cents(quote(read(text), Asked(CLASS, usage, "ccf", {**given, **LEFT_OUT}), plugins)["total"])
        met += 1
        if found != round(case["expected"]["bill"] * 100):
            missed.append((case["case_id"], found))
    assert (met, missed) == (154, [])


def test_the_other_two_round_the_parts_of_a_budget(corpora, published):
    """docs/owrs.md explains them: the program that made the table rounds indoor and outdoor before it adds them."""
    others = [case for case in published if case["check"] != "reproduced"]
    assert [case["case_id"] for case in others] == ["owrs-summary-120", "owrs-summary-296"]
    for case in others:
        text = (corpora / "owrs" / case["owrs_file"]).read_bytes().decode()
        usage = Fraction(str(case["inputs"]["usage_ccf"]))
        given = {name: str(value) for name, value in case["inputs"].items()}
        parts = ByHand(text, CLASS, given, usage)
        budget = round(parts.value("indoor")) + round(parts.value("outdoor"))
        bill = ByHand(text, CLASS, {**given, "budget": str(budget)}, usage).bill()
        assert abs(bill - Fraction(str(case["expected"]["bill"]))) < Fraction(1, 100)


def test_every_class_of_many_files_is_priced_as_by_hand(corpora, plugins):
    """No class ends otherwise than with a price or a code; the price is that of the other way."""
    compared = 0
    files = sorted((corpora / "owrs" / "full_utility_rates").rglob("*.owrs"))
    for file in files[::ONE_IN]:
        text = file.read_bytes().decode()
        try:
            document = read(text, file.name)
        except Refused:
            continue
        for owrs in document.classes.values():
            values = asked_of(owrs)
            for usage in ("14", "37.5"):
                compared += one_compared(text, document, owrs.name, usage, values, plugins)
    assert compared > 200


def one_compared(text, document, owrs_class, usage, values, plugins):
    """Whether both ways came to a price; it must then be the same."""
    try:
        found = cents(quote(document, Asked(owrs_class, usage, None, values), plugins)["total"])
    except Refused as refused:
        assert all(problem.code.startswith("AIM-T") for problem in refused.problems)
        return False
    try:
        exact = ByHand(text, owrs_class, values, Fraction(usage)).bill() * 100
    except NotPriced:
        return False
    assert abs(found - exact) <= Fraction(1, 2) + Fraction(1, 10**4), (document.utility, owrs_class, usage)
    return True


def test_the_docs_say_how_many_files_import(corpora, plugins):
    """Run `python -m aimak_billing.owrs FOLDER docs/owrs.md` where this fails."""
    from tests.unit.billing.owrs.files import ROOT

    page = (ROOT / DOCS).read_text()
    assert written(surveyed(corpora / "owrs" / "full_utility_rates", plugins)) in page
