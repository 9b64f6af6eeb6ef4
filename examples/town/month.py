"""The sample town's month as the operators do it: the same requests that the command line makes, in their order.

`Month` knows neither runtime: it is given the doors it goes through, a clock it can set, and a way to wait until
everything under way has arrived. `run_month.py` drives it for `make run`, the tests on both runtimes.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import httpx
from aimak_gateway.cli.connect import Api
from aimak_gateway.cli.cycle import follow
from aimak_gateway.cli.frame import Ui
from aimak_gateway.cli.importing import OWNERS, follow_import, import_file, send_file
from town_build.payments import Payment, online_calls, payments, read_plan, registries, registry_name, registry_text

PERIOD = "2026-10"
PASSWORDS = {"admin": "only-for-the-town", "ayna": "clerk-of-the-town", "bakyt": "approver-of-it"}
PARTNER_PASSWORD = "partner-of-the-town"
PEOPLE = {"ayna": ["clerk"], "bakyt": ["approver"]}


class Answer(Protocol):
    """What a partner is told."""

    content: bytes

    def raise_for_status(self) -> object:
        """Raises for an answer that is no success."""
        ...


class Door(Protocol):
    """Where partners call: an httpx.Client, or less."""

    def get(self, url: str, *, headers: Mapping[str, str]) -> Answer:
        """The whole answer to a request for `url`, which has no host."""
        ...


@dataclass(frozen=True)
class Runtime:
    """What a month needs of the runtime it goes through.

    `gateway` and `partners` are the doors of operators and of payment partners; `set_clock` moves the test
    municipality's clock; `settle` returns when nothing is under way any more; `kick` moves work on where it is done in
    this process.
    """

    gateway: httpx.Client
    partners: Door
    set_clock: Callable[[datetime], None]
    settle: Callable[[], None]
    kick: Callable[[], object] | None = None


@dataclass
class Month:
    """One month of the town in `folder`; what it makes goes to `out`."""

    runtime: Runtime
    folder: Path
    out: Path
    ui: Ui = field(default_factory=lambda: Ui(as_json=False, lang="en", quiet=True, debug=False))
    pdfs: int = 20
    seen: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.town = json.loads((self.folder / "town.json").read_text())
        self.zone = ZoneInfo(self.town["tenant"]["zone"])
        self.tenant = self.town["tenant"]["code"]
        self._apis: dict[str, Api] = {}

    def steps(self) -> Iterator[tuple[str, Callable[[], str]]]:
        """The month in order: a title, and what does it and says what came of it."""
        yield "municipality, people, creditors, partners", self.define
        yield "tariffs, accounts, residents, meters, old debts", self.take_stock
        yield "readings", self.read_meters
        yield "preview", self.preview
        yield "approve and issue", self.issue
        yield "bills as PDF", self.print_bills
        yield "payments online and by registry", self.take_payments
        yield "ledgers compared, month closed", self.close

    def api(self, name: str) -> Api:
        """The API in the session of one person."""
        if name not in self._apis:
            door = Api(self.runtime.gateway, self.ui, None)
            session = door.post("/gateway/login", {"name": name, "password": PASSWORDS[name], "tenant": self.tenant})
            self._apis[name] = Api(self.runtime.gateway, self.ui, session["token"], self.runtime.kick)
        return self._apis[name]

    def at(self, day: str, hour: int = 9) -> None:
        """Set the town's clock to an hour of a day there."""
        self.runtime.set_clock(datetime.combine(datetime.fromisoformat(day), time(hour), self.zone))

    def define(self) -> str:
        """The municipality with its people, creditors, partners and SMS gateway."""
        self.at("2026-10-30")
        admin, tenant = self.api("admin"), self.town["tenant"]
        body = {key: tenant[key] for key in ("code", "zone", "languages")}
        admin.post("/billing/tenants", {**body, "name": tenant["names"], "is_test": tenant["test"]})
        self.runtime.settle()
        for name, roles in PEOPLE.items():
            admin.post("/gateway/people", {"name": name, "roles": roles, "password": PASSWORDS[name]})
        for provider in self.town["providers"]:
            facts = {key: provider[key] for key in ("code", "tax_number", "regime", "bank_account")}
            admin.post("/billing/providers", {**facts, "name": provider["names"], "elqr": provider.get("elqr", {})})
        for partner in self.town["partners"]:
            admin.post("/payments/partners", self._partner(partner))
        admin.post("/notifications/gateways", {"gateway": "file", "settings": {}})
        self.runtime.settle()
        return f"{len(self.town['providers'])} creditors, {len(self.town['partners'])} partners"

    def _partner(self, partner: dict[str, Any]) -> dict[str, Any]:
        body = {"code": partner["code"], "name": partner["name"], "protocol": partner["protocol"]}
        body["settings"] = {"zone": partner["zone"]}
        return body | ({"login": partner["code"], "password": PARTNER_PASSWORD} if partner["online"] else {})

    def take_stock(self) -> str:
        """What the municipality knows before the first month."""
        self._import("admin", "tariffs", "tariffs.yaml")
        self._adopt_tariffs()
        taken = [self._import("ayna", kind, f"{kind}.csv") for kind in ("accounts", "residents")]
        self.runtime.settle()
        taken += [self._import("ayna", kind, f"{kind}.csv") for kind in ("meters", "balances")]
        self.runtime.settle()
        names = ("account lines", "residents", "meters", "old debts")
        return ", ".join(f"{state['taken']} {name}" for name, state in zip(names, taken, strict=True))

    def _adopt_tariffs(self) -> None:
        """The council decided these tariffs before the town had this program: another person attests it."""
        listed = self.api("bakyt").get("/billing/tariffs")["tariffs"]
        refs = [f"{tariff['code']}@{tariff['valid_from']}" for tariff in listed]
        body = {"tariffs": refs, "ground": "decided and in force before this program"}
        self.api("bakyt").post("/billing/tariffs/adopt", body)

    def _import(self, who: str, kind: str, name: str) -> dict[str, Any]:
        state = import_file(self.ui, self.api(who), OWNERS[kind], kind, self.folder / name)
        if state["state"] != "done":
            raise RuntimeError(f"{name}: {state}")
        return state

    def read_meters(self) -> str:
        """Half a year of earlier readings, then the month's own."""
        self.at("2026-11-01", 18)
        self._import("ayna", "readings", "readings-history.csv")
        state = self._import("ayna", "readings", f"readings-{PERIOD}.csv")
        self.runtime.settle()
        held = self.api("ayna").get("/metering/held", limit=1000)["held"]
        self.seen |= {"readings": state["taken"], "readings_refused": state["refused"], "readings_held": len(held)}
        return f"{state['taken']} taken, {state['refused']} refused, {len(held)} held"

    def preview(self) -> str:
        """Rate everything."""
        self.at("2026-11-02")
        cycle = follow(self.ui, self.api("ayna"), f"/billing/cycles/{PERIOD}", "preview", "previewing")
        self.runtime.settle()
        return f"{cycle['bills']} bills, {cycle['held']} accounts held"

    def issue(self) -> str:
        """Another person approves; then bills are issued and their messages sent."""
        self.api("bakyt").post(f"/billing/cycles/{PERIOD}/approve")
        cycle = follow(self.ui, self.api("ayna"), f"/billing/cycles/{PERIOD}", "issue", "issuing")
        self.runtime.settle()
        self.seen["cycle"] = cycle
        return f"{cycle['bills']} bills, numbers {cycle['first_number']} to {cycle['last_number']}"

    def print_bills(self) -> str:
        """The first bills as PDF, in Kyrgyz and in Russian."""
        folder = self.out / "bills"
        folder.mkdir(parents=True, exist_ok=True)
        listed = self.api("ayna").get("/billing/bills", period=PERIOD, limit=self.pdfs)["bills"]
        for bill in listed:
            for lang in ("ky", "ru"):
                pdf = self.api("ayna").raw(f"/billing/bills/{bill['number']}/pdf", lang=lang)
                (folder / f"bill-{bill['number']}-{lang}.pdf").write_bytes(pdf)
        return f"{2 * len(listed)} files in {folder}"

    def take_payments(self) -> str:
        """Day by day: partners call, and on the next morning send the day's registry."""
        sent = payments(read_plan(self.folder / "payments_plan.csv"), self._bills())
        folder = self.out / "registries"
        folder.mkdir(parents=True, exist_ok=True)
        by_day: dict[str, list[Payment]] = {}
        for payment in sent:
            by_day.setdefault(payment.paid_at.date().isoformat(), []).append(payment)
        calls = 0
        for day, paid in sorted(by_day.items()):
            self.at(day, 23)
            for partner, query in online_calls(paid):
                self._call(partner, query)
                calls += 1
            self.runtime.settle()
            self._registries(folder, paid)
            self.runtime.settle()
        self.seen |= {"calls": calls, "payments_sent": len(sent)}
        return f"{len(sent)} payments, {calls} calls, registries in {folder}"

    def _bills(self) -> dict[str, tuple[int, int]]:
        found: dict[str, tuple[int, int]] = {}
        after = None
        while True:
            page = self.api("ayna").get("/billing/bills", period=PERIOD, limit=1000, after=after)
            found |= {bill["account"]: (bill["gross_tyiyn"], bill["due_tyiyn"]) for bill in page["bills"]}
            after = page["next"]
            if after is None:
                return found

    def _call(self, partner: str, query: dict[str, str]) -> str:
        credentials = b64encode(f"{partner}:{PARTNER_PASSWORD}".encode()).decode()
        url = f"/partners/{self.tenant}/{partner}?{urlencode(query)}"
        answer = self.runtime.partners.get(url, headers={"Authorization": f"Basic {credentials}"})
        answer.raise_for_status()
        return answer.content.decode()

    def _registries(self, folder: Path, paid: list[Payment]) -> None:
        """Every partner's registry of a day: all are sent, then it is waited for each."""
        sent = {}
        for (partner, _), listed in registries(paid).items():
            file = folder / registry_name(partner, listed[0].paid_at.date())
            file.write_bytes(registry_text(listed).encode())
            sent[file.name] = send_file(self.api("ayna"), "payments", "registry", file, partner=partner)
        for name, started in sent.items():
            state = follow_import(self.ui, self.api("ayna"), "payments", name, started)
            if state["state"] != "done":
                raise RuntimeError(f"{name}: {state}")

    def close(self) -> str:
        """Nothing is wrong anywhere, both ledgers agree, and the month is closed."""
        self.at("2026-12-01")
        answers = [self.api("admin").get(f"/{service}/doctor") for service in ("billing", "metering", "payments")]
        problems = [problem for answer in answers for problem in answer["problems"]]
        sums = {answer["service"]: answer["control"] for answer in answers}
        if problems or sums["billing"] != sums["payments"]:
            raise RuntimeError(f"not well: {problems} {sums}")
        cycle = self.api("bakyt").post(f"/billing/cycles/{PERIOD}/close")
        return f"{cycle['period']} is {cycle['state']}"

    def summary(self) -> list[tuple[str, str]]:
        """What the month came to, for the table at the end."""
        from aimak.money import format_som

        cycle, api = self.seen["cycle"], self.api("ayna")
        taken = api.get("/payments/totals")
        told = api.get("/notifications/messages", limit=1)["totals"]
        return [
            ("accounts", f"{cycle['accounts']}"),
            (
                "readings taken / refused / held",
                "{readings} / {readings_refused} / {readings_held}".format(**self.seen),
            ),
            ("bills issued", f"{cycle['bills']}"),
            ("accounts held", f"{cycle['held']}"),
            ("charged, som", format_som(cycle["gross_tyiyn"])),
            ("of it tax, som", format_som(cycle["tax_tyiyn"])),
            ("payments taken", f"{taken['payments']}"),
            ("paid, som", format_som(taken["amount_tyiyn"])),
            ("in suspense", f"{taken['suspense']} ({format_som(taken['suspense_tyiyn'])} som)"),
            ("messages / parts", f"{sum(t['messages'] for t in told)} / {sum(t['parts'] for t in told)}"),
        ]
