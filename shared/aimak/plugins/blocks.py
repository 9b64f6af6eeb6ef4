"""Blocks of a volume: their limits as a tariff means them, and what a block that was entered costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from marshmallow import fields, validate, validates_schema

from aimak.plugins.choices import only_where, started, where
from aimak.plugins.conditions import Words
from aimak.plugins.fields import ChoiceField, CodeField, Parameters, PriceField, QuantityField, WholeField, fault
from aimak.plugins.inputs import Inputs
from aimak.plugins.numbers import MAX_QUANTITY, Number, Price
from aimak.plugins.rate_components import Gap, Part, RateComponent, Told
from aimak.plugins.volumes import VolumeSchema, changes_quantity, charged_volume, volume_sentences, volume_told

MAX_BLOCKS = 20
MAX_SETS = 50
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "period": (),
    "days_of_period": ("days", "days_in_period"),
    "resident": ("residents",),
    "day": ("days",),
    "thirty_days": ("days",),
    "year": ("days",),
}


class BlockSchema(Parameters):
    """One block: what lies above the block before and up to `up_to`, the limit itself included."""

    up_to = QuantityField(metadata={"description": "upper limit in units; missing in the last block"})
    price = PriceField(required=True, metadata={"description": "som per unit within this block"})
    fixed = PriceField(metadata={"description": "som for entering the block; the first block is always entered"})
    per = QuantityField(metadata={"description": "the price is for each started `per` units instead of for one"})


class BlockSetSchema(Parameters):
    """The blocks of connections whose attribute `by` is one of the words."""

    keys = Words(required=True, metadata={"description": "words of the attribute, as 15 or [15, 20]"})
    blocks = fields.List(fields.Nested(BlockSchema), required=True, validate=validate.Length(min=1, max=MAX_BLOCKS))


class LimitedBlocksSchema(VolumeSchema):
    """Blocks in rising order, the last one open; or sets of blocks by an attribute, as by the meter's size."""

    blocks = fields.List(fields.Nested(BlockSchema), validate=validate.Length(min=1, max=MAX_BLOCKS))
    by = CodeField(metadata={"description": "the attribute by which `sets` differ, as meter_size"})
    sets = fields.List(fields.Nested(BlockSetSchema), validate=validate.Length(min=1, max=MAX_SETS))
    limits = ChoiceField(
        tuple(_NEEDS),
        load_default="period",
        metadata={"description": "what a limit is for: the period, its days that count, a resident, a day, ..."},
    )
    whole_limits = ChoiceField(
        ("no", "half_up", "down", "up"),
        load_default="no",
        metadata={"description": "how a limit by days is brought to whole units"},
    )
    months = WholeField(
        validate=validate.Range(min=2, max=12),
        metadata={"description": "the volume is of so many months, and each month's part has blocks of its own"},
    )
    odd = ChoiceField(
        ("first", "last"),
        load_default="last",
        metadata={"description": "to which month go the units that are left over when months get the same"},
    )
    edge = ChoiceField(
        ("below", "above"),
        load_default="below",
        metadata={"description": "whether a volume that is exactly a limit lies in the block below it or above"},
    )

    @validates_schema
    def limits_rise(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse limits that do not rise, a limit on the last block, none on another, packs of nothing."""
        sets = data.get("sets") or ()
        for blocks in [data.get("blocks") or [], *(each.get("blocks", []) for each in sets)]:
            if not _sound(blocks):
                raise fault("AIM-T018")
        keys = [key for each in sets for key in each.get("keys", ())]
        by_attribute = bool(sets) and data.get("by") is not None
        if by_attribute == bool(data.get("blocks")) or bool(sets) != bool(data.get("by")) or len(keys) > len(set(keys)):
            raise fault("AIM-T067")


def _sound(blocks: Sequence[Mapping[str, Any]]) -> bool:
    given: list[Any] = [block.get("up_to") for block in blocks] or [None]
    *inner, last = given
    rising = all(limit is not None for limit in inner) and inner == sorted(set(inner)) and 0 not in inner
    return rising and last is None and all(block.get("per") != 0 for block in blocks)


def limit_needs(parameters: Mapping[str, Any]) -> tuple[str, ...]:
    """The determinants that the limits depend on."""
    return _NEEDS[parameters["limits"]]


class BlockCharge(RateComponent):
    """What charges by blocks have in common: what they look at, and how the volume is told."""

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        super().__init__(parameters)
        self.texts = (parameters["by"],) if parameters.get("by") else ()
        self.needs = ("quantity", *limit_needs(parameters))
        self.keeps_quantity = changes_quantity(parameters)
        self.sentences = volume_sentences(parameters)

    def gaps(self, inputs: Inputs) -> list[Gap]:
        """No set of blocks for a connection."""
        return set_gaps(self.parameters, inputs)

    def told(self, inputs: Inputs) -> Mapping[str, Told]:
        """The quantity behind the volume."""
        return volume_told(inputs)


@dataclass(frozen=True)
class Priced:
    """A volume with its blocks; `chosen`: whether a connection has this set of them, None where there is but one."""

    volume: Number
    blocks: Sequence[Mapping[str, Any]]
    chosen: pl.Expr | None = None


def priced(parameters: Mapping[str, Any], inputs: Inputs) -> list[Priced]:
    """What is priced: the charged volume, or each month's part of it; where there are sets, each set's with the volume
    of those who have it, nothing for others, null for who has none."""
    volume = charged_volume(parameters, inputs)
    if not parameters.get("sets"):
        return [Priced(part, parameters["blocks"]) for part in _by_months(volume, parameters)]
    word, found = inputs.text(parameters["by"]), []
    known = only_where(volume, word.is_in(_keys(parameters)))
    for each in parameters["sets"]:
        chosen = word.is_in(list(each["keys"]))
        parts = _by_months(where(chosen, known), parameters)
        found += [Priced(part, each["blocks"], chosen) for part in parts]
    return found


def _by_months(volume: Number, parameters: Mapping[str, Any]) -> list[Number]:
    """The same whole units for each month; what is left over goes to the first or to the last."""
    months = parameters.get("months")
    if months is None:
        return [volume]
    unit, others = pl.lit(1_000, dtype=pl.Int128), months - 1
    expr = volume.expr // (unit * months) * unit
    even = Number(expr, 0, volume.high, volume.scale, volume.names)
    rest = Number(volume.expr - expr * others, 0, volume.high, volume.scale, volume.names)
    return [rest, *[even] * others] if parameters["odd"] == "first" else [*[even] * others, rest]


def set_gaps(parameters: Mapping[str, Any], inputs: Inputs) -> list[Gap]:
    """Why a connection has no set: the attribute is missing, or no set names its word."""
    if not parameters.get("sets"):
        return []
    name, keys = parameters["by"], _keys(parameters)
    word = inputs.text(name)
    fields_told = {"attribute": name, "value": word, "known": ", ".join(keys)}
    return [
        Gap("AIM-T024", {"attribute": name}, word.is_null()),
        Gap("AIM-T210", fields_told, ~word.is_in(keys).fill_null(True)),
    ]


def _keys(parameters: Mapping[str, Any]) -> list[str]:
    return [key for each in parameters["sets"] for key in each["keys"]]


def limits(blocks: Sequence[Mapping[str, Any]], parameters: Mapping[str, Any], inputs: Inputs) -> list[Number | None]:
    """The upper limit of each block in thousandths; None for the last one, which is open."""
    return [None if block.get("up_to") is None else _limit(block["up_to"], parameters, inputs) for block in blocks]


def _limit(up_to: int, parameters: Mapping[str, Any], inputs: Inputs) -> Number:
    kind, limit = parameters["limits"], Number.constant(up_to, 3)
    if kind == "resident":
        limit = limit * inputs["residents"]
    elif kind == "day":
        limit = limit * inputs["days"]
    elif kind == "days_of_period":
        limit = limit.portion(inputs["days"], inputs["days_in_period"])
    elif kind in ("thirty_days", "year"):
        limit = limit.portion(inputs["days"], Number.constant(30 if kind == "thirty_days" else 365))
    if parameters["whole_limits"] != "no":
        limit = limit.rounded(0, parameters["whole_limits"]).finer(3)
    return limit.at_most(MAX_QUANTITY)


def packs_amount(inside: Number, block: Mapping[str, Any]) -> Part:
    """What lies in a block at its price: by the unit, or by the started pack of `per` units."""
    price: Price = block["price"]
    if block.get("per") is None:
        return Part(inside * price.number, inside, price)
    return Part(started(inside, block["per"]) * price.number, inside)


def entered(volume: Number, floor: Number | None, fixed: Price, edge: str, chosen: pl.Expr | None) -> Part:
    """The fixed amount of a block whose volume begins above `floor`; the first block of the set that is `chosen` (None:
    there is but one) is always entered."""
    amount, nothing = fixed.number, volume.at_most(0)
    if floor is None:
        amount = amount if chosen is None else where(chosen, amount)
        return Part(only_where(amount, volume.expr.is_not_null(), volume), nothing)
    level = floor.finer(volume.scale)
    above = volume.expr >= level.expr if edge == "above" else volume.expr > level.expr
    return Part(where(above, amount, volume, level), nothing)


def reached(volume: Number, ceilings: Sequence[Number | None], edge: str) -> list[Number]:
    """The whole volume in the block that it reaches, nothing in the others."""
    found: list[Number] = []
    floor: Number | None = None
    for ceiling in ceilings:
        inside = _between(volume, floor, ceiling, edge)
        known = [number for number in (floor, ceiling) if number is not None]
        found.append(volume if inside is None else where(inside, volume, *known))
        floor = ceiling
    return found


def _between(volume: Number, floor: Number | None, ceiling: Number | None, edge: str) -> pl.Expr | None:
    conditions: list[pl.Expr] = []
    if floor is not None:
        conditions.append(volume.expr >= floor.expr if edge == "above" else volume.expr > floor.expr)
    if ceiling is not None:
        conditions.append(volume.expr < ceiling.expr if edge == "above" else volume.expr <= ceiling.expr)
    return pl.all_horizontal(conditions) if conditions else None


def entered_alone(
    volume: Number, ceilings: Sequence[Number | None], place: int, fixed: Price, edge: str, chosen: pl.Expr | None
) -> Part:
    """The fixed amount of the block that a volume reaches, and of no other."""
    floor, ceiling = (None if place == 0 else ceilings[place - 1]), ceilings[place]
    inside = _between(volume, floor, ceiling, edge)
    amount, nothing = fixed.number, volume.at_most(0)
    amount = amount if chosen is None else where(chosen, amount)
    if inside is None:
        return Part(only_where(amount, volume.expr.is_not_null(), volume), nothing)
    known = [number for number in (floor, ceiling) if number is not None]
    return Part(where(inside, amount, volume, *known), nothing)
