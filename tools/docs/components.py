"""What the fields of each built-in rate component are called and what stands in them, as a page."""

from __future__ import annotations

from collections.abc import Iterator

from aimak.plugins import fields
from aimak.plugins.conditions import Conditions
from aimak.plugins.formulas import FormulaField
from aimak.plugins.rate_components import RateComponent
from aimak_billing.plugins import rate_components
from aimak_billing.tariff_file.schema import ComponentSchema
from marshmallow import Schema
from marshmallow.fields import Field, List, Nested

from tools.docs.built_in import built_in

PAGE = "docs/rate-components.md"
_HEAD = """# The fields of rate components

Made from the code by `make docs`. What may stand in one entry of a tariff's `components`, by its `kind`;
[tariffs.md](tariffs.md) tells what each kind charges and names the fields of the tariff itself. A number is written
whole or as text. The README in the folder of each kind shows it in use. A kind of another's plugin has its own fields.
"""
_OF_ALL = "\n## In every component\n\n"
_TABLE = "| field | what stands in it |\n|---|---|\n"
_SAID = (
    (fields.PriceField, "a price"),
    (fields.ShareField, "per cent, as `50 %`"),
    (fields.QuantityField, "a number with up to three decimals"),
    (fields.WholeField, "a whole number"),
    (fields.FlagField, "`true` or `false`"),
    (fields.CodeField, "a code"),
    (fields.NamesField, "a name in `ky`, `ru` and `en`"),
    (fields.TextField, "text"),
    (FormulaField, "a number or a formula"),
    (Conditions, "attribute: value, or a list of values"),
)


def page() -> str:
    """The page's whole text."""
    shared = _OF_ALL + _TABLE + "".join(_rows(ComponentSchema))
    return _HEAD + shared + "".join(map(_component, kinds()))


def kinds() -> Iterator[type[RateComponent]]:
    """The built-in ones, by their folders' names."""
    return built_in(rate_components, RateComponent)


def _component(kind: type[RateComponent]) -> str:
    return f"\n## {kind.code}\n\n{kind.names['ru']}, {kind.names['ky']}.\n\n{_TABLE}" + "".join(_rows(kind.schema))


def _rows(schema: type[Schema], above: str = "") -> Iterator[str]:
    for key, field in schema().fields.items():
        required = ", required" if field.required else ""
        said = field.metadata.get("description")
        name = above + (field.data_key or key)
        yield f"| `{name}`{required} | {_value(field)}{f': {said}' if said else ''} |\n"
        inner = field.inner if isinstance(field, List) else field
        if isinstance(inner, Nested):
            yield from _rows(type(inner.schema), f"{name}.")


def _value(field: Field[object]) -> str:
    if isinstance(field, List):
        return "a list, each " + _value(field.inner)
    if isinstance(field, Nested):
        return "with the fields below"
    if isinstance(field, fields.ChoiceField):
        usual = f" ({field.load_default} where nothing is said)" if isinstance(field.load_default, str) else ""
        return "one of " + ", ".join(f"`{choice}`" for choice in field.choices) + usual
    return next((words for known, words in _SAID if isinstance(field, known)), "a text, a list of texts, or a range")
