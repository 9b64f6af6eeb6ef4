"""What a benefit and a subsidy have in common: a part of other lines that the payer need not pay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from marshmallow import fields, validate, validates_schema

from aimak.plugins.choices import greater, smaller, where
from aimak.plugins.conditions import Conditions, met
from aimak.plugins.fields import ChoiceField, CodeField, Parameters, PriceField, QuantityField, ShareField, fault
from aimak.plugins.inputs import Inputs
from aimak.plugins.numbers import MAX_SCALE, SHARE_SCALE, Number, total
from aimak.plugins.rate_components import Part, RateComponent, Told

_WAYS = ("percent", "amount", "units")


class ReliefSchema(Parameters):
    """Of which lines, how much (one of three), for whom."""

    of = fields.List(
        CodeField(),
        required=True,
        validate=validate.Length(min=1),
        metadata={"description": "codes of the components that are relieved"},
    )
    percent = ShareField(metadata={"description": "per cent of them"})
    amount = PriceField(metadata={"description": "som for the period, at most what they cost"})
    units = QuantityField(metadata={"description": "the first units of the quantity, at what a unit costs on average"})
    units_for = ChoiceField(("connection", "resident"), load_default="connection")
    persons = CodeField(metadata={"description": "how many of the residents have it; the relief is for their share"})
    payer = CodeField(metadata={"description": "the budget line that owes instead; missing: nobody does"})
    when = Conditions(load_default=dict, metadata={"description": "attributes that a connection must have"})

    @validates_schema
    def one_way(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse none or several of percent, amount, units; more than all."""
        if sum(data.get(name) is not None for name in _WAYS) != 1 or (data.get("percent") or 0) > 10**SHARE_SCALE:
            raise fault("AIM-T066")


class Relief(RateComponent):
    """A negative line, never more than the lines that it relieves. A class of its own says what it is called."""

    schema: ClassVar[type[ReliefSchema]] = ReliefSchema
    unit_names: ClassVar[Mapping[str, str]] = {}
    keeps_quantity = True
    optional = True
    told_as: ClassVar[Mapping[str, Mapping[str, str]]]
    """The sentence for each of percent, amount, units."""

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        super().__init__(parameters)
        (self.way,) = (name for name in _WAYS if parameters.get(name) is not None)
        self.of = tuple(dict.fromkeys(parameters["of"]))
        by_resident = self.way == "units" and parameters["units_for"] == "resident"
        persons = (parameters["persons"], "residents") if parameters.get("persons") else ()
        units = ("quantity",) if self.way == "units" else ()
        residents = ("residents",) if by_resident else ()
        self.needs = tuple(dict.fromkeys([*self.of, *units, *residents, *persons]))
        self.texts = self.optional_texts = tuple(parameters["when"])
        self.sentences = self.told_as[self.way]
        self.payer = parameters.get("payer")

    def parts(self, inputs: Inputs) -> list[Part]:
        """One part without a quantity, negative; 0 where it is not meant for a connection."""
        base = self._base(inputs)
        relief = smaller(greater(self._whole(base, inputs), Number.constant(0)), greater(base, Number.constant(0)))
        if self.parameters.get("persons"):
            residents = inputs["residents"]
            persons = smaller(inputs[self.parameters["persons"]], residents.finer(3))
            relief = relief.portion(persons, greater(residents, Number.constant(1)).finer(3))
        meant = met(self.parameters["when"], inputs)
        return [Part(where(meant, Number.constant(0) - relief))]

    def told(self, inputs: Inputs) -> Mapping[str, Told]:
        """What is relieved, and of how many units."""
        told = {"base": Told(self._base(inputs), "som")}
        return told | ({"relieved": Told(self._units(inputs), "number")} if self.way == "units" else {})

    def _base(self, inputs: Inputs) -> Number:
        return total([inputs[name] for name in self.of]).finer(MAX_SCALE)

    def _whole(self, base: Number, inputs: Inputs) -> Number:
        if self.way == "percent":
            return base * Number.constant(self.parameters["percent"], SHARE_SCALE)
        if self.way == "amount":
            price: Number = self.parameters["amount"].number
            return where(base.expr.is_not_null(), price.finer(MAX_SCALE), base)
        return base.portion(self._units(inputs), greater(inputs["quantity"], Number.constant(1, 3)))

    def _units(self, inputs: Inputs) -> Number:
        units = Number.constant(self.parameters["units"], 3)
        if self.parameters["units_for"] == "resident":
            units = units * inputs["residents"]
        return smaller(inputs["quantity"], units)
