"""The built-in rate components keep the contract that a stranger's must keep."""

import json
from pathlib import Path

import aimak_billing.plugins.rate_components as built_in
from aimak.testing.rate_components import RateComponentContract
from aimak_billing.plugins.rate_components.block.plugin import Block
from aimak_billing.plugins.rate_components.fixed.plugin import Fixed
from aimak_billing.plugins.rate_components.formula.plugin import Formula
from aimak_billing.plugins.rate_components.lookup.plugin import Lookup
from aimak_billing.plugins.rate_components.per_person.plugin import PerPerson
from aimak_billing.plugins.rate_components.per_unit.plugin import PerUnit
from aimak_billing.plugins.rate_components.tax.plugin import Tax


def cases(code):
    """The worked cases in a plugin's own folder."""
    return json.loads((Path(built_in.__file__).parent / code / "fixtures" / "cases.json").read_text())


class TestFixed(RateComponentContract):
    """One price for the period."""

    component = Fixed
    cases = cases("fixed")
    refused = ({}, {"price": "a lot"}, {"price": "1", "prorate": "weeks"})


class TestPerUnit(RateComponentContract):
    """Quantity × price."""

    component = PerUnit
    cases = cases("per_unit")
    refused = (
        {},
        {"price": 1.5},
        {"price": "-1"},
        {"price": "1e3"},
        {"price": "0.123456789"},
        {"price": "1" + "0" * 12},
    )


class TestBlock(RateComponentContract):
    """Each part of a volume at its own block."""

    component = Block
    cases = cases("block")
    refused = (
        {"blocks": []},
        {"blocks": [{"up_to": "10", "price": "1"}]},
        {"blocks": [{"up_to": "10", "price": "1"}, {"up_to": "10", "price": "2"}, {"price": "3"}]},
        {"blocks": [{"up_to": "20", "price": "1"}, {"up_to": "10", "price": "2"}, {"price": "3"}]},
        {"blocks": [{"up_to": "0", "price": "1"}, {"price": "3"}]},
        {"blocks": [{"price": "1"}, {"price": "3"}]},
        {},
        {"by": "meter_size"},
        {"months": 1, "blocks": [{"price": "1"}]},
        {"months": 2, "odd": "middle", "blocks": [{"price": "1"}]},
        {"sets": [{"keys": "15", "blocks": [{"price": "1"}]}]},
        {"by": "meter_size", "sets": [{"keys": "15", "blocks": [{"price": "1"}]}], "blocks": [{"price": "1"}]},
        {"by": "meter_size", "sets": [{"keys": ["15", "15"], "blocks": [{"price": "1"}]}]},
        {"by": "meter_size", "sets": [{"keys": "15", "blocks": [{"up_to": "5", "price": "1"}]}]},
    )


class TestPerPerson(RateComponentContract):
    """Residents × price."""

    component = PerPerson
    cases = cases("per_person")
    refused = ({"price": "1", "pensioners_pay": "half"}, {"price": "1", "pensioners_pay": "100000 %"})


class TestTax(RateComponentContract):
    """Rounded lines × rate."""

    component = Tax
    cases = cases("tax")
    refused = ({}, {"tax": "Sales Tax"}, {"tax": "sales_tax", "of": []})


class TestFormula(RateComponentContract):
    """Whatever can be said in the language of formulas."""

    component = Formula
    cases = cases("formula")
    refused = (
        {},
        {"formula": ""},
        {"formula": "1 +"},
        {"formula": 1.5},
        {"formula": "__import__('os')"},
        {"formula": "quantity", "gives": "thought"},
        {"formula": "quantity > 1"},
    )


class TestLookup(RateComponentContract):
    """The value of the row whose keys a connection has."""

    component = Lookup
    cases = cases("lookup")
    refused = (
        {"by": ["a"], "table": []},
        {"by": ["a"], "table": [{"keys": ["x"], "value": "1 +"}]},
        {"by": ["a", "b"], "table": [{"keys": ["x"], "value": "1"}]},
        {"by": ["a"], "table": [{"keys": ["x"], "value": "1"}, {"keys": [["y", "x"]], "value": "2"}]},
        {"by": ["a"], "table": [{"keys": ["x"], "value": "1"}, {"keys": [{"over": "1"}], "value": "2"}]},
        {"by": ["a"], "table": [{"keys": [{"up_to": "5"}], "value": "1"}, {"keys": [{"over": "4"}], "value": "2"}]},
        {"by": ["a"], "table": [{"keys": [{"over": "5", "up_to": "5"}], "value": "1"}]},
        {"by": ["month"], "table": [{"keys": ["May"], "value": "1"}]},
    )
