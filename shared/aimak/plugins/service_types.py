"""The kind "service type": what is supplied, in which unit, and how the billed quantity is found. Host: billing."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from aimak.plugins.base import Plugin
from aimak.plugins.inputs import Flag, Inputs
from aimak.plugins.numbers import Number

if TYPE_CHECKING:
    from marshmallow import Schema, fields

GROUP = "aimak.service_types"
INTERFACE_VERSION = 1


@dataclass(frozen=True)
class Way:
    """One way to find the quantity, in thousandths of the unit, and for which connections it is meant.

    `when` None means: for all that no earlier way was meant for. A connection for which the flag is null is held.
    """

    code: str
    quantity: Number
    when: Flag | None = None


class ServiceType(Plugin):
    """A kind of service. Pure: it reads no clock, calls nothing, keeps nothing; billing makes one without arguments."""

    unit: ClassVar[str]
    """The unit's code: m3, person, lamp."""

    unit_names: ClassVar[Mapping[str, str]]
    """How the unit is written, by language."""

    decimals: ClassVar[int]
    """How many decimals of the unit are shown, 0 to 3."""

    metered: ClassVar[bool]
    """Whether a connection of this type may have a meter."""

    attributes: ClassVar[type[Schema]]
    """What a connection of this type carries. Fields of `aimak.plugins.fields`; a number is a determinant."""

    facts: ClassVar[type[Schema] | None] = None
    """What is told of a connection anew for each period, as days attended: numbers, fields of `aimak.plugins.fields`.
    A tariff uses them as it uses attributes; where one is missing the account is held."""

    components: ClassVar[frozenset[str] | None] = None
    """Codes of the rate components that a tariff of this type may use; None: any."""

    follows: ClassVar[str | None] = None
    """The service type whose quantity at the same account `inputs["followed"]` is."""

    indicators: ClassVar[tuple[str, ...]] = ()
    """Codes of what residents are shown of its quality."""

    budget_pays: ClassVar[bool] = False
    """Whether residents see cost and quality while the budget pays: a tariff that names no class is for the class
    `budget` alone."""

    def naming(self, numbers: Iterable[str], texts: Iterable[str]) -> ServiceType:
        """This type with the attributes that a tariff names beside its own. Default: the type as it is; what it does
        not have is refused. A type whose connections carry whatever a tariff asks for makes another of itself."""
        return self

    @abstractmethod
    def ways(self, inputs: Inputs) -> list[Way]:
        """The ways to find the quantity, the first that is meant for a connection counts. Called once for each tariff
        version of a run. Where a metered connection has no usage, the tariff's `without_reading: norm` passes on
        to the next way and `hold` holds the account. Must not fill a null: an unknown quantity holds the account."""


def fact_fields(kind: type[ServiceType]) -> dict[str, fields.Field[Any]]:
    """The fields of a type's facts, by name."""
    return {} if kind.facts is None else dict(kind.facts().fields)


def declared_fields(kind: type[ServiceType]) -> dict[str, fields.Field[Any]]:
    """The fields of a type's attributes and facts, by name."""
    return {**kind.attributes().fields, **fact_fields(kind)}
