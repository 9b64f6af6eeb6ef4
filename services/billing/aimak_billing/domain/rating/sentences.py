"""A line told as a sentence that a resident understands, from what stands on the bill and the tariff."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from aimak.figures import quantity_text
from aimak.money import NBSP, format_som
from aimak.plugins.numbers import MAX_SCALE, Price
from aimak.plugins.rate_components import STRETCH
from babel.dates import format_date

from aimak_billing.domain.rating.determinants import attribute, column
from aimak_billing.domain.rating.plugins import Plugins
from aimak_billing.domain.rating.prepared import (
    QUANTITY,
    Line,
    Prepared,
    evaluate,
    evaluated_number,
    prepare,
    price_on,
)
from aimak_billing.domain.rating.rounding import ONE, before, exact
from aimak_billing.domain.rating.written import (
    determinant_texts,
    parameter_texts,
    price_text,
    say,
    share_text,
    som_text,
    told_text,
    tyiyn,
)
from aimak_billing.domain.tariff import ONCE, TariffVersion, TaxRule

BillLine = Mapping[str, Any]
_OF_STRETCHES = ("stretches", "from", "period")


def explain(
    lines: Sequence[BillLine],
    version: TariffVersion,
    plugins: Plugins,
    taxes: Sequence[TaxRule],
    lang: str,
    ready: Prepared | None = None,
) -> str:
    """All lines of one connection under one version as one sentence: "12.300 m³ × 10.45 som = 128.54 som; sales tax
    3 % 3.86 som; tariff of 1 June 2026, decision 14". `lines` have component, kind, quantity, price, price_scale,
    amount, tax and basis as rating gave them. `ready`: the version as `prepare` makes it, where that was done."""
    prepared = ready or prepare(version, taxes, plugins)[0]
    several = sum(line["kind"] == "charge" for line in lines) > 1
    amounts = dict.fromkeys((column(one.code) for one in prepared.lines), 0) if prepared else {}
    amounts |= {column(line["component"]): int(line["amount"]) for line in lines}
    said = []
    for line in lines:
        if line["kind"] == "tax":
            said.append(_tax(line, version, plugins, taxes, lang))
            continue
        sentence = _charge(line, prepared, amounts, lang)
        name = label(line["component"], version, plugins, taxes, lang)
        said.append(say("explain.named", lang, name=name, sentence=sentence) if several else sentence)
    valid_from = day_text(version.valid_from, lang)
    if version.decision is None:
        said.append(say("explain.undecided", lang, date=valid_from))
    else:
        said.append(say("explain.tariff", lang, date=valid_from, number=version.decision.number))
    return _of_period(lines, "; ".join(said), lang)


def _of_period(lines: Sequence[BillLine], sentence: str, lang: str) -> str:
    """The sentence with the days of the tariff's own period before it, where that is not the bill's."""
    days = json.loads(lines[0]["basis"] or "{}").get("period") if lines else None
    if days is None:
        return sentence
    first, last = (day_text(date.fromisoformat(day), lang) for day in days)
    return say("explain.of_period", lang, first=first, last=last, sentence=sentence)


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


def day_text(day: date, lang: str) -> str:
    """A date as it is read aloud: "1 June 2026", "1 июня 2026 г."."""
    # The narrow no-break space is missing in many fonts.
    return format_date(day, "d MMMM y" if lang == "en" else "long", locale=lang).replace("\u202f", NBSP)


def _charge(line: BillLine, prepared: Prepared | None, amounts: Mapping[str, int], lang: str) -> str:
    amount = format_som(line["amount"])
    found = [one for one in prepared.lines if one.code == line["component"]] if prepared else []
    if not found or prepared is None:
        return say("explain.amount", lang, amount=amount)
    one, basis = found[0], _whole(json.loads(line["basis"] or "{}"))
    if one.component.sentences:
        return _own_sentence(line, one, prepared, amounts, basis, lang)
    unit, decimals = _unit(one, prepared, lang)
    # What has no unit is one of it: only the part of its price that some days make is worth a word.
    some_days = basis.get("days_in_period") not in (None, basis.get("days"))
    if line["quantity"] is None or (unit is None and not some_days):
        return say("explain.amount", lang, amount=amount)
    products = " + ".join(_all_products(line, one, amounts, basis, unit, decimals, lang))
    sentence = say("explain.equals", lang, products=products, amount=amount)
    if "stretches" in basis:
        parts = [_stretch(stretch, unit, decimals, lang) for stretch in basis["stretches"]]
        return say("explain.by_days", lang, sentence=sentence, parts=", ".join(parts))
    if "norm" not in basis or "residents" not in basis:
        return sentence
    per = f"explain.norm_{prepared.version.norm_per}"
    norm = quantity_text(basis["norm"], decimals)
    return say(per, lang, sentence=sentence, unit=unit, **{**basis, "norm": norm})


def _whole(basis: dict[str, Any]) -> dict[str, Any]:
    """The basis of a line of several stretches as one: all days and the whole quantity, the rest as on the last day."""
    stretches = basis.get("stretches")
    if not stretches:
        return basis
    sums = {name: sum(stretch[name] for stretch in stretches) for name in ("days", QUANTITY) if name in stretches[-1]}
    return {**basis, **stretches[-1], **sums}


def _stretch(stretch: Mapping[str, Any], unit: str | None, decimals: int, lang: str) -> str:
    """The days of a stretch, and the quantity that falls on them."""
    said = {"date": day_text(date.fromisoformat(stretch["from"]), lang), "days": stretch["days"], "unit": unit}
    if unit is None or QUANTITY not in stretch:
        return say("explain.stretch", lang, **said)
    said["quantity"] = quantity_text(stretch[QUANTITY], decimals)
    if "norm" not in stretch or "residents" not in stretch:
        return say("explain.stretch_quantity", lang, **said)
    norm = quantity_text(stretch["norm"], decimals)
    return say("explain.stretch_norm", lang, **said, residents=stretch["residents"], norm=norm)


def _all_products(
    line: BillLine,
    one: Line,
    amounts: Mapping[str, int],
    basis: Mapping[str, Any],
    unit: str | None,
    decimals: int,
    lang: str,
) -> list[str]:
    """The products of a line; of one that is rated by stretches, those of each."""
    if one.spread != STRETCH or "stretches" not in basis:
        return _products(line, one, amounts, basis, unit, decimals, lang)
    return [
        product
        for stretch in basis["stretches"]
        for product in _products({**line, **stretch}, one, amounts, stretch, unit, decimals, lang)
    ]


def _products(
    line: BillLine,
    one: Line,
    amounts: Mapping[str, int],
    basis: Mapping[str, Any],
    unit: str | None,
    decimals: int,
    lang: str,
) -> list[str]:
    """Quantity × price of each part that has any quantity, with the share of the days where it is charged by days; the
    first part where none has."""
    row = _row(line, amounts, basis, one.texts)
    priced: list[tuple[int, Price, int]] = []
    others: list[int] = []
    for part, (quantity, amount) in zip(one.parts, evaluate(one.parts, row), strict=True):
        price = price_on(part.price, row)
        if price is None:
            others.append(amount)
        elif quantity is not None:
            priced.append((quantity, price, amount))
    products = []
    for quantity, price, amount in [part for part in priced if part[0]] or priced[:1]:
        said = _product(quantity, price, unit, decimals, lang)
        by_days = _by_days(quantity, price, amount, basis)
        products.append(say("explain.share_of_days", lang, product=said, **basis) if by_days else said)
    # What a part without a price costs: the fixed amount of a block, started packs.
    return products + [som_text(tyiyn(amount), lang) for amount in others if amount]


def _product(quantity: int, price: Price, unit: str | None, decimals: int, lang: str) -> str:
    if unit is None:
        return say("explain.amount", lang, amount=price_text(price))
    said = quantity_text(quantity, decimals)
    return say("explain.product", lang, quantity=said, unit=unit, price=price_text(price))


def _by_days(quantity: int, price: Price, amount: int, basis: Mapping[str, Any]) -> bool:
    """Whether a part (quantity in thousandths, amount in 10^-9 tyiyn) is quantity × price for its days alone."""
    days, of = basis.get("days"), basis.get("days_in_period")
    if not days or not of or days == of:
        return False
    finer: int = 10 ** (price.scale + 3)
    whole: int = quantity * price.units * 10**MAX_SCALE
    # Rounded to 10^-9 tyiyn it may be so much off.
    return whole != amount * finer and abs(amount * finer * int(of) - whole * int(days)) <= finer * int(of)


def _own_sentence(
    line: BillLine, one: Line, prepared: Prepared, amounts: Mapping[str, int], basis: Mapping[str, Any], lang: str
) -> str:
    """The sentence that a component brings itself."""
    unit, decimals = _unit(one, prepared, lang)
    row = _row(line, amounts, basis, one.texts)
    texts = {name.removeprefix(column("")): som_text(amount, lang) for name, amount in amounts.items()}
    texts |= determinant_texts(
        {name: basis[name] for name in basis if name not in _OF_STRETCHES}, lang
    ) | parameter_texts(one.component, lang)
    for name, told in one.told.items():
        texts[name] = told_text(told, evaluated_number(told.number, row), lang)
    products = _products(line, one, amounts, basis, unit, decimals, lang) if unit is not None else []
    texts |= {"amount": som_text(int(line["amount"]), lang), "products": " + ".join(products), "unit": unit or ""}
    texts["service_unit"] = prepared.version.unit or prepared.service.unit_names[lang]
    if line["quantity"] is not None:
        texts["quantity"] = quantity_text(int(line["quantity"]), decimals)
    return one.component.sentences[lang].format_map(texts)


def _unit(one: Line, prepared: Prepared, lang: str) -> tuple[str | None, int]:
    """How the unit of a line is written, None where it has none, and how many decimals are shown."""
    units, shown = one.component.unit_names, one.component.decimals
    unit = unit_of(prepared.version, prepared.service.unit_names, lang) if units is None else units.get(lang)
    usual = 0 if prepared.version.frequency == ONCE else prepared.service.decimals
    return unit, usual if shown is None else shown


def unit_of(version: TariffVersion, of_service: Mapping[str, str], lang: str) -> str | None:
    """How the unit of a tariff's quantities is written: its own, pieces in a price list, else that of the service."""
    if version.unit is None and version.frequency == ONCE:
        return say("explain.piece", lang)
    return version.unit or of_service.get(lang)


def _row(
    line: BillLine, amounts: Mapping[str, int], basis: Mapping[str, Any], texts: Sequence[str]
) -> dict[str, int | str]:
    """The columns that the line was made of, as far as they are known later."""
    row: dict[str, int | str] = {**amounts, column(QUANTITY): int(line["quantity"] or 0)}
    # What is shown of a part is its quantity: the amount of another line need not be finer than the bill has it.
    for earlier in amounts:
        code = earlier.removeprefix(column(""))
        row |= {name: amounts[earlier] * ONE for name in (before(code), exact(code))}
    given = {name: value for name, value in basis.items() if name not in ("way", *_OF_STRETCHES)}
    return row | {attribute(name) if name in texts else column(name): value for name, value in given.items()}


def _tax(line: BillLine, version: TariffVersion, plugins: Plugins, taxes: Sequence[TaxRule], lang: str) -> str:
    name = label(line["component"], version, plugins, taxes, lang)
    if line["price"] is None:
        # More than one rate: those of each stretch of days.
        return say(
            "explain.named", lang, name=name, sentence=say("explain.amount", lang, amount=format_som(line["amount"]))
        )
    return say("explain.tax", lang, name=name, rate=share_text(line["price"]), amount=format_som(line["amount"]))
