"""A hand-made town of billing for tests: what an operator does, over HTTP, with messages handed on in the process."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from aimak.clock import FixedClock
from aimak.contracts import metering, payments
from aimak.http.auth import Actor, sign
from aimak.messaging import inbox
from aimak.messaging.envelope import Message
from aimak.messaging.inprocess import Pump
from aimak.settings import Settings
from aimak_billing.bootstrap import build
from sqlalchemy import select

TENANT = "aksuu"
SECRET = "only-for-tests-and-long-enough-for-hs256"
NOW = "2026-11-02T06:00:00+00:00"
HEADER = (
    "account;aliases;kind;class;holder;phone;language;street;house;flat;residents;opened_on;service;provider;attributes"
)
TARIFFS = (Path(__file__).parents[3] / "examples" / "town" / "tariffs.yaml").read_text()
PROVIDERS = ("vodokanal", "tazalyk", "jaryk")
MONTH = "/billing/cycles/2026-10"


def account_line(number: str, service: str = "waste", provider: str = "tazalyk", **changes: str) -> str:
    """One line of the accounts file."""
    said = {
        "account": number,
        "aliases": "",
        "kind": "house",
        "class": "household",
        "holder": f"Holder {number}",
        "phone": "0555 123456",
        "language": "ky",
        "street": "Токтогул",
        "house": number,
        "flat": "",
        "residents": "3",
        "opened_on": "2020-01-01",
        "service": service,
        "provider": provider,
        "attributes": "",
    } | changes
    return ";".join(said[name] for name in HEADER.split(";"))


class Town:
    """A billing service with a tenant, providers and tariffs."""

    def __init__(self, settings: Settings) -> None:
        self.service = build(settings)
        assert self.service.web is not None
        self.client = self.service.web().test_client()
        self.pump = Pump([self.service])

    def found(self) -> None:
        """Define tenant, providers and tariffs."""
        names = {"ky": "Ак-Суу", "ru": "Ак-Суу", "en": "Ak-Suu"}
        zone = {"zone": "Asia/Bishkek", "languages": ["ky", "ru"], "is_test": True}
        self.post("/billing/tenants", {"code": TENANT, "name": names, **zone}, role="admin")
        for code in PROVIDERS:
            facts = {"tax_number": "01234567890123", "regime": "general", "bank_account": "0"}
            self.post("/billing/providers", {"code": code, "name": {"ru": code}, **facts}, role="admin")
        assert self.ask("post", "/billing/imports/tariffs", role="admin", data=TARIFFS.encode()).status_code == 200
        drafts = [f"{row['code']}@{row['valid_from']}" for row in self.get("/billing/tariffs")["tariffs"]]
        self.post("/billing/tariffs/adopt", {"tariffs": drafts, "ground": "decided before"}, role="approver")

    def at(self, instant: str) -> None:
        """Let it be another instant from here on."""
        clock = self.service.clock
        assert isinstance(clock, FixedClock)
        clock.instant = datetime.fromisoformat(instant)

    def ask(self, method: str, path: str, role: str = "clerk", name: str | None = None, **parts: Any) -> Any:
        """The answer to one request."""
        token = sign(Actor(name or f"the-{role}", (role,), TENANT), SECRET)
        headers = {"Authorization": f"Bearer {token}", "Accept-Language": parts.pop("lang", "en")}
        return getattr(self.client, method)(path, headers=headers, **parts)

    def get(self, path: str, role: str = "clerk") -> Any:
        """What is answered, which must be good."""
        answer = self.ask("get", path, role)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.json

    def post(
        self, path: str, body: Mapping[str, Any] | None = None, role: str = "clerk", name: str | None = None
    ) -> Any:
        """What is answered, which must be good."""
        answer = self.ask("post", path, role, name, **({"json": body} if body is not None else {}))
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.json

    def refused(
        self, path: str, role: str = "clerk", name: str | None = None, body: Any = None
    ) -> tuple[int, list[str]]:
        """Status and codes of a command that must be refused."""
        answer = self.ask("post", path, role, name, **({"json": body} if body is not None else {}))
        assert answer.status_code >= 400, answer.json
        return answer.status_code, [error["code"] for error in answer.json["errors"]]

    def take(self, kind: str, lines: Iterable[str]) -> dict[str, Any]:
        """Import a file and give what became of it."""
        body = "\n".join(lines).encode()
        started = self.ask("post", f"/billing/imports/{kind}?name={kind}.csv", data=body).json
        self.pump.drain()
        state: dict[str, Any] = self.get(f"/billing/imports/{started['import']}")
        return state

    def accounts(self, *lines: str) -> dict[str, Any]:
        """Import accounts, which must all be taken."""
        state = self.take("accounts", [HEADER, *lines])
        assert state["refused"] == 0, state["problems"]
        return state

    def use(
        self, connection_id: int, quantity: int, version: int = 1, to_date: str = "2026-11-01", **said: Any
    ) -> None:
        """Metering tells of usage."""
        row = {
            "usage_id": connection_id,
            "connection_id": connection_id,
            "serial": f"S{connection_id}",
            "from_date": "2026-10-01",
            "to_date": to_date,
            "previous_thousandths": 0,
            "current_thousandths": quantity,
            "quantity_thousandths": quantity,
            "method": "actual",
            "state": "accepted",
            "version": version,
        } | said
        self.hear(metering.UsageAccepted.of(TENANT, [row]))

    def pay(self, account_id: int, amount: int, version: int = 1, **said: Any) -> None:
        """Payments tells of a payment."""
        row = {
            "payment_id": 1,
            "provider": "tazalyk",
            "account_id": account_id,
            "amount_tyiyn": amount,
            "payment_tyiyn": amount,
            "parts": 1,
            "partner": "bank",
            "partner_name": "Bank",
            "external_id": "x1",
            "paid_on": "2026-11-05",
            "state": "received" if amount else "reversed",
            "version": version,
        } | said
        self.hear(payments.PaymentsReceived.of(TENANT, [row]))

    def hear(self, event: Any) -> None:
        """Have the service handle an event as its consumer would."""
        message = Message(
            message_id=str(uuid.uuid4()),
            routing_key=event.routing_key,
            tenant=TENANT,
            body=event.encode(),
            occurred_at=self.service.clock.now(),
        )
        inbox.handle(self.service, message)

    def preview(self) -> Any:
        """Preview October and wait for it."""
        self.post(f"{MONTH}/preview")
        self.pump.drain()
        return self.get(MONTH)

    def issue(self) -> Any:
        """Approve by another, issue October and wait for it."""
        self.post(f"{MONTH}/approve", role="approver")
        self.post(f"{MONTH}/issue")
        self.pump.drain()
        return self.get(MONTH)

    def rows(self, name: str) -> list[dict[str, Any]]:
        """All rows of a table, by its key."""
        table = self.service.metadata.tables[name]
        with self.service.work(TENANT) as work:
            found = work.execute(select(table).order_by(*table.primary_key.columns)).mappings()
            return [dict(row) for row in found]

    def balance(self, number: str) -> int:
        """What an account owes."""
        return int(self.get(f"/billing/accounts/{number}")["balance_tyiyn"])

    def told(self, event: Any) -> list[dict[str, Any]]:
        """Rows of an event that were published, in order."""
        bodies = [row["body"] for row in self.rows("outbox") if row["routing_key"] == event.routing_key]
        return [row for body in bodies for row in event.decode(TENANT, bytes(body)).rows()]
