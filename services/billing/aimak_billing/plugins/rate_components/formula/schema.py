"""Parameters of the formula."""

from __future__ import annotations

from aimak.plugins.fields import ChoiceField, Parameters
from aimak.plugins.formulas import FormulaField


class FormulaSchema(Parameters):
    """A formula over determinants, attributes and other components, in som where it is a charge."""

    formula = FormulaField(required=True, metadata={"description": "see the README of the rate component"})
    gives = ChoiceField(
        ("charge", "value"),
        load_default="charge",
        metadata={"description": "charge: a line of the bill; value: a number that other components name"},
    )
