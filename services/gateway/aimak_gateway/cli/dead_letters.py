"""dead-letters list|show|replay|drop."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from aimak.problems import NotFound, Problem

from aimak_gateway.cli import listing
from aimak_gateway.cli.connect import Api, connected
from aimak_gateway.cli.frame import Ui, command
from aimak_gateway.cli.installation import OWNERS
from aimak_gateway.cli.nouns import noun

Letter = Annotated[str, typer.Argument(help="The letter's id.")]
Reason = Annotated[str, typer.Option(help="Why; it is kept with your name.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = noun(app, "dead-letters", "Messages that no repetition mended.")

    @command(group, "list", lists=True)
    def listed(
        ui: Ui, state: Annotated[str, typer.Option(help="waiting, replayed, dropped or all.")] = "waiting"
    ) -> None:
        """All of them, by service.  Example: aimak dead-letters list"""
        with connected(ui) as api:
            letters = _all(api, state)
        keys = ("id", "part", "event", "first_seen", "state", "reason")
        listing.show(ui, letters, keys, [_row(ui, row) for row in letters])

    @command(group, "show")
    def show(ui: Ui, letter: Letter) -> None:
        """One with its body.  Example: aimak dead-letters show ID"""
        with connected(ui) as api:
            answer = api.get(f"/{_service(api, letter)}/dead-letters/{letter}")
        ui.result(answer, listing.pairs([ui.word(f"ui.{key}") for key in answer], answer.values()))

    _decisions(group)


def _decisions(group: typer.Typer) -> None:
    @command(group, "replay", changes=True)
    def replay(ui: Ui, letter: Letter, reason: Reason) -> None:
        """Send it to its service again.  Example: aimak dead-letters replay ID --reason 'account was added'"""
        _decide(ui, letter, "replay", reason)

    @command(group, "drop", changes=True)
    def drop(ui: Ui, letter: Letter, reason: Reason) -> None:
        """Decide that it is not to be handled.  Example: aimak dead-letters drop ID --reason 'test message'"""
        _decide(ui, letter, "drop", reason)


def _decide(ui: Ui, letter: str, decision: str, reason: str) -> None:
    with connected(ui) as api:
        answer = api.post(f"/{_service(api, letter)}/dead-letters/{letter}/{decision}", {"reason": reason})
    ui.result(answer, [f"{letter}: " + ui.word(f"ui.done_{decision}")])


def _row(ui: Ui, letter: dict[str, Any]) -> list[Any]:
    facts = [letter[key] for key in ("id", "service", "event")]
    return [*facts, letter["first_seen"][:19].replace("T", " "), ui.named("letter", letter["state"]), letter["reason"]]


def _all(api: Api, state: str) -> list[dict[str, Any]]:
    answers = [api.get(f"/{service}/dead-letters", state=state) for service in OWNERS]
    return [{**letter, "service": answer["service"]} for answer in answers for letter in answer["letters"]]


def _service(api: Api, letter: str) -> str:
    for row in _all(api, "all"):
        if row["id"] == letter:
            return str(row["service"])
    raise NotFound(Problem("AIM-K012", {"letter": letter}))
