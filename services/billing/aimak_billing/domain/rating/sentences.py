"""A line told as a sentence that a resident understands, from what stands on the bill and the tariff."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from aimak.money import NBSP, format_som
from aimak.plugins.numbers import SHARE_SCALE, Price
from aimak.texts import translate
from babel.dates import format_date

from aimak_billing.domain.rating.determinants import attribute, column
from aimak_billing.domain.rating.plugins import Plugins
from aimak_billing.domain.rating.prepared import QUANTITY, Line, Prepared, evaluate, prepare, price_on
from aimak_billing.domain.rating.rounding import ONE, before, exact
from aimak_billing.domain.tariff import TariffVersion, TaxRule

PACKAGE = "aimak_billing"
BillLine = Mapping[str, Any]


def explain(
    lines: Sequence[BillLine], version: TariffVersion, plugins: Plugins, taxes: Sequence[TaxRule], lang: str
) -> str:
    """All lines of one connection under one version as one sentence: "12.300 m³ × 10.45 som = 128.54 som; sales tax
    3 % 3.86 som; tariff of 1 June 2026, decision 14". `lines` have component, kind, quantity, price, price_scale,
    amount, tax and basis as rating gave them."""
    prepared, _ = prepare(version, taxes, plugins)
    several = sum(line["kind"] == "charge" for line in lines) > 1
    amounts = {column(line["component"]): int(line["amount"]) for line in lines}
    said = []
    for line in lines:
        if line["kind"] == "tax":
            said.append(_tax(line, version, plugins, taxes, lang))
            continue
        sentence = _charge(line, prepared, amounts, lang)
        name = label(line["component"], version, plugins, taxes, lang)
        said.append(_say("explain.named", lang, name=name, sentence=sentence) if several else sentence)
    decision = version.decision
    said.append(_say("explain.tariff", lang, date=day_text(version.valid_from, lang), number=decision.number))
    return "; ".join(said)


def label(code: str, version: TariffVersion, plugins: Plugins, taxes: Sequence[TaxRule] = (), lang: str = "ru") -> str:
    """What a line is called: by the tariff's own name for it, by the tax's, or by the rate component's."""
    component = version.component(code)
    if component.names:
        return component.names[lang]
    kind = plugins.rate_components.get(component.kind)
    if kind is None:
        return code
    tax = kind(component.parameters).tax
    named = [rule.names for rule in taxes if tax and rule.tax == tax]
    return (named[0] if named else kind.names)[lang]


def quantity_text(thousandths: int, decimals: int) -> str:
    """A quantity with at least `decimals` decimals and never fewer than it needs: "12.300", "4"."""
    whole, fraction = divmod(thousandths, 1000)
    digits = f"{fraction:03d}".rstrip("0").ljust(decimals, "0")
    return f"{whole:,}".replace(",", NBSP) + (f".{digits}" if digits else "")


def price_text(price: Price) -> str:
    """A price in som with two decimals or as many as it has: "10.45", "0.3325"."""
    whole, fraction = divmod(price.units, 10 ** (price.scale + 2))
    digits = str(fraction).rjust(price.scale + 2, "0")
    return f"{whole:,}".replace(",", NBSP) + "." + digits[:2] + digits[2:].rstrip("0")


def share_text(millionths: int) -> str:
    """A share as per cent without the sign: "3", "2.5"."""
    whole, fraction = divmod(millionths, 10 ** (SHARE_SCALE - 2))
    digits = str(fraction).rjust(SHARE_SCALE - 2, "0").rstrip("0")
    return f"{whole}.{digits}" if digits else str(whole)


def day_text(day: date, lang: str) -> str:
    """A date as it is read aloud: "1 June 2026", "1 июня 2026 г."."""
    # The narrow no-break space is missing in many fonts.
    return format_date(day, "d MMMM y" if lang == "en" else "long", locale=lang).replace("\u202f", NBSP)


def _charge(line: BillLine, prepared: Prepared | None, amounts: Mapping[str, int], lang: str) -> str:
    amount = format_som(line["amount"])
    found = [one for one in prepared.lines if one.code == line["component"]] if prepared else []
    if not found or prepared is None:
        return _say("explain.amount", lang, amount=amount)
    one, basis = found[0], json.loads(line["basis"] or "{}")
    units = one.component.unit_names
    unit = (prepared.service.unit_names if units is None else units).get(lang)
    shown = one.component.decimals
    decimals = prepared.service.decimals if shown is None else shown
    if unit is None or line["quantity"] is None:
        return _say("explain.amount", lang, amount=amount)
    products = " + ".join(_products(line, one, amounts, basis, unit, decimals, lang))
    sentence = _say("explain.equals", lang, products=products, amount=amount)
    if "norm" not in basis or "residents" not in basis:
        return sentence
    per = f"explain.norm_{prepared.version.norm_per}"
    norm = quantity_text(basis["norm"], decimals)
    return _say(per, lang, sentence=sentence, unit=unit, **{**basis, "norm": norm})


def _products(
    line: BillLine, one: Line, amounts: Mapping[str, int], basis: Mapping[str, Any], unit: str, decimals: int, lang: str
) -> list[str]:
    """Quantity × price of each part that has any quantity; the first part where none has."""
    row: dict[str, int | str] = {**amounts, column(QUANTITY): int(line["quantity"])}
    # What is shown of a part is its quantity: the amount of another line need not be finer than the bill has it.
    for earlier in amounts:
        code = earlier.removeprefix(column(""))
        row |= {name: amounts[earlier] * ONE for name in (before(code), exact(code))}
    given = {name: value for name, value in basis.items() if name != "way"}
    row.update({attribute(name) if isinstance(value, str) else column(name): value for name, value in given.items()})
    priced = [
        (quantity, price)
        for part, (quantity, _) in zip(one.parts, evaluate(one.parts, row), strict=True)
        if quantity is not None and (price := price_on(part.price, row)) is not None
    ]
    counted = [(quantity, price) for quantity, price in priced if quantity] or priced[:1]
    return [
        _say("explain.product", lang, quantity=quantity_text(quantity, decimals), unit=unit, price=price_text(price))
        for quantity, price in counted
    ]


def _tax(line: BillLine, version: TariffVersion, plugins: Plugins, taxes: Sequence[TaxRule], lang: str) -> str:
    name = label(line["component"], version, plugins, taxes, lang)
    return _say("explain.tax", lang, name=name, rate=share_text(line["price"]), amount=format_som(line["amount"]))


def _say(message: str, lang: str, **fields: object) -> str:
    return translate(PACKAGE, message, lang, **fields) or message
