"""Readings that were wrong, meters that were exchanged, creditors that changed: what billing hears of them."""

from __future__ import annotations

from typing import Any

import pytest
from aimak.contracts import billing
from aimak_metering import store

from .test_metering import steady


def standing(town: Any) -> dict[tuple[str, str, str], int]:
    """Quantity by serial and days of every use that counts, as the last that was told of each."""
    last = {row["usage_id"]: row for row in town.told()}
    return {
        (row["serial"], row["from_date"], row["to_date"]): row["quantity_thousandths"]
        for row in last.values()
        if row["state"] == "accepted"
    }


def readings(town: Any) -> list[dict[str, Any]]:
    """The readings of account 1, the latest first."""
    meters = town.call("GET", "/metering/accounts/1").json["meters"]
    return [reading for meter in meters for reading in meter["readings"]]


def correct(town: Any, day: str, value: int, reason: str = "digits were swapped") -> Any:
    """Correct the accepted reading of a day."""
    found = next(row for row in readings(town) if row["date"] == day and row["state"] == "accepted")
    body = {"value": value, "reason": reason}
    return town.call("POST", f"/metering/readings/{found['reading']}/correct", body)


def test_a_corrected_reading_changes_the_uses_on_both_sides(town: Any) -> None:
    """23 for 20 m³: 3 more before, 3 less after; both readings stay, with who and why."""
    town.meter()
    town.take("readings", *steady()[:3])
    answer = correct(town, "2026-03-01", 23_000)
    assert answer.status_code == 200, answer.json
    assert standing(town) == {
        ("S1", "2026-01-01", "2026-02-01"): 10_000,
        ("S1", "2026-02-01", "2026-03-01"): 13_000,
        ("S1", "2026-03-01", "2026-04-01"): 7_000,
    }
    kept = [(row["value"], row["state"], row["decided_why"]) for row in readings(town) if row["date"] == "2026-03-01"]
    assert sorted(kept) == [("20", "corrected", "digits were swapped"), ("23", "accepted", "digits were swapped")]
    # The first use of the day goes, that of the new reading comes, the next one changes.
    assert [(row["state"], row["version"]) for row in town.told()[3:]] == [
        ("withdrawn", 2),
        ("accepted", 1),
        ("accepted", 2),
    ]


def test_the_last_reading_corrected_is_what_the_next_one_is_judged_by(town: Any) -> None:
    """1,000 was accepted for 30 m³: what comes after it was held, and is judged anew when it is put right."""
    town.meter()
    town.take("readings", *steady()[:3])
    town.take("readings", "1;S1;2026-05-01;1030;К-1;")
    (held,) = town.held()
    town.call("POST", f"/metering/held/{held['reading']}/release", {"reason": "seen"})
    town.take("readings", "1;S1;2026-06-01;50;К-1;")
    assert len(town.held()) == 1
    answer = correct(town, "2026-05-01", 40_000).json
    assert (answer["accepted"], answer["held"], town.held()) == (1, 0, [])
    assert standing(town)["S1", "2026-05-01", "2026-06-01"] == 10_000


def test_what_cannot_be_corrected_says_why(town: Any) -> None:
    """No reason, the same value, a next reading that would be lower, a reading that is not there, a clerk."""
    town.meter()
    town.take("readings", *steady()[:3])
    said = [
        correct(town, "2026-03-01", 23_000, " "),
        correct(town, "2026-03-01", 20_000),
        correct(town, "2026-03-01", 90_000),
        correct(town, "2026-03-01", 123_456_000),
        town.call("POST", "/metering/readings/7/correct", {"value": 1, "reason": "x"}),
    ]
    assert [(row.status_code, row.json["errors"][0]["code"]) for row in said] == [
        (422, "AIM-M404"),
        (409, "AIM-M407"),
        (409, "AIM-M408"),
        (422, "AIM-M107"),
        (404, "AIM-M401"),
    ]
    assert len(town.told()) == 3
    body = {"value": 1, "reason": "x"}
    assert town.call("POST", "/metering/readings/7/correct", body, roles=("clerk",)).status_code == 403


def inserted(town: Any, day: str, value: int, **changes: Any) -> Any:
    """A reading of S1 that was found later."""
    body = {"serial": "S1", "day": day, "value": value, "reason": "a photo was found"}
    return town.call("POST", "/metering/accounts/1/readings", {**body, **changes})


def test_a_reading_between_two_parts_the_use_over_its_day(town: Any) -> None:
    """Nobody read in February: what was used since falls to both months once the reading is found; and the file that
    brings it too late says how."""
    town.meter()
    town.take("readings", "1;S1;2026-02-01;10;;", "1;S1;2026-04-01;30;;")
    late = town.take("readings", "1;S1;2026-03-01;17;;")["problems"]
    assert [problem["code"] for problem in late] == ["AIM-M105"] and "aimak reading insert" in late[0]["hint"]
    answer = inserted(town, "2026-03-01", 17_000)
    assert answer.status_code == 200, answer.json
    assert standing(town) == {
        ("S1", "2026-01-01", "2026-02-01"): 10_000,
        ("S1", "2026-02-01", "2026-03-01"): 7_000,
        ("S1", "2026-03-01", "2026-04-01"): 13_000,
    }
    kept = {row["date"]: (row["value"], row["decided_why"]) for row in readings(town)}
    assert kept["2026-03-01"] == ("17", "a photo was found")
    town.take("readings", "1;S1;2026-05-01;40;;")
    assert standing(town)["S1", "2026-04-01", "2026-05-01"] == 10_000
    assert correct(town, "2026-03-01", 18_000).status_code == 200
    assert standing(town)["S1", "2026-03-01", "2026-04-01"] == 12_000


def test_both_halves_stay_with_the_connection_of_the_whole(town: Any) -> None:
    """The meter went over to another creditor since: what was used before is parted where it was told."""
    town.meter()
    town.take("readings", "1;S1;2026-01-20;10;;", "1;S1;2026-03-01;30;;")
    told = {row["connection_id"] for row in town.told()}
    facts = {"account_id": 1, "service": "water", "customer_class": "household", "attributes": "{}"}
    ended = {"connection_id": 1001, "provider": "vodokanal", "valid_from": "2020-01-01", "valid_to": "2026-03-01"}
    begun = {"connection_id": 2001, "provider": "other", "valid_from": "2026-03-01", "valid_to": None}
    rows = [{**facts, **ended, "version": 2}, {**facts, **begun, "version": 1}]
    town.hear(billing.ConnectionsDefined.of("naryn", rows))
    assert inserted(town, "2026-02-01", 17_000).status_code == 200
    assert {row["connection_id"] for row in town.told()} == told


def test_an_exchange_waits_for_a_decision_on_what_is_held_before_it(town: Any) -> None:
    """It says which reading that is; once it is set aside the meter is exchanged."""
    town.meter()
    town.take("readings", *steady()[:3], "1;S1;2026-05-01;900;;")
    (held,) = town.held()
    answer = exchanged(town, day="2026-05-15", final=45_000)
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (409, "AIM-M403")
    assert str(held["reading"]) in answer.json["errors"][0]["hint"]
    town.call("POST", f"/metering/held/{held['reading']}/reject", {"reason": "digits"})
    assert exchanged(town, day="2026-05-15", final=45_000).status_code == 200


def test_what_cannot_be_put_between_says_why(town: Any) -> None:
    """No reason, more than was read later, less than before, the same day, after the last, another meter, a clerk."""
    town.meter()
    town.take("readings", "1;S1;2026-02-01;10;;", "1;S1;2026-04-01;30;;")
    said = [
        inserted(town, "2026-03-01", 17_000, reason=" "),
        inserted(town, "2026-03-01", 31_000),
        inserted(town, "2026-03-01", 9_000),
        inserted(town, "2026-04-01", 30_000),
        inserted(town, "2026-04-02", 31_000),
        inserted(town, "2026-03-01", 17_000, serial="S9"),
    ]
    assert [(row.status_code, row.json["errors"][0]["code"]) for row in said] == [
        (422, "AIM-M404"),
        (409, "AIM-M408"),
        (409, "AIM-M405"),
        (409, "AIM-M413"),
        (409, "AIM-M413"),
        (404, "AIM-M409"),
    ]
    assert len(town.told()) == 2
    body = {"serial": "S1", "day": "2026-03-01", "value": 17_000, "reason": "x"}
    assert town.call("POST", "/metering/accounts/1/readings", body, roles=("clerk",)).status_code == 403


def exchanged(town: Any, **changes: Any) -> Any:
    """S1 is taken down on 15 March at 17 m³, S2 put up at 2."""
    body = {"old": "S1", "final": 17_000, "new": "S2", "initial": 2_000, "day": "2026-03-15", "reason": "act 8"}
    return town.call("POST", "/metering/accounts/1/exchange", {**body, **changes})


def test_an_exchange_told_late_withdraws_what_was_read_of_the_old_meter(town: Any) -> None:
    """April's reading of S1 was of the new meter: its use goes, the old one ends at 17 m³, the new one begins at 2."""
    town.meter()
    town.take("readings", "1;S1;2026-02-01;10;;", "1;S1;2026-04-01;19;;")
    answer = exchanged(town)
    assert (answer.status_code, answer.json["withdrawn"]) == (200, 1), answer.json
    state = town.take("readings", "1;S2;2026-04-01;9;;", "1;S1;2026-05-01;30;;")
    assert [problem["code"] for problem in state["problems"]] == ["AIM-M111"]
    assert standing(town) == {
        ("S1", "2026-01-01", "2026-02-01"): 10_000,
        ("S1", "2026-02-01", "2026-03-15"): 7_000,
        ("S2", "2026-03-15", "2026-04-01"): 7_000,
    }


def test_what_cannot_be_exchanged_says_why(town: Any) -> None:
    """An unknown meter, a day before it was there or after today, a serial that is there, twice, a fall, a dry run."""
    town.meter()
    town.take("readings", "1;S1;2026-02-01;10;;")
    said = [
        exchanged(town, old="S9"),
        exchanged(town, day="2025-12-31"),
        exchanged(town, day="2026-12-01"),
        exchanged(town, new="S1"),
        exchanged(town, final=3_000),
        exchanged(town, reason=" "),
    ]
    codes = ["AIM-M409", "AIM-M412", "AIM-M412", "AIM-M411", "AIM-M405", "AIM-M404"]
    assert [answer.json["errors"][0]["code"] for answer in said] == codes
    body = {"old": "S1", "final": 17_000, "new": "S2", "day": "2026-03-15", "reason": "act 8"}
    assert town.call("POST", "/metering/accounts/1/exchange?dry_run=1", body).status_code == 200
    assert len(town.told()) == 1
    assert exchanged(town).status_code == 200
    assert exchanged(town, new="S3").json["errors"][0]["code"] == "AIM-M410"


@pytest.mark.parametrize("first", ["ended", "begun"])
def test_meters_follow_whichever_connection_is_told_first(town: Any, first: str) -> None:
    """A change of a whole town's creditor comes in several messages, in any order: an account's old connection may be
    in another one than its new."""
    town.meter()
    alike = {"account_id": 1, "service": "water", "customer_class": "household", "attributes": "{}"}
    ended = {"connection_id": 1001, "provider": "vodokanal", "valid_from": "2020-01-01", "valid_to": "2026-03-01"}
    begun = {"connection_id": 2001, "provider": "other", "valid_from": "2026-03-01", "valid_to": None}
    told = {"ended": {**ended, **alike, "version": 2}, "begun": {**begun, **alike, "version": 1}}
    for name in sorted(told, key=lambda name: name != first):
        town.hear(billing.ConnectionsDefined.of("naryn", [told[name]]))
    with town.service.work("naryn") as work:
        assert [meter.connection_id for meter in store.meters(work, {1})] == [2001]


def test_meters_follow_a_change_of_creditor(town: Any) -> None:
    """From 1 March another connection gives the water: the meter hangs on it, and uses that end later move there."""
    town.meter()
    town.take("readings", *steady()[:3])
    facts = {"account_id": 1, "service": "water", "customer_class": "household", "attributes": "{}"}
    ended = {"connection_id": 1001, "provider": "vodokanal", "valid_from": "2020-01-01", "valid_to": "2026-03-01"}
    begun = {"connection_id": 2001, "provider": "other", "valid_from": "2026-03-01", "valid_to": None}
    rows = [{**facts, **ended, "version": 2}, {**facts, **begun, "version": 1}]
    for _ in range(2):
        town.hear(billing.ConnectionsDefined.of("naryn", rows))
    moved = {(row["from_date"], row["version"]): row["connection_id"] for row in town.told()}
    assert moved == {
        ("2026-01-01", 1): 1001,
        ("2026-02-01", 1): 1001,
        ("2026-03-01", 1): 1001,
        ("2026-03-01", 2): 2001,
    }
    town.take("readings", "1;S1;2026-05-01;40;;")
    assert town.told()[-1]["connection_id"] == 2001


@pytest.mark.parametrize("day", ["2026-02-15", "2026-03-01"])
def test_a_connection_that_waits_for_who_moves_in_has_no_meter(town: Any, day: str) -> None:
    """The house was left in the middle of February, and another creditor's connection waits there, from that day or a
    later one: the meter stays with the one that was there, whatever is told or imported afterwards."""
    town.meter()
    town.take("readings", *steady()[:1])
    facts = {"account_id": 1, "service": "water", "customer_class": "household", "attributes": "{}"}
    ended = {"connection_id": 1001, "provider": "vodokanal", "valid_from": "2020-01-01", "valid_to": "2026-02-15"}
    waits = {"connection_id": 2001, "provider": "other", "valid_from": day, "valid_to": day}
    town.hear(
        billing.ConnectionsDefined.of("naryn", [{**facts, **ended, "version": 2}, {**facts, **waits, "version": 1}])
    )
    town.meter()
    town.take("readings", "1;S1;2026-02-15;25;;")
    assert {row["connection_id"] for row in town.told()} == {1001}
    assert town.told()[-1]["to_date"] == "2026-02-15"
