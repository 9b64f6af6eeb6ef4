"""A correction of an earlier period as a sentence that a resident understands."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from aimak.figures import quantity_text
from aimak.money import format_som
from aimak.texts import translate

PACKAGE = "aimak_billing"
FACTS = "facts"
"""The reason that facts of a month give: days without supply, containers lifted, hours of draw."""

Unit = tuple[str, int, bool] | None
"""How the unit of a line's quantity is written, how many decimals are shown, and whether quantities of several days
add up (m³ do, persons do not); None where it has no unit."""


def corrected(lines: Sequence[Any], units: Sequence[Unit], period: str, lang: str) -> str:
    """What one connection was billed for a period, what it is now, and all that became known since: "October 2026:
    12.300 m³ instead of 15.000 m³: −28.22 som (since known: meter reading)". Where not one quantity tells it, all that
    the connection comes to is set against what it was, and of bills that do not say that, the difference is told alone.
    Corrections that are taken back are told with the bills that they stand on.
    lines: kind, basis, amount of its correction, each with that of `units`; period: as people call it."""
    sides = [json.loads(line.basis) for line in lines]
    said = _compared(lines, sides, units, period, lang)
    why = [_why(reason, sides[0], lang) for reason in dict.fromkeys(_reasons(sides))]
    return _say("explain.since_known", lang, said=said, why=", ".join(why)) if why else said


def reasons_text(counts: Mapping[str, int], lang: str) -> str:
    """How many accounts each reason opened a month of: "meter reading 12, number of residents 3"."""
    return ", ".join(f"{_say(f'explain.why.{reason}', lang)} {count}" for reason, count in sorted(counts.items()))


def _reasons(sides: Sequence[dict[str, Any]]) -> list[str]:
    # Bills made before reasons were kept say none.
    return [reason for side in sides for reason in side.get("why", ())]


def _why(reason: str, side: Mapping[str, Any], lang: str) -> str:
    """A reason in words. Of the facts of a month the days without supply are told, where they are others than were
    known; bills made before they were kept do not say."""
    days = side.get("dry_now")
    if reason == FACTS and days is not None and days != (side["dry_was"] or 0):
        return _say("explain.days_without_supply", lang, days=quantity_text(days))
    return _say(f"explain.why.{reason}", lang)


def _compared(
    lines: Sequence[Any], sides: Sequence[dict[str, Any]], units: Sequence[Unit], period: str, lang: str
) -> str:
    amount, whole = sum(line.amount for line in lines), sides[0]
    if "whole_now" not in whole:
        return _say("explain.changed", lang, period=period, amount=_signed(amount))
    if bills := whole.get("taken_back"):
        told = {"bills": ", ".join(map(str, bills)), "was": format_som(whole["whole_was"])}
        return _say("explain.taken_back", lang, period=period, **told, amount=_signed(amount))
    charges = [(side, unit) for line, side, unit in zip(lines, sides, units, strict=True) if line.kind == "charge"]
    texts = _quantities(charges) or {name: format_som(whole[f"whole_{name}"]) for name in ("now", "was")}
    return _say("explain.corrected", lang, period=period, **texts, amount=_signed(amount))


def _quantities(charges: Sequence[tuple[dict[str, Any], Unit]]) -> dict[str, str] | None:
    """The quantities of both sides, where one of each is that of the whole month and they differ."""
    counted = [(side, unit) for side, unit in charges if unit]
    found = {name: {side[name] for side, _ in counted if side[name] is not None} for name in ("now", "was")}
    kinds = {unit for _, unit in counted if unit}
    if len(kinds) != 1 or any(len(quantities) != 1 for quantities in found.values()) or found["now"] == found["was"]:
        return None
    text, decimals, adds_up = kinds.pop()
    by_days = any(side["stretched"] for side, _ in counted) and not adds_up
    if by_days or any(side[f"versions_{name}"] > 1 for side, _ in counted for name in found):
        return None
    return {name: f"{quantity_text(quantities.pop(), decimals)} {text}".strip() for name, quantities in found.items()}


def _signed(amount: int) -> str:
    return ("+" if amount > 0 else "") + format_som(amount)


def _say(message: str, lang: str, /, **fields: object) -> str:
    return translate(PACKAGE, message, lang, **fields) or message
