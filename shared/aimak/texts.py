"""Texts of problems and labels, from the gettext catalogue of the distribution that owns the code."""

from __future__ import annotations

import re
import string
from functools import cache
from importlib import resources, util

from babel.messages.pofile import read_po

from aimak.languages import DEFAULT_LANGUAGE, LANGUAGES
from aimak.problems import Problem

__all__ = ["DEFAULT_LANGUAGE", "LANGUAGES", "catalogue", "codes", "hint", "template", "text", "translate"]

# The letter after "AIM-" names the owner of a code.
OWNERS = {
    "K": "aimak",
    "F": "aimak",
    "X": "aimak",
    "B": "aimak_billing",
    "T": "aimak_billing",
    "M": "aimak_metering",
    "P": "aimak_payments",
    "N": "aimak_notifications",
    "G": "aimak_gateway",
}


_CODE = re.compile(r"AIM-[A-Z]\d{3}")


class _Lenient(string.Formatter):
    """A placeholder without a field stays visible instead of hiding the problem behind a KeyError."""

    def get_value(self, key: int | str, args: object, kwargs: object) -> object:
        assert isinstance(kwargs, dict)
        return kwargs.get(key, "{" + str(key) + "}")


@cache
def catalogue(package: str, lang: str) -> dict[str, str]:
    """Message id → text of one package in one language; empty where the package has no such catalogue."""
    if util.find_spec(package) is None:
        return {}
    file = resources.files(package) / "locale" / f"{lang}.po"
    if not file.is_file():
        return {}
    with file.open("rb") as stream:
        return {str(entry.id): str(entry.string) for entry in read_po(stream, locale=lang) if entry.id and entry.string}


def translate(package: str, msgid: str, lang: str, /, **fields: object) -> str | None:
    """The text of `msgid` with its fields filled in; falls back to Russian, then English; None where nobody has it."""
    for language in (lang, DEFAULT_LANGUAGE, "en"):
        text = catalogue(package, language).get(msgid)
        if text is not None:
            return _Lenient().vformat(text, (), fields)
    return None


def _owner(code: str) -> str:
    return OWNERS.get(code.partition("-")[2][:1], "aimak")


def text(problem: Problem, lang: str) -> str:
    """What is wrong, in the reader's language; the code and fields themselves where no catalogue has the code."""
    reason = {"reason": "; ".join(_inner(inner, lang) for inner in problem.inner)} if problem.inner else {}
    found = translate(_owner(problem.code), problem.code, lang, **{**problem.fields, **reason})
    return found or f"{problem.code} " + ", ".join(f"{key}={value}" for key, value in problem.fields.items())


def _inner(problem: Problem, lang: str) -> str:
    path = problem.place.path if problem.place else None
    return f"{path}: {text(problem, lang)}" if path else text(problem, lang)


def hint(problem: Problem, lang: str) -> str | None:
    """What mends it, in the reader's language."""
    return translate(_owner(problem.code), f"{problem.code}.hint", lang, **problem.fields)


def template(code: str, lang: str) -> tuple[str, str]:
    """What a code says and what mends it, the names of its fields in braces; empty where there is no such text."""
    owner = _owner(code)
    return translate(owner, code, lang) or "", translate(owner, f"{code}.hint", lang) or ""


def codes() -> list[str]:
    """The codes of everything that is installed here."""
    return sorted(
        code for package in set(OWNERS.values()) for code in catalogue(package, "en") if _CODE.fullmatch(code)
    )
