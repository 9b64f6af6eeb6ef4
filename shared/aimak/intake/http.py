"""The routes of intake, the same in every service that takes files in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import Response, request
from flask_smorest import Blueprint

from aimak.http.app import language, problems_json
from aimak.http.auth import actor, requires, wants_trial
from aimak.intake import answers
from aimak.intake.importer import Importer
from aimak.intake.upload import Sending, receive
from aimak.problems import Forbidden, NotFound, Problem, Refused
from aimak.service import Service

UNKNOWN_KIND = "AIM-F202"
PARAMETER_MISSING = "AIM-F203"
WRONG_ROLE = "AIM-K072"
# The application's limit is for JSON; a file's own limit is kept while it is read.
_UNLIMITED_BYTES = 1 << 40
READERS = ("clerk", "admin", "approver", "inspector")


def blueprint(service: Service, importers: Sequence[Importer]) -> Blueprint:
    """POST /<service>/imports/<kind>?name=FILE[&dry_run=1] with the file as body; GET …/imports/<id> and its
    refused.csv."""
    routes: Blueprint = Blueprint(f"{service.name}-imports", __name__, url_prefix=f"/{service.name}/imports")
    by_kind = {importer.kind: importer for importer in importers}
    everyone = tuple(sorted({role for importer in importers for role in importer.roles}))

    @routes.post("/<kind>")
    @requires(*everyone, tries_itself=True)
    def send(kind: str) -> tuple[dict[str, Any], int]:
        """Send a file in. The answer names the import, which the worker then takes, and says how many of its rows were
        taken before where it is looked at anew."""
        request.max_content_length = _UNLIMITED_BYTES
        received = receive(service, _sending(by_kind, kind), _body(), again=by_kind[kind].again)
        told = {"import": received.import_id, "replayed": received.replayed, "taken_before": received.taken_before}
        return told, 200 if received.replayed else 202

    @routes.get("/<int:import_id>")
    @requires(*READERS)
    def show(import_id: int) -> dict[str, Any]:
        """How far an import is, and its first hundred problems."""
        with service.work(actor().tenant) as work:
            told, problems = answers.state(work, import_id)
        return {**told, "problems": problems_json(problems, language())}

    @routes.get("/<int:import_id>/refused.csv")
    @requires(*READERS)
    def refused(import_id: int) -> Response:
        """The rows that were left out, as they stood in the file, with the reason."""
        pages = answers.refused_rows(service, actor().tenant, import_id, language())
        return Response(pages, content_type="text/csv; charset=utf-8")

    return routes


def _body() -> Callable[[int], bytes]:
    stream = request.stream
    return lambda wanted: bytes(stream.read(wanted))


def _sending(importers: dict[str, Importer], kind: str) -> Sending:
    importer = importers.get(kind)
    if importer is None:
        raise NotFound(Problem(UNKNOWN_KIND, {"kind": kind, "kinds": ", ".join(sorted(importers))}))
    asking = actor()
    if not set(importer.roles) & set(asking.roles):
        raise Forbidden(Problem(WRONG_ROLE, {"actor": asking.name, "roles": ", ".join(importer.roles)}))
    params = {name: request.args.get(name, "").strip() for name in importer.params}
    missing = [name for name, value in params.items() if not value]
    if missing:
        raise Refused(*(Problem(PARAMETER_MISSING, {"parameter": name}) for name in missing))
    name = request.args.get("name", "").replace("\\", "/").rpartition("/")[2].strip()[:200] or kind
    return Sending(asking.tenant, asking.name, kind, name, params, wants_trial())
