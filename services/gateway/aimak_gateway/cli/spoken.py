"""Help in the reader's language: what a command does and what its options mean, looked up by the English text."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand, TyperGroup

EXAMPLE, EXAMPLES = "Example:", "Examples:"


def spoken(text: str | None) -> str | None:
    """A help text in the language of the environment; as it stands where the catalogue has no other."""
    from aimak_gateway.cli.frame import language

    lang = language(None)
    if not text or lang == "en":
        return text
    from aimak.texts import catalogue

    words = catalogue("aimak_gateway", lang)
    first, _, more = text.strip().partition("\n\n")
    if more and f"help.{first}" in words:
        more = more.replace(EXAMPLES, words["ui.examples"]).replace(EXAMPLE, words["ui.example"])
        return f"{words[f'help.{first}']}\n\n{more}"
    about, mark, example = " ".join(text.split()).partition(EXAMPLE)
    found = words.get(f"help.{about.strip()}")
    if found is None:
        return text
    return f"{found}  {words['ui.example']} {example.strip()}" if mark else found


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
        pieces = " ".join(self.collect_usage_pieces(ctx))
        formatter.write_usage(ctx.command_path, pieces, prefix=f"{_said('Usage')}: ")

    def format_parameters(self, ctx: Any, formatter: Any) -> None:
        """The arguments and the options, each with its help in the reader's language."""
        rows: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
        for parameter in self.get_params(ctx):
            if getattr(parameter, "help", None):
                parameter.help = spoken(parameter.help)
            if record := parameter.get_help_record(ctx):
                name, about = record
                for mark in ("[required]", "[default:"):
                    about = about.replace(mark, _said(mark))
                rows["Arguments" if parameter.param_type_name == "argument" else "Options"].append((name, about))
        for heading, records in rows.items():
            if records:
                with formatter.section(_said(heading)):
                    formatter.write_dl(records)


class SpokenCommand(_Spoken, TyperCommand):
    """A command."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """What it takes."""
        self.format_parameters(ctx, formatter)


class SpokenGroup(_Spoken, TyperGroup):
    """A noun."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """What it takes, and its verbs."""
        self.format_parameters(ctx, formatter)
        verbs = [(name, verb) for name in self.list_commands(ctx) if (verb := self.get_command(ctx, name))]
        if verbs:
            room = formatter.width - 6 - max(len(name) for name, _ in verbs)
            with formatter.section(_said("Commands")):
                formatter.write_dl([(name, verb.get_short_help_str(room)) for name, verb in verbs])
