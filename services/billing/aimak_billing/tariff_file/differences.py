"""What differs between two tariff versions, value by value, as the file says them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from aimak.money import half_up
from aimak.plugins.fields import decimal
from marshmallow import ValidationError

from aimak_billing.domain.rating.plugins import Plugins
from aimak_billing.domain.tariff import TariffVersion
from aimak_billing.tariff_file.write import as_json

Path = tuple[str, ...]


@dataclass(frozen=True)
class Difference:
    """One value that differs; None where a side has none. `permille` is the change of a number in thousandths."""

    path: Path
    old: str | None
    new: str | None
    permille: int | None = None


def differences(old: TariffVersion, new: TariffVersion, plugins: Plugins) -> list[Difference]:
    """Every value that differs, in the order of the file. Entries with a code are held against the one of the same
    code, others against the one in the same place."""
    trees = [json.loads(as_json(version, plugins)) for version in (old, new)]
    return list(_differing(*trees, ()))


def _differing(old: Any, new: Any, path: Path) -> Iterator[Difference]:
    if old == new:
        return
    if isinstance(old, dict | list) or isinstance(new, dict | list):
        before, after = _named(old), _named(new)
        for name in dict.fromkeys([*before, *after]):
            yield from _differing(before.get(name), after.get(name), (*path, name))
        return
    yield Difference(path, old, new, _permille(old, new))


def _named(value: Any) -> dict[str, Any]:
    """The entries of a mapping or list by name; a plain value is an entry without one."""
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    if not isinstance(value, list):
        return {"": value}
    if all(isinstance(entry, str) for entry in value):
        return {"": ", ".join(value)}
    return {_name(entry, number): entry for number, entry in enumerate(value, 1)}


def _name(entry: Any, number: int) -> str:
    return str(entry["code"]) if isinstance(entry, dict) and "code" in entry else str(number)


def _permille(old: str | None, new: str | None) -> int | None:
    numbers = [_number(text) for text in (old, new)]
    if numbers[0] is None or numbers[1] is None or not numbers[0]:
        return None
    scale = 10 ** max(-int(number.as_tuple().exponent) for number in numbers if number is not None)
    before, after = (int(number * scale) for number in numbers if number is not None)
    return half_up((after - before) * 1000, before)


def _number(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        units, scale = decimal(text.removesuffix("%").strip())
    except (ValidationError, AttributeError):
        return None
    return Decimal(units).scaleb(-scale)
