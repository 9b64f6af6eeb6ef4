"""The routes of tariffs: files in and out, the steps of their life, prices."""

from __future__ import annotations

from typing import Any

from aimak.http import actor, requires, wants_trial
from aimak.http.app import language, problems_json
from aimak.problems import Problem, Refused
from aimak.service import Service
from flask import Response, request
from flask_smorest import Blueprint

from aimak_billing.application import simulations, tariff_life, tariff_sheets, tariff_texts, tariffs
from aimak_billing.application.kit import Kit
from aimak_billing.documents import simulation as papers
from aimak_billing.documents import tariff_sheet
from aimak_billing.domain.tariff_life import Facts
from aimak_billing.http.answers import STAFF, asked_language, file_name, listed
from aimak_billing.http.schemas import QuoteSchema, SimulationSchema, StepSchema
from aimak_billing.tariff_file import text_of

TARIFF_BYTES = 1 << 20
ENTERING = ("clerk", "admin")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SIMULATING = ("clerk", "approver", "admin")
STEP_ROLES = {
    "submit": ENTERING,
    "hear": (*ENTERING, "approver"),
    "agree": (*ENTERING, "approver"),
    "approve": ("approver",),
    "publish": (*ENTERING, "approver"),
    "withdraw": (*ENTERING, "approver"),
    "adopt": ("approver",),
}


def tariff_routes(blue: Blueprint, service: Service, kit: Kit) -> None:
    """Add them."""
    _files(blue, service, kit)
    _documents(blue, service)
    for name, roles in STEP_ROLES.items():
        _step(blue, service, kit, name, roles)
    _views(blue, service, kit)
    _texts(blue, service, kit)
    _sheets(blue, service, kit)
    _simulations(blue, service, kit)


def _files(blue: Blueprint, service: Service, kit: Kit) -> None:
    @blue.post("/imports/tariffs")
    @requires(*ENTERING)
    def take() -> dict[str, Any]:
        """Enter a file of tariffs as drafts, whole, or refuse it whole."""
        request.max_content_length = TARIFF_BYTES
        name = file_name("tariffs.yaml")
        with service.work(actor().tenant) as work:
            taken = tariffs.take_tariffs(
                kit, work, text_of(request.get_data(cache=False), name), name, actor=actor().name
            )
            work.commit()
        return {**taken, "dry_run": wants_trial()}


def _documents(blue: Blueprint, service: Service) -> None:
    @blue.post("/tariffs/scans")
    @requires("clerk", "admin", "approver")
    def scan() -> dict[str, Any]:
        """Keep a document that a step will name by its hash."""
        request.max_content_length = tariff_life.SCAN_BYTES + 1
        with service.work(actor().tenant) as work:
            kept = tariff_life.keep_scan(work, request.get_data(cache=False), file_name("scan"), actor().name)
            work.commit()
        return kept

    @blue.get("/tariffs/scans/<sha256>")
    @requires(*STAFF)
    def document(sha256: str) -> Response:
        """A document as it was sent in."""
        with service.work(actor().tenant) as work:
            body, kind = tariff_life.scan_of(work, sha256)
        return Response(body, content_type=kind)


def _step(blue: Blueprint, service: Service, kit: Kit, name: str, roles: tuple[str, ...]) -> None:
    @blue.post(f"/tariffs/{name}", endpoint=f"tariff_{name}")
    @requires(*roles)
    @blue.arguments(StepSchema)
    def step(said: dict[str, Any]) -> dict[str, Any]:
        """Take the step with every tariff named, or with none; if asked, with those that may take it."""
        plain = {key: said[key] for key in ("ground", "body", "number", "scan", "not_required")}
        facts = Facts(day=said["date"], **plain)
        with service.work(actor().tenant, bulk=True) as work:
            refs, fitting = said["tariffs"], said["fitting"]
            taken = tariff_life.take_step(kit, work, name, refs, facts, actor().name, fitting=fitting)
            work.commit()
        return {"step": name, "tariffs": taken.tariffs, "left_out": problems_json(taken.left_out, language())}


def _views(blue: Blueprint, service: Service, kit: Kit) -> None:
    @blue.get("/tariffs")
    @requires(*STAFF)
    def all_tariffs() -> Any:
        """All tariff versions, in short, with the state of each."""
        with service.work(actor().tenant) as work:
            return listed("tariffs", tariff_life.tariffs_view(kit, work))

    @blue.get("/tariffs/<code>")
    @requires(*STAFF)
    def tariff(code: str) -> dict[str, Any]:
        """All versions of a tariff with their steps and what the sheet of each says."""
        with service.work(actor().tenant) as work:
            return tariff_sheets.described(kit, work, code, asked_language())

    @blue.post("/tariffs/quote")
    @requires(*STAFF)
    @blue.arguments(QuoteSchema)
    def quote(asked: dict[str, Any]) -> dict[str, Any]:
        """What one connection would be charged."""
        with service.work(actor().tenant) as work:
            return tariffs.quote_price(kit, work, asked, language())


def _texts(blue: Blueprint, service: Service, kit: Kit) -> None:
    @blue.get("/tariffs/export")
    @requires(*STAFF)
    def export() -> Response:
        """Tariffs as a file; ?tariff, as often as needed, narrows."""
        with service.work(actor().tenant) as work:
            text = tariff_texts.export(kit, work, request.args.getlist("tariff"))
        return Response(text, content_type="application/yaml; charset=utf-8")

    @blue.get("/tariffs/diff")
    @requires(*STAFF)
    def diff() -> dict[str, Any]:
        """What changes from ?tariff to ?tariff, or to one from the version before it."""
        refs = request.args.getlist("tariff")
        if not 1 <= len(refs) <= 2:
            raise Refused(Problem("AIM-T114", {"count": len(refs)}))
        with service.work(actor().tenant) as work:
            return tariff_texts.diff(kit, work, refs, asked_language())


def _sheets(blue: Blueprint, service: Service, kit: Kit) -> None:
    @blue.get("/tariffs/<ref>/sheet.<any(pdf,html):form>")
    @requires(*STAFF)
    def sheet(ref: str, form: str) -> Response:
        """The sheet that is published."""
        with service.work(actor().tenant) as work:
            made, at = tariff_sheets.sheet(kit, work, ref, asked_language())
        if form == "pdf":
            return Response(tariff_sheet.as_pdf(made, at), content_type="application/pdf")
        return Response(tariff_sheet.as_html(made), content_type="text/html; charset=utf-8")


def _simulations(blue: Blueprint, service: Service, kit: Kit) -> None:
    @blue.post("/simulations")
    @requires(*SIMULATING)
    @blue.arguments(SimulationSchema)
    def start(asked: dict[str, Any]) -> dict[str, Any]:
        """Have drafts tried on the usage of chosen months."""
        with service.work(actor().tenant, bulk=True) as work:
            number = simulations.start(kit, work, asked["tariffs"], asked["periods"], actor().name)
            work.commit()
        return _simulation(service, number)

    @blue.get("/simulations/<int:number>")
    @requires(*SIMULATING)
    def show(number: int) -> dict[str, Any]:
        """How far it is, and its report when it is done."""
        return _simulation(service, number)

    @blue.get("/simulations/<int:number>/report.<any(pdf,xlsx):form>")
    @requires(*SIMULATING)
    def document(number: int, form: str) -> Response:
        """The report as a document."""
        lang = asked_language()
        with service.work(actor().tenant) as work:
            told, names, municipality, at = simulations.documented(kit, work, number, lang)
        if form == "pdf":
            return Response(papers.as_pdf(told, names, municipality, at, lang), content_type="application/pdf")
        return Response(papers.as_xlsx(told, names, lang), content_type=XLSX)

    @blue.post("/simulations/<int:number>/stop")
    @requires(*SIMULATING)
    def stop(number: int) -> dict[str, Any]:
        """Stop it."""
        with service.work(actor().tenant) as work:
            simulations.stop(work, number)
            work.commit()
        return _simulation(service, number)


def _simulation(service: Service, number: int) -> dict[str, Any]:
    with service.work(actor().tenant) as work:
        return simulations.view(work, number)
