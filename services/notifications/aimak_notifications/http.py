"""The HTTP side of notifications: messages, gateways, consent, and the gateways' own calls."""

from __future__ import annotations

import csv
import io
from typing import Any

from aimak.http import actor, blueprint, open_to, requires, trying
from aimak.plugins.sms_gateways import GatewayRequest
from aimak.problems import Problem, Refused
from aimak.service import Service
from flask import Response, request
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from aimak_notifications.application import asking, reports
from aimak_notifications.application.gateways import Gateways
from aimak_notifications.domain.notices import KINDS
from aimak_notifications.store import Filter

_REPORT_BYTES = 64 * 1024
_MAX_ID = 2**63 - 1


class MessageQuery(Schema):
    """Filters of the list; `after` is the `next` of the page before."""

    account = fields.String(load_default=None)
    state = fields.String(load_default=None)
    kind = fields.String(load_default=None, validate=validate.OneOf(KINDS))
    period = fields.String(load_default=None)
    format = fields.String(load_default="json", validate=validate.OneOf(("json", "csv")))
    limit = fields.Integer(load_default=100, validate=validate.Range(1, 1000))
    after = fields.Integer(load_default=None, validate=validate.Range(0, _MAX_ID))


class GatewayChoice(Schema):
    """Which gateway to send through; a value "secret:NAME" stands for the installation's secret of that name."""

    gateway = fields.String(required=True, validate=validate.Length(1, 64))
    settings = fields.Dict(keys=fields.String(), load_default=dict)


class ConsentChoice(Schema):
    """Whether a phone may get messages."""

    phone = fields.String(required=True, validate=validate.Length(1, 32))
    allowed = fields.Boolean(required=True)


def routes(service: Service, gateways: Gateways, country_code: str) -> tuple[Blueprint, ...]:
    """The blueprints of notifications."""
    own = blueprint("notifications")
    _messages(own, service)
    _gateways(own, service, gateways)
    _consent(own, service, country_code)
    return own, _reports(service, gateways)


def _messages(own: Blueprint, service: Service) -> None:
    @own.get("/messages")
    @requires("clerk", "approver", "admin")
    @own.arguments(MessageQuery, location="query")
    def messages(query: dict[str, Any]) -> Any:
        """Messages with totals over the whole filter, and how many bills and payments were not told of, and why; with
        format=csv the messages alone, as a table."""
        limit, after, form = query.pop("limit"), query.pop("after"), query.pop("format")
        with service.work(actor().tenant) as work:
            found = asking.list_messages(work, Filter(**query), limit, after)
        return _csv(found["messages"]) if form == "csv" else found


def _csv(rows: list[dict[str, Any]]) -> Response:
    table = io.StringIO()
    writer = csv.DictWriter(table, asking.MESSAGE_COLUMNS, delimiter=";")
    writer.writeheader()
    writer.writerows(rows)
    # The mark lets a spreadsheet see that it is UTF-8.
    return Response("\ufeff" + table.getvalue(), content_type="text/csv; charset=utf-8")


def _gateways(own: Blueprint, service: Service, gateways: Gateways) -> None:
    @own.get("/gateways")
    @requires("admin")
    def listed() -> dict[str, Any]:
        """The gateways that were set up for this tenant, and those that are installed."""
        with service.work(actor().tenant) as work:
            return {"gateways": asking.list_gateways(work), "installed": list(gateways.registry.codes())}

    @own.post("/gateways")
    @requires("admin", tries_itself=True)
    @own.arguments(GatewayChoice)
    def choose(choice: dict[str, Any]) -> dict[str, Any]:
        """Send through this gateway from now on. A choice that is only tried is undone before the gateway is asked
        what is missing: it may call out, and no transaction may be open then."""
        with trying(), service.work(actor().tenant) as work:
            gateways.choose(service, work, choice["gateway"], choice["settings"], actor().name)
            row = gateways.chosen(service, work)
            work.commit()
        missing = gateways.open(service, actor().tenant, row).missing()
        return {"gateway": choice["gateway"], "missing": missing}


def _consent(own: Blueprint, service: Service, country_code: str) -> None:
    @own.post("/consent")
    @requires("clerk", "admin")
    @own.arguments(ConsentChoice)
    def consent(choice: dict[str, Any]) -> dict[str, Any]:
        """Note whether a phone may get messages."""
        with service.work(actor().tenant) as work:
            phone = asking.set_consent(work, choice["phone"], choice["allowed"], actor().name, country_code)
            work.commit()
        return {"phone": phone, "allowed": choice["allowed"]}


def _reports(service: Service, gateways: Gateways) -> Blueprint:
    own = Blueprint("gateway-reports", __name__, url_prefix="/gateways")

    @own.route("/<tenant>/<code>/report", methods=["GET", "POST"])
    @open_to("the gateway, by the key in its address")
    def report(tenant: str, code: str) -> Response:
        """A gateway's word on messages that it took."""
        if (request.content_length or 0) > _REPORT_BYTES:
            raise Refused(Problem("AIM-N012", {"reason": f"more than {_REPORT_BYTES} bytes"}))
        call = GatewayRequest(
            method=request.method,
            query=request.args.to_dict(),
            body=request.get_data(),
            headers={name.lower(): value for name, value in request.headers.items()},
        )
        reports.take_report(service, gateways, tenant, code, call)
        return Response(status=200, mimetype="text/plain")

    return own
