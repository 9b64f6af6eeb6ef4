"""A tariff made into the sheet that is published: whose, from when, what it costs, on what it stands."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aimak.languages import spoken
from aimak.money import format_som
from aimak.problems import Problem, Refused
from aimak.storage.work import UnitOfWork
from aimak.texts import translate
from babel.dates import get_month_names

from aimak_billing import tariff_file
from aimak_billing.application.kit import Kit
from aimak_billing.application.registers import providers_called, tenant_called
from aimak_billing.application.tariff_life import find, tariff_view
from aimak_billing.application.tariffs import stored
from aimak_billing.documents.tariff_sheet import PriceRow, Sheet, as_data, word
from aimak_billing.domain.price_list import ABOVE, Listed, gross, prices, tax_share
from aimak_billing.domain.rating import label, unit_of
from aimak_billing.domain.rating.sentences import day_text, price_text, share_text
from aimak_billing.domain.tariff import MONTH, ONCE, PUBLISHED, Component, TariffVersion, TaxRule, spans, tax_spans
from aimak_billing.domain.tariff_life import WITHDRAWN, Step
from aimak_billing.store import registers
from aimak_billing.store import tariffs as store

# Parameters that a price is under and that say nothing to a resident.
_SILENT = ("limits", "whole_limits", "edge", "prorate", "by", "norms_for", "whole_units", "whole_packages")
_OF_A_LINE = ("code", "kind", "name", "rounding")
_PAPERS = ("submit", "hear", "agree", "approve", "publish", "adopt")


@dataclass(frozen=True)
class _Of:
    """What every part of a sheet asks."""

    kit: Kit
    version: TariffVersion
    taxes: Sequence[TaxRule]
    regime: str
    tree: dict[str, Any]
    lang: str


def described(kit: Kit, work: UnitOfWork, code: str, lang: str) -> dict[str, Any]:
    """All versions of a tariff as `tariff_view`, and what the sheet of each says: of one that was withdrawn nothing.
    Raises NotFound."""
    view = tariff_view(kit, work, code)
    for version in view["versions"]:
        if version["state"] != WITHDRAWN:
            made, _ = sheet(kit, work, f"{code}@{version['valid_from']}", lang)
            version["sheet"] = as_data(made)
    return view


def sheet(kit: Kit, work: UnitOfWork, ref: str, lang: str) -> tuple[Sheet, datetime]:
    """The sheet of a tariff (`code` or `code@date`), and the instant of its publication, or of now for a draft, which
    says that it is none. Raises NotFound."""
    versions, taxes = stored(kit, work)
    version = find(versions, ref)
    provider = registers.provider(work, version.provider)
    if provider is None:
        raise Refused(Problem("AIM-B011", {"provider": version.provider, "known": "-"}))
    dated = tax_spans(taxes)
    in_force = [rule for rule in taxes if version.begins in dated[rule.id]]
    tree = json.loads(tariff_file.as_json(version, kit.plugins))
    asked = _Of(kit, version, in_force, provider.regime, tree, lang)
    ends = spans(one for one in versions if one.status == PUBLISHED).get(version.id)
    steps = store.steps(work).get(version.id, [])
    published = [step.at for step in steps if step.name in ("publish", "adopt")]
    at = published[-1] if published else work.now
    called = providers_called(work, [at])[at][version.provider]
    made = Sheet(
        lang=lang,
        title=version.names[lang],
        municipality=spoken(tenant_called(work, [at])[at], lang),
        provider=spoken(called.name, lang),
        since=_since(version, ends.end if ends else version.valid_to, lang),
        facts=_headed(_facts(asked, called)),
        prices=_prices(asked),
        rules=_rules(asked),
        norms=_headed(_norms(asked)),
        papers=_headed(_papers(version, steps, lang)),
        draft=version.status != PUBLISHED,
    )
    return made, at


def _headed(rows: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Heads begin with a capital; the catalogue's words stand in the middle of others elsewhere."""
    return [(head[:1].upper() + head[1:], text) for head, text in rows]


def _since(version: TariffVersion, end: Any, lang: str) -> str:
    key = "since" if version.status == PUBLISHED else "planned"
    since = word(key, lang, date=day_text(version.begins, lang))
    return since + (", " + word("until", lang, date=day_text(end, lang)) if end else "")


def _prices(asked: _Of) -> list[PriceRow]:
    rows = []
    for place, component in enumerate(asked.version.components):
        if component.kind != "tax":
            found = prices(component.parameters, asked.tree["components"][place])
            rows += [_row(asked, component, one) for one in found]
    return rows


def _row(asked: _Of, component: Component, one: Listed) -> PriceRow:
    lang = asked.lang
    unit = _unit(asked, component)
    said = [_under(asked, name, text, unit) for name, text in one.under if name not in (*_SILENT, "code", "kind")]
    head = label(component.code, asked.version, asked.kit.plugins, asked.taxes, lang)
    if one.name != "price":
        said.insert(0, _key(one.name, lang))
    share = tax_share(asked.version, component.code, asked.taxes, asked.regime)
    whole = "" if share is None else format_som(gross(one.price, share))
    tax = "" if not share else f"{share_text(share)} %"
    return PriceRow(", ".join([head, *said]), unit, price_text(one.price), tax, whole)


def _under(asked: _Of, name: str, text: str, unit: str) -> str:
    if name in ("up_to", ABOVE):
        return word(name, asked.lang, quantity=f"{text} {unit}".strip())
    return f"{_key(name, asked.lang)} {text}"


def _key(name: str, lang: str) -> str:
    return translate("aimak_billing", f"tariff.{name}", lang) or name


def _unit(asked: _Of, component: Component) -> str:
    kind = asked.kit.plugins.rate_components.get(component.kind)
    service = asked.kit.plugins.service_types.get(asked.version.service)
    units = kind(component.parameters).unit_names if kind else None
    if units is None:
        return unit_of(asked.version, service.unit_names if service else {}, asked.lang) or ""
    return units.get(asked.lang) or word(f"per_{asked.version.frequency}", asked.lang)


def _rules(asked: _Of) -> list[str]:
    """What has no price of its own, in the words of the file."""
    said = _winter(asked)
    for place, component in enumerate(asked.version.components):
        tree = asked.tree["components"][place]
        if component.kind == "tax" or next(prices(component.parameters, tree), None) is not None:
            continue
        shown = {name: value for name, value in tree.items() if name not in (*_OF_A_LINE, *_SILENT)}
        own = {name: _in_words(asked, name, value) for name, value in shown.items() if value is not False}
        text = "; ".join(f"{_key(name, asked.lang)}: {_plain(value)}" for name, value in own.items())
        said.append(f"{label(component.code, asked.version, asked.kit.plugins, asked.taxes, asked.lang)}: {text}")
    return said


def _in_words(asked: _Of, name: str, value: Any) -> Any:
    """A value of a component as a resident reads it."""
    service = asked.kit.plugins.service_types.get(str(value)) if name == "of_service" else None
    return service.names[asked.lang] if service else value


def _winter(asked: _Of) -> list[str]:
    """By which months the winter average is, and what counts where there is none."""
    winter = asked.version.winter
    if winter is None:
        return []
    names = get_month_names("wide", "stand-alone", locale=asked.lang)
    months = "–".join(names[month].lower() for month in winter.months)
    other = word(f"winter.{winter.fallback}", asked.lang)
    return [word("winter", asked.lang, months=months, other=other)]


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(inner)}" for name, inner in value.items())
    return ", ".join(_plain(inner) for inner in value) if isinstance(value, list) else str(value)


def _norms(asked: _Of) -> list[tuple[str, str]]:
    service = asked.kit.plugins.service_types.get(asked.version.service)
    unit = service.unit_names.get(asked.lang, "") if service else ""
    per = word(f"per_{asked.version.norm_per}", asked.lang)
    rows = []
    for norm in asked.version.norms:
        if norm.holds_on(asked.version.begins):
            where = ", ".join(f"{_value(value, asked.lang)}" for values in norm.when.values() for value in values)
            thousandths = f"{norm.thousandths // 1000}.{norm.thousandths % 1000:03d}".rstrip("0").rstrip(".")
            rows.append((where or word("everybody", asked.lang), f"{thousandths} {unit} {per}"))
    return rows


def _value(value: str, lang: str) -> str:
    return translate("aimak_billing", f"tariff.value.{value}", lang) or value


def _papers(version: TariffVersion, steps: Sequence[Step], lang: str) -> list[tuple[str, str]]:
    rows = [(_key("legal_ground", lang), version.legal_ground)]
    decision = version.decision
    if decision is not None:
        said = word("numbered", lang, body=decision.body, number=decision.number, date=day_text(decision.day, lang))
        rows.append((_key("decision", lang), said))
    for step in steps:
        facts = step.facts
        if step.name in ("hear", "agree", "publish") and not facts.not_required and facts.day is not None:
            said = ", ".join(filter(None, (facts.body, facts.number and f"№ {facts.number}", facts.ground)))
            rows.append((word(f"step.{step.name}", lang), f"{said}, {day_text(facts.day, lang)}"))
    return rows


def _facts(asked: _Of, creditor: Any) -> list[tuple[str, str]]:
    version, lang = asked.version, asked.lang
    whom = ", ".join(_value(value, lang) for values in version.applies_to.values() for value in values)
    rows = [(word("whom", lang), whom or word("everybody", lang))]
    if version.frequency not in (MONTH, ONCE):
        rows.append((_key("frequency", lang), word(f"per_{version.frequency}", lang)))
    named = {component.parameters.get("tax") for component in version.components}
    names = {rule.tax: rule for rule in asked.taxes if rule.tax in named}
    rows += [(rule.names[lang], rule.legal_ground) for rule in names.values()]
    if version.cost is not None:
        rows.append((_key("cost", lang), price_text(version.cost)))
    rows.append((word("tax_number", lang), creditor.tax_number))
    return rows
