"""The prices that a tariff's parameters hold, each with what it is for: for the sheet, not for rating."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aimak.money import half_up
from aimak.plugins.numbers import SHARE_SCALE, Price

from aimak_billing.domain.tariff import CLASS, TariffVersion, TaxRule

ABOVE = "above"
"""Said of the last of several prices with limits: it has none itself."""


@dataclass(frozen=True)
class Listed:
    """A price and, by the name of the parameter, the words that it is under; `name` is the parameter's own."""

    name: str
    price: Price
    under: tuple[tuple[str, str], ...] = ()


def prices(loaded: Any, dumped: Any, under: tuple[tuple[str, str], ...] = ()) -> Iterator[Listed]:
    """Every price among parameters, in their order; `dumped` says the same as text."""
    if isinstance(loaded, Mapping):
        own = under + tuple(
            (name, str(dumped[name]))
            for name, value in loaded.items()
            if isinstance(dumped, Mapping) and not isinstance(value, Price) and _is_word(dumped.get(name))
        )
        for name, value in loaded.items():
            inner = dumped.get(name) if isinstance(dumped, Mapping) else None
            if isinstance(value, Price):
                yield Listed(name, value, own)
            elif isinstance(value, Mapping | list | tuple):
                yield from prices(value, inner, under)
    elif isinstance(loaded, Sequence) and not isinstance(loaded, str):
        yield from _entries(loaded, dumped, under)


def _entries(loaded: Sequence[Any], dumped: Any, under: tuple[tuple[str, str], ...]) -> Iterator[Listed]:
    limit: str | None = None
    for place, entry in enumerate(loaded):
        text = dumped[place] if isinstance(dumped, list) and place < len(dumped) else None
        said = text.get("up_to") if isinstance(text, Mapping) else None
        open_end = under + (((ABOVE, limit),) if limit is not None and said is None else ())
        yield from prices(entry, text, open_end)
        limit = said if said is not None else limit


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def tax_share(version: TariffVersion, code: str, taxes: Sequence[TaxRule], regime: str) -> int | None:
    """The rate, in millionths, of all taxes on a component together, where it is one for all whom the tariff is for;
    None where it is not one."""
    classes: tuple[str | None, ...] = tuple(version.applies_to.get(CLASS, ())) or (None,)
    found = {_share_of(version, code, taxes, regime, of_class) for of_class in classes}
    return found.pop() if len(found) == 1 else None


def _share_of(
    version: TariffVersion, code: str, taxes: Sequence[TaxRule], regime: str, of_class: str | None
) -> int | None:
    whole = 0
    for component in version.components:
        tax, of = component.parameters.get("tax"), component.parameters.get("of")
        if component.kind != "tax" or (of and code not in of):
            continue
        rules = [rule for rule in taxes if rule.tax == tax and _fits(rule, version.service, of_class, regime)]
        if len({rule.share for rule in rules}) != 1:
            return None
        whole += rules[0].share
    return whole


def _fits(rule: TaxRule, service: str, of_class: str | None, regime: str) -> bool:
    return (
        (not rule.services or service in rule.services)
        and (not rule.regimes or regime in rule.regimes)
        and (not rule.classes or of_class is None or of_class in rule.classes)
    )


def gross(price: Price, share: int) -> int:
    """A price with its taxes in whole tyiyn, half up: what a resident may reckon with; the bill taxes the line."""
    whole = 10**SHARE_SCALE
    return half_up(price.units * (whole + share), whole * 10**price.scale)
