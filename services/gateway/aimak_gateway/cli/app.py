"""The commands, noun by noun."""

from __future__ import annotations

import typer

from aimak_gateway.cli import (
    audit,
    billing,
    budget,
    corrections,
    cycle,
    dead_letters,
    explaining,
    importing,
    installation,
    ledger,
    meters,
    outages,
    payments,
    people,
    plugins,
    readings,
    reports,
    runs,
    serving,
    streets,
    tariffs,
)
from aimak_gateway.cli.spoken import SpokenGroup

EXAMPLES = """
Aimak bills a town's water, sewerage, waste and lighting.

Examples:

  aimak import readings readings.csv

  aimak cycle preview --period 2026-10

  aimak account show 0100042 --json
"""

app = typer.Typer(
    cls=SpokenGroup,
    help=EXAMPLES,
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
MODULES = (
    installation,
    people,
    importing,
    readings,
    meters,
    reports,
    tariffs,
    cycle,
    runs,
    billing,
    budget,
    corrections,
    streets,
    outages,
    ledger,
    audit,
    payments,
    plugins,
    dead_letters,
    serving,
    explaining,
)
for module in MODULES:
    module.register(app)


def main() -> None:
    """Run the command line."""
    app()
