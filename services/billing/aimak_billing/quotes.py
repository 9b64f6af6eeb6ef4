"""What the command line asks of tariff files: prices and translations, without a database or a server."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from aimak.money import parse_som, plain_som
from aimak.period import Period
from aimak.plugins.inputs import CHARGE
from aimak.problems import Problem, Refused

from aimak_billing import owrs, tariff_file
from aimak_billing.domain.one_off import lists_on
from aimak_billing.domain.rating import Book, Plugins, explain, label, quote
from aimak_billing.domain.tariff import ONCE, PUBLISHED, Component, TariffVersion, TaxRule, refuse_unknown_class
from aimak_billing.owrs import names
from aimak_billing.owrs.quote import Asked, in_thousandths, money, priced

NOBODY = "quote"
FORMATS = ("aimak", "owrs")
ITEM = "item"
GIVEN = "given"
"""The creditor of what is not rated but told: the charge for another service."""
_COUNTED = ("residents", "pensioners", "days", "days_in_period")


@dataclass(frozen=True)
class Question:
    """What is asked of a file. `values` are attributes, data columns and parts of the file by name."""

    customer_class: str
    usage: str | None = None
    unit: str | None = None
    service: str | None = None
    provider: str | None = None
    day: date | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    lang: str = "en"


def quote_file(text: str, file: str, form: str, asked: Question) -> dict[str, Any]:
    """Lines, total and currency of one period. Raises Refused with a code and, where there is one, a place."""
    plugins = Plugins.discover()
    if form == "owrs":
        wanted = Asked(asked.customer_class, asked.usage, asked.unit, asked.values)
        return owrs.quote(owrs.read(text, file), wanted, plugins)
    loaded = tariff_file.load(text, NOBODY, plugins, file)
    if loaded.problems:
        raise Refused(*loaded.problems)
    refuse_unknown_class(asked.customer_class, loaded.versions)
    versions = [_overridden(replace(one, status=PUBLISHED), asked.values, plugins) for one in loaded.versions]
    chosen = _chosen(versions, asked)
    asked, charged = _charged(asked)
    currency = chosen[0].currency
    if chosen[0].frequency == ONCE:
        book, asked = _of_item(chosen, loaded.taxes, plugins, asked)
    else:
        others = [_of_amount(chosen, service, price, plugins) for service, price in charged.items()]
        book = Book.of([*versions, *others], loaded.taxes, plugins, _period(asked.day, chosen), currency=currency)
    connection = _connection(chosen[0], asked, plugins, book.flags_of_usage(chosen[0].service))
    rated = quote(connection, book, [{"service": service, "provider": GIVEN} for service in charged])
    if rated.holds.height:
        holds = rated.holds.iter_rows(named=True)
        raise Refused(*(Problem(hold["code"], json.loads(hold["fields"])) for hold in holds))
    lines = rated.lines.to_dicts()
    version = book.versions[lines[0]["tariff_id"]]
    shown = [
        {
            "component": line["component"],
            "label": label(line["component"], version, plugins, book.taxes, asked.lang),
            **priced(line),
        }
        for line in lines
    ]
    total = money(sum(int(line["amount"]) for line in lines))
    sentences = explain(lines, version, plugins, book.taxes, asked.lang).splitlines()
    return {"lines": shown, "total": total, "currency": currency, "sentences": sentences}


def translated_file(text: str, file: str, provider: str) -> str:
    """The tariffs of an OWRS file as a tariff file of ours, drafts of a provider. Raises Refused with every place."""
    plugins = Plugins.discover()
    return tariff_file.dump(owrs.tariffs(owrs.read(text, file), NOBODY, provider, plugins), plugins)


def _chosen(versions: Sequence[TariffVersion], asked: Question) -> list[TariffVersion]:
    """The versions of one service and provider: those asked for, or the only ones there are."""
    kept = [
        version
        for version in versions
        if asked.service in (None, version.service) and asked.provider in (None, version.provider)
    ]
    found = {(version.service, version.provider) for version in kept}
    if len(found) != 1:
        known = sorted({f"{version.service} ({version.provider})" for version in versions})
        raise Refused(Problem("AIM-T233", {"known": ", ".join(known)}))
    return kept


def _charged(asked: Question) -> tuple[Question, dict[str, str]]:
    """The question without what the account is charged for other services, and that: service → som."""
    charged = {name.removeprefix(CHARGE): value for name, value in asked.values.items() if name.startswith(CHARGE)}
    rest = {name: value for name, value in asked.values.items() if not name.startswith(CHARGE)}
    return replace(asked, values=rest), {service: _som(service, value) for service, value in charged.items()}


def _som(service: str, value: str) -> str:
    try:
        tyiyn = parse_som(value)
    except ValueError:
        tyiyn = -1
    if tyiyn < 0:
        raise Refused(Problem("AIM-T230", {"name": f"{CHARGE}{service}", "value": value}))
    return plain_som(tyiyn)


def _of_amount(chosen: Sequence[TariffVersion], service: str, price: str, plugins: Plugins) -> TariffVersion:
    """A tariff of another service that comes to an amount, for as long as those `chosen`."""
    first = min(chosen, key=lambda version: version.valid_from)
    parameters = plugins.rate_components.plugins["fixed"].schema().load({"price": price})
    return TariffVersion(
        first.tenant,
        f"{CHARGE}{service}",
        service,
        GIVEN,
        first.names,
        first.valid_from,
        first.decision,
        first.legal_ground,
        (Component(GIVEN, "fixed", parameters),),
        frequency=first.frequency,
        season=first.season,
        billed=first.billed,
        currency=first.currency,
    )


def _of_item(
    lists: Sequence[TariffVersion], taxes: Sequence[TaxRule], plugins: Plugins, asked: Question
) -> tuple[Book, Question]:
    """The book of the item of a price list that is asked for, and the question for it: one of it where no quantity is
    said. Raises Refused where none is named, with those there are."""
    day = asked.day or max(version.valid_from for version in lists)
    item = asked.values.get(ITEM, "")
    for version in lists_on(lists, day):
        if any(one.code == item for one in version.components):
            rest = {name: value for name, value in asked.values.items() if name != ITEM}
            book = Book.of_item(version, taxes, plugins, day, item)
            return book, replace(asked, usage=asked.usage or "1", values=rest)
    known = sorted({one.code for version in lists for one in version.components if one.kind != "tax"})
    raise Refused(Problem("AIM-T246", {"item": item or "-", "known": ", ".join(known)}))


def _overridden(version: TariffVersion, values: Mapping[str, str], plugins: Plugins) -> TariffVersion:
    """The version with a number in place of each component that is given one."""
    return replace(version, components=tuple(_component(one, values, plugins) for one in version.components))


def _component(component: Component, values: Mapping[str, str], plugins: Plugins) -> Component:
    value = values.get(component.code)
    kind = plugins.rate_components.get("formula")
    own = plugins.rate_components.get(component.kind)
    if value is None or kind is None or own is None:
        return component
    number = names.number(value)
    if number is None:
        raise Refused(Problem("AIM-T230", {"name": component.code, "value": value}))
    gives = "value" if own(component.parameters).kind == "value" else "charge"
    return Component(
        component.code,
        kind.code,
        kind.schema().load({"formula": names.decimal(number), "gives": gives}),
        component.names or dict(own.names),
        component.rounding,
    )


def _period(day: date | None, versions: Sequence[TariffVersion]) -> Period:
    """The month of a day; else the first whole month of the newest version."""
    if day is not None:
        return Period.month_of(day)
    newest = max(version.valid_from for version in versions)
    month = Period.month_of(newest)
    return month if month.start == newest else month.next()


def _connection(version: TariffVersion, asked: Question, plugins: Plugins, flags: Iterable[str]) -> dict[str, Any]:
    """What is asked as a connection. Whoever names a usage has a meter, and whoever names none has none, unless `flags`
    (which tell of it) are given."""
    kind = plugins.service_types.get(version.service)
    unit = version.unit or (kind.unit if kind else "m3")
    given = {name: value for name, value in asked.values.items() if name in _COUNTED}
    counted = {name: _count(name, value) for name, value in given.items()}
    if "residents" in counted:
        counted.setdefault("pensioners", 0)
    return {
        "service": version.service,
        "provider": version.provider,
        "customer_class": asked.customer_class,
        "usage": in_thousandths(asked.usage, asked.unit, unit),
        "attributes": {
            **dict.fromkeys(flags, "false" if asked.usage is None else "true"),
            **{name: value for name, value in asked.values.items() if name not in _COUNTED},
        },
        **counted,
    }


def _count(name: str, value: str) -> int:
    if not (value.isascii() and value.isdigit()) or len(value) > 9:
        raise Refused(Problem("AIM-T230", {"name": name, "value": value}))
    return int(value)
