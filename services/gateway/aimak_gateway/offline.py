"""What the command line works out by itself, from a file alone. Only the embedded runtime imports more of a service."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from aimak.problems import Problem, Refused
from aimak_billing.quotes import FORMATS, Question, quote_file, translated_file
from aimak_billing.tariff_file import text_of

from aimak_gateway.cli.brought import existing

__all__ = ["quoted", "translated"]


def quoted(
    file: Path,
    form: str,
    customer_class: str,
    *,
    usage: str | None,
    unit: str | None,
    service: str | None,
    provider: str | None,
    day: str | None,
    values: Mapping[str, str],
    lang: str,
) -> dict[str, Any]:
    """Lines, total and currency of a bill by a tariff file. Raises Refused."""
    text = _text(file, form)
    asked = Question(customer_class, usage, unit, service, provider, _day(day), values, lang)
    return quote_file(text, str(file), form, asked)


def translated(file: Path, form: str, provider: str) -> str:
    """Tariffs of another form as a tariff file of ours. Raises Refused."""
    return translated_file(_text(file, form), str(file), provider)


def _text(file: Path, form: str) -> str:
    if form not in FORMATS:
        raise Refused(Problem("AIM-G032", {"value": form, "known": ", ".join(FORMATS)}))
    return text_of(existing(file).read_bytes(), str(file))


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Refused(Problem("AIM-G034", {"value": str(text)})) from None
