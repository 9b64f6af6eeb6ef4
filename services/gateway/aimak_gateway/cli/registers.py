"""tenant show, provider list|show, partner list|show, outage list: what was defined, as it stands; provider add."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from aimak.languages import spoken
from aimak.problems import NotFound, Problem

from aimak_gateway.cli import listing
from aimak_gateway.cli.connect import connected
from aimak_gateway.cli.frame import Ui, command

Code = Annotated[str, typer.Argument(help="Its code.")]


def of_tenants(group: typer.Typer) -> None:
    """Add `tenant show`."""

    @command(group, "show")
    def show(ui: Ui) -> None:
        """The municipality that you are logged in to.  Example: aimak tenant show"""
        with connected(ui) as api:
            tenant = api.get("/billing/tenants/current")["tenant"]
        facts = {"code": tenant["code"], "name": _names(tenant["name"]), "zone": tenant["zone"]}
        facts |= {"languages": ", ".join(tenant["languages"])}
        facts |= {"state": ui.word("ui.for_tests")} if tenant["is_test"] else {}
        ui.result(tenant, _facts(ui, facts))


def of_providers(group: typer.Typer) -> None:
    """Add `provider list` and `provider show`."""

    @command(group, "list", lists=True)
    def listed(ui: Ui) -> None:
        """The creditors.  Example: aimak provider list"""
        with connected(ui) as api:
            providers = api.get("/billing/providers")["providers"]
        rows = [[row["code"], spoken(row["name"], ui.lang), *_details(ui, row)] for row in providers]
        listing.show(ui, providers, ("code", "name", "tax_number", "regime", "bank_account"), rows)

    @command(group, "show")
    def show(ui: Ui, provider: Code) -> None:
        """A creditor with its payment code.  Example: aimak provider show vodokanal"""
        with connected(ui) as api:
            row = _one(api.get("/billing/providers")["providers"], provider)
        facts = {"code": row["code"], "name": _names(row["name"])}
        facts |= dict(zip(("tax_number", "regime", "bank_account"), _details(ui, row), strict=True))
        facts |= {"elqr": _pairs(row["elqr"] or {})}
        ui.result(row, _facts(ui, facts))


def of_partners(group: typer.Typer) -> None:
    """Add `partner list` and `partner show`."""

    @command(group, "list", lists=True)
    def listed(ui: Ui) -> None:
        """The partners, and whether they may call.  Example: aimak partner list"""
        with connected(ui) as api:
            partners = api.get("/payments/partners")["partners"]
        rows = [[row["code"], row["name"], row["protocol"], _calls(ui, row)] for row in partners]
        listing.show(ui, partners, ("code", "name", "protocol", "state"), rows)

    @command(group, "show")
    def show(ui: Ui, partner: Code) -> None:
        """A partner with its settings; never a secret.  Example: aimak partner show pay24"""
        with connected(ui) as api:
            row = _one(api.get("/payments/partners")["partners"], partner)
        facts = {"code": row["code"], "name": row["name"], "protocol": row["protocol"], "state": _calls(ui, row)}
        facts |= {key: ", ".join(row[key]) for key in ("logins", "addresses", "certificates")}
        facts |= {"settings": _pairs(row["settings"])}
        ui.result(row, _facts(ui, facts))


def of_outages(group: typer.Typer) -> None:
    """Add `outage list`."""

    @command(group, "list", lists=True)
    def listed(ui: Ui) -> None:
        """Days without supply by street and month, the newest first.  Example: aimak outage list"""
        with connected(ui) as api:
            outages = api.get("/billing/outages")["outages"]
        rows = [
            [
                row["street"],
                ui.named("service", row["service"]),
                row["from"],
                row["until"],
                row["accounts"],
                row["ground"],
            ]
            for row in outages
        ]
        listing.show(ui, outages, ("street", "service", "from", "until", "accounts:count", "ground"), rows)


def define_provider(ui: Ui, facts: dict[str, Any]) -> None:
    """Add a creditor and name it; of one that was known before, tell what became another."""
    code = facts["code"]
    with connected(ui) as api:
        known = [row for row in api.get("/billing/providers")["providers"] if row["code"] == code]
        answer = api.post("/billing/providers", facts)
    changes = [line for row in known for line in _changed(ui, row, answer["provider"])]
    ui.result(answer, [f"{code}: {spoken(facts['name'], ui.lang)}", *changes])


def _changed(ui: Ui, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What of a creditor that was known is another now, below a line that says so; nothing where all is as it was."""
    mine = spoken(before["name"], ui.lang) != spoken(after["name"], ui.lang)
    seen = []
    for row in (before, after):
        called = spoken(row["name"], ui.lang) if mine else _names(row["name"])
        details = dict(zip(("tax_number", "regime", "bank_account"), _details(ui, row), strict=True))
        seen.append({"name": called, **details, "elqr": _pairs(row["elqr"] or {})})
    old, new = seen
    lines = [f"  {ui.word(f'ui.{key}')}: {old[key] or '-'} → {new[key] or '-'}" for key in old if old[key] != new[key]]
    return [ui.word("ui.provider_changed"), *lines] if lines else []


def _one(rows: list[dict[str, Any]], code: str) -> dict[str, Any]:
    for row in rows:
        if row["code"] == code:
            return row
    raise NotFound(Problem("AIM-G038", {"code": code, "known": ", ".join(row["code"] for row in rows)}))


def _details(ui: Ui, provider: Mapping[str, Any]) -> list[str]:
    return [provider["tax_number"], ui.named("regime", provider["regime"]), provider["bank_account"]]


def _calls(ui: Ui, partner: Mapping[str, Any]) -> str:
    may = partner["logins"] and partner["settings"]["enabled"]
    return ui.word("ui.partner_calls" if may else "ui.partner_files")


def _names(names: Mapping[str, str]) -> str:
    return ", ".join(f"{name} ({lang})" for lang, name in names.items())


def _pairs(facts: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in facts.items())


def _facts(ui: Ui, facts: Mapping[str, Any]) -> list[str]:
    return listing.pairs([ui.word(f"ui.{key}") for key in facts], facts.values())
