"""init, migrate, tenant add|rename, provider add, partner add, doctor, maintain, rebuild, republish, config show."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from aimak.languages import LANGUAGES, spoken
from aimak.problems import Problem, Refused
from aimak.settings import SERVICES, Settings

from aimak_gateway.cli import listing, registers
from aimak_gateway.cli.connect import Api, connected
from aimak_gateway.cli.frame import VALIDATION, Failed, Ui, command, table
from aimak_gateway.cli.nouns import noun
from aimak_gateway.cli.people import ask_password

PasswordFile = Annotated[
    Path | None, typer.Option(help="A file with the password (else AIMAK_PASSWORD, else asked for).")
]
Name = Annotated[list[str], typer.Option(help="The name, once for each language: ky=… ru=… en=…")]
OWNERS = tuple(service for service in SERVICES if service != "gateway")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    _setup(app)
    _define(app)
    _care(app)


def _setup(app: typer.Typer) -> None:
    @command(app, "init", changes=True)
    def init(
        ui: Ui,
        admin: Annotated[str, typer.Option(help="Name of the first person, who may do everything.")] = "admin",
        password_file: PasswordFile = None,
    ) -> None:
        """Make the data folder or the schemas, and let the first person in.  Example: aimak init --admin ayna"""
        from aimak_gateway import setup

        made = setup.initialise(Settings.load(), admin, ask_password(ui, password_file), dry_run=ui.dry_run)
        ui.result(made, [ui.word("ui.initialised" if made["created"] else "ui.initialised_already", **made)])

    @command(app, "migrate", changes=True)
    def migrate(ui: Ui) -> None:
        """Bring the databases to the program's version.  Example: aimak migrate"""
        from aimak_gateway import setup

        versions = setup.migrate_all(Settings.load(), dry_run=ui.dry_run)
        rows = [(row["service"], row["have"] or "-", row["want"]) for row in versions]
        ui.result(versions, table(rows, (ui.word("ui.part"), ui.word("ui.have"), ui.word("ui.want"))))

    config = noun(app, "config", "Settings and where they come from.")

    @command(config, "show", lists=True)
    def show(ui: Ui) -> None:
        """Every setting that was set, with its origin; secrets are masked.  Example: aimak config show --json"""
        shown = Settings.load().shown()
        rows = [(key, entry["value"], entry["origin"]) for key, entry in shown.items()]
        listing.show(ui, shown, ("setting", "value", "origin"), rows)


def _names(names: list[str]) -> dict[str, str]:
    """`ky=Нарын` … as a mapping; a name without a language stands for all."""
    made: dict[str, str] = {}
    for name in names:
        lang, mark, text = name.partition("=")
        made.update({lang: text} if mark else dict.fromkeys(LANGUAGES, name))
    return made


def _elqr(facts: list[str]) -> dict[str, dict[str, str]]:
    """`provider_id=qr.example.kg` … as the body's part; nothing where nothing was said."""
    made = dict(fact.partition("=")[::2] for fact in facts)
    return {"elqr": made} if made else {}


def _define(app: typer.Typer) -> None:
    tenants = noun(app, "tenant", "Municipalities.")

    @command(tenants, "add", changes=True)
    def add_tenant(
        ui: Ui,
        code: Annotated[str, typer.Argument(help="Short code, first in every key: naryn")],
        name: Name,
        zone: Annotated[str, typer.Option(help="Time zone.")] = "Asia/Bishkek",
        languages: Annotated[str, typer.Option(help="Languages, the default first.")] = "ky,ru",
        test: Annotated[bool, typer.Option("--test", help="A test municipality: clock and ids may be set.")] = False,
    ) -> None:
        """Define a municipality.  Example: aimak tenant add naryn --name ky=Нарын --name ru=Нарын"""
        body = {"code": code, "name": _names(name), "zone": zone, "languages": languages.split(","), "is_test": test}
        with connected(ui) as api:
            answer = api.post("/billing/tenants", body)
        ui.result(answer, [f"{code}: {spoken(_names(name), ui.lang)}"])

    @command(tenants, "rename", changes=True)
    def rename_tenant(ui: Ui, name: Name) -> None:
        """The municipality is called otherwise from now on.  Example: aimak tenant rename --name ru=Ак-Талаа"""
        with connected(ui) as api:
            known = api.get("/billing/tenants/current")["tenant"]
            body = {key: known[key] for key in ("code", "zone", "languages", "is_test")}
            answer = api.post("/billing/tenants", {**body, "name": known["name"] | _names(name)})
        before, after = (spoken(tenant["name"], ui.lang) for tenant in (known, answer["tenant"]))
        ui.result(answer, [f"{known['code']}: {before} → {after}", ui.word("ui.name_of_its_day")])

    registers.of_tenants(tenants)
    providers = noun(app, "provider", "Creditors: the vodokanal, the waste firm, the budget.")
    registers.of_providers(providers)

    @command(providers, "add", changes=True)
    def add_provider(
        ui: Ui,
        code: Annotated[str, typer.Argument(help="Short code: vodokanal")],
        name: Name,
        tax_number: Annotated[str, typer.Option(help="Tax number (ИНН).")],
        bank_account: Annotated[str, typer.Option(help="Settlement account.")] = "",
        regime: Annotated[str, typer.Option(help="general, simplified or budget.")] = "general",
        elqr: Annotated[
            list[str] | None,
            typer.Option(help="Payment code, from the bank: provider_id=… service_code=… name=…, each by itself."),
        ] = None,
    ) -> None:
        """Define a creditor.  Example: aimak provider add vodokanal --name ru=Водоканал --tax-number 01234567890123"""
        body = {"code": code, "name": _names(name), "tax_number": tax_number, "regime": regime}
        registers.define_provider(ui, {**body, "bank_account": bank_account, **_elqr(elqr or [])})


def _services(only: str | None) -> tuple[str, ...]:
    if only is None:
        return OWNERS
    if only not in OWNERS:
        raise Refused(Problem("AIM-G023", {"service": only, "services": ", ".join(OWNERS)}))
    return (only,)


def _care(app: typer.Typer) -> None:
    @command(app, "doctor")
    def doctor(ui: Ui) -> None:
        """Examine every service and compare the two ledgers' control accounts.  Example: aimak doctor"""
        with connected(ui) as api:
            answers = [api.get(f"/{service}/doctor") for service in OWNERS]
        problems = [problem for answer in answers for problem in answer["problems"]]
        problems += [ui.problem(problem) for problem in compare_control(answers)]
        if problems:
            raise Failed(VALIDATION, problems)
        ui.result({"services": answers}, [ui.word("ui.healthy", services=", ".join(OWNERS))])

    @command(app, "maintain", changes=True)
    def maintain(ui: Ui) -> None:
        """Prune what has been kept long enough (the workers do it daily).  Example: aimak maintain"""
        with connected(ui) as api:
            answers = [api.post(f"/{service}/maintain") for service in OWNERS]
        rows = [(answer["service"], name, count) for answer in answers for name, count in answer["pruned"].items()]
        ui.result(answers, table(rows, (ui.word("ui.part"), ui.word("ui.table"), ui.word("ui.rows")), (2,)))

    @command(app, "rebuild", changes=True)
    def rebuild(
        ui: Ui,
        service: Annotated[str, typer.Argument(help="Whose read models: metering, payments, billing, notifications")],
        drop: Annotated[bool, typer.Option("--drop", help="Empty its read models first.")] = False,
    ) -> None:
        """Have every owner send its present state to one service again.  Example: aimak rebuild payments --drop"""
        _services(service)
        with connected(ui) as api:
            dropped = api.post(f"/{service}/read-models/drop")["rows"] if drop else {}
            answers = rebuild_from_owners(api, service)
        sent = {event: rows for answer in answers for event, rows in answer["rows"].items()}
        heads = (ui.word("ui.event"), ui.word("ui.rows"))
        ui.result({"dropped": dropped, "sent": sent}, table(list(sent.items()), heads, (1,)))

    @command(app, "republish", changes=True)
    def republish(
        ui: Ui,
        since: Annotated[
            datetime,
            typer.Option(
                formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d"], help="From when on, in the town's time: 2026-11-26T05:00"
            ),
        ],
    ) -> None:
        """Publish once more what RabbitMQ had confirmed and lost.  Example: aimak republish --since 2026-11-26T05:00"""
        with connected(ui) as api:
            answers = [api.post(f"/{owner}/publish-again", since=since.isoformat()) for owner in OWNERS]
        rows = [(answer["service"], answer["messages"]) for answer in answers]
        ui.result(answers, table(rows, (ui.word("ui.part"), ui.word("ui.messages")), (1,)))


def rebuild_from_owners(api: Api, service: str) -> list[dict[str, Any]]:
    """Have every owner send `service` the present state of what it listens to."""
    events = api.get(f"/{service}/subscriptions")["events"]
    return [api.post(f"/{owner}/rebuild", to=service, event=events) for owner in OWNERS if owner != service]


def compare_control(answers: list[dict[str, Any]]) -> list[Problem]:
    """Billing's and payments' control accounts must hold the same sums, provider by provider."""
    sums = {answer["service"]: answer["control"] for answer in answers}
    billing, payments = sums.get("billing", {}), sums.get("payments", {})
    return [
        Problem("AIM-G030", {"provider": key, "billing": billing.get(key, 0), "payments": payments.get(key, 0)})
        for key in sorted(billing.keys() | payments.keys())
        if billing.get(key, 0) != payments.get(key, 0)
    ]
