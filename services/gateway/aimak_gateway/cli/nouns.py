"""A noun of the command line: a group of verbs."""

from __future__ import annotations

import typer

from aimak_gateway.cli.spoken import SpokenGroup


def noun(app: typer.Typer, name: str, about: str) -> typer.Typer:
    """Add a group to the application."""
    group = typer.Typer(cls=SpokenGroup, help=about, no_args_is_help=True, rich_markup_mode=None)
    app.add_typer(group, name=name)
    return group
