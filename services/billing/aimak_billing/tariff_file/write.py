"""From tariff versions to a tariff file, and to the JSON that the database keeps: both read back the same."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

import yaml

from aimak_billing.domain.rating.plugins import Plugins
from aimak_billing.domain.tariff import LINE, SOM, Rounding, TariffVersion, TaxRule
from aimak_billing.tariff_file.schema import FORMAT, UNIT_OF, TariffSchema, TaxRuleSchema

_WHOLE = re.compile(r"0|[1-9]\d*", re.ASCII)
_DECIMAL = re.compile(r"(0|[1-9]\d*)\.\d+", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TO = {unit: text for text, unit in UNIT_OF.items()}


def dump(versions: Sequence[TariffVersion], plugins: Plugins, taxes: Sequence[TaxRule] = ()) -> str:
    """The YAML of versions and tax rules. `load` makes the same of it."""
    tree: dict[str, Any] = {"aimak": FORMAT}
    if versions:
        tree["tariffs"] = [_tree(version, plugins) for version in versions]
    if taxes:
        tree["taxes"] = [_tax_tree(rule) for rule in taxes]
    return yaml.dump(tree, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110)


def as_json(version: TariffVersion, plugins: Plugins) -> str:
    """A version as compact JSON, for the database. `from_json` makes the same of it."""
    return _compact(_tree(version, plugins))


def tax_as_json(rule: TaxRule) -> str:
    """A tax rule as compact JSON. `tax_from_json` makes the same of it."""
    return _compact(_tax_tree(rule))


def _tree(version: TariffVersion, plugins: Plugins) -> dict[str, Any]:
    tree: dict[str, Any] = TariffSchema(exclude=("components", "norms", "rounding")).dump(version)
    if version.norms:
        norm_schema = TariffSchema().fields["norms"].schema.fields["table"].inner.schema  # type: ignore[attr-defined]
        table = [
            {"when": norm.when, "quantity": norm.thousandths, "valid_from": norm.valid_from, "valid_to": norm.valid_to}
            for norm in version.norms
        ]
        tree["norms"] = {"per": version.norm_per, "table": [_said(norm_schema.dump(entry)) for entry in table]}
    if version.winter is not None:
        tree["winter_average"] = {name: str(value) for name, value in tree["winter_average"].items()}
    if version.currency == SOM:
        del tree["currency"]
    tree["rounding"] = _rounding(version.rounding)
    tree["components"] = [_component(component, plugins) for component in version.components]
    return _said(tree)


def _component(component: Any, plugins: Plugins) -> dict[str, Any]:
    kind = plugins.rate_components.get(component.kind)
    assert kind is not None, f"{component.kind} was installed when the version was read"
    name = {"name": dict(component.names)} if component.names else {}
    rounding = {"rounding": _rounding(component.rounding)} if component.rounding else {}
    own = _said(kind.schema().dump(component.parameters))
    return {"code": component.code, "kind": component.kind, **name, **rounding, **own}


def _rounding(rounding: Rounding) -> dict[str, str]:
    of = {} if rounding.of == LINE else {"of": rounding.of}
    return {"mode": rounding.mode, "to": _TO[rounding.unit], **of}


def _tax_tree(rule: TaxRule) -> dict[str, Any]:
    tree = TaxRuleSchema().dump(rule)
    return _said({name: value for name, value in tree.items() if value != []})


def _said(tree: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in tree.items() if value is not None and value != {}}


def _compact(tree: dict[str, Any]) -> str:
    return json.dumps(tree, ensure_ascii=False, separators=(",", ":"))


class _Dumper(yaml.SafeDumper):
    """Writes numbers and dates as a person would, without quotes: they are read as text anyhow."""

    def ignore_aliases(self, data: Any) -> bool:
        """Repeat a value rather than refer to it."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    for pattern, tag in ((_WHOLE, "int"), (_DECIMAL, "float"), (_DAY, "timestamp")):
        if pattern.fullmatch(text):
            return dumper.represent_scalar(f"tag:yaml.org,2002:{tag}", text)
    return dumper.represent_scalar("tag:yaml.org,2002:str", text)


_Dumper.add_representer(str, _text)
