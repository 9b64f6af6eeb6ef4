"""Determinants: what a line may depend on, as columns of a frame, each with its bounds and its reason when missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl
from aimak.plugins.inputs import AMOUNT, ATTRIBUTE, CHARGE, FOUND, GIVEN, TAX, Flag, Inputs
from aimak.plugins.numbers import SHARE_SCALE, Number
from aimak.plugins.service_types import ServiceType, declared_fields

from aimak_billing.domain.period_facts import DAYS_WITHOUT_SUPPLY, OF_ALL_SUPPLIERS
from aimak_billing.domain.tariff import CLASS, REGIME, Conditions, TariffVersion, TaxRule

MISSING = {"residents": "AIM-T021", "pensioners": "AIM-T021", "usage": "AIM-T022", "norm": "AIM-T023"}
OUT_OF_BOUNDS = "AIM-T028"
OF_CUSTOMER = {CLASS: "customer_class", REGIME: "regime"}
HOST_NAMES = frozenset({*GIVEN, *FOUND, "charges"})


@dataclass(frozen=True)
class Reason:
    """Why a connection is held: the code and fields of the problem, and the rows for which it is so."""

    code: str
    fields: Mapping[str, str]
    holds: pl.Expr


def column(name: str) -> str:
    """The column in which rating keeps a determinant."""
    return f"d.{name}"


def attribute(name: str) -> str:
    """The column that has the text of a connection's attribute; class and regime count as attributes."""
    return OF_CUSTOMER.get(name) or f"a.{name}"


def attribute_names(service: ServiceType, determinant: str | None = None) -> tuple[str, ...]:
    """The attributes and facts of a connection of that type; only those read as "number" or "flag" if that is asked."""
    declared = declared_fields(type(service)).items()
    kinds = {name: getattr(field, "determinant", "text") for name, field in declared}
    return tuple(name for name, kind in kinds.items() if determinant in (None, kind))


def number_names(service: ServiceType) -> tuple[str, ...]:
    """What is read as a number with the attributes of a connection of that type."""
    named = attribute_names(service, "number")
    return (*named, OF_ALL_SUPPLIERS) if DAYS_WITHOUT_SUPPLY in named else named


def matches(conditions: Conditions) -> pl.Expr:
    """Whether a connection has one of the values of every attribute named; false where an attribute is missing."""
    met = pl.lit(True)
    for name, values in conditions.items():
        met = met & pl.col(attribute(name)).is_in(list(values)).fill_null(False)
    return met


def inputs_of(
    version: TariffVersion, service: ServiceType, shares: Mapping[str, int], charged: Iterable[str] = ()
) -> Inputs:
    """Everything that may be asked when a version is rated, but quantity and components. `shares`: the highest rate
    of each tax; `charged`: determinants that are charges for other services."""
    bounds = dict(GIVEN)
    bounds.update({name: FOUND[name] for name in ("norm", "month", "days_here")})
    bounds["norm"] = (0, max(FOUND["norm"][1], *(norm.thousandths for norm in version.norms), 0), FOUND["norm"][2])
    if service.follows:
        bounds["followed"] = FOUND["followed"]
    bounds.update(dict.fromkeys(number_names(service), ATTRIBUTE))
    bounds.update(dict.fromkeys(charged, AMOUNT))
    bounds.update({f"{TAX}{tax}": (0, share, SHARE_SCALE) for tax, share in shares.items()})
    numbers = {name: Number.determinant(name, column(name), *limits) for name, limits in bounds.items()}
    flags = {name: Flag(_truth(name), name) for name in attribute_names(service, "flag")}
    texts = {name: pl.col(attribute(name)) for name in (*attribute_names(service), *OF_CUSTOMER)}
    return Inputs(numbers, flags, texts, version.norm_per, version.months, frozenset(charged))


def columns_of(names: Iterable[str], version: TariffVersion, taxes: Iterable[TaxRule], day: date) -> list[pl.Expr]:
    """The expressions that put the determinants `names` into their columns; null where not known or out of bounds.

    Attributes that are numbers and `followed` are in the frame before."""
    made: list[pl.Expr] = []
    for name in names:
        if name in GIVEN:
            made.append(_given(name))
        elif name in FOUND:
            made.extend(_found(name, version, day))
        elif name in version.defaults:
            made.append(_usual(name, version).alias(column(name)))
        elif name.startswith(TAX):
            rules = [rule for rule in taxes if rule.tax == name.removeprefix(TAX)]
            made.append(_first_of([(_of_rule(rule), rule.share) for rule in rules], name))
    return made


def _found(name: str, version: TariffVersion, day: date) -> list[pl.Expr]:
    """What the host works out; nothing where it is in the frame before."""
    if name == "norm":
        norms = [(norm.when, norm.thousandths) for norm in version.norms if norm.holds_on(day)]
        return [_first_of(norms, name)]
    found = {
        "days_here": pl.col("days").cast(pl.Int64),
        "month": pl.lit(day.month, dtype=pl.Int64),
        # Who has the service from one creditor all the time has all of them with that connection.
        OF_ALL_SUPPLIERS: pl.coalesce(pl.col(column(OF_ALL_SUPPLIERS)), _usual(DAYS_WITHOUT_SUPPLY, version)),
    }
    return [found[name].alias(column(name))] if name in found else []


def _usual(name: str, version: TariffVersion) -> pl.Expr:
    """A number of the connection, or what the tariff says where it has none."""
    known = pl.col(column(name))
    if name not in version.defaults:
        return known
    usual = pl.lit(version.defaults[name], dtype=pl.Int64)
    return pl.when(pl.col(attribute(name)).is_null()).then(usual).otherwise(known)


def _given(name: str) -> pl.Expr:
    low, high, _ = GIVEN[name]
    kept = pl.col(name).is_between(low, high)
    return pl.when(kept).then(pl.col(name)).otherwise(None).cast(pl.Int64).alias(column(name))


GIVEN_COLUMNS = tuple(map(_given, GIVEN))
"""All that is given of every connection, null where not known or out of bounds."""


def reasons_of(name: str, service: ServiceType) -> list[Reason]:
    """Why a determinant may be null, in the order in which they are told."""
    unknown = pl.col(column(name)).is_null()
    if name in GIVEN:
        missing = Reason(MISSING.get(name, OUT_OF_BOUNDS), {"name": name}, pl.col(name).is_null())
        return [missing, Reason(OUT_OF_BOUNDS, {"name": name}, unknown)]
    if name == "norm":
        return [Reason(MISSING["norm"], {}, unknown)]
    if name == "followed":
        return [Reason("AIM-T026", {"service": str(service.follows)}, unknown)]
    if name.startswith(CHARGE):
        return [Reason("AIM-T036", {"service": name.removeprefix(CHARGE)}, unknown)]
    if name.startswith(TAX):
        return [Reason("AIM-T027", {"tax": name.removeprefix(TAX)}, unknown)]
    if name in attribute_names(service):
        missing = Reason("AIM-T024", {"attribute": name}, pl.col(attribute(name)).is_null())
        return [missing, Reason("AIM-T025", {"attribute": name}, unknown)]
    return []


def unknown_flag(flag: Flag) -> list[Reason]:
    """Why a flag may be null."""
    unknown, missing = flag.expr.is_null(), pl.col(attribute(flag.name)).is_null()
    return [
        Reason("AIM-T024", {"attribute": flag.name}, unknown & missing),
        Reason("AIM-T025", {"attribute": flag.name}, unknown),
    ]


def _truth(name: str) -> pl.Expr:
    text = pl.col(attribute(name))
    return pl.when(text == "true").then(True).when(text == "false").then(False).otherwise(None)


def _of_rule(rule: TaxRule) -> Conditions:
    return {name: values for name, values in ((REGIME, rule.regimes), (CLASS, rule.classes)) if values}


def _first_of(cases: list[tuple[Conditions, int]], name: str) -> pl.Expr:
    """The value of the case whose conditions hold; null where none does."""
    chosen = pl.lit(None, dtype=pl.Int64)
    for conditions, value in reversed(cases):
        chosen = pl.when(matches(conditions)).then(pl.lit(value, dtype=pl.Int64)).otherwise(chosen)
    return chosen.alias(column(name))
