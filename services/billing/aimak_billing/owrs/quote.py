"""What a bill by an OWRS file comes to, without any database."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from aimak.money import half_up
from aimak.period import Period
from aimak.problems import Problem, Refused

from aimak_billing.domain.rating import Book, Plugins
from aimak_billing.domain.rating import quote as rated_quote
from aimak_billing.domain.tariff import MONTH, PUBLISHED
from aimak_billing.owrs import names
from aimak_billing.owrs.document import Document, OwrsClass
from aimak_billing.owrs.tariffs import CURRENCY, SERVICE, ClassTariff, class_tariff
from aimak_billing.owrs.translate import Keyed
from aimak_billing.owrs.units import CUBIC_METRES, UNITS, converted

NOBODY = "quote"
USAGE_DECIMALS = 12
_RANGE = re.compile(r"(\d+(?:\.\d+)?)\s*-\s*(\d+(?:\.\d+)?)")


@dataclass(frozen=True)
class Asked:
    """What is asked: a customer class, the usage with its unit, and values by name."""

    customer_class: str
    usage: str | None
    unit: str | None
    values: Mapping[str, str]


def quote(document: Document, asked: Asked, plugins: Plugins) -> dict[str, Any]:
    """Lines and total of one billing period in the file's currency. Raises Refused where it cannot be rated: what is
    wrong in the parts the bill is made of, or what of the inputs is missing."""
    owrs = document.named(asked.customer_class)
    usage = in_unit(asked.usage, asked.unit, document.unit)
    made = class_tariff(document, owrs, {**asked.values, **_finer(usage)}, NOBODY, NOBODY, plugins)
    period = Period.month_of(made.version.valid_from)
    # The price is asked for one period of the file, whatever its length.
    version = replace(made.version, status=PUBLISHED, valid_from=period.start, frequency=MONTH)
    book = Book.of([version], [], plugins, period, currency=CURRENCY)
    attributes = {name: _key(keyed, asked.values) for name, keyed in made.made.keys.items()}
    connection = {
        "service": SERVICE,
        "provider": NOBODY,
        "customer_class": owrs.name,
        "usage": None if usage is None else half_up(usage.numerator * 1000, usage.denominator),
        "attributes": {name: value for name, value in attributes.items() if value is not None},
    }
    rated = rated_quote(connection, book)
    if rated.holds.height:
        raise Refused(*made.made.faults, *_told(owrs, made, rated.holds.to_dicts()))
    rows = rated.lines.to_dicts()
    labels = made.made.labels
    lines = [{"component": row["component"], "label": labels[row["component"]], **priced(row)} for row in rows]
    total = sum(int(row["amount"]) for row in rows)
    unused = sorted(set(asked.values) - made.made.used)
    return {"lines": lines, "total": money(total), "currency": CURRENCY, "unit": document.unit, "unused": unused}


def in_thousandths(usage: str | None, unit: str | None, wanted: str) -> int | None:
    """A usage in thousandths of the wanted unit, half away from zero; None where it is not said."""
    exact = in_unit(usage, unit, wanted)
    return None if exact is None else half_up(exact.numerator * 1000, exact.denominator)


def in_unit(usage: str | None, unit: str | None, wanted: str) -> Fraction | None:
    """A usage in the wanted unit, exact; None where it is not said. Raises Refused."""
    if usage is None:
        return None
    number = names.number(usage)
    if number is None or number < 0:
        raise Refused(Problem("AIM-T230", {"name": "usage", "value": usage}))
    given = unit.strip().lower() if unit else wanted
    given, wanted = UNITS.get(given, given), UNITS.get(wanted, wanted)
    if given != wanted:
        for one in (given, wanted):
            if one not in CUBIC_METRES:
                raise Refused(Problem("AIM-T229", {"unit": one, "known": ", ".join(CUBIC_METRES)}))
        number = converted(number, given, wanted)
    return number


def _finer(usage: Fraction | None) -> dict[str, str]:
    """A usage that is finer than a quantity may be, as a number of its own: the bill is then exact to the cent, and
    its lines name no quantity."""
    if usage is None or (usage * 1000).denominator == 1:
        return {}
    decimals = 10**USAGE_DECIMALS
    return {names.USAGE[0]: names.decimal(Fraction(half_up(usage.numerator * decimals, usage.denominator), decimals))}


def money(cents: int) -> str:
    """Cents as "62.66"."""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def _key(keyed: Keyed, values: Mapping[str, str]) -> str | None:
    """The key that a given value is, in the one spelling; a number also where the keys are ranges of numbers."""
    given = [value for name, value in values.items() if name.strip().lower() == keyed.name.lower()]
    if not given:
        return None
    key = names.key(given[-1], keyed.sized)
    number = names.number(key)
    if key not in keyed.words and number is not None:
        for word in sorted(keyed.words):
            ends = _RANGE.fullmatch(word)
            if ends and Fraction(ends[1]) <= number <= Fraction(ends[2]):
                return word
    return key


def _told(owrs: OwrsClass, made: ClassTariff, holds: list[dict[str, Any]]) -> list[Problem]:
    """Why it cannot be rated, in the file's own names."""
    told: list[Problem] = []
    spelt = {name: keyed.name for name, keyed in made.made.keys.items()}
    for hold in holds:
        fields = json.loads(hold["fields"])
        if "attribute" in fields:
            fields["attribute"] = ", ".join(spelt.get(name, name) for name in fields["attribute"].split(", "))
        if "name" in fields:
            fields["name"] = made.made.labels.get(fields["name"], fields["name"])
        told.append(Problem(hold["code"], {"class": owrs.name, **fields}, owrs.tree.place(owrs.path)))
    return told


def priced(line: Mapping[str, Any]) -> dict[str, Any]:
    """Quantity, price and amount of a line as text, the rate of a tax in per cent; null where it has none."""
    price, scale = line["price"], line["price_scale"]
    return {
        "quantity": None if line["quantity"] is None else names.decimal(Fraction(line["quantity"], 1000)),
        "price": None if price is None else _price(price, scale, line["kind"]),
        "amount": money(int(line["amount"])),
    }


def _price(units: int, scale: int, kind: str) -> str:
    if kind == "tax":
        return f"{names.decimal(Fraction(units, 10 ** (scale - 2)))} %"
    whole, _, rest = names.decimal(Fraction(units, 10 ** (scale + 2))).partition(".")
    return f"{whole}.{rest.ljust(2, '0')}"
