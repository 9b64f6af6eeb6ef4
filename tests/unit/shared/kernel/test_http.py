"""A service's HTTP: who may ask, and how problems are told."""

import re
from collections.abc import Callable
from datetime import timedelta

import jwt
import pytest
from aimak.http import Actor, actor, blueprint, requires, service_app
from aimak.http.auth import sign
from aimak.problems import Problem, Refused
from aimak.service import Service
from flask.testing import FlaskClient
from marshmallow import Schema, fields, validate

Make = Callable[[str], Service]
SECRET = "s" * 32


class RuleSchema(Schema):
    """A body with a field of each kind that bodies have."""

    day = fields.Date(required=True)
    count = fields.Integer(validate=validate.Range(min=1, max=9))
    least = fields.Integer(validate=validate.Range(min=1))
    most = fields.Integer(validate=validate.Range(max=9))
    ground = fields.String(validate=validate.Length(max=3))
    code = fields.String(validate=validate.Length(min=2, max=3))
    reason = fields.String(validate=validate.Length(min=2))
    method = fields.String(validate=validate.OneOf(("adjust", "rebill")))
    names = fields.Dict()
    services = fields.List(fields.String())
    active = fields.Boolean()
    url = fields.Url()


# A body, the code, where it is wrong, and what its text must name.
UNFIT = [
    ({"day": None}, "AIM-K100", "day", "day"),
    ({}, "AIM-K100", "day", "day"),
    ({"dya": "x"}, "AIM-K101", "dya", "dya"),
    ({"services": "water"}, "AIM-K102", "services", "services"),
    ({"names": "x"}, "AIM-K103", "names", "names"),
    ({"day": "33"}, "AIM-K104", "day", "2026-10-31"),
    ({"count": "many"}, "AIM-K105", "count", "count"),
    ({"active": "perhaps"}, "AIM-K106", "active", "true"),
    ({"services": ["water", 7]}, "AIM-K107", "services.1", "services"),
    ({"code": "abcd"}, "AIM-K108", "code", "3"),
    ({"reason": "a"}, "AIM-K109", "reason", "2"),
    ({"ground": "abcd"}, "AIM-K110", "ground", "3"),
    ({"method": "x"}, "AIM-K111", "method", "adjust, rebill"),
    ({"count": 10}, "AIM-K112", "count", "9"),
    ({"least": 0}, "AIM-K113", "least", "1"),
    ({"most": 10}, "AIM-K114", "most", "9"),
    ({"url": "x"}, "AIM-K115", "url", "url"),
    ([1], "AIM-K103", None, "JSON"),
]


@pytest.fixture
def client(make_service: Make) -> FlaskClient:
    """A service with a route for clerks."""
    routes = blueprint("billing")

    @routes.get("/whoami")
    @requires("clerk")
    def whoami() -> dict[str, str]:
        return {"name": actor().name, "tenant": actor().tenant}

    @routes.post("/refuse")
    @requires("clerk")
    def refuse() -> dict[str, str]:
        raise Refused(Problem("AIM-K002", {"key": "port", "value": "x"}), Problem("AIM-K014", {"service": "billing"}))

    @routes.post("/rule")
    @requires("clerk")
    @routes.arguments(RuleSchema)
    def rule(said: dict[str, object]) -> dict[str, str]:
        return {"taken": "yes"}

    return service_app(make_service("billing"), routes).test_client()


def bearer(*roles: str, secret: str = SECRET) -> dict[str, str]:
    """The gateway's token for an actor with these roles."""
    return {"Authorization": "Bearer " + sign(Actor("ayna", roles, "naryn"), secret)}


def test_a_clerk_is_let_in_under_her_name(client: FlaskClient) -> None:
    """The token's actor and tenant are those of the request."""
    assert client.get("/billing/whoami", headers=bearer("clerk")).json == {"name": "ayna", "tenant": "naryn"}


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        (dict, 401, "AIM-K070"),
        (lambda: {"Authorization": "Bearer nonsense"}, 401, "AIM-K071"),
        (lambda: {"Authorization": "Basic YTpi"}, 401, "AIM-K070"),
        (lambda: bearer("clerk", secret="t" * 32), 401, "AIM-K071"),
        (lambda: bearer("inspector"), 403, "AIM-K072"),
        (bearer, 403, "AIM-K072"),
    ],
    ids=["no token", "nonsense", "another scheme", "a forged token", "another role", "no role"],
)
def test_others_are_not(client: FlaskClient, headers: Callable[[], dict[str, str]], status: int, code: str) -> None:
    """No token, a forged one, or one without the role: refused with a code."""
    # Signed here, not when tests are collected: a token is good for five minutes, a whole run takes longer.
    answer = client.get("/billing/whoami", headers=headers())
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (status, code)


def test_an_old_token_is_refused(client: FlaskClient) -> None:
    """A token is good for five minutes."""
    claims = jwt.decode(bearer("clerk")["Authorization"].split()[1], SECRET, algorithms=["HS256"])
    claims["exp"] -= timedelta(minutes=6).total_seconds()
    old = jwt.encode(claims, SECRET, algorithm="HS256")
    assert client.get("/billing/whoami", headers={"Authorization": f"Bearer {old}"}).status_code == 401


@pytest.mark.parametrize(
    ("lang", "word"), [("ky", "жөндөөсү"), ("ru", "Настройка"), ("en", "Setting"), ("fr", "Настройка")]
)
def test_every_problem_is_told_in_the_callers_language(client: FlaskClient, lang: str, word: str) -> None:
    """All problems at once, each with its code, fields and text."""
    answer = client.post("/billing/refuse", headers={**bearer("clerk"), "Accept-Language": lang})
    assert answer.status_code == 422
    assert [error["code"] for error in answer.json["errors"]] == ["AIM-K002", "AIM-K014"]
    assert word in answer.json["errors"][0]["message"]
    assert answer.json["errors"][0]["fields"] == {"key": "port", "value": "x"}


@pytest.mark.parametrize("lang", ["ky", "ru"])
@pytest.mark.parametrize(("body", "code", "path", "named"), UNFIT)
def test_what_does_not_fit_is_told_in_the_callers_language(
    client: FlaskClient, lang: str, body: object, code: str, path: str | None, named: str
) -> None:
    """Each fault of a body has a code, its place and a text; no sentence of a library is in it."""
    given = {"day": "2026-10-31", **body} if isinstance(body, dict) and body else body
    answer = client.post("/billing/rule", json=given, headers={**bearer("clerk"), "Accept-Language": lang})
    (error,) = answer.json["errors"]
    assert (answer.status_code, error["code"], (error["place"] or {}).get("path")) == (422, code, path)
    assert named in error["message"] and not re.search(r"valid|missing|length|must|list|date|field", error["message"])


def test_what_is_no_json_is_told_without_a_librarys_words(client: FlaskClient) -> None:
    """The text names the address in the caller's language; what the library says is a field, for programs."""
    headers = {**bearer("clerk"), "Accept-Language": "ru", "Content-Type": "application/json"}
    answer = client.post("/billing/rule", data="{", headers=headers)
    (error,) = answer.json["errors"]
    assert (answer.status_code, error["code"]) == (400, "AIM-K061")
    assert error["message"] == "Запрос не понят: /billing/rule" and "JSON" in error["fields"]["reason"]


def test_a_service_describes_itself(client: FlaskClient) -> None:
    """Its OpenAPI has every route, with what a body must hold."""
    said = client.get("/billing/openapi.json").json
    assert said["openapi"] == "3.1.0"
    assert {"/billing/whoami", "/billing/rule", "/billing/doctor", "/billing/dead-letters/{letter_id}"} <= set(
        said["paths"]
    )
    assert "day" in said["components"]["schemas"]["Rule"]["required"]


def test_what_is_not_there_is_told_in_the_same_form(client: FlaskClient) -> None:
    """Also HTTP's own errors come as problems."""
    assert client.get("/billing/nothing").json["errors"][0]["code"] == "AIM-K062"


def test_doctor_tells_of_a_lost_guard(client: FlaskClient, make_service: Make) -> None:
    """An installation whose triggers are gone does not look healthy."""
    service = make_service("payments")
    with service.work("naryn") as work:
        work.connection.exec_driver_sql("DROP TRIGGER transfer_no_update")
        work.commit()
    answer = service_app(service).test_client().get("/payments/doctor", headers=bearer("admin"))
    assert [problem["code"] for problem in answer.json["problems"]] == ["AIM-K080"]
