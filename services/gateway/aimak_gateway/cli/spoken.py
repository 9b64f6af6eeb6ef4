"""Help in the reader's language: what a command does and what its options mean, looked up by the English text.

A slip of the finger is told in that language, too (`usage`)."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from difflib import get_close_matches
from typing import Any

from aimak.languages import LANGUAGES
from aimak.problems import Problem
from typer._click.exceptions import UsageError
from typer.core import TyperCommand, TyperGroup

EXAMPLE, EXAMPLES = "Example:", "Examples:"
_QUOTED = re.compile(r"([\"'])(.*?)\1", re.DOTALL)
# More than any help has: a command is listed with the whole first sentence of its own.
_WHOLE = 1_000
# What is to be typed there, in words; each is found in the catalogues as any other help.
TYPES = {
    "<str>": "<text>",
    "<list[str]>": "<text>",
    "<int>": "<number>",
    "<int range>": "<number>",
    "<path>": "<file>",
    "<list[Path]>": "<file>",
    "<%Y-%m-%d>": "<date>",
    "<%Y-%m-%dT%H:%M|%Y-%m-%d>": "<moment>",
}
# How like a word must be to be named as what was probably meant: "cycel" is, "list" is no "split".
LIKENESS = 0.7
# The language that --lang asks for, before anything is parsed.
ASKED: ContextVar[str | None] = ContextVar("asked", default=None)


class Wrong(UsageError):
    """What cannot be understood, as a problem with what was probably meant."""

    def __init__(self, problem: Problem, ctx: Any, close: Sequence[str] = ()) -> None:
        super().__init__(problem.code, ctx)
        self.problem = problem
        self.possibilities = close


def spoken(text: str | None) -> str | None:
    """A help text in the language of the environment; as it stands where the catalogue has no other."""
    from aimak_gateway.cli.frame import language

    lang = language(ASKED.get())
    if not text or lang == "en":
        return text
    from aimak.texts import catalogue

    words = catalogue("aimak_gateway", lang)
    first, _, more = text.strip().partition("\n\n")
    if more and f"help.{first}" in words:
        more = _QUOTED.sub(lambda quoted: _typed(quoted, words), more)
        more = more.replace(EXAMPLES, words["ui.examples"]).replace(EXAMPLE, words["ui.example"])
        return f"{words[f'help.{first}']}\n\n{more}"
    about, mark, example = " ".join(text.split()).partition(EXAMPLE)
    found = words.get(f"help.{about.strip()}")
    if found is None:
        return text
    example = _QUOTED.sub(lambda quoted: _typed(quoted, words), example)
    return f"{found}  {words['ui.example']} {example.strip()}" if mark else found


def _typed(quoted: re.Match[str], words: Mapping[str, str]) -> str:
    """What somebody would say there in the reader's language; what is no sentence of ours stays."""
    mark, text = quoted.groups()
    return f"{mark}{words.get(f'example.{text}', text)}{mark}"


def _said(text: str) -> str:
    """A word of the frame around a help, in the reader's language."""
    return spoken(text) or text


class _Spoken:
    """A command or group whose help is asked for in another language than it was written in."""

    _written: str | None = None
    get_params: Any
    collect_usage_pieces: Any

    @property
    def help(self) -> str | None:
        """The help text, in the reader's language."""
        return spoken(self._written)

    @help.setter
    def help(self, text: str | None) -> None:
        self._written = text

    def format_usage(self, ctx: Any, formatter: Any) -> None:
        """How it is typed."""
        pieces = " ".join(_said(piece) for piece in self.collect_usage_pieces(ctx))
        formatter.write_usage(ctx.command_path, pieces, prefix=f"{_said('Usage')}: ")

    def format_parameters(self, ctx: Any, formatter: Any) -> None:
        """The arguments and the options, each with its help in the reader's language."""
        rows: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
        for parameter in self.get_params(ctx):
            if getattr(parameter, "help", None):
                parameter.help = spoken(parameter.help)
            if record := parameter.get_help_record(ctx):
                name, about = record
                for written, kind in TYPES.items():
                    name = name.replace(written, _said(kind))
                for mark in ("[required]", "[default:"):
                    about = about.replace(mark, _said(mark))
                rows["Arguments" if parameter.param_type_name == "argument" else "Options"].append((name, about))
        for heading, records in rows.items():
            if records:
                with formatter.section(_said(heading)):
                    formatter.write_dl(records)


def printable(typed: str) -> str:
    """What was typed, without what would move a terminal's cursor."""
    return "".join(sign if sign.isprintable() else "?" for sign in typed)


def _asked(words: Sequence[str]) -> str | None:
    for place, word in enumerate(words):
        if word.startswith("--lang="):
            return word.partition("=")[2]
        if word == "--lang" and place + 1 < len(words):
            return words[place + 1]
    return None


def _without_language(words: Sequence[str]) -> tuple[list[str], str | None]:
    """A noun's words without a --lang among its own options, and the language."""
    own = next((place for place, word in enumerate(words) if not word.startswith("-")), len(words))
    for place, word in enumerate(words[:own]):
        if word.startswith("--lang="):
            return [*words[:place], *words[place + 1 :]], word.partition("=")[2]
        if word == "--lang" and place + 1 < len(words):
            return [*words[:place], *words[place + 2 :]], words[place + 1]
    return list(words), None


def _known_language(ctx: Any, asked: str | None) -> None:
    """Raises Wrong for a --lang that nothing is written in."""
    if asked is not None and asked not in LANGUAGES:
        told = {"name": "--lang", "value": printable(asked), "known": ", ".join(LANGUAGES)}
        raise Wrong(Problem("AIM-G090", told), ctx, get_close_matches(asked, LANGUAGES))


class SpokenCommand(_Spoken, TyperCommand):
    """A command."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take what was typed apart. Raises Wrong where words are left over."""
        ctx.allow_extra_args = True
        try:
            left = super().parse_args(ctx, args)
        except UsageError as slip:
            # The parser leaves out where it was when a value is missing.
            slip.ctx = slip.ctx or ctx
            raise
        if left and not ctx.resilient_parsing:
            raise Wrong(Problem("AIM-G080", {"words": printable(" ".join(left))}), ctx)
        _known_language(ctx, ctx.params.get("lang"))
        return left

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """What it takes."""
        self.format_parameters(ctx, formatter)


class SpokenGroup(_Spoken, TyperGroup):
    """A noun."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run what was typed. By itself (`standalone_mode`) it ends the process with the exit code."""
        from aimak_gateway.cli import usage

        words = list(sys.argv[1:] if args is None else args)
        ASKED.set(_asked(words))

        def run() -> Any:
            return super(SpokenGroup, self).main(words, prog_name, complete_var, False, windows_expand_args, **extra)

        if not standalone_mode:
            return run()
        sys.exit(usage.ended(run, words))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take what was typed apart; --lang may stand before the verb as well as behind it."""
        left, asked = _without_language(args)
        _known_language(ctx, asked)
        parsed: list[str] = super().parse_args(ctx, left)
        return parsed

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command of that name. Raises Wrong with the names like it."""
        name = args[0]
        if self.get_command(ctx, name) is None and not ctx.resilient_parsing and not name.startswith("-"):
            close = get_close_matches(name, self.list_commands(ctx), cutoff=LIKENESS)
            raise Wrong(Problem("AIM-G089", {"name": printable(name)}), ctx, close)
        return super().resolve_command(ctx, args)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """What it takes, and its verbs."""
        self.format_parameters(ctx, formatter)
        verbs = [(name, verb) for name in self.list_commands(ctx) if (verb := self.get_command(ctx, name))]
        if verbs:
            with formatter.section(_said("Commands")):
                formatter.write_dl([(name, verb.get_short_help_str(_WHOLE)) for name, verb in verbs])
