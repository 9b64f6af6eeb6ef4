"""What operators ask of payments."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from aimak.http import actor, blueprint, requires
from aimak.http.app import language, problems_json
from aimak.plugins.payment_partners import PaymentPartner
from aimak.plugins.registry import Registry
from aimak.problems import Place, Problem, Refused
from aimak.service import Service
from argon2 import PasswordHasher
from flask import Response, request
from flask_smorest import Blueprint

from aimak_payments.application import lists, partners, registries
from aimak_payments.store.payments import PAGE_ROWS

# The largest id that a column holds; what is larger comes after every row.
MAX_ID = 2**63 - 1
READERS = ("clerk", "approver", "admin")


def operator_routes(service: Service, protocols: Registry[PaymentPartner], hasher: PasswordHasher) -> Blueprint:
    """The operators' blueprint, /payments/…"""
    routes = blueprint("payments")
    _partners(routes, service, protocols, hasher)
    _rules(routes, service)
    _lists(routes, service)
    return routes


def _partners(routes: Blueprint, service: Service, protocols: Registry[PaymentPartner], hasher: PasswordHasher) -> None:
    @routes.post("/partners")
    @requires("admin")
    @routes.arguments(partners.PartnerSchema)
    def define(given: dict[str, Any]) -> dict[str, Any]:
        """Define or change a partner. Until it has a login it is answered 403."""
        with service.work(actor().tenant) as work:
            record = partners.define(work, given, protocols, hasher, actor().name)
            work.commit()
        return partners.shown(record)

    @routes.get("/partners")
    @requires(*READERS)
    def listed() -> dict[str, Any]:
        """Every partner with its settings; never a secret."""
        with service.work(actor().tenant) as work:
            return {"partners": lists.partners_of(work)}


def _rules(routes: Blueprint, service: Service) -> None:
    @routes.post("/split-rules")
    @requires("admin")
    @routes.arguments(lists.SplitRuleSchema)
    def set_rule(given: dict[str, Any]) -> dict[str, Any]:
        """Set how payments are split among providers from a day on."""
        with service.work(actor().tenant) as work:
            lists.set_split_rule(work, given, actor().name)
            work.commit()
            return {"valid_from": given["valid_from"].isoformat(), "method": given["method"]}

    @routes.get("/split-rules")
    @requires(*READERS)
    def rules() -> dict[str, Any]:
        """The rules by which payments are split, the oldest first."""
        with service.work(actor().tenant) as work:
            return {"split_rules": lists.split_rules(work)}


def _lists(routes: Blueprint, service: Service) -> None:
    @routes.get("/payments")
    @requires(*READERS)
    def payments() -> Any:
        """Payments, the latest first; `account`, `partner`, `from`, `to` narrow, `limit` says how many; `after`
        is the page before's last."""
        return _listed(service, "payments", suspended=False)

    @routes.get("/suspense")
    @requires(*READERS)
    def suspense() -> Any:
        """Money that was taken and could not be placed; the same filters."""
        return _listed(service, "suspense", suspended=True)

    @routes.get("/totals")
    @requires(*READERS)
    def totals() -> dict[str, int]:
        """How many payments were taken and how many of them wait in suspense, with their sums."""
        with service.work(actor().tenant) as work:
            return lists.totals(work)

    @routes.get("/registries/<int:registry_id>")
    @requires(*READERS)
    def registry(registry_id: int) -> dict[str, Any]:
        """What came of a registry (its import's id): lines by match, what differs, what came online alone."""
        with service.work(actor().tenant) as work:
            return registries.report(work, registry_id)

    @routes.get("/accounts/<path:number>")
    @requires(*READERS)
    def account(number: str) -> dict[str, Any]:
        """An account as partners see it, with what is owed to each provider."""
        with service.work(actor().tenant) as work:
            return lists.account(work, number)

    @routes.get("/partner-problems")
    @requires(*READERS)
    def partner_problems() -> dict[str, Any]:
        """What partners did wrong: an id that came again for another account or sum."""
        with service.work(actor().tenant) as work:
            found = lists.partner_problems(work, request.args.get("partner"))
        shown = problems_json([problem for _, problem in found], language())
        return {"problems": [{**row, **text} for (row, _), text in zip(found, shown, strict=True)]}


def _listed(service: Service, name: str, *, suspended: bool) -> Any:
    limit = min(_whole("limit", PAGE_ROWS, least=1), PAGE_ROWS)
    with service.work(actor().tenant) as work:
        rows = lists.payments_of(
            work,
            account=request.args.get("account"),
            partner=request.args.get("partner"),
            since=_day("from"),
            until=_day("to"),
            suspended=suspended,
            after=min(_whole("after", 0), MAX_ID),
            limit=limit,
        )
    if request.args.get("format") == "csv":
        return _csv(_table(rows))
    return {name: rows, "next": rows[-1]["payment"] if len(rows) == limit else None}


def _parsed(name: str, read: Callable[[str], Any]) -> Any:
    text = request.args.get(name)
    try:
        return read(text) if text else None
    except ValueError as wrong:
        raise Refused(Problem("AIM-P013", {"name": name, "reason": str(wrong)}, Place(path=name))) from wrong


def _day(name: str) -> date | None:
    day: date | None = _parsed(name, date.fromisoformat)
    return day


def _whole(name: str, usual: int, *, least: int = 0) -> int:
    text = request.args.get(name, "")
    if not text:
        return usual
    place = Place(path=name)
    if re.fullmatch(r"-?[0-9]{1,20}", text) is None:
        raise Refused(Problem("AIM-K105", {"field": name}, place))
    if int(text) < least:
        raise Refused(Problem("AIM-K113", {"field": name, "least": str(least)}, place))
    return int(text)


def _table(rows: Sequence[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, lists.PAYMENT_COLUMNS, extrasaction="ignore", delimiter=";")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _csv(text: str) -> Response:
    return Response("\ufeff" + text, content_type="text/csv; charset=utf-8")
