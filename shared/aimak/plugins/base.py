"""What every plugin of every kind says of itself."""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping
from typing import ClassVar

from aimak.languages import LANGUAGES

__all__ = ["LANGUAGES", "Plugin"]


class Plugin(ABC):
    """The root of all plugin kinds. A plugin is a class named by an entry point; its metadata are class attributes
    and its distribution's own, there is no second manifest."""

    code: ClassVar[str]
    """Short, lower case, unique within its kind: it stands in files, tables and commands."""

    interface_version: ClassVar[int]
    """The version of the kind's interface it was written for."""

    names: ClassVar[Mapping[str, str]]
    """What people read, by language: ky, ru, en."""

    @classmethod
    def check_ready(cls) -> list[str]:
        """What is still missing before it can work, in plain words; empty when ready. Called at start-up and by
        `aimak plugins check`; must not call out and may be repeated."""
        return []
