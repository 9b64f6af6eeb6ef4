"""From files of meters and readings to usage that billing hears of."""

import io
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from aimak import operations
from aimak.contracts import billing
from aimak.jobs import Worker
from aimak.settings import Settings
from aimak.storage import migrate
from aimak_metering import bootstrap

from tests.integration.metering.conftest import NOW, SECRET, Town

DAYS = [date(2026, month, 1) for month in range(2, 11)]


def steady(account: int = 1, serial: str = "S1", use: int = 10, days: list[date] = DAYS) -> list[str]:
    """A reading on the first of each month, `use` m³ apart."""
    return [f"{account};{serial};{day};{use * (place + 1)};К-1;" for place, day in enumerate(days)]


def codes(state: dict[str, Any]) -> list[tuple[int, str]]:
    """Line and code of an import's problems."""
    return [(problem["place"]["line"], problem["code"]) for problem in state["problems"]]


def test_a_month_of_readings_becomes_usage(town: Any) -> None:
    """Each accepted reading tells of the use since the one before, from the installation on."""
    town.meter(begins="5")
    state = town.take("readings", "1;S1;31.01.2026;15,5;К-1;", "1;S1;28.02.2026;27;К-1;")
    assert (state["taken"], state["refused"]) == (2, 0)
    assert town.told() == [
        {
            "usage_id": town.told()[0]["usage_id"],
            "connection_id": 1001,
            "serial": "S1",
            "from_date": "2026-01-01",
            "to_date": "2026-01-31",
            "previous_thousandths": 5000,
            "current_thousandths": 15500,
            "quantity_thousandths": 10500,
            "method": "actual",
            "state": "accepted",
            "version": 1,
        },
        {**town.told()[1], "from_date": "2026-01-31", "previous_thousandths": 15500, "quantity_thousandths": 11500},
    ]


def test_faulty_rows_are_left_out_with_their_reason(town: Any) -> None:
    """Unknown account and meter, another account's meter, the future, digits, an older date, a second value."""
    town.meter(1, "S1")
    town.meter(2, "S2")
    state = town.take(
        "readings",
        "99;S1;2026-10-01;10;;",
        "1;S9;2026-10-01;10;;",
        "1;S2;2026-10-01;10;;",
        "1;S1;2026-11-03;10;;",
        "1;S1;2026-10-01;100000;;",
        "1;S1;2025-10-01;10;;",
        "1;S1;2026-10-01;10;;",
        "1;S1;2026-10-01;11;;",
        "1;S1;2026-10-01;10;;",
    )
    assert codes(state) == [
        (2, "AIM-M101"),
        (3, "AIM-M103"),
        (4, "AIM-M109"),
        (5, "AIM-M104"),
        (6, "AIM-M107"),
        (7, "AIM-M108"),
        (9, "AIM-M106"),
        (10, "AIM-M120"),
    ]
    assert (state["taken"], state["refused"]) == (2, 7)
    assert town.uses() == [("S1", 10_000)]
    later = town.take("readings", "1;S1;2026-09-30;9;;", "1;S1;2026-10-01;12;;", "1;S1;2026-10-01;10;again;")
    assert codes(later) == [(2, "AIM-M105"), (3, "AIM-M106"), (4, "AIM-M120")]


def test_an_old_number_finds_the_account(town: Any) -> None:
    """A route sheet with an account's old number is taken."""
    town.meter(2, "S2")
    assert town.take("readings", "027565;S2;2026-10-01;10;;")["taken"] == 1


def test_implausible_readings_are_held_and_go_nowhere(town: Any) -> None:
    """What is below the last or ten times the usual is kept, listed with the reason, and billing hears nothing."""
    town.meter(1, "S1")
    town.meter(2, "S2")
    town.take("readings", *steady(1, "S1"), *steady(2, "S2"))
    before = len(town.told())
    state = town.take("readings", "1;S1;2026-11-01;85;;", "2;S2;2026-11-01;190;;течь")
    assert codes(state) == [(2, "AIM-M201"), (3, "AIM-M202")]
    assert (state["taken"], state["refused"]) == (2, 0)
    assert len(town.told()) == before
    held = {row["serial"]: row for row in town.held()}
    assert held["S1"]["findings"][0]["message"] == "85 is below the last reading 90 of 2026-10-01"
    assert (held["S2"]["account"], held["S2"]["value"], held["S2"]["note"]) == ("2", "190", "течь")


def test_a_release_gives_the_use_and_judges_what_waited(town: Any) -> None:
    """A released reading counts as it stands; what waited behind it is judged in turn."""
    town.meter()
    town.take("readings", *steady())
    town.take("readings", "1;S1;2026-10-20;190;;", "1;S1;2026-10-25;193;;", "1;S1;2026-10-30;400;;")
    held = town.held()
    assert [row["findings"][0]["code"] for row in held] == ["AIM-M202", "AIM-M205", "AIM-M205"]
    told = len(town.told())
    answer = town.call("POST", f"/metering/held/{held[0]['reading']}/release", {"reason": "труба прорвалась"})
    assert answer.json == {"reading": held[0]["reading"], "state": "accepted", "accepted": 2, "held": 1}
    assert town.uses()[told:] == [("S1", 100_000), ("S1", 3_000)]
    assert [row["findings"][0]["code"] for row in town.held()] == ["AIM-M202"]
    readings = town.call("GET", "/metering/accounts/1").json["meters"][0]["readings"]
    assert [(row["value"], row["state"], row["use"]) for row in readings[:3]] == [
        ("400", "held", None),
        ("193", "accepted", "3"),
        ("190", "accepted", "100"),
    ]
    assert (readings[2]["decided_by"], readings[2]["decided_why"]) == ("aida", "труба прорвалась")


def test_a_rejection_leaves_the_value_and_makes_room(town: Any) -> None:
    """A rejected reading stays in the list with its value; the right one for the same day can then be taken."""
    town.meter()
    town.take("readings", *steady())
    town.take("readings", "1;S1;2026-10-30;990;;")
    (held,) = town.held()
    town.call("POST", f"/metering/held/{held['reading']}/reject", {"reason": "лишняя цифра"})
    told = len(town.told())
    assert town.held() == []
    assert codes(town.take("readings", "1;S1;2026-10-30;99;;")) == []
    assert town.uses()[told:] == [("S1", 9_000)]
    readings = town.call("GET", "/metering/accounts/1").json["meters"][0]["readings"]
    assert {(row["value"], row["state"]) for row in readings[:2]} == {("990", "rejected"), ("99", "accepted")}


def test_decisions_have_rules(town: Any) -> None:
    """A reason is needed, the earlier reading comes first, a decision is made once, and a clerk makes none."""
    town.meter()
    town.take("readings", *steady())
    town.take("readings", "1;S1;2026-10-20;190;;", "1;S1;2026-10-25;193;;")
    first, second = (row["reading"] for row in town.held())

    def decide(reading: int, reason: str = "верно", decision: str = "release", roles: Any = ("approver",)) -> Any:
        answer = town.call("POST", f"/metering/held/{reading}/{decision}", {"reason": reason}, roles)
        return answer.status_code, (answer.json.get("errors") or [{"code": None}])[0]["code"]

    assert decide(first, reason=" ") == (422, "AIM-M404")
    assert decide(second) == (409, "AIM-M403")
    assert decide(12345) == (404, "AIM-M401")
    assert decide(first, roles=("clerk",)) == (403, "AIM-K072")
    assert decide(first, roles=("inspector",)) == (200, None)
    assert decide(first) == (409, "AIM-M402")


def test_ten_decisions_at_once_are_one(town: Any) -> None:
    """Ten people who decide on the same readings at the same moment make one decision each reading."""
    town.meter()
    town.take("readings", *steady())
    town.take("readings", "1;S1;2026-10-20;190;;", "1;S1;2026-10-25;193;;")
    first, second = (row["reading"] for row in town.held())
    told = len(town.told())

    def decide(number: int) -> int:
        path = f"/metering/held/{(first, second)[number % 2]}/release"
        return int(town.call("POST", path, {"reason": "верно"}).status_code)

    with ThreadPoolExecutor(10) as pool:
        answers = sorted(pool.map(decide, range(10)))
    assert answers == [200] + [409] * 9
    assert town.uses()[told:] == [("S1", 100_000), ("S1", 3_000)]


def test_a_released_roll_over_and_one_that_cannot_be(town: Any) -> None:
    """A reading below the last is released as a register that passed zero, unless no meter could carry that."""
    town.meter(1, "S1", dials=3)
    town.meter(2, "S2", dials=8)
    town.take("readings", *steady(1, "S1"), *steady(2, "S2"))
    town.take("readings", "1;S1;2026-11-01;85;;", "2;S2;2026-11-01;85;;")
    by_serial = {row["serial"]: row["reading"] for row in town.held()}
    told = len(town.told())
    assert town.call("POST", f"/metering/held/{by_serial['S1']}/release", {"reason": "через ноль"}).status_code == 200
    assert town.told()[told:][0]["method"] == "rollover"
    assert town.uses()[told:] == [("S1", 995_000)]
    assert town.call("POST", f"/metering/held/{by_serial['S2']}/release", {"reason": "?"}).status_code == 409


@pytest.mark.parametrize("seed", range(3))
def test_order_and_cuts_do_not_matter(town: Any, seed: int) -> None:
    """Readings in whatever order within a file, and a history cut into files anywhere, give the same usage."""
    dice = random.Random(seed)
    lines, last = [], {}
    for account in (1, 2):
        town.meter(account, f"A{account}")
        town.meter(account, f"B{account}")
        value = 0
        for day in DAYS:
            value += dice.choice([0, 3, 9, 12, 200])
            for meter in "AB":
                lines.append((day, f"{account};{meter}{account};{day};{value};;"))
            last[account] = value
    cut = dice.choice(DAYS)
    for part in ([line for day, line in lines if day < cut], [line for day, line in lines if day >= cut]):
        dice.shuffle(part)
        if part:
            town.take("readings", *part)
    uses: dict[str, list[tuple[str, int]]] = {}
    for row in town.told():
        uses.setdefault(row["serial"], []).append((row["to_date"], row["quantity_thousandths"]))
    assert uses.get("A1") == uses.get("B1") and uses.get("A2") == uses.get("B2")
    for serial, found in uses.items():
        assert found == sorted(found)
        assert sum(quantity for _, quantity in found) <= last[int(serial[1])] * 1000


def test_meters_change_what_may_change(town: Any) -> None:
    """The same meter again updates seal and verification; its beginning is fixed once there are readings."""
    town.meter()
    town.take("meters", "1;water;S1;20;5;2026-01-01;0;2031-01-01;П-7")
    town.take("meters", "1;water;S1;20;5;2026-01-01;2;2031-01-01;П-7")
    town.take("readings", "1;S1;2026-02-01;12;;")
    assert town.uses() == [("S1", 10_000)]
    state = town.take(
        "meters", "1;water;S1;20;5;2026-01-01;3;;", "9;gas;X;15;5;2026-01-01;0;;", "99;water;X;15;5;2026-01-01;0;;"
    )
    assert codes(state) == [(2, "AIM-M110"), (3, "AIM-M102"), (4, "AIM-M101")]
    (meter,) = town.call("GET", "/metering/accounts/1").json["meters"]
    assert (meter["size"], meter["seal"], meter["initial"], meter["verified_until"]) == (20, "П-7", "2", "2031-01-01")


def test_a_meter_stands_at_one_account(town: Any) -> None:
    """Its serial at another account is refused, in the same file or later, sent again too; once it was taken down, or
    the service went over to the other account, it is taken there."""
    from .conftest import connections

    lines = ("1;water;S1;15;5;2026-01-01;0;;", "2;water;S1;15;5;2026-01-01;0;;", "3;water;S3;15;5;2026-01-01;0;;")
    for _ in range(2):
        state = town.take("meters", *lines)
        assert (codes(state), state["taken"], state["refused"]) == ([(3, "AIM-M109")], 2, 1)
    assert codes(town.take("meters", "1;water;S1;15;5;2026-01-01;0;2031-01-01;")) == []
    assert codes(town.take("meters", "2;water;S3;15;5;2026-01-01;0;;")) == [(2, "AIM-M109")]
    exchanged = {"old": "S1", "final": 9_000, "initial": 0, "new": "S2", "day": "2026-06-01", "reason": "worn out"}
    assert town.call("POST", "/metering/accounts/1/exchange", exchanged).status_code == 200
    assert codes(town.take("meters", "4;water;S1;15;5;2026-07-01;9;;")) == []
    over = connections()
    over.columns["valid_to"][2], over.columns["version"][2] = "2026-10-01", 2
    town.hear(over)
    assert codes(town.take("meters", "2;water;S3;15;5;2026-01-01;0;;П")) == []


def test_a_meter_that_cannot_be_is_refused(town: Any) -> None:
    """One that is not installed yet, or that shows more digits than it has."""
    state = town.take(
        "meters",
        "1;water;S1;15;5;2026-11-03;0;;",
        "2;water;S2;15;3;2026-01-01;12345;;",
        "3;water;S3;15;3;2026-11-02;999.999;;",
    )
    assert codes(state) == [(2, "AIM-M112"), (3, "AIM-M107")]
    assert all(problem["message"] and problem["hint"] for problem in state["problems"])


def test_a_meter_stands_in_a_file_once(town: Any) -> None:
    """The same line once more is noted; lines that differ are left out, all of them, however often they come; the same
    meters in another file are quiet."""
    lines = [f"{account};water;S{account};15;5;2026-01-01;0;;" for account in (1, 2)]
    file = (lines[0], lines[1], lines[0], "3;water;S3;15;5;2026-01-01;1;;", "3;water;S3;15;5;2026-01-01;7;;")
    for again in (False, True):
        state = town.take("meters", *file)
        assert (state["taken"], state["refused"]) == (3, 2)
        found = {(problem["place"]["line"], problem["code"], problem["severity"]) for problem in state["problems"]}
        assert found >= {(5, "AIM-M113", "error"), (6, "AIM-M113", "error")}
        assert again or (4, "AIM-M121", "warning") in found
    assert "line 2 already" in town.take("meters", *file, lines[1])["problems"][0]["message"]
    assert town.take("meters", *reversed(lines))["problems"] == []


def test_the_same_file_again_takes_nothing(town: Any) -> None:
    """The same readings again, as the same file or with a line more, give no second usage."""
    town.meter()
    first = town.take("readings", *steady())
    told = town.told()
    assert town.take("readings", *steady()) == first
    again = town.take("readings", *steady(), "1;S1;2026-11-01;100;;")
    assert {code for _, code in codes(again)} == {"AIM-M120"}
    assert town.told()[: len(told)] == told and len(town.told()) == len(told) + 1


def test_usage_can_be_told_again(town: Any) -> None:
    """A rebuild of another service gets all usage that stands, in the same rows."""
    town.meter()
    town.take("readings", *steady())
    told = town.told()
    with town.service.work("naryn", bulk=True) as work:
        assert operations.republish(town.service, work, "billing") == {"UsageAccepted": len(told)}
        work.commit()
    assert sorted(town.told()[len(told) :], key=lambda row: row["to_date"]) == told


def test_facts_that_come_late_change_nothing(town: Any) -> None:
    """An older version of an account that comes after a newer one is ignored; a dropped read model can be rebuilt."""
    from .conftest import accounts, connections

    newer = accounts(version=3)
    newer.columns["number"][0] = "1-new"
    town.hear(newer)
    town.hear(accounts(version=2))
    assert town.call("GET", "/metering/accounts/1-new").status_code == 200
    assert town.call("GET", "/metering/accounts/1").status_code == 404
    with town.service.work("naryn") as work:
        assert operations.drop_read_models(town.service, work) == {"account": 20, "alias": 1, "connection": 20}
        work.commit()
    for event in (
        newer,
        connections(),
        billing.AliasesDefined.of("naryn", [{"alias": "a", "account_id": 1, "version": 1}]),
    ):
        town.hear(event)
    assert town.call("GET", "/metering/accounts/a").json["account"] == "1-new"


def test_readings_from_a_workbook(town: Any) -> None:
    """A workbook goes the same way as a CSV; another kind of file is refused with the sources that there are."""
    town.meter()
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["account", "serial", "date", "reading"])
        sheet.write_row(1, 0, ["1", "S1", "01.02.2026", 12.5])
    from aimak.jobs import Worker

    answers = []
    for name, body in (("r.xlsx", buffer.getvalue()), ("r.pdf", b"%PDF-1.7 ...")):
        answers.append(town.call("POST", f"/metering/imports/readings?name={name}", body).json["import"])
        while Worker(town.service).step():
            pass
    good, bad = (town.call("GET", f"/metering/imports/{answer}").json for answer in answers)
    assert (good["state"], town.uses()) == ("done", [("S1", 12_500)])
    assert (bad["state"], bad["problems"][0]["code"]) == ("refused", "AIM-M501")


def test_a_block_takes_a_handful_of_statements(town: Any) -> None:
    """Five hundred readings of twenty meters cost as many statements as fifty do."""
    from sqlalchemy import event

    for account in range(1, 21):
        town.meter(account, f"S{account}")
    statements: list[str] = []
    event.listen(town.service.bulk.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    counts = []
    day = date(2026, 1, 1)
    for size in (2, 20):
        lines = []
        for _ in range(size):
            day += timedelta(days=7)
            value = (day - date(2026, 1, 1)).days
            lines += [f"{account};S{account};{day};{value};;" for account in range(1, 21)]
        statements.clear()
        town.take("readings", *lines)
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_meters_for_no_town_are_refused_once(tmp_path: Path) -> None:
    """Not each of its rows for an account that cannot be there yet."""
    service = bootstrap.build(Settings({"data_dir": str(tmp_path), "clock.instant": NOW, "auth.secret": SECRET}))
    migrate.upgrade(service)
    town, body = Town(service), b"account;service;serial;installed_on\n1;water;S1;2026-01-01\n2;water;S2;2026-01-01\n"
    path = town.call("POST", "/metering/imports/meters?name=m.csv", body).json["import"]
    worker = Worker(service)
    while worker.step():
        pass
    problems = town.call("GET", f"/metering/imports/{path}").json["problems"]
    service.close()
    assert [problem["code"] for problem in problems] == ["AIM-K030"]
