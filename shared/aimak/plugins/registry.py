"""Finds plugins by entry point, takes those that keep the contract and says why it left the others out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar

from aimak.plugins.base import Plugin
from aimak.plugins.checks import broken_contract
from aimak.problems import Problem

T = TypeVar("T", bound=Plugin)
UNKNOWN_DISTRIBUTION = "?"


@dataclass(frozen=True)
class Refusal:
    """A plugin that was left out: its entry point's name, its distribution and the reason."""

    name: str
    distribution: str
    problem: Problem


@dataclass(frozen=True)
class Registry(Generic[T]):
    """The plugins of one kind that run here, as classes, and those that were refused."""

    group: str
    version: int
    plugins: Mapping[str, type[T]] = field(default_factory=dict)
    distributions: Mapping[str, str] = field(default_factory=dict)
    refused: tuple[Refusal, ...] = ()

    def get(self, code: str) -> type[T] | None:
        """The plugin of that code; None where there is none."""
        return self.plugins.get(code)

    def all(self) -> tuple[tuple[str, type[T]], ...]:
        """Every plugin with its code, in the order of codes."""
        return tuple(sorted(self.plugins.items()))

    def codes(self) -> tuple[str, ...]:
        """The codes that are known here, in order."""
        return tuple(sorted(self.plugins))

    def distribution(self, code: str) -> str:
        """Name and version of the distribution that brought the plugin."""
        return self.distributions[code]

    def described(self) -> tuple[tuple[str, str, str], ...]:
        """Code, distribution and its version of every plugin, in the order of codes."""
        return tuple((code, *self.distributions[code].partition(" ")[::2]) for code in self.codes())


def discover(
    group: str, interface: type[T], version: int, host: str | None = None, found: Iterable[EntryPoint] | None = None
) -> Registry[T]:
    """Load every entry point of `group` that is a sound `interface` of that version.

    A code belongs to the first that claims it: the host's own distribution goes first, then by distribution and
    name, so that two starts of the same installation agree. Nothing a plugin does while it loads stops the others.
    `found` stands in for the installed entry points in tests.
    """
    points = sorted(entry_points(group=group) if found is None else found, key=lambda point: _rank(point, host))
    plugins: dict[str, type[T]] = {}
    distributions: dict[str, str] = {}
    refused: list[Refusal] = []
    for point in points:
        origin = _distribution(point)
        taken = _load(point, interface, version)
        if not isinstance(taken, Problem) and taken.code in plugins:
            taken = Problem("AIM-X006", {"name": point.name, "code": taken.code, "owner": distributions[taken.code]})
        if isinstance(taken, Problem):
            refused.append(Refusal(point.name, origin, taken))
            continue
        plugins[taken.code], distributions[taken.code] = taken, origin
    return Registry(group, version, plugins, distributions, tuple(refused))


def _load(point: EntryPoint, interface: type[T], version: int) -> type[T] | Problem:
    # SystemExit too: a module that calls sys.exit while it is imported must not end its host.
    try:
        loaded = point.load()
    except (Exception, SystemExit) as raised:
        return Problem("AIM-X001", {"name": point.name, "reason": f"{type(raised).__name__}: {raised}"})
    try:
        problem = broken_contract(point.name, loaded, interface, version)
    except Exception as raised:
        problem = Problem("AIM-X007", {"name": point.name, "reason": f"{type(raised).__name__}: {raised}"})
    if problem is not None:
        return problem
    assert isinstance(loaded, type) and issubclass(loaded, interface)
    return loaded


def _distribution(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else UNKNOWN_DISTRIBUTION


def _rank(point: EntryPoint, host: str | None) -> tuple[bool, str, str]:
    name = point.dist.name.replace("_", "-").lower() if point.dist else UNKNOWN_DISTRIBUTION
    return name != (host or "").replace("_", "-").lower(), name, point.name
