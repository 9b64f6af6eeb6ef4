"""The scenario language: a town's year as its bookkeeper would write it down, a line for each thing that happens.

A line is a day, what happens, and where an `=` stands, what must be so afterwards:

    2026-09-30  open      A-17  water metered; waste persons=3
    2026-09-30  read      A-17  120.000
    2026-10-31  read      A-17  131.500
    2026-11-02  bill      2026-10
    2026-11-02  charged   A-17  2026-10 = 201.03
    2026-11-05  pay       A-17  tazalyk 100.00 ref=t1
    2026-11-05  balance   A-17  = 101.03

Days never go back. Money is som with two decimals. What must be refused is written with `refused CODE:` before it. What
another person must approve is approved by another person.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from aimak.settings import Settings

from tests.unit.billing.town import HEADER, TENANT, Town

TARIFFS = (Path(__file__).parent / "stories" / "tariffs.yaml").read_text(encoding="utf-8")
CREDITORS = ("vodokanal", "tazalyk", "garden")
_SERVICES = {"water": "vodokanal", "sewerage": "vodokanal", "waste": "tazalyk"}
_LINE = re.compile(r"(\d{4}-\d\d-\d\d)\s+(?:refused (?P<code>AIM-\w+):\s*)?(?P<verb>[\w-]+)\s*(?P<rest>.*)")


class Untrue(AssertionError):
    """A line of a story that is not so."""


class Story:
    """A town of billing, and the words that move it."""

    def __init__(self, settings: Settings) -> None:
        self.town = Town(settings)
        self.readings: dict[str, list[tuple[date, int, int, int]]] = {}
        self.day = date(2026, 1, 1)

    def replay(self, text: str) -> None:
        """Let it happen, line by line. Raises Untrue with the line that is not so."""
        for line in filter(None, (line.partition("#")[0].strip() for line in text.splitlines())):
            read = _LINE.fullmatch(line)
            assert read, f"not a line of a story: {line}"
            self._on(date.fromisoformat(read[1]))
            said, _, wanted = read["rest"].partition("= ")
            act: Callable[..., Any] = getattr(self, f"do_{read['verb'].replace('-', '_')}")
            words, named = _words(said)
            got = self._refusal(act, words, named) if read["code"] else act(*words, **named)
            must = read["code"] or wanted.strip().strip('"')
            if must and must != str(got):
                raise Untrue(f"{line}\n  is {got}")

    def _on(self, day: date) -> None:
        assert day >= self.day, f"{day} comes after {self.day}"
        self.day = day
        self.town.service.clock.instant = datetime.combine(day, time(6), UTC)  # type: ignore[attr-defined]

    def _refusal(self, act: Callable[..., Any], words: list[str], named: dict[str, str]) -> str:
        try:
            act(*words, **named)
        except AssertionError as refused:
            found = re.search(r"AIM-[A-Z]\d+", str(refused))
            return found[0] if found else str(refused)
        return "done"

    def _post(self, path: str, body: dict[str, Any] | None = None, role: str = "clerk") -> Any:
        answer = self.town.post(f"/billing/{path}", body, role)
        self.town.pump.drain()
        return answer

    # Accounts

    def do_open(self, account: str, *services: str, **said: str) -> None:
        """open A-17 water metered waste persons=3 pensioners=1 since=2020-01-01 street=Токтогул holder="Асанов А."."""
        metered = "metered" in services
        lines = []
        for service in (word for word in services if word in _SERVICES):
            attributes = f'{{"metered":{str(metered).lower()},"norm":"house"}}' if service == "water" else ""
            facts = {
                "account": account,
                "kind": "house",
                "class": "household",
                "holder": said.get("holder", f"Holder {account}"),
                "language": "ru",
                "street": said.get("street", "Токтогул"),
                "house": account.removeprefix("A-"),
                "residents": said.get("persons", "3"),
                "opened_on": said.get("since", "2020-01-01"),
                "service": service,
                "provider": said.get(service, _SERVICES[service]),
                "attributes": attributes,
            }
            lines.append(";".join(facts.get(name, "") for name in HEADER.split(";")))
        self.town.accounts(*lines)
        if "pensioners" in said:
            day = said.get("since", "2020-01-01")
            row = f"{account};{said.get('persons', '3')};{day};;book;{said['pensioners']}"
            assert self.town.take("residents", ["account;persons;from;to;ground;pensioners", row])["refused"] == 0

    def do_owed(self, account: str, provider: str, month: str, amount: str) -> None:
        """owed A-17 tazalyk 2026-03 50.00: an opening balance."""
        row = f"{account};{provider};;{month};{amount}"
        assert self.town.take("balances", ["account;provider;service;origin;amount", row])["refused"] == 0

    def do_residents(self, account: str, persons: str, since: str, pensioners: str = "0") -> None:
        """residents A-17 4 since=2026-10-01."""
        asked = {"persons": int(persons), "pensioners": int(pensioners), "day": since, "ground": "book"}
        self._post(f"accounts/{account}/residents", asked)

    def do_benefit(self, account: str, since: str, category: str = "", until: str = "") -> str:
        """benefit A-17 category=veteran since=2026-09-01 until=2026-11-01 = 2026-11-01: the day from which it is over;
        without a category it ends."""
        asked = {"category": category, "day": since, "until": until, "ground": "certificate"}
        told = self._post(f"accounts/{account}/benefit", {name: value for name, value in asked.items() if value})
        return str(told["changed"].get("until", "open"))

    def do_move_out(self, account: str, since: str) -> None:
        """move-out A-17 since=2026-11-01."""
        self._post(f"accounts/{account}/move-out", {"day": since})

    def do_move_in(self, account: str, since: str, persons: str = "3", holder: str = "New Holder", **said: str) -> None:
        """move-in A-17 as=A-18 since=2026-11-15 persons=2."""
        asked = {"as": said["as"], "day": since, "persons": int(persons), "holder": holder}
        self._post(f"accounts/{account}/move-in", asked)

    def do_split(self, account: str, *services: str, since: str, persons: str = "3", **said: str) -> None:
        """split A-17 waste as=A-18 since=2026-11-01."""
        asked = {"as": said["as"], "day": since, "services": list(services), "persons": int(persons)}
        self._post(f"accounts/{account}/split", asked)

    def do_rename(self, old: str, new: str, since: str) -> None:
        """rename Токтогул Манас since=2026-11-01."""
        rows = self.town.get("/billing/streets")["streets"]
        street = next(row["street"] for row in rows if row["name"] == old)
        self._post(f"streets/{street}/name", {"name": new, "day": since}, "admin")

    def do_provider(self, service: str, old: str, new: str, since: str) -> None:
        """provider waste tazalyk garden since=2026-11-01."""
        self._post("connections/provider", {"service": service, "provider": old, "to": new, "day": since}, "admin")

    # Meters

    def do_read(self, account: str, value: str) -> None:
        """read A-17 131.500: the meter, as metering would tell of it once it is believed."""
        self._reading(account, self.day, _thousandths(value))

    def do_reread(self, account: str, value: str, of: str) -> None:
        """reread A-17 128.000 of=2026-10-31: what was read on that day was wrong."""
        self._reading(account, date.fromisoformat(of), _thousandths(value))

    def _reading(self, account: str, day: date, value: int) -> None:
        kept = self.readings.setdefault(account, [])
        known = next((place for place, (when, *_) in enumerate(kept) if when == day), None)
        if known is None:
            kept.append((day, value, 1, len(kept)))
            kept.sort()
            known = kept.index((day, value, 1, len(kept) - 1))
        else:
            kept[known] = (day, value, kept[known][2] + 1, kept[known][3])
        for place in (known, known + 1):
            if 0 < place < len(kept):
                self._tell_use(account, place)

    def _tell_use(self, account: str, place: int) -> None:
        before, (day, value, version, number) = self.readings[account][place - 1], self.readings[account][place]
        # Both its ends count for the version of a use; one that came between begins anew.
        said = {"usage_id": self._account(account)["account_id"] * 100 + number}
        said["version"] = version + before[2] + before[3]
        connections = self._account(account)["connections"]
        water = next(row["connection_id"] for row in connections if row["service"] == "water")
        # A reading in the evening closes its day.
        dates = {"from_date": _after(before[0]), "to_date": _after(day)}
        sides = {"previous_thousandths": before[1], "current_thousandths": value}
        self.town.use(water, value - before[1], **said, **dates, **sides)

    # Bills

    def do_bill(self, period: str, *only: str) -> None:
        """bill 2026-10, or bill 2026-10 A-17: a run of the month, of everybody or of one."""
        if only:
            self._run(f"account:{only[0]}", period, replaces=False)
            return
        self._post(f"cycles/{period}/preview")
        self._post(f"cycles/{period}/approve", role="approver")
        self._post(f"cycles/{period}/issue")

    def do_close(self, period: str) -> None:
        """close 2026-10."""
        self._post(f"cycles/{period}/close", role="approver")

    def do_rebill(self, period: str, *only: str) -> None:
        """rebill 2026-10, or rebill 2026-10 A-17: anew, the bills before cancelled."""
        self._run(f"account:{only[0]}" if only else "all", period, replaces=True)

    def _run(self, selection: str, period: str, *, replaces: bool) -> None:
        asked = {"period": period, "selection": selection, "replaces": replaces, "reason": "a story"}
        number = self._post("runs", asked)["run_id"]
        self._post(f"runs/{number}/approve", role="approver")
        self._post(f"runs/{number}/issue")

    def do_late_readings(self, method: str, since: str) -> None:
        """late-readings rebill since=2026-11-01: what they lead to from then on."""
        self._post("late-readings", {"valid_from": since, "method": method, "ground": "order 7"}, "approver")

    def do_rebill_touched(self, period: str) -> None:
        """rebill-touched 2026-10: anew, for all of whom something became known after the bill."""
        self._run("touched", period, replaces=True)

    def do_cancel(self, period: str, *only: str) -> None:
        """cancel 2026-10, or cancel 2026-10 A-17: the bills of a month, of everybody or of one."""
        self._document(kind="cancel", since=period, **({"account": only[0]} if only else {}))

    def do_tariff(self, code: str, price: str, since: str) -> None:
        """tariff waste 30.00 since=2026-10-01: decided and published now."""
        part = next(part for part in TARIFFS.split("  - code: ")[1:] if part.startswith(f"{code}\n"))
        part = re.sub(r"from: \S+", f"from: {since}", part.partition("\ntaxes:")[0], count=1)
        part = re.sub(r"price: [\d.]+", f"price: {price}", part, count=1)
        part = part.replace('number: "1"', f'number: "{since}"')
        file = f"aimak: tariffs/1\ntariffs:\n  - code: {part}"
        answer = self.town.ask("post", "/billing/imports/tariffs", role="admin", data=file.encode())
        assert answer.status_code == 200, answer.get_data(as_text=True)
        steps = {"tariffs": [f"{code}@{since}"], "ground": "decided"}
        self._post("tariffs/adopt", steps, "approver")

    # Money

    def do_pay(self, account: str, provider: str, amount: str, ref: str) -> None:
        """pay A-17 tazalyk 100.00 ref=t1: once, however often it is told."""
        paid = {"provider": provider, "payment_id": _number(ref), "external_id": ref, "paid_on": self.day.isoformat()}
        self.town.pay(self._account(account)["account_id"], _tyiyn(amount), **paid)

    def do_reverse(self, account: str, provider: str, ref: str) -> None:
        """reverse A-17 tazalyk ref=t1: the bank takes it back."""
        paid = {"provider": provider, "payment_id": _number(ref), "external_id": ref, "paid_on": self.day.isoformat()}
        self.town.pay(self._account(account)["account_id"], 0, version=2, **paid)

    def do_adjust(self, account: str, provider: str, amount: str, **said: str) -> int:
        """adjust A-17 tazalyk -12.00 reason="…": charged above zero, taken back below."""
        return self._money("adjust", account, provider, amount, **said)

    def do_write_off(self, account: str, provider: str, amount: str, act: str) -> int:
        """write-off A-17 tazalyk 50.00 act=7."""
        return self._money("write_off", account, provider, amount, ground=act)

    def do_transfer(self, account: str, to: str, provider: str, amount: str) -> int:
        """transfer A-17 A-18 tazalyk 50.00."""
        return self._money("transfer", account, provider, amount, to=to)

    def do_refund(self, account: str, provider: str, amount: str) -> int:
        """refund A-17 tazalyk 50.00."""
        return self._money("refund", account, provider, amount)

    def do_merge(self, account: str, to: str) -> int:
        """merge A-17 A-18: the first is closed, the second owes both."""
        return self._document(kind="merge", account=account, to=to)

    def do_storno(self, number: str) -> int:
        """storno 3: document 3 is taken back."""
        return self._document(kind="storno", document=int(number))

    def _money(self, kind: str, account: str, provider: str, amount: str, **said: str) -> int:
        facts = {"account": account, "provider": provider, "amount_tyiyn": _tyiyn(amount)}
        return self._document(kind=kind, **facts, **said)

    def _document(self, **asked: Any) -> int:
        number = self._post("corrections", {"reason": "a story", **asked})["correction"]["number"]
        self._post(f"corrections/{number}/approve", role="approver")
        return int(number)

    # What must be so

    def _account(self, number: str) -> Any:
        return self.town.get(f"/billing/accounts/{number}")

    def do_balance(self, account: str, *provider: str) -> str:
        """balance A-17 = 101.03, or balance A-17 tazalyk = 50.00; below zero is an advance."""
        shown = self._account(account)
        if not provider:
            return _som(shown["balance_tyiyn"])
        return _som(sum(row["balance_tyiyn"] for row in shown["balances"] if row["provider"] == provider[0]))

    def do_debt(self, account: str, provider: str, month: str) -> str:
        """debt A-17 tazalyk 2026-10 = 50.00: what of that month is still owed."""
        rows = [row for row in self._account(account)["balances"] if row["provider"] == provider]
        owed = {part["origin"]: part["owed_tyiyn"] for row in rows for part in row["origins"]}
        return _som(owed.get(month, 0))

    def _bill(self, account: str, period: str) -> Any:
        bills = [row for row in self._account(account)["bills"] if (row["period"], row["state"]) == (period, "issued")]
        assert len(bills) == 1, f"{account} has {len(bills)} bills in force of {period}"
        return self.town.get(f"/billing/bills/{bills[0]['number']}")

    def do_charged(self, account: str, period: str, *service: str) -> str:
        """charged A-17 2026-10 = 201.03, or charged A-17 2026-10 waste = 77.25; corrections are not counted."""
        lines = [line for line in self._bill(account, period)["lines"] if line["origin"] is None]
        return _som(sum(line["amount_tyiyn"] for line in lines if not service or line["service"] == service[0]))

    def do_corrected(self, account: str, period: str, *origin: str) -> str:
        """corrected A-17 2026-11 = -29.05: what the bill of a month corrects of earlier ones."""
        lines = [line for line in self._bill(account, period)["lines"] if line["origin"] is not None]
        return _som(sum(line["amount_tyiyn"] for line in lines if not origin or line["origin"] == origin[0]))

    def do_due(self, account: str, period: str) -> str:
        """due A-17 2026-10 = 201.03: what the bill asks for."""
        return _som(self._bill(account, period)["due_tyiyn"])

    def do_bills(self, account: str) -> str:
        """bills A-17 = 2026-10 issued, 2026-10 cancelled: the newest first."""
        return ", ".join(f"{row['period']} {row['state']}" for row in self._account(account)["bills"]) or "none"

    def do_says(self, account: str, period: str, sentence: str) -> None:
        """says A-17 2026-11 "…": the bill's explanation holds these words."""
        number = self._bill(account, period)["number"]
        said = " ".join(self.town.get(f"/billing/bills/{number}/explain?lang=ru")["sentences"]).replace("\xa0", " ")
        if sentence not in said:
            raise Untrue(f"{sentence!r} is not in {said!r}")

    def do_address(self, account: str, *period: str) -> str:
        """address A-17 = Манас 17, or as the bill of a month has it: address A-17 2026-10 = Токтогул 17."""
        return str(self._bill(account, period[0])["address"] if period else self._account(account)["address"])

    def do_held(self, period: str) -> str:
        """held 2026-10 = A-17, A-18: who gets no bill, and stands on the list with the reason."""
        rows = self.town.get(f"/billing/cycles/{period}/holds")["holds"]
        return ", ".join(sorted({row["account"] for row in rows})) or "nobody"

    def do_sound(self) -> str:
        """sound = yes: doctor finds nothing wrong with the books."""
        found = self.town.get("/billing/doctor", role="admin")["problems"]
        return str(found) if found else "yes"


def found(town: Town, tariffs: str = TARIFFS) -> None:
    """Define the town of the stories, with its tariffs or others."""
    names = {"ky": "Ак-Суу", "ru": "Ак-Суу", "en": "Ak-Suu"}
    zone = {"zone": "Asia/Bishkek", "languages": ["ky", "ru"], "is_test": True}
    town.post("/billing/tenants", {"code": TENANT, "name": names, **zone}, role="admin")
    for code in CREDITORS:
        facts = {"tax_number": "01234567890123", "regime": "general", "bank_account": "0"}
        town.post("/billing/providers", {"code": code, "name": {"ru": code}, **facts}, role="admin")
    answer = town.ask("post", "/billing/imports/tariffs", role="admin", data=tariffs.encode())
    assert answer.status_code == 200, answer.get_data(as_text=True)
    drafts = [f"{row['code']}@{row['valid_from']}" for row in town.get("/billing/tariffs")["tariffs"]]
    town.post("/billing/tariffs/adopt", {"tariffs": drafts, "ground": "decided before"}, role="approver")
    town.pump.drain()


def _words(text: str) -> tuple[list[str], dict[str, str]]:
    words = shlex.split(text)
    named = dict(word.split("=", 1) for word in words if re.match(r"\w+=", word))
    return [word for word in words if not re.match(r"\w+=", word)], named


def _som(tyiyn: int) -> str:
    return f"{'-' if tyiyn < 0 else ''}{abs(tyiyn) // 100}.{abs(tyiyn) % 100:02d}"


def _tyiyn(som: str) -> int:
    return int(Decimal(som) * 100)


def _thousandths(value: str) -> int:
    return int(Decimal(value) * 1000)


def _number(ref: str) -> int:
    return int.from_bytes(ref.encode()[:7], "big")


def _after(day: date) -> str:
    return (day + timedelta(days=1)).isoformat()
