"""What was typed and cannot be understood: told in the reader's language, with what was probably meant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from difflib import SequenceMatcher
from typing import Any

from aimak.problems import Problem
from typer import Abort
from typer._click.exceptions import (
    BadOptionUsage,
    BadParameter,
    MissingParameter,
    NoArgsIsHelpError,
    NoSuchOption,
    UsageError,
)

from aimak_gateway.cli.frame import INTERRUPTED, OK, USAGE, Ui, language
from aimak_gateway.cli.spoken import ASKED, LIKENESS, Wrong, printable, spoken

_BELOW = "greater_than_equal"


def ended(run: Callable[[], Any], words: Sequence[str]) -> int:
    """Run what was typed; the exit code. A slip is told on stderr, with --json as an object."""
    ui = Ui(as_json="--json" in words, lang=language(ASKED.get()), quiet=False, debug=False)
    try:
        return run() or OK
    except Abort:
        ui.note(ui.word("ui.interrupted"))
        return INTERRUPTED
    except NoArgsIsHelpError as asked:
        ui.note(asked.format_message())
    except UsageError as error:
        if error.ctx is not None and not ui.as_json:
            ui.note(error.ctx.get_usage())
        ui.errors([{**ui.problem(_problem(error)), "hint": _hint(ui, error)}])
    return USAGE


def _hint(ui: Ui, error: UsageError) -> str:
    """What was probably meant, and where the help is."""
    close = sorted(getattr(error, "possibilities", None) or ())
    if isinstance(error, NoSuchOption):
        close = [
            name
            for name in close
            if SequenceMatcher(None, error.option_name.strip("-"), name.strip("-")).ratio() >= LIKENESS
        ]
    meant = ui.word("ui.did_you_mean", words=", ".join(close)) if close else ""
    path = error.ctx.command_path if error.ctx else "aimak"
    return f"{meant} {ui.word('ui.see_help', command=f'{path} --help')}".strip()


def _problem(error: UsageError) -> Problem:
    """The slip as a value."""
    if isinstance(error, Wrong):
        return error.problem
    if isinstance(error, NoSuchOption):
        return Problem("AIM-G081", {"option": printable(error.option_name)})
    if isinstance(error, BadOptionUsage):
        takes = "does not take" not in error.message
        return Problem("AIM-G082" if takes else "AIM-G083", {"option": error.option_name})
    if isinstance(error, BadParameter) and error.param is not None:
        return _of_parameter(error, error.param)
    return Problem("AIM-G088")


def _of_parameter(error: BadParameter, parameter: Any) -> Problem:
    """What is missing, or is no number and no date."""
    name = parameter.opts[0] if parameter.param_type_name == "option" else parameter.display_name_raw
    if isinstance(error, MissingParameter):
        about = spoken(parameter.help) or ""
        return Problem("AIM-G084", {"name": name, "about": about.rstrip(".")})
    found = error.__cause__.errors()[0]  # type: ignore[union-attr]
    given = {"name": name, "value": printable(str(found["input"]))}
    if parameter.type_descriptor.annotation is datetime:
        return Problem("AIM-G085", given)
    if found["type"] == _BELOW:
        return Problem("AIM-G087", {**given, "least": found["ctx"]["ge"]})
    return Problem("AIM-G086", given)
