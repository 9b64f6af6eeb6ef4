"""Sums carried forward: reports that start from them say what the whole ledger says."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from aimak.ledger import days
from aimak_billing.application.reports import carrying
from aimak_billing.domain.ageing import AGES, LEFT, age_of, by_age
from aimak_billing.domain.allocation import MOVE, standing
from aimak_billing.domain.carried import MOVED, Sums
from aimak_billing.store.reports import carried as store
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from sqlalchemy import delete, event, update

from tests.unit.billing.ledger.test_reports import NOVEMBER, TURNOVER, corrected_town, document
from tests.unit.billing.town import TENANT, Town

DAY = date(2026, 11, 30)
BREAK_DOWNS = ("provider,class", "street", "account", "service", "account,provider,service", "class,street")
moves = st.lists(
    st.tuples(
        st.sampled_from((1, 2, 5)),
        st.sampled_from(("vodokanal", "tazalyk")),
        st.sampled_from(("water", "waste", None)),
        st.sampled_from(("2022-05", "2026-07", "2026-09", "2026-10", None)),
        st.integers(-90, 90).filter(bool),
    ),
    max_size=12,
)


def frame(rows: list[tuple[Any, ...]]) -> pl.DataFrame:
    """Moves as the ledger gives them."""
    return pl.DataFrame(rows, schema=MOVED, orient="row")


@given(early=moves, later=moves)
def test_ages_of_sums_are_those_of_every_debt(early: list[Any], later: list[Any]) -> None:
    """By age and in advance, what is left of sums, carried forward once and added to, is what allocation leaves of each
    debt."""
    sums = Sums.none().plus(frame(early)).summed().plus(frame(later))
    left = standing(frame([*early, *later]).with_columns(pl.lit(DAY).alias("day")).select(*MOVE), [], DAY)
    aged = left.debts.with_columns(age_of(pl.col("origin"), DAY).alias("age"))
    owed = [pl.col("owed").filter(pl.col("age") == place).sum().alias(name) for place, name in enumerate(AGES)]
    debts = aged.group_by("account_id", "provider").agg(*owed).with_columns(pl.lit(0, dtype=pl.Int64).alias("advance"))
    none = [pl.lit(0, dtype=pl.Int64).alias(name) for name in AGES]
    advances = left.advances.select("account_id", "provider", *none, "advance")
    wanted = pl.concat([debts.select(*LEFT), advances.select(*LEFT)])
    wanted = wanted.group_by("account_id", "provider").agg(pl.col(*AGES, "advance").sum())
    assert_frame_equal(by_age(sums, DAY), wanted.select(*LEFT), check_row_order=False)


def close(town: Town) -> None:
    """Close the days that are over, without carrying anything."""
    days.close_through(town.service, TENANT)


def questions() -> list[str]:
    """Reports of a month and of days before and after what is carried forward, known now and then."""
    spans = [f"{TURNOVER}{span}" for span in (NOVEMBER, "?from=2026-11-05&to=2026-12-31", "?period=2026-10")]
    ages = [f"/billing/reports/ageing?on={day}" for day in ("2026-10-31", "2026-11-03", "2026-12-31")]
    known = ("", "&as_of=2026-11-02", "&as_of=2026-11-03", "&as_of=2026-11-06")
    every = [f"{path}&by={by}{as_of}" for path in (*spans, *ages) for by in BREAK_DOWNS for as_of in known]
    return random.Random(1).sample(every, 36) + [f"/billing/reports/postings{NOVEMBER}{as_of}" for as_of in known]


def test_reports_say_the_same_from_what_was_carried_forward(town: Town) -> None:
    """Whatever is asked, of any day and as known on any day, has one answer before and after sums are carried forward
    at two days' ends, and again after more was posted."""
    corrected_town(town, 4)
    asked = questions()
    before = [town.get(question) for question in asked]
    assert all(answer["problems"] == [] for answer in before)
    close(town)
    assert carrying.carry_forward(town.service, TENANT, worth_it=1) == date(2026, 11, 3)
    assert [town.get(question) for question in asked] == before
    town.pay(1, 4_000, payment_id=7, external_id="p7", paid_on="2026-11-05")
    document(town, kind="cancel", bill="1")
    now = [town.get(question) for question in asked]
    for _ in range(2):
        town.service.clock.instant += timedelta(days=1)  # type: ignore[attr-defined]
        close(town)
        carrying.carry_forward(town.service, TENANT, worth_it=1)
    assert len(town.rows("carried")) == 1
    assert [town.get(question) for question in asked] == now
    with town.service.work(TENANT) as work:
        assert carrying.carried_agree(work) == []


def test_a_payment_dated_ahead_is_not_in_an_earlier_sheet(town: Town) -> None:
    """Sums that hold a business date after the day asked for are not started from."""
    corrected_town(town, 4)
    town.pay(1, 4_000, payment_id=8, external_id="p8", paid_on="2026-12-24")
    town.service.clock.instant += timedelta(days=1)  # type: ignore[attr-defined]
    asked = [f"/billing/reports/ageing?on={day}&by=account" for day in ("2026-12-23", "2026-12-24")]
    before = [town.get(question) for question in asked]
    assert before[0] != before[1]
    close(town)
    assert carrying.carry_forward(town.service, TENANT, worth_it=1)
    assert [town.get(question) for question in asked] == before


def test_of_a_month_the_last_sums_are_kept(town: Town) -> None:
    """Sums of a later day take the place of the same month's; those of the months before stay, thirteen in all."""
    corrected_town(town, 4)
    for month in range(15):
        for days_on in (1, 1, 28):
            town.pay(1, 100, payment_id=100 + 10 * month + days_on, external_id=f"{month}-{days_on}")
            town.service.clock.instant += timedelta(days=days_on)  # type: ignore[attr-defined]
            close(town)
            carrying.carry_forward(town.service, TENANT, worth_it=0)
    kept = sorted(row["through"] for row in town.rows("carried"))
    assert len(kept) == len({f"{day:%Y-%m}" for day in kept}) == 13
    assert {row["through"] for row in town.rows("carried_part")} == set(kept)
    with town.service.work(TENANT) as work:
        assert carrying.carried_agree(work) == []


def test_little_is_not_carried_forward(town: Town) -> None:
    """What a report reads at once is left where it is; a day that was carried is not carried again."""
    corrected_town(town, 4)
    close(town)
    assert carrying.carry_forward(town.service, TENANT) is None
    posted = len([row for row in town.rows("transfer") if row["account_id"] and str(row["ledger_day"]) < "2026-11-04"])
    assert carrying.carry_forward(town.service, TENANT, worth_it=posted + 1) is None
    assert carrying.carry_forward(town.service, TENANT, worth_it=posted)
    assert carrying.carry_forward(town.service, TENANT, worth_it=0) is None


@contextmanager
def statements(town: Town) -> Iterator[list[str]]:
    """The statements on the ledger that are run inside."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "FROM transfer" in statement:
            seen.append(statement)

    event.listen(town.service.bulk.engine, "before_cursor_execute", note)
    yield seen
    event.remove(town.service.bulk.engine, "before_cursor_execute", note)


def test_reports_read_only_what_was_posted_since(town: Town) -> None:
    """Once sums are carried forward, ageing and turnover of a later month ask the ledger for later days alone."""
    corrected_town(town, 4)
    close(town)
    carrying.carry_forward(town.service, TENANT, worth_it=1)
    for path in ("/billing/reports/ageing?on=2026-12-31", f"{TURNOVER}?period=2026-12&by=street"):
        with statements(town) as seen:
            town.get(path)
        assert seen and all("transfer.ledger_day > " in statement for statement in seen), path


@pytest.mark.parametrize("spoilt", ["part", "owed"])
def test_doctor_finds_sums_that_are_not_the_ledgers(town: Town, spoilt: str) -> None:
    """Where kept sums were altered doctor says so, and names the day."""
    corrected_town(town, 4)
    close(town)
    carrying.carry_forward(town.service, TENANT, worth_it=1)
    with town.service.work(TENANT) as work:
        kept = store.last(work)
        assert kept is not None
        if spoilt == "owed":
            work.execute(update(work.table("carried")).values(owed={**kept.owed, "tazalyk": 1}))
        else:
            sums = store.of_part(work, kept, 0)
            work.execute(delete(work.table("carried_part")))
            amount = pl.when(pl.int_range(pl.len()) == 2).then(pl.col("amount") + 1).otherwise("amount")
            store.keep_part(work, kept.through, 0, Sums(sums.keys, sums.rows.with_columns(amount.alias("amount"))))
        found = carrying.carried_agree(work)
    assert [(problem.code, problem.fields["day"]) for problem in found] == [("AIM-B065", "2026-11-03")]
