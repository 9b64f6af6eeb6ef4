"""Quantities as people write them, and what a quantity of something comes to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from aimak.figures import quantity_text
from aimak.money import format_som
from aimak.problems import Problem, Refused

from aimak_gateway.cli.frame import Ui, table


def thousandths(text: str) -> int:
    """A quantity as whole thousandths. Raises Refused for more than three decimals or no number."""
    whole, _, fraction = text.replace(",", ".").partition(".")
    if not re.fullmatch(r"\d+(\.\d{1,3})?", text.replace(",", "."), re.ASCII):
        raise Refused(Problem("AIM-G025", {"value": text}))
    return int(whole) * 1000 + int((fraction or "0").ljust(3, "0"))


def comes_to(ui: Ui, facts: Mapping[str, Any]) -> list[str]:
    """What a document that bills an item comes to; nothing of a document that bills none."""
    if "gross_tyiyn" not in facts:
        return []
    keys = ("net", "tax", "gross")
    row = [facts["tariff"], facts["item"], quantity_text(facts["quantity_thousandths"])]
    row += [format_som(facts[f"{key}_tyiyn"]) for key in keys]
    heads = [ui.word(f"ui.{key}") for key in ("tariff", "item", "quantity", *keys)]
    return ["", *table([row], heads, (2, 3, 4, 5))]
