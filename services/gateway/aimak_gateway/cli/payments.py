"""payment import-registry, payment list, partner add, sms list."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from aimak.money import format_som
from aimak.problems import Problem, Refused

from aimak_gateway.cli.connect import connected
from aimak_gateway.cli.frame import Ui, command, table
from aimak_gateway.cli.importing import DryRun, File, RefusedTo, finish, import_file
from aimak_gateway.cli.nouns import noun
from aimak_gateway.cli.people import PasswordFile, ask_password

Csv = Annotated[Path | None, typer.Option("--csv", help="Write the list to this file.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    _payments(noun(app, "payment", "Payments and registries."))
    _partners(noun(app, "partner", "Payment partners."))
    _messages(noun(app, "sms", "Messages to residents."))


def _payments(group: typer.Typer) -> None:
    @command(group, "import-registry")
    def registry(
        ui: Ui,
        file: File,
        partner: Annotated[str, typer.Option(help="Whose registry it is.")],
        dry_run: DryRun = False,
        refused: RefusedTo = None,
    ) -> None:
        """Match a partner's daily registry; what it alone knows is credited.
        Example: aimak payment import-registry --partner pay24 QIWI_4001_202611231.csv"""
        with connected(ui) as api:
            state = import_file(
                ui, api, "payments", "registry", file, dry_run=dry_run, refused=refused, partner=partner
            )
        finish(ui, "registry", state)

    @command(group, "list")
    def listed(
        ui: Ui,
        account: Annotated[str | None, typer.Option(help="An account's number.")] = None,
        partner: Annotated[str | None, typer.Option(help="A partner's code.")] = None,
        suspense: Annotated[bool, typer.Option("--suspense", help="What matches no account.")] = False,
        csv: Csv = None,
    ) -> None:
        """Payments, or what is in suspense.  Example: aimak payment list --account 0100042"""
        path = "/payments/suspense" if suspense else "/payments/payments"
        with connected(ui) as api:
            answer = api.get(path, account=account, partner=partner)
            if csv:
                csv.write_bytes(api.raw(path, account=account, partner=partner, format="csv"))
        payments = answer["suspense" if suspense else "payments"]
        keys = ("paid_on", "partner", "external_id", "account", "state")
        rows = [[row.get(key) for key in keys] + [format_som(row["amount_tyiyn"])] for row in payments]
        ui.result(answer, table(rows, [ui.word(f"ui.{key}") for key in (*keys, "amount")], (5,)))


def _partners(group: typer.Typer) -> None:
    @command(group, "add")
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
    @command(group, "list")
    def listed(
        ui: Ui,
        account: Annotated[str | None, typer.Option(help="An account's number.")] = None,
        kind: Annotated[str | None, typer.Option(help="bill or receipt.")] = None,
        state: Annotated[str | None, typer.Option(help="queued, sent, delivered, failed, refused.")] = None,
        limit: Annotated[int, typer.Option(help="At most so many.")] = 20,
        csv: Csv = None,
    ) -> None:
        """Messages with their text, parts and state.  Example: aimak sms list --account 0100042"""
        asked = {"account": account, "kind": kind, "state": state, "limit": limit}
        with connected(ui) as api:
            answer = api.get("/notifications/messages", **asked)
            if csv:
                csv.write_bytes(api.raw("/notifications/messages", **asked, format="csv"))
        keys = ("account", "phone", "language", "kind", "state", "parts", "text")
        rows = [[row.get(key) for key in keys] for row in answer["messages"]]
        ui.result(answer, table(rows, [ui.word(f"ui.{key}") for key in keys], (5,)))
