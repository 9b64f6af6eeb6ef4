"""A noun of the command line: a group of verbs, built when somebody asks for one of them."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import typer

from aimak_gateway.cli.spoken import SpokenGroup


def noun(app: typer.Typer, name: str, about: str) -> typer.Typer:
    """Add a group to the application."""
    verbs = typer.Typer(name=name, rich_markup_mode=None)

    class Noun(SpokenGroup):
        """The group on the command line; what is typed is of one noun, so the others' verbs are never built."""

        _built: MutableMapping[str, Any] | None = None

        @property
        def commands(self) -> MutableMapping[str, Any]:
            """The verbs by name."""
            if self._built is None:
                self._built = typer.main.get_group(verbs).commands
            return self._built

        @commands.setter
        def commands(self, none: MutableMapping[str, Any]) -> None:
            assert not none, "verbs are registered with what `noun` gives"

    app.add_typer(typer.Typer(cls=Noun, help=about, no_args_is_help=True, rich_markup_mode=None), name=name)
    return verbs
