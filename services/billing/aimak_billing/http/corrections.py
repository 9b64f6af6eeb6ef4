"""The routes of corrections: documents with their approval, and runs over a selection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aimak import audit
from aimak.http import actor, requires, wants_trial
from aimak.http.app import language
from aimak.service import Service
from aimak.storage.work import UnitOfWork
from flask import request
from flask_smorest import Blueprint

from aimak_billing.application import cycle, status, views
from aimak_billing.application.chunks import preview_again
from aimak_billing.application.corrections import checks, documents, runs
from aimak_billing.application.corrections.kinds import kind_of, kinds
from aimak_billing.application.kit import Kit
from aimak_billing.http.answers import listed, page
from aimak_billing.http.schemas import CorrectionSchema, DecisionSchema, ReasonSchema, RulesSchema, RunSchema
from aimak_billing.store import checks as check_store
from aimak_billing.store import documents as document_store

STAFF = ("clerk", "approver", "admin", "inspector")
WRITERS = ("clerk", "approver", "admin")


def corrections(blue: Blueprint, service: Service, kit: Kit) -> None:
    """Add the routes."""
    _documents(blue, service, kit)
    _decisions(blue, service, kit)
    _runs(blue, service, kit)
    _passes(blue, service, kit)
    _checks(blue, service, kit)
    _rules(blue, service)


def _documents(blue: Blueprint, service: Service, kit: Kit) -> None:
    @blue.post("/corrections")
    @requires(*WRITERS)
    @blue.arguments(CorrectionSchema)
    def enter(asked: dict[str, Any]) -> dict[str, Any]:
        """Enter a document; nothing is posted before somebody else approves it."""
        with service.work(actor().tenant) as work:
            number = documents.enter(work, kind_of(kit, asked["kind"]), asked, actor().name)
            document = documents.view(documents.find(work, number))
            work.commit()
        return {"correction": document, "dry_run": wants_trial()}

    @blue.get("/corrections")
    @requires(*STAFF)
    def all_documents() -> Any:
        """Documents; ?account and ?state narrow."""
        with service.work(actor().tenant) as work:
            number = request.args.get("account")
            account_id = None if number is None else views.find_account(work, number).id
            after, limit = page()
            rows = document_store.listed(work, account_id, request.args.get("state"), after, limit)
            shown = [documents.view(row) for row in rows]
        return listed("corrections", shown, rows[-1].id if len(rows) == limit else None)

    @blue.get("/corrections/<int:number>")
    @requires(*STAFF)
    def one_document(number: int) -> dict[str, Any]:
        """One document."""
        with service.work(actor().tenant) as work:
            return {"correction": documents.view(documents.find(work, number))}


def _decisions(blue: Blueprint, service: Service, kit: Kit) -> None:
    @blue.post("/corrections/<int:number>/approve")
    @requires("approver")
    def approve_document(number: int) -> dict[str, Any]:
        """Approve a document that somebody else entered; it is posted."""
        with service.work(actor().tenant, bulk=True) as work:
            fresh = documents.approve(work, kinds(kit), number, actor().name)
            if not fresh:
                audit.note_nothing(work)
            document = documents.view(documents.find(work, number))
            work.commit()
        return {"correction": document, "replayed": not fresh, "dry_run": wants_trial()}

    @blue.post("/corrections/<int:number>/refuse")
    @requires(*WRITERS)
    @blue.arguments(ReasonSchema)
    def refuse_document(asked: dict[str, Any], number: int) -> dict[str, Any]:
        """Refuse a document, or take it back; nothing is posted."""
        with service.work(actor().tenant) as work:
            fresh = documents.refuse(work, number, actor().name, asked["reason"])
            if not fresh:
                audit.note_nothing(work)
            document = documents.view(documents.find(work, number))
            work.commit()
        return {"correction": document, "replayed": not fresh}


def _runs(blue: Blueprint, service: Service, kit: Kit) -> None:
    @blue.post("/runs")
    @requires("clerk", "admin")
    @blue.arguments(RunSchema)
    def start(asked: dict[str, Any]) -> dict[str, Any]:
        """Start a run over a selection: for whom no bill in force is there, or anew."""
        with service.work(actor().tenant, bulk=True) as work:
            run_id = runs.start(kit, work, asked, actor().name)
            work.commit()
        return _run(service, run_id)

    @blue.get("/runs")
    @requires(*STAFF)
    def all_runs() -> Any:
        """Runs; ?period narrows."""
        with service.work(actor().tenant) as work:
            return listed("runs", status.runs_view(work, request.args.get("period")))

    @blue.get("/runs/<int:run_id>")
    @requires(*STAFF)
    def one_run(run_id: int) -> dict[str, Any]:
        """How far a run has come and what it amounts to."""
        return _run(service, run_id)


def _run(service: Service, run_id: int) -> dict[str, Any]:
    with service.work(actor().tenant, bulk=True) as work:
        return status.run_view(work, run_id, language())


def _passes(blue: Blueprint, service: Service, kit: Kit) -> None:
    def command(verb: str, roles: tuple[str, ...], act: Callable[[UnitOfWork, Any], None], about: str) -> None:
        def view(run_id: int) -> dict[str, Any]:
            with service.work(actor().tenant, bulk=True) as work:
                cycle.lock(work)
                run = cycle.locked(work, run_id)
                act(work, run)
                runs.note_of(work, run)
                work.commit()
            return _run(service, run_id)

        view.__name__, view.__doc__ = f"{verb}_run", about
        blue.post(f"/runs/<int:run_id>/{verb}")(requires(*roles)(view))

    def who() -> str:
        return actor().name

    command("preview", ("clerk", "admin"), lambda work, run: cycle.preview_run(kit, work, run, who()), "Rate it anew.")
    command("approve", ("approver",), lambda work, run: cycle.approve_run(work, run, who()), "Approve it.")
    command("issue", WRITERS, lambda work, run: cycle.issue_run(kit, work, run, who()), "Have it issued.")
    command("abandon", WRITERS, lambda work, run: runs.abandon(work, run, who()), "Give it up.")
    command("pause", WRITERS, lambda work, run: runs.pause(work, run), "Leave what is not begun.")
    command("resume", WRITERS, lambda work, run: runs.resume(work, run), "Go on, and do again what failed.")
    command("retry", WRITERS, lambda work, run: runs.resume(work, run, "retry"), "Do again what failed.")


def _checks(blue: Blueprint, service: Service, kit: Kit) -> None:
    @blue.get("/runs/<int:run_id>/outsorts")
    @requires(*STAFF)
    def outsorts(run_id: int) -> Any:
        """Bills that rules sorted out, and what was decided."""
        with service.work(actor().tenant, bulk=True) as work:
            return listed("outsorts", checks.waiting(work, cycle.locked(work, run_id)))

    @blue.get("/runs/<int:run_id>/completeness")
    @requires(*STAFF)
    def completeness(run_id: int) -> Any:
        """Connections by service and provider: active, billed, previewed, held, exempt."""
        with service.work(actor().tenant, bulk=True) as work:
            return listed("completeness", checks.completeness_view(work, cycle.locked(work, run_id)))

    @blue.get("/runs/<int:run_id>/comparison")
    @requires(*STAFF)
    def comparison(run_id: int) -> Any:
        """Gross beside the last three periods; ?by is service, provider, customer_class or street."""
        with service.work(actor().tenant, bulk=True) as work:
            by = request.args.get("by", "service")
            return listed("comparison", checks.comparison_view(work, cycle.locked(work, run_id), by))

    @blue.post("/runs/<int:run_id>/outsorts/<number>")
    @requires("clerk", "admin")
    @blue.arguments(DecisionSchema)
    def decide(asked: dict[str, Any], run_id: int, number: str) -> dict[str, Any]:
        """Release, correct or exclude a bill."""
        with service.work(actor().tenant, bulk=True) as work:
            cycle.lock(work)
            run = cycle.locked(work, run_id)
            cycle.may(work, "approve", run)
            chunk = checks.decide(work, run, number, asked["decision"], asked["reason"], actor().name)
            if chunk is not None:
                preview_again(kit, work, run, chunk)
            work.commit()
        return _run(service, run_id)


def _rules(blue: Blueprint, service: Service) -> None:
    @blue.get("/outsort-rules")
    @requires(*STAFF)
    def rules() -> dict[str, Any]:
        """The rules that sort bills out."""
        with service.work(actor().tenant) as work:
            return {"rules": check_store.rules(work)}

    @blue.post("/outsort-rules")
    @requires("admin", "approver")
    @blue.arguments(RulesSchema)
    def write_rules(asked: dict[str, Any]) -> dict[str, Any]:
        """Have these rules and no others."""
        with service.work(actor().tenant) as work:
            kept = checks.write_rules(work, asked["rules"])
            work.commit()
        return {"rules": kept}
