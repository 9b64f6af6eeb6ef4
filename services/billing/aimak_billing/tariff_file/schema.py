"""The schemas of the tariff file. A component's own parameters are checked by the schema of its plugin."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from aimak.plugins.conditions import Conditions, Words
from aimak.plugins.fields import (
    ChoiceField,
    CodeField,
    DayField,
    NamesField,
    Parameters,
    PriceField,
    QuantityField,
    ShareField,
    TextField,
    WholeField,
    fault,
    plain,
)
from marshmallow import fields, validate, validates_schema

from aimak_billing.domain.tariff import (
    BY_DAYS,
    END,
    FOLLOWED,
    HALF_YEAR,
    HOLD,
    LINE,
    MONTH,
    NEXT_PERIOD,
    NORM,
    ONCE,
    QUARTER,
    SEASON,
    SOM,
    START,
    TOTAL,
    TWO_MONTHS,
    YEAR,
)

FORMAT = "tariffs/1"
FREQUENCIES = (MONTH, TWO_MONTHS, QUARTER, HALF_YEAR, SEASON, YEAR, ONCE)
MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
UNIT_OF = {"0.01": 1, "0.10": 10, "1": 100, "10": 1000, "100": 10_000}
"""What amounts are rounded to, as it is written in som → tyiyn."""


class CurrencyField(TextField):
    """Three capital letters."""

    json_type: Mapping[str, Any] = {"type": "string", "pattern": "^[A-Z]{3}$"}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str) or not re.fullmatch("[A-Z]{3}", value):
            raise fault("AIM-T014", expected="KGS")
        return value


class Defaults(fields.Field[dict[str, int]]):
    """Attribute or fact → number: {containers: 4}."""

    json_type: Mapping[str, Any] = {"type": "object", "additionalProperties": QuantityField.json_type}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, int]:
        if not isinstance(value, dict):
            raise fault("AIM-T014", expected="attribute: number")
        number = QuantityField()
        return {str(name): number._deserialize(given, attr, data) for name, given in value.items()}

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return {name: plain(thousandths, 3) for name, thousandths in (value or {}).items()}


class SeasonField(fields.Field[tuple[int, int]]):
    """The months of a season: april..october is (4, 10)."""

    json_type: Mapping[str, Any] = {"type": "string", "pattern": f"^({'|'.join(MONTHS)})\\.\\.({'|'.join(MONTHS)})$"}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[int, int]:
        first, _, last = value.partition("..") if isinstance(value, str) else ("", "", "")
        if first not in MONTHS or last not in MONTHS:
            raise fault("AIM-T241", value=str(value))
        return MONTHS.index(first) + 1, MONTHS.index(last) + 1

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        return None if value is None else "..".join(MONTHS[month - 1] for month in value)


class Dated(Parameters):
    """Something with a first day, and the first day on which it no longer counts."""

    valid_to = DayField(data_key="to", metadata={"description": "first day on which it no longer counts"})

    @validates_schema
    def ends_after_it_begins(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse an end that is not after the beginning."""
        start, end = data.get("valid_from"), data.get("valid_to")
        if start is not None and end is not None and end <= start:
            raise fault("AIM-T034", start=start.isoformat(), end=end.isoformat())


class DecisionSchema(Parameters):
    """The council's decision."""

    body = TextField(required=True)
    number = TextField(required=True)
    day = DayField(required=True, data_key="date")


class NormSchema(Dated):
    """A quantity for one person."""

    when = Conditions(load_default=dict)
    quantity = QuantityField(required=True, metadata={"description": "units for one person"})
    valid_from = DayField(data_key="from")


class NormsSchema(Parameters):
    """Norms for one person and day, or month."""

    per = ChoiceField(("day", "month"), load_default="day")
    table = fields.List(fields.Nested(NormSchema), required=True, validate=validate.Length(min=1))


class RoundingSchema(Parameters):
    """How a line is rounded."""

    mode = ChoiceField(("half_up", "half_even", "down", "up"), load_default="half_up")
    to = ChoiceField(tuple(UNIT_OF), load_default="0.01", metadata={"description": "som"})


class TariffRoundingSchema(RoundingSchema):
    """How the amounts of a connection are rounded: each line, or their total, which the lines then share."""

    of = ChoiceField((LINE, TOTAL), load_default=LINE)


class WinterSchema(Parameters):
    """How the winter average is worked out of the usage of the service that is followed."""

    months = SeasonField(required=True, metadata={"description": "first and last month: november..march"})
    at_least = WholeField(load_default=1, metadata={"description": "months that must have usage"})
    fallback = ChoiceField(
        (FOLLOWED, NORM, HOLD), load_default=FOLLOWED, metadata={"description": "what counts where it is not known"}
    )

    @validates_schema
    def fits(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse more months than the winter has, and none."""
        first, last = data.get("months") or (1, 12)
        if not 1 <= data.get("at_least", 1) <= (last - first) % 12 + 1:
            raise fault("AIM-T244", value=str(data["at_least"]))


class ComponentSchema(Parameters):
    """The part of a component that is the same for all kinds."""

    class Meta:
        """The rest is the plugin's."""

        unknown = "include"

    code = CodeField(required=True)
    kind = TextField(required=True)
    names = NamesField(data_key="name")
    rounding = fields.Nested(RoundingSchema)


class TariffSchema(Dated):
    """One tariff version."""

    code = CodeField(required=True)
    service = TextField(required=True)
    provider = TextField(required=True)
    names = NamesField(required=True, data_key="name")
    valid_from = DayField(required=True, data_key="from")
    applies_to = Conditions(load_default=dict)
    decision = fields.Nested(DecisionSchema, metadata={"description": "once the council has decided"})
    legal_ground = TextField(required=True)
    cost = PriceField(metadata={"description": "what a unit costs in full, som without tax"})
    frequency = ChoiceField(FREQUENCIES, load_default=MONTH)
    season = SeasonField(metadata={"description": "first and last month: april..october"})
    billed = ChoiceField((START, END), load_default=END)
    change = ChoiceField((NEXT_PERIOD, BY_DAYS), load_default=NEXT_PERIOD)
    without_reading = ChoiceField(("norm", "hold"), load_default="norm")
    defaults = Defaults(metadata={"description": "what counts where a connection has no such attribute or fact"})
    norms = fields.Nested(NormsSchema)
    winter = fields.Nested(WinterSchema, data_key="winter_average")
    rounding = fields.Nested(TariffRoundingSchema)
    currency = CurrencyField(load_default=SOM, metadata={"description": "ISO code; bills are in KGS"})
    unit = TextField(metadata={"description": "unit of the quantities where it is not that of the service type"})
    components = fields.List(fields.Nested(ComponentSchema), required=True, validate=validate.Length(min=1, max=99))

    @validates_schema
    def has_its_season(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a tariff by season without its months, and months of any other."""
        if (data.get("season") is not None) != (data.get("frequency") == SEASON):
            raise fault("AIM-T240")


class TaxRuleSchema(Dated):
    """The rate of a tax."""

    tax = CodeField(required=True)
    names = NamesField(required=True, data_key="name")
    share = ShareField(required=True, data_key="rate")
    services = Words(data_key="service", load_default=())
    classes = Words(data_key="class", load_default=())
    regimes = Words(data_key="regime", load_default=())
    valid_from = DayField(required=True, data_key="from")
    legal_ground = TextField(required=True)


class FileSchema(Parameters):
    """The whole file."""

    aimak = ChoiceField((FORMAT,), required=True, metadata={"description": "the format of this file"})
    tariffs = fields.List(fields.Nested(TariffSchema), load_default=list)
    taxes = fields.List(fields.Nested(TaxRuleSchema), load_default=list)
