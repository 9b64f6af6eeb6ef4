"""A correction of an earlier period as a sentence that a resident understands."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from aimak.money import format_som
from aimak.texts import translate

from aimak_billing.domain.rating.written import quantity_text

PACKAGE = "aimak_billing"


Unit = tuple[str, int] | None
"""How the unit of a line's quantity is written, and how many decimals are shown; None where it has no unit."""


def corrected(lines: Sequence[Any], units: Sequence[Unit], period: str, lang: str) -> str:
    """What one connection was billed for a period, what it is now, and all that became known since: "October 2026:
    12.300 m³ instead of 15.000 m³: −28.22 som (since known: meter reading)". Where no quantity changed, or in another
    unit, the amounts are set against each other. lines: kind, basis, amount of its correction, each with that of
    `units`; period: as people call it."""
    sides = [json.loads(line.basis) for line in lines]
    said = _compared(lines, sides, units, period, lang)
    why = [_say(f"explain.why.{reason}", lang) for reason in dict.fromkeys(_reasons(sides))]
    return _say("explain.since_known", lang, said=said, why=", ".join(why)) if why else said


def reasons_text(counts: Mapping[str, int], lang: str) -> str:
    """How many accounts each reason opened a month of: "meter reading 12, number of residents 3"."""
    return ", ".join(f"{_say(f'explain.why.{reason}', lang)} {count}" for reason, count in sorted(counts.items()))


def _reasons(sides: Sequence[dict[str, Any]]) -> list[str]:
    # Bills made before reasons were kept say none.
    return [reason for side in sides for reason in side.get("why", ())]


def _compared(
    lines: Sequence[Any], sides: Sequence[dict[str, Any]], units: Sequence[Unit], period: str, lang: str
) -> str:
    amount = sum(line.amount for line in lines)
    charges = [(side, unit) for line, side, unit in zip(lines, sides, units, strict=True) if line.kind == "charge"]
    (now, unit), (was, unit_was) = (_known(charges, name) for name in ("now", "was"))
    if unit and unit == unit_was and now != was:
        known = (("now", now), ("was", was))
        texts = {name: f"{quantity_text(side, unit[1])} {unit[0]}".strip() for name, side in known}
        return _say("explain.corrected", lang, period=period, **texts, amount=_signed(amount))
    # Amounts of one side are those of the lines that changed, tax with them.
    whole = {name: sum(side[f"amount_{name}"] or 0 for side in sides) for name in ("now", "was")}
    som = {name: format_som(value) for name, value in whole.items()}
    return _say("explain.corrected", lang, period=period, **som, amount=_signed(amount))


def _known(charges: Sequence[tuple[dict[str, Any], Unit]], name: str) -> tuple[int, Unit]:
    """The quantity of one side with its unit: the first that a charge with a unit says; without a unit where none
    does."""
    return next(((side[name], unit) for side, unit in charges if unit and side[name] is not None), (0, None))


def _signed(amount: int) -> str:
    return ("+" if amount > 0 else "") + format_som(amount)


def _say(message: str, lang: str, **fields: object) -> str:
    return translate(PACKAGE, message, lang, **fields) or message
