"""payment import-registry, payment list, partner add, sms list."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from aimak.problems import Problem, Refused

from aimak_gateway.cli import listing, registers
from aimak_gateway.cli.billing import Limit, most
from aimak_gateway.cli.connect import connected
from aimak_gateway.cli.frame import Ui, command
from aimak_gateway.cli.importing import File, RefusedTo, finish, import_file
from aimak_gateway.cli.nouns import noun
from aimak_gateway.cli.people import PasswordFile, ask_password


def register(app: typer.Typer) -> None:
    """Add the commands."""
    _payments(noun(app, "payment", "Payments and registries."))
    partners = noun(app, "partner", "Payment partners.")
    _partners(partners)
    registers.of_partners(partners)
    _messages(noun(app, "sms", "Messages to residents."))


def _payments(group: typer.Typer) -> None:
    @command(group, "import-registry", changes=True)
    def registry(
        ui: Ui,
        file: File,
        partner: Annotated[str, typer.Option(help="Whose registry it is.")],
        refused: RefusedTo = None,
    ) -> None:
        """Match a partner's daily registry; what it alone knows is credited.
        Example: aimak payment import-registry --partner pay24 QIWI_4001_202611231.csv"""
        with connected(ui) as api:
            state = import_file(ui, api, "payments", "registry", file, refused=refused, partner=partner)
            if state["state"] == "done" and not state.get("dry_run"):
                state["matches"] = api.get(f"/payments/registries/{state['import']}")["matches"]
        finish(ui, "registry", state, _matched(ui, state))

    @command(group, "list", lists=True)
    def listed(
        ui: Ui,
        account: Annotated[str | None, typer.Option(help="An account's number.")] = None,
        partner: Annotated[str | None, typer.Option(help="A partner's code.")] = None,
        suspense: Annotated[bool, typer.Option("--suspense", help="What matches no account.")] = False,
        limit: Limit = None,
    ) -> None:
        """Payments, or what is in suspense.  Example: aimak payment list --account 0100042"""
        name = "suspense" if suspense else "payments"
        with connected(ui) as api:
            payments = api.pages(f"/payments/{name}", name, most(ui, limit, 100), account=account, partner=partner)
        keys = ("paid_on", "partner", "external_id", "account")
        rows = [
            # The account's own number, where it was paid to by an old one.
            [
                *(row.get(key) for key in keys[:-1]),
                row.get("number") or row["account"],
                ui.named("suspense", row["reason"]) if suspense else ui.named("payment", row["state"]),
                row["amount_tyiyn"],
            ]
            for row in sorted(payments, key=lambda row: (row["paid_at"], row["partner"], row["external_id"]))
        ]
        listing.show(ui, {name: payments}, (*keys, "reason" if suspense else "state", "amount:som"), rows)


def _matched(ui: Ui, state: dict[str, Any]) -> list[str]:
    """How many lines were credited now and how many were known; of a file that came before nothing is said anew."""
    if "matches" not in state or state["replayed"] or state["taken_before"]:
        return []
    rows = state["matches"]
    new = [row for row in rows if row["match"] == "MISSING_ONLINE"]
    counts = {
        "new": sum(row["lines"] for row in new),
        "suspense": sum(row["lines"] for row in new if row["reason"]),
        "known": sum(row["lines"] for row in rows if row["match"] == "MATCHED"),
    }
    return [ui.word("ui.registry_matched", **counts)]


def _partners(group: typer.Typer) -> None:
    @command(group, "add", changes=True)
    def add(
        ui: Ui,
        code: Annotated[str, typer.Argument(help="Short code: pay24")],
        name: Annotated[str, typer.Option(help="Name.")],
        protocol: Annotated[str, typer.Option(help="Installed protocol (aimak plugins list).")] = "osmp",
        login: Annotated[str | None, typer.Option(help="The partner's login; none: it may not call.")] = None,
        setting: Annotated[list[str] | None, typer.Option("--set", help="name=JSON, as the protocol asks.")] = None,
        address: Annotated[list[str] | None, typer.Option(help="Network it may call from: 79.142.16.0/20")] = None,
        certificate: Annotated[list[str] | None, typer.Option(help="SHA-256 of its client certificate.")] = None,
        password_file: PasswordFile = None,
    ) -> None:
        """Define a partner.  Example: aimak partner add pay24 --name Pay24 --login pay24 --password-file p.txt"""
        body: dict[str, Any] = {"code": code, "name": name, "protocol": protocol, "settings": _settings(setting or [])}
        body |= {"addresses": address or [], "certificates": certificate or []}
        if login:
            body |= {"login": login, "password": ask_password(ui, password_file)}
        with connected(ui) as api:
            answer = api.post("/payments/partners", body)
        ui.result(answer, [f"{code}: {name} ({protocol})"])


def _settings(pairs: list[str]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for pair in pairs:
        name, mark, value = pair.partition("=")
        if not mark:
            raise Refused(Problem("AIM-G026", {"value": pair}))
        try:
            made[name] = json.loads(value)
        except ValueError:
            made[name] = value
    return made


def _messages(group: typer.Typer) -> None:
    @command(group, "list", lists=True)
    def listed(
        ui: Ui,
        account: Annotated[str | None, typer.Option(help="An account's number.")] = None,
        kind: Annotated[str | None, typer.Option(help="bill or receipt.")] = None,
        state: Annotated[str | None, typer.Option(help="queued, sent, delivered, failed, refused.")] = None,
        limit: Limit = None,
    ) -> None:
        """Messages with their text, parts and state.  Example: aimak sms list --account 0100042"""
        asked = {"account": account, "kind": kind, "state": state}
        with connected(ui) as api:
            path = "/notifications/messages"
            answer = {
                **api.get(path, **asked, limit=1),
                "messages": api.pages(path, "messages", most(ui, limit, 20), **asked),
            }
        columns = ("account", "phone", "language", "kind", "state", "parts:count", "text")
        listing.show(ui, answer, columns, [_message(ui, row) for row in answer["messages"]])


def _message(ui: Ui, row: dict[str, Any]) -> list[Any]:
    said = [ui.named("sms", row[key]) for key in ("kind", "state")]
    return [row["account"], row["phone"], row["language"], *said, row["parts"], row["text"]]
