"""dead-letters list|show|replay|drop."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from aimak.problems import NotFound, Problem

from aimak_gateway.cli.connect import Api, connected
from aimak_gateway.cli.frame import Ui, command, table
from aimak_gateway.cli.installation import OWNERS
from aimak_gateway.cli.nouns import noun

Letter = Annotated[str, typer.Argument(help="The letter's id.")]
Reason = Annotated[str, typer.Option(help="Why; it is kept with your name.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = noun(app, "dead-letters", "Messages that no repetition mended.")

    @command(group, "list")
    def listed(
        ui: Ui, state: Annotated[str, typer.Option(help="waiting, replayed, dropped or all.")] = "waiting"
    ) -> None:
        """All of them, by service.  Example: aimak dead-letters list"""
        with connected(ui) as api:
            letters = _all(api, state)
        keys = ("id", "service", "event", "first_seen", "state", "reason")
        ui.result(
            letters, table([[row[key] for key in keys] for row in letters], [ui.word(f"ui.{key}") for key in keys])
        )

    @command(group, "show")
    def show(ui: Ui, letter: Letter) -> None:
        """One with its body.  Example: aimak dead-letters show ID"""
        with connected(ui) as api:
            answer = api.get(f"/{_service(api, letter)}/dead-letters/{letter}")
        ui.result(answer, [f"{key}: {value}" for key, value in answer.items()])

    _decisions(group)


def _decisions(group: typer.Typer) -> None:
    @command(group, "replay")
    def replay(ui: Ui, letter: Letter, reason: Reason) -> None:
        """Send it to its service again.  Example: aimak dead-letters replay ID --reason 'account was added'"""
        _decide(ui, letter, "replay", reason)

    @command(group, "drop")
    def drop(ui: Ui, letter: Letter, reason: Reason) -> None:
        """Decide that it is not to be handled.  Example: aimak dead-letters drop ID --reason 'test message'"""
        _decide(ui, letter, "drop", reason)


def _decide(ui: Ui, letter: str, decision: str, reason: str) -> None:
    with connected(ui) as api:
        answer = api.post(f"/{_service(api, letter)}/dead-letters/{letter}/{decision}", {"reason": reason})
    ui.result(answer, [f"{letter}: {decision}"])


def _all(api: Api, state: str) -> list[dict[str, Any]]:
    answers = [api.get(f"/{service}/dead-letters", state=state) for service in OWNERS]
    return [{**letter, "service": answer["service"]} for answer in answers for letter in answer["letters"]]


def _service(api: Api, letter: str) -> str:
    for row in _all(api, "all"):
        if row["id"] == letter:
            return str(row["service"])
    raise NotFound(Problem("AIM-K012", {"letter": letter}))
