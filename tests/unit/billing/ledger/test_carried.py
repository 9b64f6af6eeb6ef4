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
from aimak_billing.store.reports import movements
from aimak_billing.store.reports import moves as store_moves
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from sqlalchemy import delete, event, update

from tests.unit.billing.ledger.test_reports import (
    NOVEMBER,
    TURNOVER,
    charged_and_recalculated,
    corrected_town,
    document,
    waste_came_back,
)
from tests.unit.billing.test_cancelling import run
from tests.unit.billing.town import TENANT, Town, account_line

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


def carried_on(town: Town, days_on: int = 1) -> None:
    """Days go by, are closed and carried forward."""
    town.service.clock.instant += timedelta(days=days_on)  # type: ignore[attr-defined]
    close(town)
    assert carrying.carry_forward(town.service, TENANT, worth_it=1)


def forget(town: Town) -> None:
    """Empty what was made of the ledger."""
    with town.service.work(TENANT, bulk=True) as work:
        for name in ("carried", "carried_part", "movement", "movement_part"):
            work.execute(delete(work.table(name)))
        work.commit()


# After which of the steps below how many days go by: of November, the first sums are kept.
_CLOSED = {1: 30, 4: 5, 6: 40, 8: 5}


def three_months(town: Town, seed: int) -> None:
    """Three months of payments, dated back, ahead and far ahead, a bill cancelled and made anew, documents; some days
    carried forward between, those at the end still open."""
    corrected_town(town, seed)
    carried_on(town, 1)
    drawn = random.Random(seed)
    for step in range(10):
        day = date(2026, 11, 5) + timedelta(days=drawn.choice((-30, 0, 20, 45, 400)) + 3 * step)
        town.pay(1 + step % 4, drawn.randint(1, 900), payment_id=50 + step, external_id=f"m{step}", paid_on=str(day))
        ask = {"account": "B1", "provider": "vodokanal", "amount_tyiyn": drawn.randint(1, 300)}
        if step == 4:
            document(town, kind="cancel", bill="1")
            run(town)
        elif step % 3 == 1:
            document(town, kind="adjust", origin="2026-07", **ask)
        elif step % 3 == 2:
            document(town, kind="write_off", ground=f"act {step}", **ask)
        if step in _CLOSED:
            carried_on(town, _CLOSED[step])


@pytest.mark.parametrize("seed", [5, 6])
def test_a_month_is_the_same_from_what_moved_and_from_the_ledger(town: Town, seed: int) -> None:
    """Turnover, ageing and postings of any span, by anything, as known on any day, are the same from sums and
    movements of closed days and from the whole ledger; doctor finds both right."""
    three_months(town, seed)
    with town.service.work(TENANT) as work:
        assert carrying.carried_agree(work) == []
        assert len(movements.since(work, store.first(work))) > 2
    drawn = random.Random(seed)
    asked = drawn.sample(questions(), 8)
    for _ in range(16):
        since, known = (date(2026, 11, 3) + timedelta(days=drawn.randint(0, 90)) for _ in range(2))
        through = since + timedelta(days=drawn.choice((0, 10, 30, 400)))
        span = f"{TURNOVER}?from={since}&to={through}&by={drawn.choice(BREAK_DOWNS)}"
        asked.append(span + drawn.choice(("", f"&as_of={known}")))
    said = [town.get(question) for question in asked]
    forget(town)
    for question, answer in zip(asked, said, strict=True):
        assert answer == town.get(question), question
        assert answer["problems"] == [], question


@pytest.mark.parametrize("keys", ["account", "account,provider", "service,account", "class", "street"])
def test_a_bill_that_was_cancelled_leaves_the_same_rows(town: Town, keys: str) -> None:
    """An account of which nothing stood, moved or stands has no row, carried forward or not."""
    town.accounts(account_line("A1", "waste", "tazalyk"), account_line("A2", "waste", "tazalyk", street="Манас"))
    town.preview()
    town.issue()
    document(town, kind="cancel", bill="1")
    asked = [f"{TURNOVER}?period={month}&by={keys}" for month in ("2026-11", "2026-12")]
    before = [town.get(question) for question in asked]
    carried_on(town)
    assert [town.get(question) for question in asked] == before
    assert len(before[1]["rows"]) == 1


def reckoned(town: Town, day: date, as_of: date | None) -> dict[tuple[str, str | None], int]:
    """What is owed by creditor and service on a day, each payment set against its debt from the beginning of time."""
    with town.service.work(TENANT) as work:
        moved = store_moves.of_accounts(work, store_moves.Books(day, as_of), 0, 1_000)
        left = standing(moved, store_moves.policies(work), day)
    owed: dict[tuple[str, str | None], int] = {}
    rows = [(provider, service, amount) for _, provider, _, service, amount in left.debts.iter_rows()]
    for provider, service, amount in [*rows, *((to, None, -paid) for _, to, paid in left.advances.iter_rows())]:
        owed[provider, service] = owed.get((provider, service), 0) + amount
    return {key: amount for key, amount in owed.items() if amount != 0}


@pytest.mark.parametrize("seed", [5, 7])
def test_by_service_the_sheet_has_what_a_full_reckoning_leaves(town: Town, seed: int) -> None:
    """Opening and closing by service, from sums and movements and from the whole ledger, of spans and ledger days
    drawn by lot, are what is left of every debt when all that was ever posted is set against it; so they are from the
    day on from which a rule names the services that are paid first."""
    rule = {"valid_from": "2026-12-08", "method": "oldest_first", "priority": ["water"], "ground": "Decision 14"}
    town.post("/billing/allocation", rule, role="approver")
    three_months(town, seed)
    number = town.get("/billing/accounts/B1")["account_id"]
    for day, amount in (("2026-11-20", 700), ("2026-12-20", 900)):
        said = {"payment_id": amount, "external_id": day, "paid_on": day, "provider": "vodokanal"}
        town.pay(number, amount, **said)
    carried_on(town)
    drawn = random.Random(seed)
    for carried in (True, False):
        if not carried:
            forget(town)
        for _ in range(6):
            since = date(2026, 11, 3) + timedelta(days=drawn.randint(0, 90))
            through = since + timedelta(days=drawn.choice((0, 10, 30, 400)))
            as_of = drawn.choice((None, date(2026, 11, 3) + timedelta(days=drawn.randint(0, 90))))
            span = f"?from={since}&to={through}&by=provider,service" + (f"&as_of={as_of}" if as_of else "")
            answer = town.get(f"{TURNOVER}{span}")
            assert answer["problems"] == [], span
            for column, day in (("opening", since - timedelta(days=1)), ("closing", through)):
                said = {(row["provider"], row["service"]): row[f"{column}_tyiyn"] for row in answer["rows"]}
                assert {key: amount for key, amount in said.items() if amount} == reckoned(town, day, as_of), span


def test_a_month_is_read_from_what_moved(town: Town) -> None:
    """Where all days are carried forward, the ledger is asked for the turnover of a month only what to compare with."""
    three_months(town, 5)
    carried_on(town)
    with statements(town) as seen:
        town.get(f"{TURNOVER}?from=2026-11-05&to=2026-12-31&by=class,street")
    with town.service.work(TENANT) as work:
        first, last = store.first(work), store.last(work)
    assert last is not None and first == date(2026, 11, 4)
    broken_down = [one for one in seen if "GROUP BY" in one]
    assert len(seen) == 2 and len(broken_down) == 1
    assert "ledger_day > " in broken_down[0] and str(last.through) in broken_down[0]


def test_what_moved_tells_a_first_charge_from_a_second(town: Town) -> None:
    """In the sheet of a closed month a second connection that a later bill charges first is charged, and what is billed
    anew is recalculated, as in the sheet of the open days."""
    town.service.clock.instant += timedelta(days=29)  # type: ignore[attr-defined]
    close(town)
    assert carrying.carry_forward(town.service, TENANT, worth_it=0) == date(2026, 11, 30)
    said = waste_came_back(town)
    for anew in (False, True):
        if anew:
            document(town, kind="cancel", bill="2")
            run(town)
        carried_on(town)
        assert charged_and_recalculated(town, "?period=2026-12") == said
        assert len(town.rows("movement")) == 1 + anew
        with town.service.work(TENANT) as work:
            flags = [key["again"] for one in movements.since(work, store.first(work)) for key in one.keys.to_dicts()]
        assert set(flags) == {0, 1}


def test_a_movement_that_is_not_the_ledgers_makes_the_sheet_say_so(town: Town) -> None:
    """Turnover from movements that were altered differs from the ledger's own sums, and tells it; so does doctor."""
    three_months(town, 6)
    with town.service.work(TENANT) as work:
        moved = movements.since(work, store.first(work))[0]
        sums = movements.of_part(work, moved, 0)
        place = int(moved.keys["kind"].to_list().index("payment"))
        work.execute(delete(work.table("movement_part")).where(work.table("movement_part").c.through == moved.through))
        amount = pl.when(pl.col("key") == place).then(pl.col("amount") + 1).otherwise("amount")
        movements.keep_part(work, moved.through, 0, Sums(sums.keys, sums.rows.with_columns(amount.alias("amount"))))
        assert [problem.code for problem in carrying.carried_agree(work)] == ["AIM-B065"]
        work.commit()
    answer = town.get(f"{TURNOVER}?from=2026-11-05&to=2027-12-31&by=account")
    assert [problem["fields"]["column"] for problem in answer["problems"]] == ["closing", "paid"]


def test_a_payment_dated_far_ahead_does_not_keep_sums_from_being_used(town: Town) -> None:
    """What is dated ahead stands apart in the sums: sheets of days before and after it say what the ledger says, read
    only what was posted since, and find it under its kind once its day has come."""
    corrected_town(town, 4)
    town.pay(1, 4_000, payment_id=8, external_id="p8", paid_on="2026-12-24")
    town.pay(2, 300, payment_id=9, external_id="p9", paid_on="2027-03-01")
    asked = [f"/billing/reports/ageing?on={day}&by=account" for day in ("2026-12-23", "2026-12-24", "2027-03-01")]
    asked += [f"{TURNOVER}?period={month}&by=account" for month in ("2026-12", "2027-01", "2027-03")]
    before = [town.get(question) for question in asked]
    assert before[0] != before[1] != before[2]
    assert [answer["totals"]["paid_tyiyn"] for answer in before[3:]] == [4_000, 0, 300]
    for days_on in (1, 60, 90):
        carried_on(town, days_on)
        with statements(town) as seen:
            assert [town.get(question) for question in asked] == before
        assert days_on > 1 or all("ledger_day > " in statement for statement in seen)
        with town.service.work(TENANT) as work:
            assert carrying.carried_agree(work) == []
        town.pay(2, 1, payment_id=1_000 + days_on, external_id=f"late {days_on}", paid_on="2199-01-01")


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

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if "FROM transfer" in statement:
            seen.append(f"{statement} {values}")

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
            work.execute(update(work.table("carried")).values(owed=[["tazalyk", None, None, 1]]))
        else:
            sums = store.of_part(work, kept, 0)
            work.execute(delete(work.table("carried_part")))
            amount = pl.when(pl.int_range(pl.len()) == 2).then(pl.col("amount") + 1).otherwise("amount")
            store.keep_part(work, kept.through, 0, Sums(sums.keys, sums.rows.with_columns(amount.alias("amount"))))
        found = carrying.carried_agree(work)
    assert [(problem.code, problem.fields["day"]) for problem in found] == [("AIM-B065", "2026-11-03")]
