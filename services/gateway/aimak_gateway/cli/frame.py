"""What every command has: its common options (`_COMMON`); exit codes; results on stdout, all else on stderr.

A command that changes something has --dry-run as well, one that lists has --csv and --xlsx."""

from __future__ import annotations

import functools
import inspect
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from aimak.languages import LANGUAGES
from aimak.problems import Problem, Refused

from aimak_gateway.cli.spoken import ASKED, SpokenCommand

WRONG_ROLE, WRONG_STATES = "AIM-K072", ("AIM-B031", "AIM-B108")
OK, FAILED, USAGE, NOT_FOUND, AUTH, VALIDATION, PARTIAL, INTERRUPTED = 0, 1, 2, 3, 4, 5, 6, 130
_EXITS = {401: AUTH, 403: AUTH, 404: NOT_FOUND, 422: VALIDATION, 400: VALIDATION, 413: VALIDATION}

Dump = Annotated[bool, typer.Option("--json", help="The result as one JSON object on stdout.")]
Lang = Annotated[str | None, typer.Option("--lang", help="ky, ru or en (default: AIMAK_LANG, the locale, en).")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")]
Verbose = Annotated[
    bool,
    typer.Option("--verbose", "-v", help="Tell on stderr what is asked of the installation, and how long it took."),
]
NoColor = Annotated[bool, typer.Option("--no-color", help="No colours; NO_COLOR in the environment does the same.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the trace of an unexpected error.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done; change nothing.")]
Csv = Annotated[Path | None, typer.Option("--csv", help="Write the list to this file, for a spreadsheet.")]
Xlsx = Annotated[Path | None, typer.Option("--xlsx", help="Write the list to this workbook.")]
_COMMON: dict[str, tuple[Any, Any]] = {
    "as_json": (Dump, False),
    "lang": (Lang, None),
    "quiet": (Quiet, False),
    "verbose": (Verbose, False),
    "no_color": (NoColor, False),
    "debug": (Debug, False),
}
_CHANGES: dict[str, tuple[Any, Any]] = {"dry_run": (DryRun, False)}
_LISTS: dict[str, tuple[Any, Any]] = {"csv": (Csv, None), "xlsx": (Xlsx, None)}


class Failed(Exception):
    """A command that ends with an exit code; `errors` as the API gives them."""

    def __init__(self, exit_code: int, errors: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(errors[0].get("message", "") if errors else "")
        self.exit_code = exit_code
        self.errors = errors


@dataclass(frozen=True)
class Ui:
    """Where a command's result and its progress go, and what it may do: change something or only try it (`dry_run`),
    give its list as a file. `name` is the command's: "bill list"."""

    as_json: bool
    lang: str
    quiet: bool
    debug: bool
    verbose: bool = False
    no_color: bool = False
    changes: bool = True
    dry_run: bool = False
    lists: bool = True
    csv: Path | None = None
    xlsx: Path | None = None
    name: str = ""

    @property
    def exports(self) -> bool:
        """Whether the list goes to a file, whole."""
        return bool(self.csv or self.xlsx)

    def result(
        self, data: Any, lines: Iterable[str] | Callable[[], Iterable[str]], next_step: str | None = None
    ) -> None:
        """Print the result: JSON with `data`, `errors` and `next`, or the lines. What was only tried has no next."""
        assert self.lists or self.changes or not isinstance(data, list), "a list is registered as such"
        following = None if self.dry_run else next_step
        if self.as_json:
            body = {"data": data, "errors": [], "next": following} | ({"dry_run": True} if self.dry_run else {})
            print(json.dumps(body, ensure_ascii=False))
            return
        for line in lines() if callable(lines) else lines:
            print(line)
        if self.dry_run:
            self.note(self.word("ui.nothing_changed"))
        if following:
            self.note(f"→ {following}")

    def note(self, text: str) -> None:
        """Say something on stderr that is not the result."""
        if not self.quiet:
            print(text, file=sys.stderr)

    def word(self, key: str, /, **fields: object) -> str:
        """A label or sentence of the gateway's catalogue."""
        from aimak.texts import translate

        return translate("aimak_gateway", key, self.lang, **fields) or key

    def named(self, kind: str, code: object) -> str:
        """What a code of that kind is called ("service", "water"), several with commas; the code itself where it has
        no name here, as others' plugins bring codes of their own."""
        if isinstance(code, list):
            return ", ".join(self.named(kind, one) for one in code)
        if code is None or code == "":
            return ""
        key = f"ui.{kind}.{code}"
        found = self.word(key)
        return str(code) if found == key else found

    def problem(self, problem: Problem) -> dict[str, Any]:
        """A problem as the API would give it, in this command's language."""
        from aimak import texts

        return {**problem.as_json(), "message": texts.text(problem, self.lang), "hint": texts.hint(problem, self.lang)}

    def errors(self, errors: Sequence[Mapping[str, Any]]) -> None:
        """Say what is wrong, on stderr; with --json the object goes there, and stdout stays empty."""
        if self.as_json:
            print(json.dumps({"data": None, "errors": list(errors), "next": None}, ensure_ascii=False), file=sys.stderr)
            return
        for error in errors:
            for line in error_lines(self, error):
                print(line, file=sys.stderr)


def error_lines(ui: Ui, error: Mapping[str, Any]) -> list[str]:
    """An error or warning as people read it: code, place, what is wrong; below it what mends it."""
    place, message = {key: at for key, at in (error.get("place") or {}).items() if at}, str(error["message"])
    if error["code"] == WRONG_ROLE:
        codes = str(error["fields"]["roles"])
        message = message.replace(codes, roles_spoken(ui, codes.split(", ")))
    if error["code"] in WRONG_STATES:
        state, step = str(error["fields"]["state"]), str(error["fields"]["command"])
        message = message.replace(state, ui.word(f"ui.state_{state}")).replace(f"«{step}»", ui.named("command", step))
    column = str(place.get("column", ""))
    if message.startswith(f"{place.get('path')}: "):
        del place["path"]  # The message begins with it.
    if column and message.startswith(f"{column}: "):
        message = message.removeprefix(f"{column}: ")
    elif column and not column.isdigit() and re.search(rf"\b{re.escape(column)}\b", message):
        del place["column"]  # The message names it.
    where = ", ".join(str(place[key]) if key == "file" else f"{ui.word(f'ui.at_{key}')} {place[key]}" for key in place)
    what = ui.word(f"ui.{error.get('severity', 'error')}")
    lines = [f"{what} {error['code']}: " + (f"{where}: " if where else "") + message]
    if error.get("hint"):
        lines.append(f"{ui.word('ui.hint')}: {error['hint']}")
    return lines


def roles_spoken(ui: Ui, roles: Iterable[str]) -> str:
    """Roles by name, and by the word that a command takes where that is another."""
    named = {role: ui.named("role", role) for role in roles}
    return ", ".join(name if name == role else f"{name} ({role})" for role, name in named.items())


def command(
    group: typer.Typer, name: str, *, changes: bool = False, lists: bool = False, **options: Any
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a command whose function takes the Ui first; the options that each has come by themselves.
    What `changes` something gets --dry-run, and alone may post; what `lists` gets --csv and --xlsx."""
    called = " ".join(word for word in (group.info.name, name) if isinstance(word, str))
    added = {**(_CHANGES if changes else {}), **(_LISTS if lists else {}), **_COMMON}

    def register(function: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(function)
        def run(**given: Any) -> None:
            common = {key: given.pop(key) for key in added}
            ui = Ui(
                **{**common, "lang": language(common["lang"] or ASKED.get())}, changes=changes, lists=lists, name=called
            )
            raise typer.Exit(guarded(ui, functools.partial(function, ui, **given)))

        own = [
            parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            for parameter in list(inspect.signature(function, eval_str=True).parameters.values())[1:]
        ]
        own += [
            inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
            for key, (annotation, default) in added.items()
        ]
        run.__signature__ = inspect.Signature(own)  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in own}
        del run.__wrapped__  # type: ignore[attr-defined]
        group.command(name, cls=SpokenCommand, **options)(run)
        return function

    return register


def guarded(ui: Ui, run: Callable[[], None]) -> int:
    """Run a command and turn what goes wrong into messages and an exit code; never a trace unless asked for."""
    code = OK
    try:
        code = _answered(ui, run)
        # Into a pipe the result still lies in the buffer: what goes wrong with it must go wrong here.
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has seen enough; closing stdout here keeps Python from complaining at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


def _answered(ui: Ui, run: Callable[[], None]) -> int:
    try:
        run()
    except typer.Exit as ended:
        return ended.exit_code
    except Failed as failed:
        ui.errors(failed.errors)
        return failed.exit_code
    except Refused as refused:
        ui.errors([ui.problem(problem) for problem in refused.problems])
        return _EXITS.get(refused.status, FAILED)
    except (KeyboardInterrupt, typer.Abort):
        ui.note(ui.word("ui.interrupted"))
        return INTERRUPTED
    except BrokenPipeError:
        raise
    except Exception as unexpected:
        if ui.debug:
            raise
        ui.errors([ui.problem(_unexpected(unexpected))])
        return FAILED
    return OK


def _unexpected(error: Exception) -> Problem:
    """What nobody foresaw; of a file that cannot be opened or written at least which."""
    if isinstance(error, OSError) and error.filename:
        return Problem("AIM-G094", {"file": str(error.filename)})
    return Problem("AIM-G099", {"kind": type(error).__name__, "text": str(error)})


def exit_code(status: int) -> int:
    """The exit code for an HTTP status."""
    return _EXITS.get(status, FAILED)


def language(asked: str | None) -> str:
    """The language of this run: asked for, AIMAK_LANG, the locale, English."""
    if asked in LANGUAGES:
        return str(asked)
    found = os.environ.get("AIMAK_LANG") or os.environ.get("LC_ALL") or os.environ.get("LANG") or "en"
    return found[:2] if found[:2] in LANGUAGES else "en"


def table(rows: Sequence[Sequence[object]], heads: Sequence[str] | None, right: Iterable[int] = ()) -> list[str]:
    """Rows below their heads, if any, in aligned columns; `right` names the columns of numbers."""
    texts = [[str(cell) if cell is not None else "" for cell in row] for row in rows]
    measured = [list(heads), *texts] if heads else texts
    widths = [max(map(len, column)) for column in zip(*measured, strict=True)]
    numbers = set(right)

    def line(cells: Sequence[str]) -> str:
        padded = (
            cell.rjust(width) if place in numbers else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return "  ".join(padded).rstrip()

    above = [line(list(heads)), "  ".join("─" * width for width in widths)] if heads else []
    return [*above, *map(line, texts)]
