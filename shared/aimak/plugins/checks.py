"""Whether a loaded object keeps the contract of its kind: looked at when it starts, not at the first call."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping

from aimak.plugins.base import LANGUAGES, Plugin
from aimak.problems import Problem

CODE = re.compile(r"[a-z][a-z0-9_]{0,31}")


def broken_contract(name: str, loaded: object, interface: type[Plugin], version: int) -> Problem | None:
    """The first thing in which `loaded` is no sound `interface` of `version`; None when all is well."""
    if not isinstance(loaded, type) or not issubclass(loaded, interface):
        return Problem("AIM-X002", {"name": name, "interface": interface.__name__})
    if getattr(loaded, "interface_version", None) != version:
        stated = getattr(loaded, "interface_version", None)
        return Problem("AIM-X003", {"name": name, "version": str(stated), "supported": version})
    missing = sorted(loaded.__abstractmethods__)
    if missing:
        return Problem("AIM-X004", {"name": name, "methods": ", ".join(missing)})
    for method in _methods(interface):
        if not _callable_as(getattr(interface, method), getattr(loaded, method)):
            signature = str(inspect.signature(getattr(interface, method)))
            return Problem("AIM-X005", {"name": name, "method": method, "signature": signature})
    reason = _bad_metadata(loaded, interface)
    return Problem("AIM-X007", {"name": name, "reason": reason}) if reason else None


def _methods(interface: type[Plugin]) -> list[str]:
    """Public methods of the interface that a host may call, the constructor included."""
    public = [name for name, value in inspect.getmembers(interface, callable) if not name.startswith("_")]
    return [*public, "__init__"] if "__init__" in vars(interface) else public


def _callable_as(promised: object, given: object) -> bool:
    """Whether every call that fits the promised signature fits the given one."""
    if promised is given:
        return True
    if not callable(promised) or not callable(given):
        return False
    mine, theirs = inspect.signature(promised).parameters, inspect.signature(given).parameters
    kinds = {parameter.kind for parameter in theirs.values()}
    for place, (name, parameter) in enumerate(mine.items()):
        other = theirs.get(name)
        if other is None:
            by_position = parameter.kind is inspect.Parameter.POSITIONAL_ONLY and len(theirs) > place
            anything = inspect.Parameter.VAR_POSITIONAL in kinds and inspect.Parameter.VAR_KEYWORD in kinds
            if not (by_position or anything):
                return False
        elif other.kind is not parameter.kind or (
            parameter.default is not inspect.Parameter.empty and other.default is inspect.Parameter.empty
        ):
            return False
    return all(
        name in mine
        or other.default is not inspect.Parameter.empty
        or other.kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        for name, other in theirs.items()
    )


def _bad_metadata(plugin: type[Plugin], interface: type[Plugin]) -> str | None:
    # Names only: the types may be imported for type checkers alone.
    promised = {name for base in interface.__mro__ for name in vars(base).get("__annotations__", {})}
    absent = sorted(name for name in promised if not name.startswith("_") and not hasattr(plugin, name))
    if absent:
        return f"no {', '.join(absent)}"
    if not isinstance(plugin.code, str) or not CODE.fullmatch(plugin.code):
        return f"code {plugin.code!r}"
    names = plugin.names
    if not isinstance(names, Mapping) or not all(isinstance(names.get(language), str) for language in LANGUAGES):
        return f"names in {', '.join(LANGUAGES)}"
    return None
