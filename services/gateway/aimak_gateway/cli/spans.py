"""Options that name a span of days."""

from __future__ import annotations

from typing import Annotated

import typer

Period = Annotated[str | None, typer.Option(help="The month: 2026-10")]
Since = Annotated[str | None, typer.Option("--from", help="Or the first day: 2026-10-01.")]
Until = Annotated[str | None, typer.Option("--to", help="And the last day: 2026-10-31.")]
