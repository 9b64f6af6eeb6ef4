"""Bills through a real Kannel to an operator, and its reports back to our route."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from aimak.jobs import Worker
from aimak.plugins import registry, sms_gateways
from aimak.plugins.sms_gateways import SmsGateway
from aimak.settings import Settings
from aimak.storage import migrate
from aimak.testing.servers.process import LOOPBACK, free_port, wait_until
from aimak_notifications import bootstrap, store
from werkzeug.serving import make_server

from tests.integration.kannel.server import PASSWORD, Kannel, Operator
from tests.unit.notifications.conftest import SECRET, TENANT, House, accounts, bills, payment, service_types, town

pytestmark = pytest.mark.servers

REPORTS_S = 20


@pytest.fixture
def kannel(tmp_path: Path) -> Iterator[Kannel]:
    """Both boxes, on ports of their own."""
    folder = tmp_path / "kannel"
    folder.mkdir()
    with Kannel(folder) as running:
        yield running


@pytest.fixture
def operator(kannel: Kannel) -> Iterator[Operator]:
    """The operator behind Kannel."""
    side = kannel.operator()
    yield side
    side.leave()


@pytest.fixture
def house(tmp_path: Path, kannel: Kannel) -> Iterator[House]:
    """A town that sends through this Kannel, with its report route served over HTTP."""
    port = free_port()
    values = {
        "data_dir": str(tmp_path / "data"),
        "auth.secret": SECRET,
        "secret.kannel": PASSWORD,
        "notifications.public_url": f"http://{LOOPBACK}:{port}",
    }
    found = registry.discover(sms_gateways.GROUP, SmsGateway, sms_gateways.INTERFACE_VERSION)
    service = bootstrap.build(Settings(values), found)
    migrate.upgrade(service)
    assert service.web is not None
    server = make_server(LOOPBACK, port, service.web(), threaded=True)
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    built = House(service)
    for event in (town(), service_types(), accounts()):
        built.hear(event)
    settings = {"url": kannel.url, "username": "aimak", "password": "secret:KANNEL", "sender": "AIMAK"}
    with service.work(TENANT) as work:
        store.choose_gateway(work, "kannel", settings, "admin")
        work.commit()
    yield built
    server.shutdown()
    serving.join(5)
    service.close()


def test_bills_reach_the_phone_and_are_reported(house: House, operator: Operator) -> None:
    """Every text arrives whole, in one part or in several, in GSM 7-bit and in UCS-2; the operator's reports come back
    to our route, in whatever order, and each message ends as delivered."""
    long = '[["water", 13800], ["sewerage", 4520], ["waste", 12500], ["street_lighting", 2000]]'
    house.hear(bills(1, 2, 3, services=long, opening_tyiyn=131_050, due_tyiyn=163_870))
    house.hear(payment(500_00, account_id=1))
    house.run()
    wait_until(lambda: set(house.states()) == {"delivered"}, REPORTS_S, f"reports: {house.states()}")
    rows = house.rows("message")
    assert {row.encoding for row in rows} == {"gsm7", "ucs2"} and {row.parts for row in rows} >= {1, 2}
    expected: dict[str, list[str]] = {}
    for row in rows:
        expected.setdefault(row.phone, []).append(row.text)
    wait_until(lambda: sum(map(len, operator.texts().values())) == len(rows), REPORTS_S, "the operator's side")
    arrived = {phone: sorted(texts) for phone, texts in operator.texts().items()}
    assert arrived == {phone: sorted(texts) for phone, texts in expected.items()}


def test_kannel_away_and_back(house: House, kannel: Kannel, operator: Operator) -> None:
    """While smsbox is down nothing is lost and nothing is in doubt: messages wait, and go when it is back, once."""
    kannel.stop("smsbox")
    house.hear(bills(1, 2))
    house.run()
    assert house.states() == ["queued"] * 2
    kannel.start("smsbox", "sendsms")
    # A new worker does not wait for the attempt that the old one put off.
    while Worker(house.service).step():
        pass
    wait_until(lambda: set(house.states()) == {"delivered"}, REPORTS_S, "reports")
    assert sorted(map(len, operator.texts().values())) == [1, 1]


def test_a_wrong_password_loses_nothing(house: House, operator: Operator) -> None:
    """Kannel refuses our account, not the message: it waits, with Kannel's words beside it."""
    house.service.settings = house.service.settings.with_values(secret__kannel="wrong")
    house.hear(bills(1))
    house.run()
    [row] = house.rows("message")
    assert (row.state, row.reason) == ("queued", "403 Authorization failed for sendsms")
    assert operator.texts() == {}
