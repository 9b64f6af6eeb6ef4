"""help: what a code means, without a data folder or a server."""

from __future__ import annotations

import re
from typing import Annotated

import typer
from aimak.problems import NotFound, Problem
from typer._click.globals import get_current_context

from aimak_gateway.cli.frame import Ui, command
from aimak_gateway.cli.spoken import printable

_FIELD = re.compile(r"\{(\w+)\}")


def register(app: typer.Typer) -> None:
    """Add the command."""

    @command(app, "help")
    def explain(
        ui: Ui,
        code: Annotated[str | None, typer.Argument(help="The code of an error or warning, as it was printed.")] = None,
    ) -> None:
        """What an error code means and what mends it.  Example: aimak help AIM-M012"""
        if code is None:
            commands = get_current_context().find_root().get_help()
            return ui.result({"help": commands}, [commands])
        # The catalogues' reader takes longer to load than the rest of the command line.
        from aimak import texts

        known = _known(code, ui.lang)
        means, mends = (_with_names(text) for text in texts.template(known, ui.lang))
        lines = [f"{known}: {means}", *([f"{ui.word('ui.hint')}: {mends}"] if mends else [])]
        ui.result({"code": known, "message": means, "hint": mends or None}, lines)


def _known(typed: str, lang: str) -> str:
    """The code that is meant. Raises NotFound, with those like it."""
    from difflib import get_close_matches

    from aimak import texts

    code = typed.strip(" :").upper()
    code = code if code.startswith("AIM-") else f"AIM-{code}"
    if texts.template(code, lang)[0]:
        return code
    close = get_close_matches(code, texts.codes())
    problem = Problem("AIM-G095", {"code": printable(typed), "close": ", ".join(close)})
    raise NotFound(problem if close else Problem("AIM-G096", {"code": printable(typed)}))


def _with_names(text: str) -> str:
    """A text with the places marked where an occurrence has its own words."""
    return _FIELD.sub(r"‹\1›", text)
