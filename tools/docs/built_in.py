"""The built-in plugins of a kind, for pages that are made from them."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import TypeVar

Kind = TypeVar("Kind")


def built_in(package: ModuleType, kind: type[Kind]) -> Iterator[type[Kind]]:
    """The classes of a kind in a package of plugins, by their folders' names."""
    for folder in pkgutil.iter_modules(package.__path__):
        module = import_module(f"{package.__name__}.{folder.name}.plugin")
        yield from (
            one
            for one in vars(module).values()
            if isinstance(one, type) and issubclass(one, kind) and one.__module__ == module.__name__
        )
