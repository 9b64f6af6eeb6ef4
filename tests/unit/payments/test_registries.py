"""Registries held against what came online."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from aimak.contracts.payments import PaymentsReceived
from aimak.service import Job
from aimak.settings import Settings
from aimak_payments.application import registries

from tests.unit.payments.conftest import TENANT, Town, registry, result

DAY = "23.11.2026"


def line(txn_id: str, account: str, total: str, day: str = DAY) -> tuple[str, str, str, str, str]:
    """A line of noon."""
    return txn_id, day, "12:00:00", account, total


def state(town: Town, response: Any) -> dict[str, Any]:
    """The state of the import that was started, with the report of what came of it."""
    assert response.status_code in (200, 202), response.get_json()
    number = response.get_json()["import"]
    found = town.call("GET", f"/payments/imports/{number}").get_json()
    report = town.call("GET", f"/payments/registries/{number}")
    return dict(found) | (report.get_json() if report.status_code == 200 else {})


def matches(found: dict[str, Any]) -> dict[tuple[str, str | None], int]:
    """Lines by match and reason."""
    return {(row["match"], row["reason"]): row["lines"] for row in found["matches"]}


def test_registry_credits_what_nobody_told_online(town: Town) -> None:
    """Lines that came online match; what is missing is credited now; what has no account waits in suspense."""
    town.pay("1", "0100001", "100.00")
    town.pay("9", "0100002", "5.00")
    content = registry(
        line("1", "77-1", "100.00"),
        line("2", "0100002", "20.00"),
        line("3", "000", "1.00"),
        line("4", "0100003", "2.00"),
    )
    found = state(town, town.bring(content))
    assert matches(found) == {
        ("MATCHED", None): 1,
        ("MISSING_ONLINE", None): 1,
        ("MISSING_ONLINE", "unknown_account"): 1,
        ("MISSING_ONLINE", "closed_account"): 1,
    }
    assert (found["state"], found["done"], found["total"], found["taken"], found["refused"]) == ("done", 4, 4, 4, 0)
    assert [(problem["code"], problem["message"], problem["severity"]) for problem in found["problems"]] == [
        ("AIM-P046", "There is no account 000: its payment waits in suspense", "warning"),
        ("AIM-P050", "Account 0100003 is closed: its payment waits in suspense", "warning"),
    ]
    assert [row["external_id"] for row in found["only_online"]] == ["9"]
    listed = town.call("GET", "/payments/payments").get_json()["payments"]
    assert {(row["external_id"], row["source"], row["state"]) for row in listed} == {
        ("1", "online", "received"),
        ("9", "online", "received"),
        ("2", "registry", "received"),
        ("3", "registry", "suspense"),
        ("4", "registry", "suspense"),
    }
    assert sum(row["amount_tyiyn"] for row in town.sent(PaymentsReceived)) == 12_500
    assert town.call("GET", "/payments/doctor").get_json()["problems"] == []


def test_what_differs_is_listed_and_never_mended(town: Town) -> None:
    """Another sum, another account, a payment that was refused online: a person has to look."""
    town.pay("1", "0100001", "100.00")
    town.pay("2", "0100001", "100.00")
    assert result(town.pay("3", "0199999", "1.00")) == 5
    before = town.rows("payment")
    content = registry(line("1", "0100001", "100.01"), line("2", "0100002", "100.00"), line("3", "0199999", "1.00"))
    found = state(town, town.bring(content))
    assert matches(found) == {("MISMATCH", "amount"): 1, ("MISMATCH", "account"): 1, ("MISMATCH", "refused"): 1}
    assert [(problem["code"], problem["place"]["line"]) for problem in found["problems"]] == [
        ("AIM-P042", 1),
        ("AIM-P048", 2),
        ("AIM-P049", 3),
    ]
    assert [problem["message"] for problem in found["problems"]] == [
        "Payment 1: 100.00 som was taken before, the file says 100.01 som",
        "Payment 2: it was taken before for account 0100001, the file says account 0100002",
        "Payment 3 for account 0199999 was refused online, but the file has it, 1.00 som",
    ]
    assert [row["differs"] for row in found["mismatches"]] == ["amount", "account", "refused"]
    assert found["refused"] == 3 and town.rows("payment") == before
    refused = town.call("GET", f"/payments/imports/{found['import']}/refused.csv").get_data(as_text=True)
    assert len(refused.splitlines()) == 4 and "0199999" in refused
    assert "100.00 som was taken before" in refused and "line 1" not in refused.lower()
    again = town.bring(content)
    assert again.get_json()["replayed"] and state(town, again) == found


def test_same_registry_twice_takes_nothing_twice(town: Town) -> None:
    """The same file is the same import with the same answer; the same lines in another file all match."""
    content = registry(line("1", "0100001", "100.00"), line("2", "000", "1.00"))
    first = state(town, town.bring(content))
    response = town.bring(content)
    assert response.get_json()["replayed"]
    again = state(town, response)
    assert again == first
    other = state(town, town.bring(content.replace(b"\r\n", b"\n")))
    assert matches(other) == {("MATCHED", None): 2}
    assert len(town.rows("payment")) == 2


def test_online_retry_after_the_registry_is_a_repeat(town: Town) -> None:
    """A payment that the registry brought first is answered as taken when the partner comes with it online."""
    town.bring(registry(line("1", "0100001", "100.00")))
    text = town.pay("1", "0100001", "100.00").get_data(as_text=True)
    (payment,) = town.rows("payment")
    assert "<result>0</result>" in text and str(payment["id"]) in text


@pytest.mark.parametrize(
    "content",
    [
        registry(line("1", "0100001", "1.00"), total="Total:\t1\t1.01"),
        registry(line("1", "0100001", "1.00"), line("1", "0100002", "1.00")),
        registry(line("1", "0100001", "1.00"))[:-20],
        b"",
        b"\x00\x01",
    ],
)
def test_of_a_faulty_file_nothing_is_taken(town: Town, content: bytes) -> None:
    """A total that does not add up, a doubled id, a cut file: refused as a whole, with the reason."""
    found = state(town, town.bring(content))
    assert found["state"] == "refused" and found["taken"] == 0
    problems = found["problems"]
    assert problems and all(problem["message"] and not problem["message"].startswith("AIM-") for problem in problems)
    assert town.rows("registry_line") == town.rows("payment") == []


def test_dry_run_says_what_would_be_and_takes_nothing(town: Town) -> None:
    """A dry run compares and writes nothing."""
    town.pay("1", "0100001", "100.00")
    content = registry(line("1", "0100001", "100.01"), line("2", "0100001", "1.00"))
    found = state(town, town.bring(content, dry_run="1"))
    assert (found["state"], found["taken"], found["refused"]) == ("done", 1, 1)
    assert town.rows("registry_line") == [] and len(town.rows("payment")) == 1


def test_killed_job_goes_on_where_it_stood(
    make_town: Callable[[Settings], Town], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each block is a transaction of its own; after a fault in the second the first stands and the rest follows."""
    monkeypatch.setattr(registries, "BLOCK_LINES", 2)
    town = make_town(settings)
    match = registries.match
    seen: list[int] = []

    def fail_once(*given: Any) -> Any:
        seen.append(1)
        if len(seen) == 2:
            raise ConnectionError("the database went away")
        return match(*given)

    monkeypatch.setattr(registries, "match", fail_once)
    response = town.bring(registry(*(line(str(number), "0100001", "1.00") for number in range(5))))
    assert (state(town, response)["done"], len(town.rows("payment"))) == (2, 2)
    key = response.get_json()["import"]
    town.service.jobs["import"](town.service, Job(1, TENANT, "import", str(key), {"import": key}, 1))
    assert (state(town, response)["done"], len(town.rows("payment"))) == (5, 5)


def test_registry_of_an_unknown_partner_is_refused(town: Town) -> None:
    """A registry belongs to a partner that is known."""
    found = state(town, town.bring(registry(line("1", "0100001", "1.00")), partner="nobody"))
    assert found["state"] == "refused" and [problem["code"] for problem in found["problems"]] == ["AIM-P011"]
    assert town.call("POST", "/payments/imports/registry", data=b"x").status_code == 422


def test_late_registry_clears_what_was_only_online(town: Town) -> None:
    """A payment at midnight that stands in the next day's file is no longer missing from the first."""
    town.pay("9", "0100002", "5.00")
    first = town.bring(registry(line("1", "0100001", "1.00")))
    assert len(state(town, first)["only_online"]) == 1
    town.bring(registry(line("9", "0100002", "5.00", "24.11.2026")))
    assert state(town, first)["only_online"] == []


def test_a_line_dated_in_days_to_come_is_left_out(town: Town) -> None:
    """The row is a fault and opens no days in the report; the good rows stand, one of long ago too: a partner may
    settle late. Of what was taken online it is said that it was."""
    town.pay("1", "0100001", "100.00")
    content = registry(
        line("1", "0100001", "100.00", "27.11.2099"),
        line("2", "0100002", "1.00", "27.11.2099"),
        line("3", "0100002", "2.00", "24.11.2026"),
        line("4", "0100002", "3.00", "23.11.2001"),
    )
    found = state(town, town.bring(content))
    assert (found["state"], found["taken"], found["refused"]) == ("done", 2, 2)
    assert matches(found) == {("MISMATCH", "date"): 1, ("MISSING_ONLINE", None): 2}
    assert [(problem["code"], problem["place"]["line"]) for problem in found["problems"]] == [
        ("AIM-P053", 1),
        ("AIM-P052", 2),
    ]
    assert "2099-11-27" in found["problems"][0]["message"] and found["problems"][0]["hint"]
    days = {row["external_id"]: row["paid_on"].isoformat() for row in town.rows("payment")}
    assert days == {"1": "2026-11-23", "3": "2026-11-24", "4": "2001-11-23"}
    refused = town.call("GET", f"/payments/imports/{found['import']}/refused.csv").get_data(as_text=True)
    assert len(refused.splitlines()) == 3 and "2099" in refused


def test_a_payment_that_was_taken_is_not_told_to_be_missing(town: Town) -> None:
    """A line of only-misdated payments: what was taken, with its date, what else differs; the registry is known, and
    the same file again changes nothing, on the day of its dates neither."""
    for number in ("1", "2"):
        town.pay(number, "0100001", "100.00")
    assert result(town.pay("3", "0199999", "1.00")) == 5
    content = registry(
        line("1", "0100001", "100.00", "25.12.2026"),
        line("2", "0100001", "100.01", "25.12.2026"),
    )
    found = state(town, town.bring(content))
    assert [(problem["code"], problem["place"]["line"]) for problem in found["problems"]] == [
        ("AIM-P053", 1),
        ("AIM-P053", 2),
        ("AIM-P042", 2),
    ]
    assert "2026-12-25" in found["problems"][0]["message"] and "2026-11-23" in found["problems"][0]["message"]
    assert [row["differs"] for row in found["mismatches"]] == ["date", "date"] and found["only_online"] == []
    town.service.clock.instant += timedelta(days=40)  # type: ignore[attr-defined]
    again = town.bring(content)
    assert again.get_json()["replayed"] and state(town, again) == found
    refused = registry(line("3", "0199999", "1.00", "01.03.2027"))
    assert [problem["code"] for problem in state(town, town.bring(refused))["problems"]] == ["AIM-P052"]


def test_a_line_dated_ahead_is_taken_from_the_same_file_on_its_day(town: Town) -> None:
    """Until then the registry is known and has no lines; what differs beside it was put down and stays so."""
    town.pay("1", "0100001", "100.00")
    content = registry(line("1", "0100001", "100.01"), line("2", "0100002", "1.00", "27.11.2026"))
    lone = registry(line("5", "0100002", "7.00", "27.11.2026"))
    first = state(town, town.bring(lone))
    assert (first["taken"], first["refused"], first["lines"], first["only_online"]) == (0, 1, 0, [])
    assert matches(state(town, town.bring(content))) == {("MISMATCH", "amount"): 1}
    assert state(town, town.bring(content))["refused"] == 2
    town.service.clock.instant += timedelta(days=4)  # type: ignore[attr-defined]
    for _ in range(2):
        found = state(town, town.bring(content))
        assert (found["state"], found["done"], found["taken"], found["refused"]) == ("done", 2, 1, 1)
        assert [problem["code"] for problem in found["problems"]] == ["AIM-P042"]
        assert matches(found) == {("MISMATCH", "amount"): 1, ("MISSING_ONLINE", None): 1}
        assert state(town, town.bring(lone))["taken"] == 1
    days = {row["external_id"]: row["paid_on"].isoformat() for row in town.rows("payment")}
    assert days == {"1": "2026-11-23", "2": "2026-11-27", "5": "2026-11-27"}


def test_what_was_refused_online_for_its_date_is_credited(town: Town) -> None:
    """The money was taken from the payer, with whatever date it was told of."""
    assert result(town.pay("1", "0100001", "5.00", txn_date="20991127083000")) == 300
    found = state(town, town.bring(registry(line("1", "0100001", "5.00"))))
    assert found["problems"] == [] and matches(found) == {("MISSING_ONLINE", None): 1}


def test_lines_of_one_account_are_split_one_after_another(town: Town) -> None:
    """Payments of one account in one block share its debt as if they had come one by one."""
    content = registry(*(line(str(number), "0100001", "1.00") for number in range(400)))
    state(town, town.bring(content))
    account = town.call("GET", "/payments/accounts/0100001").get_json()
    assert account["balance_tyiyn"] == -10_000
    assert {row["provider"]: row["balance_tyiyn"] for row in account["providers"]} == {
        "tazalyk": 0,
        "vodokanal": -10_000,
    }
