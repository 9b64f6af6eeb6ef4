"""The routes of reports and of the rule by which payments meet debts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from aimak.http import actor, requires
from aimak.http.app import language, problems_json
from aimak.languages import spoken
from aimak.period import Period
from aimak.problems import Problem, Refused
from aimak.service import Service
from aimak.storage.work import UnitOfWork
from flask import Response, request
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from aimak_billing.application import allocation
from aimak_billing.application.corrections import late
from aimak_billing.application.kit import Kit
from aimak_billing.application.reports import (
    ageing,
    changes,
    debtors,
    groups,
    old_debts,
    postings,
    statement,
    trail,
    turnover,
)
from aimak_billing.documents import tables
from aimak_billing.documents.statement import render_statement
from aimak_billing.http.answers import asked_language
from aimak_billing.store import registers
from aimak_billing.store.reports import rebilled
from aimak_billing.store.reports.moves import Books

READERS = ("clerk", "approver", "admin", "inspector")
# More rows than a person reads; a file takes them all.
JSON_ROWS = 10_000
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class RuleSchema(Schema):
    """A rule from a day on, as that of late readings."""

    valid_from = fields.Date(required=True)
    method = fields.String(required=True)
    ground = fields.String(required=True, validate=validate.Length(max=1000))


class PolicySchema(RuleSchema):
    """How payments are set against debts, from a day on."""

    priority = fields.List(fields.String(validate=validate.Length(max=64)), load_default=list)


def report_routes(blue: Blueprint, service: Service, kit: Kit) -> None:
    """Add them to the blueprint /billing/…"""
    _sheets(blue, service, kit)
    _questions(blue, service, kit)
    _statements(blue, service)
    _policies(blue, service)
    _late(blue, service)


def _sheets(blue: Blueprint, service: Service, kit: Kit) -> None:
    def answer(make: Callable[[UnitOfWork], turnover.Sheet], money: Sequence[str]) -> Any:
        with service.work(actor().tenant, bulk=True) as work:
            return _answer(make(work), money)

    @blue.get("/reports/turnover")
    @requires(*READERS)
    def turnover_sheet() -> Any:
        """?period or ?from and ?to, ?by (provider,service,class,street,account), ?as_of, ?format=csv|xlsx."""
        since, books, by = *_span(), groups.dimensions(request.args.get("by", "provider,class"))
        return answer(lambda work: turnover.sheet(work, since, books, by), turnover.COLUMNS)

    @blue.get("/reports/ageing")
    @requires(*READERS)
    def ageing_sheet() -> Any:
        """?on a day (default: today), ?by, ?as_of, ?format=csv|xlsx."""
        by = groups.dimensions(request.args.get("by", "provider,class"))
        return answer(lambda work: ageing.sheet(work, _on(work), by), ageing.COLUMNS)

    @blue.get("/reports/postings")
    @requires(*READERS)
    def postings_sheet() -> Any:
        """Postings by day for the accountants' books: ?period or ?from and ?to, ?as_of, ?format=csv|xlsx."""
        since, books = _span()
        return answer(lambda work: postings.sheet(work, since, books), ("amount",))

    @blue.get("/reports/debtors")
    @requires(*READERS)
    def debtors_sheet() -> Any:
        """Budget lines that owe reliefs: ?period or ?from and ?to, ?as_of, ?format=csv|xlsx."""
        since, books = _span()
        return answer(lambda work: debtors.sheet(kit, work, since, books), debtors.COLUMNS)


def _answer(sheet: turnover.Sheet, money: Sequence[str]) -> Any:
    columns, wanted = sheet.rows.columns, request.args.get("format")
    problems = problems_json(sheet.problems, language())
    if wanted in ("csv", "xlsx"):
        given = (columns, sheet.rows.rows(), money, asked_language())
        # The report is the last word of the path.
        name = request.path.rpartition("/")[2]
        body = tables.to_csv(*given) if wanted == "csv" else tables.to_xlsx(*given, name)
        kind = "text/csv; charset=utf-8" if wanted == "csv" else _XLSX
        # What does not agree with the ledger must not leave as a file that looks as if it did.
        return Response(body, content_type=kind, headers={"Aimak-Problems": str(len(problems))})
    shown = sheet.rows.head(JSON_ROWS)
    rows = [
        {(f"{name}_tyiyn" if name in money else name): _plain(cell) for name, cell in row.items()}
        for row in shown.iter_rows(named=True)
    ]
    totals = {f"{name}_tyiyn": amount for name, amount in sheet.totals.items()}
    left_out = sheet.rows.height - shown.height
    return {"columns": columns, "rows": rows, "totals": totals, "left_out": left_out, "problems": problems}


def _plain(cell: Any) -> Any:
    return cell.isoformat() if isinstance(cell, date) else cell


def _questions(blue: Blueprint, service: Service, kit: Kit) -> None:
    @blue.get("/audit/bill-trail")
    @requires("admin", "approver", "inspector")
    def bill_trail() -> dict[str, Any]:
        """Bills drawn by lot (?accounts, ?seed, ?period), each back to the papers it stands on."""
        count, seed = request.args.get("accounts", 25, type=int), request.args.get("seed", 1, type=int)
        with service.work(actor().tenant) as work:
            return {"bills": trail.bill_trail(kit, work, request.args.get("period"), count, seed, asked_language())}

    @blue.get("/audit/changes")
    @requires("admin", "approver", "inspector")
    def after_bills() -> dict[str, Any]:
        """What was changed after the bill, by whom, on what paper, and the som that it moved."""
        since, books = _span()
        with service.work(actor().tenant, bulk=True) as work:
            return changes.after_bills(work, since, books.through)

    @blue.get("/audit/usage")
    @requires("admin", "approver", "inspector")
    def by_usage() -> dict[str, Any]:
        """What later words of metering did to billed periods of ?accounts (ids with commas)."""
        with service.work(actor().tenant) as work:
            return {"usage": changes.by_usage(work, _ids())}

    @blue.get("/audit/accounts")
    @requires("admin", "approver", "inspector")
    def called() -> dict[str, Any]:
        """The numbers of ?accounts (ids with commas), by id."""
        with service.work(actor().tenant) as work:
            return {"numbers": {str(key): number for key, number in rebilled.numbers(work, _ids()).items()}}

    @blue.get("/audit/write-offs")
    @requires("admin", "approver", "inspector")
    def written_off() -> dict[str, Any]:
        """What left accounts without being paid, with act and approver."""
        since, books = _span()
        with service.work(actor().tenant, bulk=True) as work:
            return changes.written_off(work, since, books.through)

    @blue.get("/audit/old-debts")
    @requires("admin", "approver", "inspector")
    def grown_old() -> dict[str, Any]:
        """Debts older than three years at the end of a span, what of them became so in it, and who had them in hand."""
        since, books = _span()
        with service.work(actor().tenant, bulk=True) as work:
            return old_debts.grown_old(work, since, books)


def _statements(blue: Blueprint, service: Service) -> None:
    @blue.get("/accounts/<number>/statement")
    @requires(*READERS)
    def statement_of(number: str) -> Any:
        """?period or ?from and ?to; ?provider: the act of reconciliation with one creditor; ?format=pdf."""
        since, books = _span()
        chosen = request.args.get("provider")
        with service.work(actor().tenant) as work:
            said = statement.statement(work, number, since, books.through, chosen, books.as_of)
            lang = asked_language()
            if request.args.get("format") != "pdf":
                return said
            names = work.tenant_facts().name
            creditors = {row.code: (spoken(row.name, lang), row.tax_number) for row in registers.providers(work)}
            pdf = render_statement(said, spoken(names, lang), creditors, work.now, lang)
        return Response(pdf, content_type="application/pdf")


def _policies(blue: Blueprint, service: Service) -> None:
    @blue.get("/allocation")
    @requires(*READERS)
    def rules() -> dict[str, Any]:
        """How payments are set against debts, the oldest rule first."""
        with service.work(actor().tenant) as work:
            return {"rules": allocation.RULES.listed(work)}

    @blue.post("/allocation")
    @requires("approver", "admin")
    @blue.arguments(PolicySchema)
    def decide(said: dict[str, Any]) -> dict[str, Any]:
        """Set the rule from a day on."""
        with service.work(actor().tenant) as work:
            made = allocation.RULES.decide(work, said, actor().name)
            work.commit()
        return made


def _late(blue: Blueprint, service: Service) -> None:
    @blue.get("/late-readings")
    @requires(*READERS)
    def late_rules() -> dict[str, Any]:
        """What late and corrected readings lead to, the oldest rule first."""
        with service.work(actor().tenant) as work:
            return {"rules": late.RULES.listed(work)}

    @blue.post("/late-readings")
    @requires("approver", "admin")
    @blue.arguments(RuleSchema)
    def decide_late(said: dict[str, Any]) -> dict[str, Any]:
        """Set the rule from a day on."""
        with service.work(actor().tenant) as work:
            made = late.RULES.decide(work, said, actor().name)
            work.commit()
        return made


def _ids() -> set[int]:
    """The accounts that are asked for."""
    texts = request.args.get("accounts", "").split(",")
    return {int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 19}


def _span() -> tuple[date, Books]:
    """The first day and the books that ?period, or ?from and ?to, with ?as_of, ask for."""
    name = request.args.get("period")
    if name:
        try:
            period = Period.month(name)
        except ValueError:
            raise Refused(Problem("AIM-B030", {"period": name})) from None
        return period.start, Books(period.last_day, _day("as_of"))
    since, through = _day("from"), _day("to")
    if since is None or through is None or since > through:
        raise Refused(Problem("AIM-B960", {"since": str(since or "…"), "to": str(through or "…")}))
    return since, Books(through, _day("as_of"))


def _on(work: UnitOfWork) -> Books:
    return Books(_day("on") or work.today(), _day("as_of"))


def _day(name: str) -> date | None:
    text = request.args.get(name)
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(Problem("AIM-K048", {"day": text[:40]})) from None
