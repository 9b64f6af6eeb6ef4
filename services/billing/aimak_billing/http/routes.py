"""The routes of billing: registers, cycles, accounts and bills; those of tariffs stand beside."""

from __future__ import annotations

from typing import Any

from aimak.http import actor, blueprint, requires
from aimak.http.app import language
from aimak.problems import Forbidden, Problem
from aimak.service import Service
from flask import Response, request
from flask_smorest import Blueprint

from aimak_billing.application import bills, cycle, printing, registers, status, views
from aimak_billing.application.kit import Kit
from aimak_billing.http.answers import STAFF, asked_language, listed, page
from aimak_billing.http.corrections import corrections
from aimak_billing.http.life import lives
from aimak_billing.http.reports import report_routes
from aimak_billing.http.schemas import PrintSchema, ProviderSchema, TenantSchema
from aimak_billing.http.tariffs import tariff_routes
from aimak_billing.store import registers as register_store


def routes(service: Service, kit: Kit) -> Blueprint:
    """The blueprint, /billing/…"""
    blue = blueprint("billing")
    _registers(blue, service, kit)
    _commands(blue, service, kit)
    _cycles(blue, service)
    _accounts(blue, service)
    _bills(blue, service, kit)
    _print(blue, service, kit)
    tariff_routes(blue, service, kit)
    corrections(blue, service, kit)
    lives(blue, service, kit)
    report_routes(blue, service, kit)
    return blue


def _registers(blue: Blueprint, service: Service, kit: Kit) -> None:
    @blue.post("/tenants")
    @requires("admin")
    @blue.arguments(TenantSchema)
    def define_tenant(facts: dict[str, Any]) -> dict[str, Any]:
        """Define the actor's municipality, or change it."""
        if facts["code"] != actor().tenant:
            raise Forbidden(Problem("AIM-B006", {"tenant": facts["code"], "own": actor().tenant}))
        with service.work(actor().tenant) as work:
            tenant, replayed = registers.define_tenant(kit, facts, work)
            work.commit()
        return {"tenant": tenant, "replayed": replayed}

    @blue.get("/tenants/current")
    @requires(*STAFF)
    def tenant() -> dict[str, Any]:
        """The actor's municipality."""
        with service.work(actor().tenant) as work:
            return {"tenant": registers.tenant_view(work)}

    @blue.post("/providers")
    @requires("admin")
    @blue.arguments(ProviderSchema)
    def define_provider(facts: dict[str, Any]) -> dict[str, Any]:
        """Define a creditor, or change it."""
        with service.work(actor().tenant) as work:
            provider, replayed = registers.define_provider(facts, work)
            work.commit()
        return {"provider": provider, "replayed": replayed}

    @blue.get("/providers")
    @requires(*STAFF)
    def providers() -> Any:
        """All creditors."""
        with service.work(actor().tenant) as work:
            rows = [registers.provider_view(row) for row in register_store.providers(work)]
        return listed("providers", rows)


def _commands(blue: Blueprint, service: Service, kit: Kit) -> None:
    @blue.post("/cycles/<period>/preview")
    @requires("clerk", "admin")
    def preview(period: str) -> dict[str, Any]:
        """Have the period rated."""
        with service.work(actor().tenant, bulk=True) as work:
            cycle.preview(kit, work, period, actor().name)
            work.commit()
        return _cycle(service, period)

    @blue.post("/cycles/<period>/approve")
    @requires("approver")
    def approve(period: str) -> dict[str, Any]:
        """Approve what was previewed."""
        with service.work(actor().tenant, bulk=True) as work:
            cycle.approve(work, period, actor().name)
            work.commit()
        return _cycle(service, period)

    @blue.post("/cycles/<period>/issue")
    @requires("clerk", "approver", "admin")
    def issue(period: str) -> dict[str, Any]:
        """Have the approved bills issued."""
        with service.work(actor().tenant, bulk=True) as work:
            cycle.issue(kit, work, period, actor().name)
            work.commit()
        return _cycle(service, period)

    @blue.post("/cycles/<period>/close")
    @requires("approver", "admin")
    def close(period: str) -> dict[str, Any]:
        """Close the period."""
        with service.work(actor().tenant, bulk=True) as work:
            cycle.close(work, period, actor().name)
            work.commit()
        return _cycle(service, period)


def _cycle(service: Service, period: str) -> dict[str, Any]:
    with service.work(actor().tenant, bulk=True) as work:
        return status.cycle_view(work, period, language())


def _cycles(blue: Blueprint, service: Service) -> None:
    @blue.get("/cycles")
    @requires(*STAFF)
    def cycles() -> Any:
        """All cycles, the newest first."""
        with service.work(actor().tenant) as work:
            return listed("cycles", status.cycles_view(work))

    @blue.get("/cycles/<period>")
    @requires(*STAFF)
    def one(period: str) -> dict[str, Any]:
        """How far a cycle has come and what it amounts to."""
        return _cycle(service, period)

    @blue.get("/cycles/<period>/holds")
    @requires(*STAFF)
    def holds(period: str) -> Any:
        """Accounts that get no bill, and why."""
        with service.work(actor().tenant) as work:
            rows, following = status.holds_view(work, period, *page(), language())
        return listed("holds", rows, following)


def _accounts(blue: Blueprint, service: Service) -> None:
    @blue.get("/accounts")
    @requires(*STAFF)
    def accounts() -> Any:
        """Accounts; ?search is part of a name, a number's beginning, a street (and house) or a phone's end."""
        with service.work(actor().tenant) as work:
            rows, following = views.accounts_view(work, request.args.get("search"), *page())
        return listed("accounts", rows, following)

    @blue.get("/accounts/<number>")
    @requires(*STAFF)
    def account(number: str) -> dict[str, Any]:
        """All that is known of one account, by its number or an alias."""
        with service.work(actor().tenant) as work:
            return views.account_view(work, number)

    @blue.get("/accounts/<number>/ledger")
    @requires(*STAFF)
    def ledger(number: str) -> Any:
        """Every posting of an account."""
        with service.work(actor().tenant) as work:
            rows = views.ledger_view(work, views.find_account(work, number).id)
        return listed("ledger", rows)


def _bills(blue: Blueprint, service: Service, kit: Kit) -> None:
    @blue.get("/bills")
    @requires(*STAFF)
    def all_bills() -> Any:
        """Bills; ?period and ?account narrow."""
        with service.work(actor().tenant) as work:
            chosen = request.args.get("period"), request.args.get("account")
            rows, following = views.bills_view(work, *chosen, *page())
        return listed("bills", rows, following)

    @blue.get("/bills/<number>")
    @requires(*STAFF)
    def bill(number: str) -> dict[str, Any]:
        """A bill with its lines and readings; with ?lang its lines have names and what they count in words, its
        creditors names."""
        with service.work(actor().tenant) as work:
            view = views.bill_view(work, number)
            if request.args.get("lang"):
                names = bills.names_of_lines(kit, work, number, asked_language())
                view["lines"] = [{**line, **name} for line, name in zip(view["lines"], names, strict=True)]
                called = bills.names_of_creditors(work, number, asked_language())
                view["creditors"] = [{**one, "name": called[one["provider"]]} for one in view["creditors"]]
        return view

    @blue.get("/bills/<number>/explain")
    @requires(*STAFF)
    def explain(number: str) -> dict[str, Any]:
        """How each line of a bill was worked out, in words."""
        lang = asked_language()
        with service.work(actor().tenant) as work:
            sentences = bills.explanations(kit, work, number, lang)
        return {"number": int(number), "lang": lang, "sentences": sentences}

    @blue.get("/bills/<number>/pdf")
    @requires(*STAFF)
    def pdf(number: str) -> Response:
        """A bill as it is printed."""
        with service.work(actor().tenant) as work:
            printed = printing.print_bill(kit, work, number, asked_language())
        return Response(printing.render(printed), content_type="application/pdf")


def _print(blue: Blueprint, service: Service, kit: Kit) -> None:
    @blue.get("/print/<period>")
    @requires(*STAFF)
    def route(period: str) -> dict[str, Any]:
        """The bills of a period in force, in the order in which they are carried out."""
        cycle.period_of(period)
        with service.work(actor().tenant, bulk=True) as work:
            return {"period": period, "bills": printing.route(work, period)}

    @blue.post("/print")
    @requires(*STAFF)
    @blue.arguments(PrintSchema)
    def print_some(asked: dict[str, Any]) -> Response:
        """Several bills as one PDF, in the order of their numbers in the list."""
        with service.work(actor().tenant, bulk=True) as work:
            printed = printing.print_bills(kit, work, asked["numbers"], asked_language())
        return Response(printing.render(printed), content_type="application/pdf")
