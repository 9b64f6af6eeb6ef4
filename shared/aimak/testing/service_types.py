"""The contract of service types as tests: an author inherits `ServiceTypeContract` and names cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import polars as pl
import pytest
from aimak.plugins.base import LANGUAGES
from aimak.plugins.checks import broken_contract
from aimak.plugins.fields import Parameters, WholeField
from aimak.plugins.inputs import ATTRIBUTE, FOUND, GIVEN, Flag, Inputs
from aimak.plugins.json_schema import json_schema
from aimak.plugins.numbers import Number
from aimak.plugins.service_types import INTERFACE_VERSION, ServiceType, Way, declared_fields, fact_fields
from marshmallow import ValidationError


class ServiceTypeContract:
    """What every service type must keep.

    A case is {"attributes": {…}, "facts": {…}, "given": {"usage": 12300, …}, "way": "metered", "quantity": 12300}:
    determinants as whole numbers in their scale (usage, norm, quantity and attributes in thousandths, persons and days
    plain), quantity in thousandths or null. `refused` are attributes that the schema must not take.
    """

    service: ClassVar[type[ServiceType]]
    cases: ClassVar[Sequence[Mapping[str, Any]]]
    refused: ClassVar[Sequence[Mapping[str, Any]]] = ()

    def ways(self) -> list[Way]:
        """The ways to the quantity, over columns named as their determinants."""
        kind = self.service()
        fields = declared_fields(self.service)
        declared = {name: getattr(field, "determinant", "text") for name, field in fields.items()}
        bounds = {**GIVEN, "norm": FOUND["norm"], **({"followed": FOUND["followed"]} if kind.follows else {})}
        bounds.update({name: ATTRIBUTE for name, read in declared.items() if read == "number"})
        return kind.ways(
            Inputs(
                {name: Number.determinant(name, name, *limits) for name, limits in bounds.items()},
                {name: Flag(pl.col(f"a.{name}"), name) for name, read in declared.items() if read == "flag"},
                {name: pl.col(f"a.{name}") for name in declared},
            )
        )

    def frame(self, cases: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
        """Cases as rows: what a case does not name is null."""
        names = [*GIVEN, "norm", "followed"]
        columns = {
            name: pl.Series([case.get("given", {}).get(name) for case in cases], dtype=pl.Int64) for name in names
        }
        for name, field in declared_fields(self.service).items():
            read = getattr(field, "determinant", "text")
            said = [{**case["attributes"], **case.get("facts", {})} for case in cases]
            loaded = [self._read(field, each.get(name)) for each in said]
            columns[f"a.{name}"] = pl.Series(loaded, dtype=pl.Boolean if read == "flag" else pl.String, strict=False)
            if read == "number":
                columns[name] = pl.Series(loaded, dtype=pl.Int64)
        return pl.DataFrame(columns)

    def _read(self, field: Any, given: Any) -> Any:
        """An attribute as rating would have it: numbers in thousandths."""
        if given is None:
            return None
        value = field.deserialize(given)
        return value * 1000 if isinstance(field, WholeField) else value

    def chosen(self, way: Way, rows: pl.DataFrame) -> list[bool | None]:
        """For which rows a way is meant."""
        if way.when is None:
            return [True] * rows.height
        return rows.select(way.when.expr).to_series().to_list()

    def test_it_keeps_the_interface(self) -> None:
        """The class is what the host's registry accepts."""
        problem = broken_contract(self.service.code, self.service, ServiceType, INTERFACE_VERSION)
        assert problem is None, problem

    def test_it_is_named_for_people(self) -> None:
        """Name and unit are there in every language; decimals are such as a quantity can have."""
        for language in LANGUAGES:
            assert self.service.names[language] and self.service.unit_names[language]
        assert 0 <= self.service.decimals <= 3 and isinstance(self.service.metered, bool)

    def test_other_services_can_be_told_its_attributes(self) -> None:
        """The attributes have a JSON Schema and refuse what they do not know."""
        assert issubclass(self.service.attributes, Parameters)
        assert json_schema(self.service.attributes)["additionalProperties"] is False
        numbers = [
            name
            for name, field in declared_fields(self.service).items()
            if getattr(field, "determinant", "text") == "number"
        ]
        assert not {*numbers} & {*GIVEN, *FOUND}, "these names are determinants of the host"

    def test_facts_are_numbers_under_names_of_their_own(self) -> None:
        """What is told anew each period can be reckoned with and is no attribute of the connection."""
        facts = fact_fields(self.service)
        assert all(getattr(field, "determinant", "text") == "number" for field in facts.values())
        assert not facts.keys() & self.service.attributes().fields.keys()

    def test_attributes_load(self) -> None:
        """The attributes of every case are taken, those listed as refused are not."""
        for case in self.cases:
            self.service.attributes().load(case["attributes"])
        for attributes in self.refused:
            with pytest.raises(ValidationError):
                self.service.attributes().load(attributes)

    def test_each_case_finds_its_way_and_quantity(self) -> None:
        """The first way that is meant for a connection gives the quantity of the case."""
        ways = self.ways()
        for case in self.cases:
            rows = self.frame([case])
            way = next(way for way in ways if self.chosen(way, rows) == [True])
            assert way.code == case["way"]
            quantity = way.quantity if way.quantity.scale > 3 else way.quantity.finer(3)
            assert rows.select(quantity.rounded(3).expr).item() == case["quantity"], case

    def test_what_is_not_known_stays_unknown(self) -> None:
        """A null determinant makes the quantity null, never 0."""
        for way in self.ways():
            for name in way.quantity.names:
                rows = pl.DataFrame(
                    {each: pl.Series([None if each == name else 1], dtype=pl.Int64) for each in way.quantity.names}
                )
                assert rows.select(way.quantity.expr).item() is None, (way.code, name)

    def test_a_quantity_stays_within_its_stated_bounds(self) -> None:
        """At the bounds of the determinants the quantity lies where its own bounds say."""
        for way in self.ways():
            bounds = {**GIVEN, **FOUND}
            for end in (0, 1):
                rows = pl.DataFrame(
                    {name: [bounds.get(name, ATTRIBUTE)[end]] for name in way.quantity.names} or {"none": [0]}
                )
                found = rows.select(way.quantity.expr).item()
                assert found is None or way.quantity.low <= found <= way.quantity.high
