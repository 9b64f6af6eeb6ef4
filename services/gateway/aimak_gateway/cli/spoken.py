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
        return "\n\n".join([words[f"help.{first}"], more.replace(EXAMPLES, words["ui.examples"])])
    about, mark, example = " ".join(text.split()).partition(EXAMPLE)
    found = words.get(f"help.{about.strip()}")
    if found is None:
        return text
    return f"{found}  {words['ui.example']} {example.strip()}" if mark else found


class _Spoken:
    """A command or group whose help is asked for in another language than it was written in."""

    _written: str | None = None

    @property
    def help(self) -> str | None:
        """The help text, in the reader's language."""
        return spoken(self._written)

    @help.setter
    def help(self, text: str | None) -> None:
        self._written = text


class SpokenCommand(_Spoken, TyperCommand):
    """A command."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """The options, each with its help in the reader's language."""
        for parameter in self.get_params(ctx):
            if getattr(parameter, "help", None):
                parameter.help = spoken(parameter.help)
        super().format_options(ctx, formatter)


class SpokenGroup(_Spoken, TyperGroup):
    """A noun."""
