"""Numbers as people write them, and what a component's own sentence may tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aimak import figures
from aimak.figures import quantity_text
from aimak.money import format_som
from aimak.plugins.fields import QuantityField, ShareField, WholeField
from aimak.plugins.inputs import FOUND, GIVEN
from aimak.plugins.numbers import MAX_SCALE, SHARE_SCALE, Number, Price
from aimak.plugins.rate_components import RateComponent, Told
from aimak.texts import translate

PACKAGE = "aimak_billing"


def price_text(price: Price) -> str:
    """A price in som with two decimals or as many as it has: "10.45", "0.3325"."""
    return figures.price_text(price.units, price.scale)


def share_text(millionths: int) -> str:
    """A share as per cent without the sign: "3", "2.5"."""
    return figures.share_text(millionths, SHARE_SCALE)


def som_text(tyiyn: int, lang: str) -> str:
    """An amount with its currency: "128.54 som"."""
    return say("explain.amount", lang, amount=format_som(tyiyn))


def parameter_texts(component: RateComponent, lang: str) -> dict[str, str]:
    """The parameters of a component that are prices, shares or numbers, by name."""
    declared = component.schema().fields
    texts: dict[str, str] = {}
    for name, value in component.parameters.items():
        if isinstance(value, Price):
            texts[name] = say("explain.amount", lang, amount=price_text(value))
        elif isinstance(declared.get(name), ShareField) and value is not None:
            texts[name] = f"{share_text(value)} %"
        elif isinstance(declared.get(name), QuantityField) and value is not None:
            texts[name] = quantity_text(value, 0)
        elif isinstance(declared.get(name), WholeField) and value is not None:
            texts[name] = str(value)
    return texts


def determinant_texts(basis: Mapping[str, Any], lang: str) -> dict[str, str]:
    """The determinants that were kept beside a line, by name."""
    scales = {name: limits[2] for name, limits in (*GIVEN.items(), *FOUND.items())}
    return {
        name: str(value) if scales.get(name, 3) == 0 or not isinstance(value, int) else quantity_text(value, 0)
        for name, value in basis.items()
    }


def tyiyn(unrounded: int) -> int:
    """10^-9 tyiyn as whole tyiyn, half away from zero."""
    return _rounded(unrounded, MAX_SCALE)


def told_text(told: Told, value: int, lang: str) -> str:
    """A number that a component tells: `value` is in the scale of the number."""
    number: Number = told.number
    if told.written == "som":
        return som_text(_rounded(value, number.scale), lang)
    return quantity_text(_rounded(value * 10 ** (MAX_SCALE - number.scale), MAX_SCALE - 3), 0)


def say(message: str, lang: str, /, **fields: object) -> str:
    """A message of billing's catalogue in a language."""
    return translate(PACKAGE, message, lang, **fields) or message


def _rounded(value: int, scale: int) -> int:
    divisor: int = 10**scale
    size = (2 * abs(value) + divisor) // (2 * divisor)
    return -size if value < 0 else size
