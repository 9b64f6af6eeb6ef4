"""Facts that come anew each period reach the bill, and a missing one holds the account."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from aimak.period import Period
from aimak_billing.domain.period_facts import of_connections, with_facts

from tests.unit.billing.town import Town, account_line

FACTS = "account;service;provider;name;from;to;value;ground"
TARIFF = """aimak: tariffs/1
tariffs:
  - code: kindergarten
    service: kindergarten
    provider: tazalyk
    name: {ky: а, ru: б, en: c}
    from: 2026-01-01
    decision: {body: council, number: "7", date: 2025-12-01}
    legal_ground: law
    components:
      - {code: meals, kind: attendance, price: 120}
"""


def child(number: str) -> str:
    """A child's place."""
    return account_line(number, "kindergarten", attributes='{"group":"senior"}')


def sheet(account: str, attended: str, opened: str = "21") -> list[str]:
    """The attendance sheet of October for a child."""
    return [
        f"{account};kindergarten;;days_attended;2026-10-01;2026-11-01;{attended};sheet 10",
        f"{account};kindergarten;;days_open;2026-10-01;2026-11-01;{opened};sheet 10",
    ]


@pytest.fixture
def garden(town: Town) -> Town:
    """Three children and a tariff by attendance."""
    assert town.ask("post", "/billing/imports/tariffs", role="admin", data=TARIFF.encode()).status_code == 200
    decided = {"tariffs": ["kindergarten@2026-01-01"], "ground": "decided before"}
    town.post("/billing/tariffs/adopt", decided, role="approver")
    town.accounts(child("C1"), child("C2"), child("C3"))
    return town


def test_days_attended_make_the_bill_and_a_missing_sheet_holds_the_account(garden: Town) -> None:
    """16 of 21 days × 120 som; 0 days attended are a bill of 0; without a sheet there is a reason and no bill."""
    lines = [*sheet("C1", "16"), *sheet("C2", "0")]
    assert garden.take("facts", [FACTS, *lines])["refused"] == 0
    garden.preview()
    bills = {row["account_id"]: row["net"] for row in garden.rows("run_bill")}
    ids = {row["number"]: row["id"] for row in garden.rows("account")}
    assert bills == {ids["C1"]: 192_000, ids["C2"]: 0}
    (hold,) = garden.rows("run_hold")
    assert (hold["account_id"], hold["code"]) == (ids["C3"], "AIM-T024")


def test_a_sheet_again_takes_the_place_of_the_first(garden: Town) -> None:
    """The same days again are a correction under the next version; the same value changes nothing."""
    garden.take("facts", [FACTS, *sheet("C1", "16")])
    garden.take("facts", [FACTS, *sheet("C1", "17")])
    facts = {row["name"]: (row["value_thousandths"], row["version"]) for row in garden.rows("period_fact")}
    assert facts == {"days_attended": (17_000, 2), "days_open": (21_000, 1)}
    again = garden.take("facts", [FACTS, "C1;kindergarten;;days_attended;2026-10-01;2026-11-01;18;sheet 10b"])
    assert again["refused"] == 0 and garden.rows("period_fact")[0]["version"] == 3


def test_a_sheet_that_comes_after_the_bill_has_its_month_looked_at_again(garden: Town) -> None:
    """The correction of a fact, like that of a reading, marks what was billed; the same sheet again does not."""
    lines = [line for name in ("C1", "C2", "C3") for line in sheet(name, "16")]
    garden.take("facts", [FACTS, *lines])
    garden.preview()
    garden.issue()
    garden.take("facts", [FACTS, *lines])
    assert garden.rows("touched") == []
    garden.take("facts", [FACTS, *sheet("C1", "12")])
    (row,) = garden.rows("touched")
    ids = {row["number"]: row["id"] for row in garden.rows("account")}
    assert (row["account_id"], row["period"], row["reason"]) == (ids["C1"], "2026-10", "facts")


@pytest.mark.parametrize(
    ("line", "code", "column"),
    [
        ("C9;kindergarten;;days_open;2026-10-01;2026-11-01;21;", "AIM-B017", "account"),
        ("C1;waste;;containers;2026-10-01;2026-11-01;2;", "AIM-B080", "service"),
        ("C1;kindergarten;vodokanal;days_open;2026-10-01;2026-11-01;21;", "AIM-B080", "service"),
        ("C1;kindergarten;;days_slept;2026-10-01;2026-11-01;21;", "AIM-B082", "name"),
        ("C1;kindergarten;;group;2026-10-01;2026-11-01;21;", "AIM-B082", "name"),
        ("C1;kindergarten;;days_open;2026-10-01;2026-11-01;20.5;", "AIM-T004", "value"),
        ("C1;kindergarten;;days_open;2026-11-01;2026-10-01;21;", "AIM-B023", "to"),
        ("C1;kindergarten;;days_attended;2026-10-15;2026-11-15;9;", "AIM-B083", "from"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_column(garden: Town, line: str, code: str, column: str) -> None:
    """An unknown account, service or name, a part of a day, days that are there already."""
    state = garden.take("facts", [FACTS, *sheet("C1", "16"), line])
    (problem,) = state["problems"]
    assert (problem["code"], problem["place"]["column"], problem["place"]["line"]) == (code, column, 4)


def test_a_fact_without_an_end_lasts_until_the_next(garden: Town) -> None:
    """Like the household book: the next entry closes the one before."""
    lines = [
        "C1;kindergarten;;days_open;2026-01-01;;20;plan",
        "C1;kindergarten;;days_open;2026-09-01;;22;plan",
    ]
    assert garden.take("facts", [FACTS, *lines])["refused"] == 0
    assert [(str(row["from_date"]), str(row["to_date"])) for row in garden.rows("period_fact")] == [
        ("2026-01-01", "2026-09-01"),
        ("2026-09-01", "None"),
    ]


def frame(*rows: tuple[int, str, str, str | None, int]) -> pl.DataFrame:
    """Facts as they are read: connection, name, days, thousandths."""
    named = [
        (key, name, date.fromisoformat(start), None if end is None else date.fromisoformat(end), value)
        for key, name, start, end, value in rows
    ]
    columns = {
        "connection_id": pl.Int64,
        "name": pl.String,
        "from_date": pl.Date,
        "to_date": pl.Date,
        "value_thousandths": pl.Int64,
    }
    return pl.DataFrame(named, schema=columns, orient="row")


def test_facts_that_end_in_the_period_add_up_and_lasting_ones_count_as_they_are() -> None:
    """Two fortnights of containers are their sum; a winter average that lasts all year is itself; what only begins or
    has not ended in the period is not of it."""
    october = Period.month("2026-10")
    facts = frame(
        (1, "containers", "2026-10-01", "2026-10-15", 2_000),
        (1, "containers", "2026-10-15", "2026-11-01", 2_500),
        (1, "containers", "2026-10-20", "2026-11-20", 9_000),
        (2, "winter_average", "2026-04-01", None, 5_000),
        (3, "days_open", "2026-09-28", "2026-10-05", 4_000),
        (4, "visits", "2026-10-10", None, 1_000),
    )
    assert of_connections(facts, october).rows() == [
        (1, '"containers":"4.500"'),
        (2, '"winter_average":"5.000"'),
        (3, '"days_open":"4.000"'),
    ]


def test_facts_stand_beside_attributes_whatever_these_look_like() -> None:
    """An empty object, blanks, none of the connection's: the text stays one JSON object, and rows keep their order."""
    rows = pl.DataFrame({"connection_id": [3, 1, 2, 1], "attributes": ["{}", '{"a": "x"}', '{"b":1}', " { } "]})
    facts = pl.DataFrame({"connection_id": [1, 3], "facts": ['"v":"1.000"', '"v":"2.000"']})
    assert with_facts(rows, facts)["attributes"].to_list() == [
        '{"v":"2.000"}',
        '{"a": "x","v":"1.000"}',
        '{"b":1}',
        '{"v":"1.000"}',
    ]


def test_a_fact_is_of_the_connection_of_its_days(garden: Town) -> None:
    """The kindergarten changed hands on 1 October and what never held stands between: the sheet of October is the
    second one's, that of September the first one's, and each is found without naming it."""
    asked = {"service": "kindergarten", "day": "2026-10-01"}
    for old, new in (("tazalyk", "vodokanal"), ("vodokanal", "jaryk")):
        garden.post("/billing/connections/provider", {**asked, "provider": old, "to": new}, role="admin")
    september = [line.replace("2026-10-01;2026-11-01", "2026-09-01;2026-10-01") for line in sheet("C1", "20")]
    taken = garden.take("facts", [FACTS, *sheet("C1", "16"), *september])
    assert taken["refused"] == 0, taken["problems"]
    providers = {row["id"]: row["provider"] for row in garden.rows("connection")}
    found = {(str(row["from_date"]), providers[row["connection_id"]]) for row in garden.rows("period_fact")}
    assert found == {("2026-10-01", "jaryk"), ("2026-09-01", "tazalyk")}
