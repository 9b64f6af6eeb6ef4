"""The languages that people are spoken to in. Another one is a name here and a catalogue in each `locale/`."""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGES = ("ky", "ru", "en")
DEFAULT_LANGUAGE = "ru"


def spoken(names: Mapping[str, str], lang: str) -> str:
    """What something is called in a language; where it has no such name, by its Russian one, as texts are, else by any;
    empty where it has none."""
    return names.get(lang) or names.get(DEFAULT_LANGUAGE) or next(filter(None, names.values()), "")
