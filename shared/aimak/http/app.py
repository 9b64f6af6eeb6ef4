"""The Flask application of a service: its blueprints, the kernel's own routes, and problems as JSON."""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask, Response, jsonify, request
from flask_smorest import Api, Blueprint
from sqlalchemy.exc import InterfaceError, OperationalError
from werkzeug.exceptions import HTTPException

from aimak import texts, unfit
from aimak.problems import PermanentFault, Problem, Refused
from aimak.service import Service

BODY_BYTES = 1 << 20
_log = logging.getLogger("aimak.http")

_HTTP_CODES = {400: "AIM-K061", 404: "AIM-K062", 405: "AIM-K063", 413: "AIM-K064", 415: "AIM-K065", 422: "AIM-K061"}


def blueprint(name: str, **options: Any) -> Blueprint:
    """A flask-smorest blueprint whose routes live under /<name>/."""
    return Blueprint(name, name, url_prefix=f"/{name}", **options)


def language() -> str:
    """The language that the caller asked for, Russian where none of ours was."""
    return request.accept_languages.best_match(texts.LANGUAGES) or texts.DEFAULT_LANGUAGE


def problems_json(problems: tuple[Problem, ...] | list[Problem], lang: str) -> list[dict[str, Any]]:
    """Problems as the API gives them: code, fields and place as they are, message and hint in `lang`."""
    return [
        {**problem.as_json(), "message": texts.text(problem, lang), "hint": texts.hint(problem, lang)}
        for problem in problems
    ]


class _Api(Api):
    """flask-smorest, with errors in the same form as every other problem."""

    def handle_http_exception(self, error: HTTPException) -> Any:
        """An HTTP error as a problem."""
        return _http_error(error)


def service_app(service: Service, *blueprints: Blueprint, secret: str | None = None) -> Flask:
    """The application of `service`. `secret` (default: the setting auth.secret) verifies the gateway's tokens."""
    from aimak.http.kernel import kernel_routes

    app = Flask(f"aimak_{service.name}", static_folder=None)
    app.config.update(
        AIMAK_SECRET=secret or service.settings.get("auth.secret"),
        API_TITLE=f"Aimak {service.name}",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=f"/{service.name}",
        OPENAPI_JSON_PATH="openapi.json",
        MAX_CONTENT_LENGTH=BODY_BYTES,
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    api = _Api(app)
    for routes in (kernel_routes(service), *blueprints):
        api.register_blueprint(routes)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(PermanentFault, _fault)
    app.register_error_handler(OperationalError, _database_away)
    app.register_error_handler(InterfaceError, _database_away)
    app.register_error_handler(Exception, _unexpected)
    return app


def _answer(status: int, *problems: Problem) -> Response:
    response = jsonify({"errors": problems_json(problems, language())})
    response.status_code = status
    return response


def _refused(error: Refused) -> Response:
    return _answer(error.status, *error.problems)


def _fault(error: PermanentFault) -> Response:
    return _answer(409, error.problem)


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    told = getattr(error, "data", {}).get("messages")
    if status == 422 and isinstance(told, dict):
        # By where it was looked for: the body, the query.
        return _answer(status, *(problem for inner in told.values() for problem in unfit.problems(inner)))
    # The library's words are for whoever writes a program, and stand in no text.
    said = {"detail": request.path, "path": request.path, "reason": str(told or error.description)}
    return _answer(status, Problem(_HTTP_CODES.get(status, "AIM-K061"), said))


def _database_away(error: Exception) -> Response:
    _log.warning("database out of reach: %s", error)
    return _answer(503, Problem("AIM-K060"))


def _unexpected(error: Exception) -> Response:
    if isinstance(error, HTTPException):
        return _http_error(error)
    _log.exception("unexpected error at %s", request.path)
    return _answer(500, Problem("AIM-K099", {"kind": type(error).__name__}))
