"""Random tariffs of every rate component that is installed, and random connections for them.

A tariff begins with one of the worked cases in the component's own folder; its numbers are then drawn anew, as far as
the component takes them."""

import inspect
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from aimak.plugins.inputs import TAX, UNROUNDED
from aimak_billing.domain.rating import Plugins
from aimak_billing.domain.rating.determinants import HOST_NAMES, OF_CUSTOMER
from aimak_billing.tariff_file import Loaded, load
from hypothesis import strategies as st
from marshmallow import ValidationError

COMPONENTS = Plugins.discover().rate_components.codes()
_NUMBER = re.compile(r"^(\d+)(\.\d+)?( %)?$")
_TAXES = [
    {
        "tax": "sales_tax",
        "name": {"ky": "салык", "ru": "налог", "en": "tax"},
        "rate": "3 %",
        "regime": "general",
        "from": "2026-01-01",
        "legal_ground": "code",
    }
]


def cases_of(kind):
    """The worked cases in a component's folder: whoever brings a component brings them."""
    found = Path(inspect.getfile(kind)).parent / "fixtures" / "cases.json"
    cases = json.loads(found.read_text())
    assert cases, f"{kind.code} has no worked case"
    return cases


@dataclass(frozen=True)
class Tried:
    """A tariff as it was loaded, the worked case it began with, what its component needs, and which of that are
    attributes of a connection."""

    loaded: Loaded
    case: Mapping[str, Any]
    needs: tuple[str, ...]
    attributes: tuple[str, ...]


@st.composite
def tariffs(draw, code, plugins):
    """A tariff with a component of that code among others."""
    kind = plugins.rate_components.get(code)
    case = draw(st.sampled_from(cases_of(kind)))
    parameters = draw(_anew(case["parameters"]))
    built = _built(kind, parameters)
    if built is None:
        parameters, built = case["parameters"], _built(kind, case["parameters"])
    earlier = parameters["of"] if isinstance(parameters.get("of"), list) else []
    components = [{"code": name, **draw(_charge())} for name in earlier or ["base"]]
    components.append({"code": "tried", "kind": code, **parameters})
    if code != "tax":
        components.append({"code": "sales_tax", "kind": "tax", "tax": "sales_tax"})
    text = yaml.safe_dump(_file(components, draw(_rounding())), allow_unicode=True)
    loaded = load(text, "naryn", plugins)
    assert loaded.problems == (), (text, loaded.problems)
    hosts = {*HOST_NAMES, *OF_CUSTOMER, *earlier}
    named = [name.removeprefix(UNROUNDED) for name in (*built.needs, *built.texts)]
    attributes = tuple(name for name in named if name not in hosts and not name.startswith(TAX))
    return Tried(loaded, case, tuple(built.needs), attributes)


@st.composite
def connections(draw, tried):
    """What is known of one connection: some of it missing, malformed, or at and beyond its bounds."""
    odd = st.sampled_from([None, "0", "x", "true", "999999999"])
    attributes = {}
    for name in tried.attributes:
        of_case = tried.case["inputs"].get(name, 0)
        usual = of_case if isinstance(of_case, str) else f"{of_case / 1000:.3f}"
        attributes[name] = draw(st.one_of(st.just(usual), st.just(usual), st.integers(0, 999).map(str), odd))
    return {
        "service": "supply",
        "provider": "p",
        "regime": draw(st.sampled_from(["general"] * 9 + ["other"])),
        "customer_class": draw(st.sampled_from(["household", "other"])),
        "attributes": json.dumps({name: value for name, value in attributes.items() if value is not None}),
        "residents": draw(st.one_of(st.integers(0, 9), st.sampled_from([None, 100_000, 100_001]))),
        "pensioners": draw(st.one_of(st.integers(0, 3), st.none())),
        "usage": draw(st.one_of(st.integers(0, 10**5), st.sampled_from([None, 0, 10**12 - 1, 10**12]))),
        "days": draw(st.one_of(st.just(31), st.integers(0, 31))),
        "days_in_period": 31,
    }


def _file(components, rounding):
    return {
        "aimak": "tariffs/1",
        "tariffs": [
            {
                "code": "t",
                "service": "supply",
                "provider": "p",
                "name": {"ky": "а", "ru": "б", "en": "c"},
                "from": "2026-06-01",
                "decision": {"body": "council", "number": "14", "date": "2026-05-22"},
                "legal_ground": "law",
                "norms": {"per": "day", "table": [{"quantity": "0.23"}]},
                "rounding": rounding,
                "components": components,
            }
        ],
        "taxes": _TAXES,
    }


@st.composite
def _anew(draw, given):
    """Parameters with some of their numbers drawn anew, each in its own form."""
    if isinstance(given, dict):
        return {name: draw(_anew(value)) for name, value in given.items()}
    if isinstance(given, list):
        return [draw(_anew(value)) for value in given]
    written = _NUMBER.match(given) if isinstance(given, str) else None
    if written is None or draw(st.booleans()):
        return given
    whole, fraction, percent = written.groups()
    number = str(draw(st.integers(0, 100 if percent else 10 ** (len(whole) + 1))))
    digits = len(fraction or ".") - 1
    return number + (f".{draw(st.integers(0, 10**digits - 1)):0{digits}d}" if digits else "") + (percent or "")


def _built(kind, parameters):
    try:
        return kind(kind.schema().load(parameters))
    except ValidationError:
        return None


@st.composite
def _charge(draw):
    kind = draw(st.sampled_from(["fixed", "per_unit"]))
    return {"kind": kind, "price": f"{draw(st.integers(0, 10**4))}.{draw(st.integers(0, 99)):02}"}


@st.composite
def _rounding(draw):
    mode = draw(st.sampled_from(["half_up", "half_even", "down", "up"]))
    return {"of": draw(st.sampled_from(["line", "total"])), "mode": mode, "to": draw(st.sampled_from([1, 10, 100]))}
