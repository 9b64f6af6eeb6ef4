"""The volume that a component charges: all of the quantity, or a share of it, whole units, or a least one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aimak.plugins.fields import ChoiceField, Parameters, QuantityField, ShareField
from aimak.plugins.inputs import Inputs
from aimak.plugins.numbers import MAX_QUANTITY, SHARE_SCALE, Number
from aimak.plugins.rate_components import Told


class VolumeSchema(Parameters):
    """How the charged volume follows from the quantity that the service type found."""

    share = ShareField(metadata={"description": "the part of the quantity that is charged, as 80 % of the water"})
    whole_units = ChoiceField(
        ("up", "down", "half_up"), metadata={"description": "how the volume is brought to whole units before pricing"}
    )
    at_least = QuantityField(metadata={"description": "units that are charged at the least, also without consumption"})


def charged_volume(parameters: Mapping[str, Any], inputs: Inputs) -> Number:
    """Thousandths of the unit: share first, then whole units, then the least one. Needs `quantity`."""
    volume = inputs["quantity"]
    if parameters.get("share") is not None:
        volume = (volume * Number.constant(parameters["share"], SHARE_SCALE)).rounded(3).within(0, MAX_QUANTITY - 1)
    if parameters.get("whole_units") is not None:
        volume = volume.rounded(0, parameters["whole_units"]).finer(3)
    if parameters.get("at_least") is not None:
        volume = volume.at_least(parameters["at_least"])
    return volume


def changes_quantity(parameters: Mapping[str, Any]) -> bool:
    """Whether the charged volume can be another than the quantity."""
    return any(parameters.get(name) is not None for name in ("share", "whole_units", "at_least"))


def volume_sentences(parameters: Mapping[str, Any]) -> Mapping[str, str]:
    """How a line is told whose volume is a share of the quantity, or at least so much; empty where it is neither."""
    if parameters.get("share") is not None:
        return _OF_SHARE
    return _AT_LEAST if parameters.get("at_least") is not None else {}


def volume_told(inputs: Inputs) -> Mapping[str, Told]:
    """The quantity that the charged volume follows from."""
    return {"found": Told(inputs["quantity"], "number")}


_OF_SHARE = {
    "ky": "{found} {unit} көлөмүнөн {share}: {products} = {amount}",
    "ru": "{share} от {found} {unit}: {products} = {amount}",
    "en": "{share} of {found} {unit}: {products} = {amount}",
}
_AT_LEAST = {
    "ky": "{found} {unit}, кеминде {at_least} эсептелет: {products} = {amount}",
    "ru": "{found} {unit}, считается не меньше {at_least}: {products} = {amount}",
    "en": "{found} {unit}, at least {at_least} are charged: {products} = {amount}",
}
