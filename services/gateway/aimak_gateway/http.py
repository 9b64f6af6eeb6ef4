"""The gateway's routes: its own, and every service's behind a session."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any

import httpx
from aimak.http import blueprint, open_to, trying, wants_trial
from aimak.http.auth import Actor, commanding, sign
from aimak.http.guessing import Guesses
from aimak.http.kernel import AUDITORS, audit_answer
from aimak.problems import Forbidden, Problem, Refused, Unauthorized
from aimak.service import Service
from aimak.settings import NO_TENANT
from flask import Response, current_app, request
from flask_smorest import Blueprint

from aimak_gateway import application, store

_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "upgrade", "content-length", "host", "authorization"}
_BLOCK = 1 << 16
# Each service has its own limits; the gateway holds no more than a block.
LARGEST_BODY = 1 << 40


def routes(service: Service, clients: Mapping[str, httpx.Client]) -> tuple[Blueprint, ...]:
    """The gateway's own blueprint and the one that passes requests on; `clients` reach the services by name."""
    return _own(service), _passing(service, clients)


def _own(service: Service) -> Blueprint:
    routes = blueprint("gateway")
    guesses = Guesses()

    @routes.post("/login")
    @open_to("anyone")
    def login() -> dict[str, Any]:
        """Open a session."""
        asked = _json()
        name = str(asked.get("name", ""))
        with service.work(NO_TENANT) as work:
            person = store.person_named(work, name)
            if person is None and not store.anyone(work):
                raise Unauthorized(Problem("AIM-G005"))
        verified = application.verify(guesses, name, person, str(asked.get("password", "")))
        with trying(), service.work(NO_TENANT) as work:
            token, actor = application.login(work, verified, asked.get("tenant"))
            work.commit()
        return {"token": token, **_shown(actor)}

    @routes.get("/me")
    @open_to("session")
    def me() -> dict[str, Any]:
        """Who this session belongs to."""
        return _shown(_asking(service))

    _people(routes, service)
    return routes


def _people(routes: Blueprint, service: Service) -> None:
    @routes.get("/people")
    @open_to("session")
    def people() -> dict[str, Any]:
        """Everyone who may log in."""
        _admin(service)
        with service.work(NO_TENANT) as work:
            return {"people": store.people(work)}

    @routes.post("/people")
    @open_to("session")
    def add() -> dict[str, Any]:
        """Let someone in."""
        asking, asked = _admin(service), _json()
        new = application.NewPerson(
            str(asked.get("name", "")),
            str(asked.get("password", "")),
            tuple(asked.get("roles") or ()),
            tuple(asked.get("tenants") or ("*",)),
        )
        with _commanded(asking), service.work(NO_TENANT) as work:
            application.add_person(work, new, asking.name)
            work.commit()
        return {"name": new.name, "roles": list(new.roles), "tenants": list(new.tenants)}

    @routes.post("/people/<name>")
    @open_to("session")
    def change(name: str) -> dict[str, Any]:
        """Change someone's roles or password, let them in no more (`active` false) or again."""
        asking, wanted = _admin(service), _change(_json())
        with _commanded(asking), service.work(NO_TENANT) as work:
            person = application.change_person(work, name, wanted)
            work.commit()
        return {"name": name, "roles": person.roles, "tenants": person.tenants, "active": person.active}

    @routes.get("/people/audit")
    @open_to("session")
    def audit_rows() -> dict[str, Any]:
        """Who let people in, changed them and let them in no more; asked for as every service's /audit."""
        asking = _asking(service)
        if not set(asking.roles) & set(AUDITORS):
            raise Forbidden(Problem("AIM-K072", {"actor": asking.name, "roles": ", ".join(AUDITORS)}))
        return audit_answer(service, asking.tenant, kept_under=NO_TENANT)


def _commanded(asking: Actor) -> AbstractContextManager[None]:
    return commanding(asking.name, undone=wants_trial())


def _passing(service: Service, clients: Mapping[str, httpx.Client]) -> Blueprint:
    routes = Blueprint("passing", __name__)

    @routes.route("/<any(billing,metering,payments,notifications):name>/<path:rest>", methods=["GET", "POST"])
    @open_to("session")
    def pass_on(name: str, rest: str) -> Response:
        """Pass a request on to a service with a token that says who asks."""
        request.max_content_length = LARGEST_BODY
        token = sign(_asking(service), current_app.config["AIMAK_SECRET"])
        headers = {key: value for key, value in request.headers if key.lower() not in _HOP}
        asked = clients[name].build_request(
            request.method,
            f"/{name}/{rest}",
            params=request.query_string.decode(),
            headers={**headers, "Authorization": f"Bearer {token}"},
            content=_body(),
        )
        try:
            answer = clients[name].send(asked, stream=True)
        except httpx.TransportError as away:
            raise ServiceAway(Problem("AIM-G004", {"service": name})) from away
        kept = {key: value for key, value in answer.headers.items() if key.lower() not in _HOP}
        return Response(answer.iter_raw(_BLOCK), answer.status_code, kept, direct_passthrough=True)

    return routes


class ServiceAway(Refused):
    """A service does not answer."""

    status = 503


def _body() -> Iterator[bytes] | None:
    if request.method == "GET":
        return None
    # The stream itself, not the proxy: in one process it is read while the inner request is the present one.
    stream = request.stream
    return iter(lambda: stream.read(_BLOCK), b"")


def _change(asked: dict[str, Any]) -> application.Change:
    roles, password, active = (asked.get(name) for name in ("roles", "password", "active"))
    for name, value, kind in (("roles", roles, list), ("password", password, str), ("active", active, bool)):
        if value is not None and type(value) is not kind:
            raise Refused(Problem("AIM-K115", {"field": name}))
    return application.Change(None if roles is None else tuple(map(str, roles)), password, active)


def _json() -> dict[str, Any]:
    asked = request.get_json(silent=True)
    if not isinstance(asked, dict):
        raise Refused(Problem("AIM-K103", {"field": "JSON"}))
    return asked


def _asking(service: Service) -> Actor:
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind != "Bearer" or not token:
        raise Unauthorized(Problem("AIM-K070"))
    with service.work(NO_TENANT) as work:
        return application.behind(work, token)


def _admin(service: Service) -> Actor:
    asking = _asking(service)
    if "admin" not in asking.roles:
        raise Forbidden(Problem("AIM-K072", {"actor": asking.name, "roles": "admin"}))
    return asking


def _shown(actor: Actor) -> dict[str, Any]:
    return {"name": actor.name, "roles": list(actor.roles), "tenant": actor.tenant}
