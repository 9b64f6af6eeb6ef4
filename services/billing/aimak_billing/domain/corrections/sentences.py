"""A correction of an earlier period as a sentence that a resident understands."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from aimak.money import format_som
from aimak.texts import translate

from aimak_billing.domain.rating.written import quantity_text

PACKAGE = "aimak_billing"


def corrected(lines: Sequence[Any], unit: str, period: str, lang: str) -> str:
    """What one connection was billed for a period, what it is now, and all that became known since: "October 2026:
    12.300 m³ instead of 15.000 m³: −28.22 som (since known: meter reading)". Where no quantity changed, the amounts are
    set against each other. lines: kind, basis, amount of its correction; period: as people call it."""
    sides = [json.loads(line.basis) for line in lines]
    said = _compared(lines, sides, unit, period, lang)
    why = [_say(f"explain.why.{reason}", lang) for reason in dict.fromkeys(_reasons(sides))]
    return _say("explain.since_known", lang, said=said, why=", ".join(why)) if why else said


def reasons_text(counts: Mapping[str, int], lang: str) -> str:
    """How many accounts each reason opened a month of: "meter reading 12, number of residents 3"."""
    return ", ".join(f"{_say(f'explain.why.{reason}', lang)} {count}" for reason, count in sorted(counts.items()))


def _reasons(sides: Sequence[dict[str, Any]]) -> list[str]:
    # Bills made before reasons were kept say none.
    return [reason for side in sides for reason in side.get("why", ())]


def _compared(lines: Sequence[Any], sides: Sequence[dict[str, Any]], unit: str, period: str, lang: str) -> str:
    amount = sum(line.amount for line in lines)
    charges = [side for line, side in zip(lines, sides, strict=True) if line.kind == "charge"]
    now, was = (_known(charges, name) for name in ("now", "was"))
    if now is not None and was is not None and now != was:
        texts = {name: f"{quantity_text(side, 3)} {unit}".strip() for name, side in (("now", now), ("was", was))}
        return _say("explain.corrected", lang, period=period, **texts, amount=_signed(amount))
    # Amounts of one side are those of the lines that changed, tax with them.
    whole = {name: sum(side[f"amount_{name}"] or 0 for side in sides) for name in ("now", "was")}
    som = {name: format_som(value) for name, value in whole.items()}
    return _say("explain.corrected", lang, period=period, **som, amount=_signed(amount))


def _known(charges: Sequence[dict[str, Any]], name: str) -> int | None:
    """The quantity of one side: the first that a charge says."""
    said = [side[name] for side in charges if side[name] is not None]
    return said[0] if said else None


def _signed(amount: int) -> str:
    return ("+" if amount > 0 else "") + format_som(amount)


def _say(message: str, lang: str, **fields: object) -> str:
    return translate(PACKAGE, message, lang, **fields) or message
