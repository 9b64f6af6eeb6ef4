"""Options that name a span of days."""

from __future__ import annotations

from typing import Annotated

import typer
from aimak.period import Period as Month

Period = Annotated[str | None, typer.Option(help="The month: 2026-10")]
Since = Annotated[str | None, typer.Option("--from", help="Or the first day: 2026-10-01.")]
Until = Annotated[str | None, typer.Option("--to", help="And the last day: 2026-10-31.")]


def first_and_last(period: str | None, since: str | None, until: str | None) -> dict[str, str | None]:
    """The days that a month or a span names, as those ask for them who know no months. Raises ValueError."""
    if period is None:
        return {"from": since, "to": until}
    month = Month.month(period)
    return {"from": month.start.isoformat(), "to": month.last_day.isoformat()}
