"""Notifications over HTTP: what people ask, and what gateways report."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from sqlite3 import connect
from typing import Any

import pytest
from aimak.http.auth import Actor, sign
from aimak.plugins.sms_gateways import Handed, Handover, NotReached, OutgoingSms
from aimak_notifications import bootstrap, store
from aimak_notifications.application.gateways import report_key
from aimak_notifications.domain import states
from aimak_notifications.outside import OutsideClient
from aimak_notifications.plugins.sms_gateways.kannel.plugin import KannelGateway
from flask.testing import FlaskClient

from .conftest import SECRET, TENANT, House, ToldGateway, bills, payment

KANNEL = {
    "gateway": "kannel",
    "settings": {
        "url": "http://127.0.0.1:13013/cgi-bin/sendsms",
        "username": "aimak",
        "password": "secret:KANNEL",
        "sender": "AIMAK",
    },
}


@pytest.fixture
def web(house: House) -> FlaskClient:
    """The service's web application."""
    assert house.service.web is not None
    return house.service.web().test_client()


def as_actor(*roles: str, tenant: str = TENANT) -> dict[str, str]:
    """The header of a person with these roles."""
    return {"Authorization": "Bearer " + sign(Actor("aida", roles, tenant), SECRET)}


@pytest.fixture
def ask(web: FlaskClient) -> Callable[..., Any]:
    """GET as a clerk; gives the JSON."""

    def get(path: str, **query: Any) -> Any:
        return web.get(path, query_string=query, headers=as_actor("clerk")).get_json()

    return get


def test_messages_with_filters_and_totals(house: House, ask: Callable[..., Any]) -> None:
    """Each filter narrows the list and its totals; what was not told is counted beside it."""
    house.settle(phone_3=None)
    house.use("told")
    house.hear(bills(1, 2, 3))
    house.run()
    house.hear(payment(500))
    everything = ask("/notifications/messages")
    assert len(everything["messages"]) == 3
    assert everything["totals"] == [
        {"state": "queued", "kind": "receipt", "messages": 1, "parts": 1},
        {"state": "sent", "kind": "bill", "messages": 2, "parts": 4},
    ]
    assert everything["not_told"] == {"no_phone": 1}
    for query, count in (
        ({"account": "0400001"}, 2),
        ({"state": "sent"}, 2),
        ({"kind": "receipt"}, 1),
        ({"period": "2026-10", "account": "0400002"}, 1),
        ({"period": "2026-09"}, 0),
    ):
        assert len(ask("/notifications/messages", **query)["messages"]) == count, query


def test_pages(house: House, ask: Callable[..., Any]) -> None:
    """Pages follow one another without gap or overlap; the last has no next."""
    house.settle()
    house.hear(bills(1, 2, 3))
    first = ask("/notifications/messages", limit=2)
    second = ask("/notifications/messages", limit=2, after=first["next"])
    ids = [message["id"] for page in (first, second) for message in page["messages"]]
    assert ids == sorted(set(ids)) and len(ids) == 3
    assert second["next"] is None and ids[0].isdigit()


def test_messages_as_a_table(house: House, web: FlaskClient) -> None:
    """The same messages come as a table for a spreadsheet."""
    house.settle()
    house.hear(bills(1, 2))
    answer = web.get("/notifications/messages?format=csv", headers=as_actor("clerk"))
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff")), delimiter=";"))
    assert answer.mimetype == "text/csv" and {row["account"] for row in rows} == {"0400001", "0400002"}
    assert {row["id"] for row in rows} == {str(row.id) for row in house.rows("message")}


def test_a_wrong_state_is_named(ask: Callable[..., Any]) -> None:
    """A state that does not exist is a problem with its code, not an empty list."""
    assert ask("/notifications/messages", state="sended")["errors"][0]["code"] == "AIM-N006"


@pytest.mark.parametrize(
    ("method", "path", "roles", "status"),
    [
        ("GET", "/notifications/messages", (), 403),
        ("GET", "/notifications/messages", ("resident",), 403),
        ("GET", "/notifications/gateways", ("clerk",), 403),
        ("POST", "/notifications/gateways", ("clerk", "approver"), 403),
        ("POST", "/notifications/consent", ("approver",), 403),
    ],
)
def test_roles(web: FlaskClient, method: str, path: str, roles: tuple[str, ...], status: int) -> None:
    """Who may not is refused; who says nothing of himself is unknown."""
    assert web.open(path, method=method, headers=as_actor(*roles)).status_code == status
    assert web.open(path, method=method).status_code == 401


def test_another_tenant_sees_nothing(house: House, web: FlaskClient) -> None:
    """The tenant comes from the token, and its rows alone are shown."""
    house.settle()
    house.hear(bills(1))
    seen = web.get("/notifications/messages", headers=as_actor("admin", tenant="talas")).get_json()
    assert (seen["messages"], seen["totals"]) == ([], [])


def test_choose_a_gateway(house: House, web: FlaskClient) -> None:
    """The choice stands with who made it; the secret is kept and shown by name alone."""
    chosen = web.post("/notifications/gateways", json=KANNEL, headers=as_actor("admin"))
    assert (chosen.status_code, chosen.get_json()) == (200, {"gateway": "kannel", "missing": []})
    shown = web.get("/notifications/gateways", headers=as_actor("admin"))
    [row] = shown.get_json()["gateways"]
    assert (row["settings"]["password"], row["chosen"], row["changed_by"]) == ("secret:KANNEL", True, "aida")
    assert "told-to-nobody" not in shown.text and "told-to-nobody" not in str(house.rows("gateway"))


@pytest.mark.parametrize(("query", "kept"), [("", 1), ("?dry_run=1", 0)])
def test_a_gateway_is_asked_what_is_missing_with_no_transaction_open(
    house: House, web: FlaskClient, monkeypatch: pytest.MonkeyPatch, query: str, kept: int
) -> None:
    """It may call out for that, and may take its time, also where the choice is only tried: others can write."""

    def write_at_once(_gateway: KannelGateway) -> list[str]:
        with connect(str(house.service.online.url.database), timeout=0, isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE").execute("ROLLBACK")
        return ["asked"]

    monkeypatch.setattr(KannelGateway, "check_settings", write_at_once)
    chosen = web.post(f"/notifications/gateways{query}", json=KANNEL, headers=as_actor("admin"))
    assert chosen.get_json() == {"gateway": "kannel", "missing": ["asked"]}
    assert len(house.rows("gateway")) == kept


def test_choose_again(house: House, web: FlaskClient) -> None:
    """One gateway is chosen at a time, and the addresses it was given for reports stay good."""
    for choice in (KANNEL, {"gateway": "file"}, KANNEL):
        web.post("/notifications/gateways", json=choice, headers=as_actor("admin"))
    rows = {row.code: row for row in house.rows("gateway")}
    assert (rows["kannel"].chosen, rows["file"].chosen) == (True, False)
    assert rows["kannel"].report_secret != rows["file"].report_secret


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"gateway": "pigeon"}, 404, "AIM-N001"),
        ({"settings": {}}, 422, "AIM-N002"),
        ({"settings": {**KANNEL["settings"], "url": "file:///etc/passwd"}}, 422, "AIM-N002"),  # type: ignore[dict-item]
        ({"settings": {**KANNEL["settings"], "password": "secret:OTHER"}}, 422, "AIM-N003"),  # type: ignore[dict-item]
        ({"settings": {**KANNEL["settings"], "sender": "Too Long A Name"}}, 422, "AIM-N002"),  # type: ignore[dict-item]
    ],
)
def test_a_wrong_choice_changes_nothing(house: House, web: FlaskClient, change: Any, status: int, code: str) -> None:
    """A gateway that is not installed, a setting that does not fit and a missing secret are named."""
    answer = web.post("/notifications/gateways", json={**KANNEL, **change}, headers=as_actor("admin"))
    assert (answer.status_code, answer.get_json()["errors"][0]["code"]) == (status, code)
    assert house.rows("gateway") == []


def test_consent(house: House, web: FlaskClient) -> None:
    """A clerk notes that a phone wants no messages; what is no phone is refused."""
    answer = web.post(
        "/notifications/consent", json={"phone": "0555 000 001", "allowed": False}, headers=as_actor("clerk")
    )
    assert answer.get_json() == {"phone": "996555000001", "allowed": False}
    wrong = web.post("/notifications/consent", json={"phone": "none", "allowed": False}, headers=as_actor("clerk"))
    assert wrong.get_json()["errors"][0]["code"] == "AIM-N007"
    house.settle()
    house.hear(bills(1))
    assert house.rows("message") == []


@pytest.fixture
def sent(house: House, web: FlaskClient) -> dict[str, str]:
    """A message that Kannel has taken: id, and the path and key of its report address."""
    house.settle()
    house.use("told")
    house.hear(bills(1))
    house.run()
    web.post("/notifications/gateways", json=KANNEL, headers=as_actor("admin"))
    [message] = house.rows("message")
    secret = next(row.report_secret for row in house.rows("gateway") if row.code == "kannel")
    return {"id": str(message.id), "key": report_key(secret, str(message.id))}


def report(web: FlaskClient, sent: dict[str, str], **query: str) -> int:
    """Kannel's call; gives the status."""
    return web.get(f"/gateways/{TENANT}/kannel/report", query_string={**sent, **query}).status_code


def test_reports_move_forward_only(house: House, web: FlaskClient, sent: dict[str, str]) -> None:
    """Taken, delivered, then late and repeated reports: delivered it stays."""
    for bit, state in (
        ("8", "sent"),
        ("4", "sent"),
        ("1", "delivered"),
        ("8", "delivered"),
        ("2", "delivered"),
        ("16", "delivered"),
    ):
        assert report(web, sent, t=bit, a="words", f="9F") == 200
        assert house.states() == [state]
    [row] = house.rows("message")
    assert (row.gateway_ref, row.settled_at is not None) == ("9F", True)


@pytest.mark.parametrize(("bit", "state"), [("2", "failed"), ("16", "refused")])
def test_reports_of_failure(house: House, web: FlaskClient, sent: dict[str, str], bit: str, state: str) -> None:
    """Not delivered and refused by the operator are told apart, with the operator's words."""
    assert report(web, sent, t=bit, a="NACK/1033") == 200
    [row] = house.rows("message")
    assert (row.state, row.reason) == (state, "NACK/1033")


def test_a_report_before_our_own_commit(house: House) -> None:
    """A report that comes while the message is still being sent counts, and our own "sent" does not undo it."""
    house.settle()
    house.use("told")
    house.hear(bills(1))

    def reported_at_once(sms: OutgoingSms) -> Handed:
        with house.service.work(TENANT) as work:
            change = {"id": sms.id, "state": "delivered"}
            assert store.change_messages(work, [change], only_from=states.earlier("delivered")) == 1
            work.commit()
        return Handed(sms.id, Handover.ACCEPTED)

    ToldGateway.answer = reported_at_once
    house.run()
    assert house.states() == ["delivered"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"key": "0" * 32}, 403),
        ({"key": ""}, 403),
        ({"id": "4611686018427387999"}, 403),
        ({"id": ""}, 403),
        ({"t": "3"}, 422),
        ({"t": ""}, 422),
    ],
)
def test_a_report_that_is_not_believed(
    house: House, web: FlaskClient, sent: dict[str, str], change: dict[str, str], status: int
) -> None:
    """A wrong key, a key for another message and a call that makes no sense change nothing."""
    assert report(web, sent, **{"t": "1", **change}) == status
    assert house.states() == ["sent"]


def test_a_report_for_nobody(web: FlaskClient, sent: dict[str, str]) -> None:
    """Unknown tenants and gateways answer like a wrong key: nothing is learnt by trying."""
    for path in ("/gateways/talas/kannel/report", f"/gateways/{TENANT}/pigeon/report"):
        assert web.get(path, query_string={**sent, "t": "1"}).status_code == 403


def test_every_route_says_who_may(house: House, web: FlaskClient) -> None:
    """No route is without declared roles."""
    views = web.application.view_functions
    silent = [name for name, view in views.items() if not hasattr(view, "declared_roles") and "openapi" not in name]
    assert [name for name in silent if not re.match(r"(api|flask)", name)] == []


def test_doctor_shows_what_is_in_doubt(house: House) -> None:
    """Messages of unknown fate and notices that wait are shown as warnings."""
    house.hear(bills(1))
    with house.service.work(TENANT) as work:
        assert [problem.code for check in house.service.checks for problem in check(work)] == ["AIM-N011"]


def test_only_allowed_hosts_are_reached() -> None:
    """A gateway's address that the installation does not allow is not called."""
    client = OutsideClient({"sms.example:8080"})
    for url in ("http://10.0.0.1/", "http://sms.example/", "http://sms.example:8081/"):
        with pytest.raises(NotReached, match="http_hosts"):
            client.get(url, params={})
    client.close()


def test_the_built_in_gateways_are_found(settings: Any) -> None:
    """The installed distribution brings console, file and kannel through the plugins' own door."""
    service = bootstrap.build(settings)
    [registry] = service.plugins
    assert {"console", "file", "kannel"} <= set(registry.codes()) and registry.refused == ()
    service.close()
