"""Every command of the command line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import typer
from aimak_gateway.cli.app import app


def commands(group: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every command with the words that name it."""
    for name, command in group.items():
        if inner := getattr(command, "commands", None):
            yield from commands(inner, (*path, name))
        else:
            yield " ".join((*path, name)), command


ALL = dict(commands(typer.main.get_command(app).commands))  # type: ignore[attr-defined]
