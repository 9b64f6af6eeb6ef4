"""What the program names by codes of its own has a name in every language: no table shows a bare code."""

from __future__ import annotations

from collections.abc import Iterator
from string import Formatter
from typing import Any

import pytest
from aimak import texts
from aimak.http.auth import action
from aimak.service import Service
from aimak.settings import Settings
from aimak_billing.application.corrections.kinds import kinds
from aimak_billing.application.kit import Kit
from aimak_billing.application.reports.postings import AGAINST, RECEIVABLE
from aimak_billing.documents import simulation, tariff_sheet
from aimak_billing.domain.corrections.outsort import RULES
from aimak_billing.domain.rating import Plugins, written
from aimak_billing.domain.tariff_life import RULES as STEPS
from aimak_billing.store.reports.postings import REVERSAL
from aimak_gateway.cli.cycle import cycle_lines
from aimak_gateway.cli.frame import Ui
from aimak_gateway.embedded import build_services
from aimak_notifications.domain.notices import KINDS
from aimak_notifications.domain.states import STATES
from flask import Flask

from tests.unit.gateway.commands import ALL

# Commands that change nothing.
ASKING = {"billing.print", "billing.tariffs.quote"}
# Documents whose own kind stands in the ledger.
POSTED = {"adjustment", "write_off", "transfer", "refund", "budget_payment"}


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Service]]:
    """All five services, on no database yet."""
    built = build_services(Settings({"data_dir": str(tmp_path_factory.mktemp("words")), "auth.secret": "s" * 32}))
    yield {service.name: service for service in built}
    for service in built:
        service.close()


def commands(service: Service) -> set[str]:
    """What a service's commands are called in the audit, those of people."""
    app = service.web() if service.web else None
    assert isinstance(app, Flask)
    return {
        action(rule.rule)
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ())
        and {"clerk", "admin", "approver"} & set(getattr(app.view_functions[rule.endpoint], "declared_roles", ()))
    }


@pytest.mark.parametrize("lang", texts.LANGUAGES)
def test_every_code_that_a_table_shows_has_a_name(services: dict[str, Service], lang: str) -> None:
    """Commands in the audit, documents, rules that sort bills out, tariffs' states, messages, services."""
    words, plugins = texts.catalogue("aimak_gateway", lang), Plugins.discover()
    made = {name: commands(service) for name, service in services.items() if name != "gateway"}
    codes: dict[str, set[Any]] = {
        "action": set().union(*made.values()) - ASKING,
        "document": {*kinds(Kit.of(services["billing"].settings, plugins)), "entered", "approved", "refused"},
        "rule": set(RULES),
        "tariff": {"draft", *(rule.becomes for rule in STEPS.values())},
        "sms": {*KINDS, *STATES},
        "posting": {"opening", "charge", "tax", "relief", "payment", "cancellation", REVERSAL, *POSTED},
        "book": {RECEIVABLE, *AGAINST.values()},
        "sheet": {
            name for name, one in ALL.items() if "--csv" in [word for given in one.params for word in given.opts]
        },
        "service": {code for code, package, _ in plugins.service_types.described() if package == "aimak-billing"},
    }
    assert len(codes["action"]) > 40 and len(codes["service"]) > 7
    missing = [f"ui.{kind}.{code}" for kind, found in codes.items() for code in sorted(found)]
    assert [key for key in missing if key not in words] == []
    # A workbook takes no longer name for a sheet, and none of these signs.
    sheets = [words[f"ui.sheet.{name}"] for name in codes["sheet"]]
    assert all(len(name) <= 31 and not set(name) & set("[]:*?/\\") for name in sheets)


@pytest.mark.parametrize(
    ("lang", "named"), [("ru", "вода, население"), ("ky", "суу, калк"), ("en", "water, households")]
)
def test_a_warning_calls_services_and_classes_as_the_table_does(lang: str, named: str) -> None:
    """The month's warnings and reasons for holding name no bare code; one that names neither is said as the
    installation says it."""
    warnings = [
        {"code": "AIM-B071", "text": "water…", "fields": {"service": "water", "customer_class": "household"}},
        {"code": "AIM-B070", "text": "as it was said", "fields": {"count": 3}},
    ]
    holds = [{"code": "AIM-T026", "count": 2, "text": "water…", "fields": {"service": "water", "date": "2026-11-30"}}]
    counts = {"period": "2026-11", "state": "previewed", "accounts": 1, "bills": 1, "held": 0}
    answer = {**counts, "pace": None, "totals": [], "holds": holds, "warnings": warnings}
    held, first, second = cycle_lines(Ui(as_json=False, lang=lang, quiet=False, debug=False), answer)[-3:]
    assert named.split(",")[0] in held and (lang == "en" or "water" not in held)
    assert first.startswith(f"! {named}: ") and second == "! as it was said"


def test_a_field_may_have_any_name() -> None:
    """A sentence is filled in whatever its fields are called, also as a parameter of the functions that fill it in."""
    fields = {name: name.upper() for name in ("self", "key", "msgid", "message", "name", "package", "lang", "language")}
    fields |= {"reason": "R", "service": "S", "som": "1"}
    said = "left out: NAME (PACKAGE): R"
    assert texts.translate("aimak_gateway", "ui.left_out", "en", **fields) == said
    assert Ui(False, "en", False, False).word("ui.left_out", **fields) == said
    for fill, word in ((written.say, "explain.named"), (simulation.word, "title"), (tariff_sheet.word, "since")):
        assert fill(word, "en", **fields) != word


@pytest.mark.parametrize("lang", texts.LANGUAGES)
def test_every_sentence_takes_its_fields(lang: str) -> None:
    """Each of the gateway's, with all the fields that it names."""
    ui = Ui(False, lang, False, False)
    for key, template in texts.catalogue("aimak_gateway", lang).items():
        fields = {name for _, name, _, _ in Formatter().parse(template) if name}
        said = ui.word(key, **{name: f"‹{name}›" for name in fields})
        assert all(f"‹{name}›" in said for name in fields)
