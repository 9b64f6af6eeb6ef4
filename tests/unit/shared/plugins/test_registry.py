"""A sound plugin runs; an unsound one is named with the reason and left out, whatever it does."""

import sys
from abc import abstractmethod
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from types import ModuleType
from typing import ClassVar

import pytest
from aimak.plugins.base import Plugin
from aimak.plugins.registry import discover

NAMES = {"ky": "а", "ru": "б", "en": "c"}
GROUP = "aimak.test_kind"


class Kind(Plugin):
    """A kind of plugin for these tests."""

    unit: ClassVar[str]

    @abstractmethod
    def price(self, quantity: int, scale: int = 0) -> int:
        """A price."""


class Good(Kind):
    """Keeps the contract."""

    code = "good"
    interface_version = 1
    names = NAMES
    unit = "m3"

    def price(self, quantity: int, scale: int = 0) -> int:
        """A price."""
        return quantity


@dataclass
class FakeDistribution:
    """What a registry asks of a distribution."""

    name: str
    version: str = "1.0"


def changed(**attributes):
    """Good with other attributes."""
    return type("Changed", (Good,), attributes)


@pytest.fixture
def point():
    """Make an entry point to an object, of a distribution."""
    made = []

    def make(plugin, name="good", distribution="stranger"):
        module = ModuleType(f"plugin_module_{len(made)}")
        module.plugin = plugin
        sys.modules[module.__name__] = module
        made.append(module.__name__)
        entry = EntryPoint(name, f"{module.__name__}:plugin", GROUP)
        vars(entry)["dist"] = FakeDistribution(distribution)
        return entry

    yield make
    for name in made:
        del sys.modules[name]


def refusal(*points, host=None):
    """The one refusal of a discovery."""
    (only,) = discover(GROUP, Kind, 1, host, points).refused
    return only


def test_a_sound_plugin_is_found_with_its_distribution(point):
    """It is there under its code, as a class."""
    registry = discover(GROUP, Kind, 1, None, [point(Good)])
    assert registry.get("good") is Good and registry.all() == (("good", Good),) and registry.codes() == ("good",)
    assert registry.distribution("good") == "stranger 1.0" and registry.refused == ()
    assert registry.get("other") is None


@pytest.mark.parametrize(
    "raised", ["raise RuntimeError('no licence')", "import no_such_module", "raise SystemExit(3)", "1 +"]
)
def test_one_that_fails_on_import_is_left_out_and_the_others_run(point, tmp_path, monkeypatch, raised):
    """An exception, a missing library, sys.exit or broken source at import: named with the reason."""
    (tmp_path / "broken_on_import.py").write_text(raised)
    monkeypatch.syspath_prepend(tmp_path)
    broken = EntryPoint("broken", "broken_on_import:Plugin", GROUP)
    registry = discover(GROUP, Kind, 1, None, [broken, point(Good)])
    sys.modules.pop("broken_on_import", None)
    assert registry.codes() == ("good",)
    (left_out,) = registry.refused
    assert (left_out.name, left_out.problem.code) == ("broken", "AIM-X001")
    assert left_out.problem.fields["reason"]


@pytest.mark.parametrize("version", [2, 0, None, "1"])
def test_another_interface_version_is_left_out(point, version):
    """Only the version that this installation has is taken; both are told."""
    told = refusal(point(changed(interface_version=version)))
    assert told.problem.code == "AIM-X003"
    assert told.problem.fields == {"name": "good", "version": str(version), "supported": 1}


def test_a_code_that_is_taken_stays_with_the_host(point):
    """Whoever comes first in the alphabet, the host's own plugin keeps its code."""
    mine, theirs = point(Good, distribution="zz_host"), point(changed(), name="again", distribution="aa-stranger")
    registry = discover(GROUP, Kind, 1, "zz-host", [theirs, mine])
    assert registry.get("good") is Good
    (told,) = registry.refused
    assert (told.name, told.distribution, told.problem.code) == ("again", "aa-stranger 1.0", "AIM-X006")
    assert told.problem.fields["owner"] == "zz_host 1.0"


def test_two_starts_agree_on_who_has_a_code(point):
    """Among strangers the order of installation decides nothing."""
    first, second = point(changed(), distribution="b"), point(changed(), distribution="a")
    for order in ([first, second], [second, first]):
        assert discover(GROUP, Kind, 1, None, order).distribution("good") == "a 1.0"


@pytest.mark.parametrize("loaded", [object(), int, Good(), "text", None])
def test_what_is_no_class_of_the_kind_is_left_out(point, loaded):
    """A function, an instance or another class is no plugin."""
    assert refusal(point(loaded)).problem.code == "AIM-X002"


def test_missing_methods_are_named(point):
    """A class that leaves an abstract method open is told which."""
    halved = type("Halved", (Kind,), {"code": "good", "interface_version": 1, "names": NAMES, "unit": "m3"})
    told = refusal(point(halved))
    assert told.problem.code == "AIM-X004" and told.problem.fields["methods"] == "price"


@pytest.mark.parametrize(
    "method",
    [
        lambda self: 0,
        lambda self, quantity: 0,
        lambda self, amount, scale=0: 0,
        lambda self, quantity, scale: 0,
        lambda self, quantity, scale=0, *, extra: 0,
    ],
)
def test_a_method_that_cannot_be_called_as_promised_is_left_out(point, method):
    """Found at start-up, not at the first bill."""
    told = refusal(point(changed(price=method)))
    assert told.problem.code == "AIM-X005" and told.problem.fields["method"] == "price"


@pytest.mark.parametrize("method", [lambda self, quantity, scale=1, extra=None: 0, lambda *args, **kwargs: 0])
def test_a_method_may_take_more(point, method):
    """What can be called as promised may have parameters of its own."""
    assert discover(GROUP, Kind, 1, None, [point(changed(price=method))]).codes() == ("good",)


@pytest.mark.parametrize("wrong", [{"code": "Not A Code"}, {"code": 7}, {"names": {"en": "only"}}, {"names": None}])
def test_wrong_metadata_are_told(point, wrong):
    """A code that cannot stand in a file, or names that somebody could not read."""
    assert refusal(point(changed(**wrong))).problem.code == "AIM-X007"


def test_metadata_that_raise_are_told(point):
    """Even a class whose attributes raise when looked at only excludes itself."""

    class Hostile(type(Good)):
        @property
        def names(cls):
            raise RuntimeError("boo")

    hostile = Hostile("Hostile", (Good,), {"code": "hostile"})
    registry = discover(GROUP, Kind, 1, None, [point(hostile, name="hostile"), point(Good)])
    assert registry.codes() == ("good",)
    assert [told.problem.code for told in registry.refused] == ["AIM-X007"]


def test_absent_metadata_are_named(point):
    """What the kind promises and the class has not is told by name."""
    bare = type("Bare", (Kind,), {"code": "bare", "interface_version": 1, "names": NAMES, "price": Good.price})
    told = refusal(point(bare))
    assert told.problem.code == "AIM-X007" and "unit" in told.problem.fields["reason"]
