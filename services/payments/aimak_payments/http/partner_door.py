"""The door that partners knock at: /partners/<tenant>/<partner>."""

from __future__ import annotations

import logging

from aimak.http import open_to
from aimak.plugins.payment_partners import Check, Outcome, PartnerRequest, PartnerResponse, PaymentPartner, Refusal
from aimak.plugins.registry import Registry
from aimak.problems import Problem, Refused
from aimak.service import Service
from flask import Response, request
from flask_smorest import Blueprint
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from aimak_payments.application import payments
from aimak_payments.application.partner import Partner
from aimak_payments.http.authentication import Allowance, Caller, Doorkeeper, certificate_digest
from aimak_payments.store import partners
from aimak_payments.store.partners import PartnerRecord

BODY_BYTES = 64 << 10
# What a 401 has to name by RFC 9110: a caller's library may send the credentials only when it is asked for them.
CHALLENGE = 'Basic realm="Aimak payment partners", charset="UTF-8"'
# waitress names every caller of a unix socket so; TCP callers always have a numeric address.
_UNIX_SOCKET = "localhost"
_log = logging.getLogger("aimak.payments.partners")


class Away(Refused):
    """The database does not answer and the caller cannot be recognised."""

    status = 503


class Door:
    """Everything between a partner's request and its answer."""

    def __init__(self, service: Service, protocols: Registry[PaymentPartner], doorkeeper: Doorkeeper) -> None:
        settings = service.settings
        self._service = service
        self._protocols = protocols
        self._doorkeeper = doorkeeper
        self._allowance = Allowance(
            settings.number("payments.requests_per_s", 100), settings.number("payments.requests_burst", 200)
        )
        self._behind_proxy = bool(settings.get("payments.nginx_socket"))
        self._last_known: dict[tuple[str, str], PartnerRecord] = {}
        self._opened: dict[tuple[str, str], Partner] = {}

    def answer(self, tenant: str, code: str, rest: str) -> PartnerResponse:
        """The answer to the present request. Raises Refused for a caller that is not let in."""
        record = self._record(tenant, code)
        self._doorkeeper.admit(record, request.headers.get("Authorization", ""), self._caller())
        assert record is not None
        # After the password: nobody else can use up what a partner may ask.
        self._allowance.spend(tenant, code)
        partner = self._partner(record)
        command = partner.protocol.parse(_asked(rest))
        try:
            if isinstance(command, Check | Refusal):
                with self._service.look(tenant) as look:
                    return payments.answer(look, partner, command)
            with self._service.work(tenant) as work:
                response = payments.answer(work, partner, command)
                work.commit()
        except Exception:
            # What was not committed has not happened, and a lost answer to a commit is found again by its id: either
            # way the partner has to ask again, and must not give the money back.
            _log.exception("no answer for partner %s of %s", code, tenant)
            return partner.say(Outcome.TRY_LATER, command)
        return response

    def _record(self, tenant: str, code: str) -> PartnerRecord | None:
        """The partner as it is set now; while the database is away, as it was last seen."""
        try:
            # One statement, before anybody is let in: no unit of work.
            with self._service.online.engine.connect() as connection:
                record = self._read(connection, tenant, code)
        except SQLAlchemyError as away:
            _log.warning("partner %s of %s cannot be read: %s", code, tenant, away)
            if (tenant, code) not in self._last_known:
                raise Away(Problem("AIM-K060")) from away
            return self._last_known[tenant, code]
        if record is None:
            self._last_known.pop((tenant, code), None)
        else:
            self._last_known[tenant, code] = record
        return record

    def _read(self, connection: Connection, tenant: str, code: str) -> PartnerRecord | None:
        """The partner; what was seen last while its version is still the same."""
        last = self._last_known.get((tenant, code))
        if last is not None and last.version == partners.version(connection, self._service.metadata, tenant, code):
            return last
        return partners.read(connection, self._service.metadata, tenant, code)

    def _partner(self, record: PartnerRecord) -> Partner:
        opened = self._opened.get((record.tenant, record.code))
        if opened is None or (opened.record is not record and opened.record != record):
            opened = self._opened[record.tenant, record.code] = Partner.open(record, self._protocols)
        return opened

    def _caller(self) -> Caller:
        """Who calls. nginx tells it in headers, which are believed on its own unix socket alone."""
        direct = request.remote_addr
        if direct != _UNIX_SOCKET:
            return Caller(direct, None)
        if not self._behind_proxy:
            return Caller(None, None)
        told = request.headers
        return Caller(told.get("X-Real-IP"), certificate_digest(told.get("X-Client-Certificate", "")))


def _asked(rest: str) -> PartnerRequest:
    return PartnerRequest(
        method=request.method,
        path=f"/{rest}" if rest else "",
        query=request.query_string,
        body=request.get_data(cache=False),
        headers={name.lower(): value for name, value in request.headers},
    )


def partner_routes(service: Service, protocols: Registry[PaymentPartner], doorkeeper: Doorkeeper) -> Blueprint:
    """The partners' blueprint."""
    routes = Blueprint("partners", __name__, url_prefix="/partners")
    door = Door(service, protocols, doorkeeper)

    @routes.route("/<tenant>/<partner>", methods=["GET", "POST"], defaults={"rest": ""})
    @routes.route("/<tenant>/<partner>/<path:rest>", methods=["GET", "POST"])
    @open_to("partner")
    def answer(tenant: str, partner: str, rest: str) -> Response:
        """Answer a partner in its own protocol; HTTP Basic."""
        request.max_content_length = BODY_BYTES
        # Flask would parse an urlencoded body and leave nothing to read.
        said = door.answer(tenant, partner, rest)
        return Response(said.body, said.status, content_type=said.content_type)

    @routes.after_request
    def challenge(response: Response) -> Response:
        if response.status_code == 401:
            response.headers["WWW-Authenticate"] = CHALLENGE
        return response

    return routes
