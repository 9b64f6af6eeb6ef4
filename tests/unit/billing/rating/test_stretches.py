"""What changes inside a period is rated by days, each part by what held on its days, and the parts are the whole."""

import json
from datetime import date, timedelta

import polars as pl
import pytest
from aimak.money import share
from aimak.period import Period
from aimak_billing.domain.chunk import Facts, rating_frame
from aimak_billing.domain.rating import quote, rate
from aimak_billing.domain.spans import Moved
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.billing.rating.conftest import frame, tariff

OCTOBER = Period.month("2026-10")
FEWER = settings(max_examples=settings().max_examples // 4)
PER_UNIT = "- {code: volume, kind: per_unit, price: 10.45}"
TAX = "\n- {code: sales_tax, kind: tax, tax: sales_tax}"
NORMS = "norms: {table: [{when: {norm: flat}, quantity: 0.2}]}"
DATED = {"valid_from": pl.Date, "valid_to": pl.Date}
CONNECTION = {"account_id": pl.Int64, "connection_id": pl.Int64, "service": pl.String, "provider": pl.String}
OF_DAY = {"customer_class": pl.String, "attributes": pl.String}
RESIDENTS = {"account_id": pl.Int64, "residents": pl.Int64, "pensioners": pl.Int64}
PAST = {"account_id": pl.Int64, "connection_id": pl.Int64, "valid_to": pl.Date, **OF_DAY}
TOLD = {"connection_id": pl.Int64, "name": pl.String, "from_date": pl.Date, "to_date": pl.Date}
TOLD |= {"value_thousandths": pl.Int64}
USUAL = {"provider": "p", "service": "water", "regime": "general", "customer_class": "household"}
UNMETERED, METERED = '{"metered":false,"norm":"flat"}', '{"metered":true,"norm":"flat"}'


def day(number):
    """A day of October."""
    return date(2026, 10, 1) + timedelta(days=number - 1)


def table(rows, schema):
    """Rows as a frame."""
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)


def town(connections, residents=(), usage=(), past=(), told=(), period=OCTOBER):
    """Facts as a chunk reads them; what is dated counts for some of the days."""
    connections = [{"account_id": 1, "attributes": UNMETERED, **USUAL, **each} for each in connections]
    residents = [{"account_id": 1, "pensioners": 0, **each} for each in residents]

    def whole(row):
        start, end = row.get("valid_from", period.start), row.get("valid_to")
        return start <= period.start and (end is None or end >= period.end)

    def parts(rows):
        dated = [{**row, "valid_from": row.get("valid_from", date(2020, 1, 1))} for row in rows if not whole(row)]
        return [row for row in rows if whole(row)], dated

    always, some = parts(connections)
    people, moved_people = parts(residents)
    used = table(usage, {"connection_id": pl.Int64, "usage": pl.Int64, "from_date": pl.Date, "to_date": pl.Date})
    accounts = sorted({each["account_id"] for each in connections})
    columns = {**CONNECTION, **OF_DAY, "regime": pl.String}
    return Facts(
        accounts=pl.DataFrame({"account_id": accounts}).with_columns(pl.lit("active").alias("status")),
        connections=table(always, columns),
        residents=table(people, RESIDENTS).group_by("account_id").agg(pl.all().sum()),
        usage=used.group_by("connection_id").agg(pl.col("usage").sum()),
        told=table(told, TOLD),
        moved=Moved(
            connections=table(some, {**columns, **DATED}),
            past=table([{"account_id": 1, **each} for each in past], PAST),
            residents=table(moved_people, {**RESIDENTS, **DATED}),
            usage=used,
        ),
    )


def billed(book, facts):
    """The lines in the order of the bill, as dictionaries; nothing may be held."""
    rated = rate(rating_frame(facts, book), book)
    assert rated.holds.is_empty(), rated.holds.to_dicts()
    return rated.lines.sort("place", "position").to_dicts()


def test_who_moved_in_pays_by_norm_for_the_days_that_count(made):
    """From 17 October on 15 days: 2 × 0.200 × 15 = 6.000 m³; the whole month had been 12.400."""
    facts = town([{"connection_id": 1, "valid_from": day(17)}], [{"residents": 2}])
    charge, tax = billed(made(tariff(PER_UNIT + TAX, extra=NORMS)), facts)
    assert (charge["quantity"], charge["amount"], tax["amount"]) == (6000, 6270, 188)
    assert json.loads(charge["basis"]) == {
        "stretches": [{"from": "2026-10-17", "days": 15, "quantity": 6000, "way": "norm", "residents": 2, "norm": 200}]
    }


def test_who_moved_out_pays_for_the_days_before(made):
    """Until 10 October, nine days; a fixed charge that is not by days is owed by who is there on the last day."""
    lines = (
        PER_UNIT + "\n- {code: whole, kind: fixed, price: 30}\n- {code: part, kind: fixed, price: 31, prorate: days}"
    )
    facts = town([{"connection_id": 1, "valid_to": day(10)}], [{"residents": 2}])
    told = billed(made(tariff(lines, extra=NORMS)), facts)
    assert [(line["component"], line["amount"]) for line in told] == [("volume", 3762), ("part", 900)]


def test_residents_that_change_are_counted_by_days(made):
    """Two until the 10th, three from the 11th: 2 × 0.2 × 10 + 3 × 0.2 × 21; one line that tells both."""
    facts = town(
        [{"connection_id": 1}],
        [{"residents": 2, "valid_to": day(11)}, {"residents": 3, "valid_from": day(11)}],
    )
    (line,) = billed(made(tariff(PER_UNIT, extra=NORMS)), facts)
    assert line["quantity"] == 4000 + 12600
    told = json.loads(line["basis"])["stretches"]
    assert [(each["from"], each["days"], each["residents"], each["quantity"]) for each in told] == [
        ("2026-10-01", 10, 2, 4000),
        ("2026-10-11", 21, 3, 12600),
    ]


def test_persons_by_days_are_added_up_and_rounded_once(made):
    """1 person × 10 som × 10/31 and 2 × 10 som × 21/31 are 16.7741…, 16.77; rounded apart they would be 16.78."""
    lines = "- {code: persons, kind: per_person, price: 10, prorate: days}"
    facts = town(
        [{"connection_id": 1, "service": "waste", "attributes": "{}"}],
        [{"residents": 1}, {"residents": 1, "valid_from": day(11)}],
    )
    (line,) = billed(made(tariff(lines, "waste")), facts)
    assert (line["amount"], line["quantity"]) == (1677, 3000)
    assert [each["residents"] for each in json.loads(line["basis"])["stretches"]] == [1, 2]


def test_a_changed_class_falls_under_its_own_tariff_for_its_days(made):
    """Household until the 15th, other from the 16th: two versions, two lines, and the usage by days between them."""
    people = tariff(PER_UNIT, code="people", extra="applies_to: {class: household}")
    firms = tariff(PER_UNIT.replace("10.45", "30"), code="firms", extra="applies_to: {class: other}")
    facts = town(
        [{"connection_id": 1, "attributes": METERED, "customer_class": "other"}],
        usage=[{"connection_id": 1, "usage": 31_001, "from_date": day(1), "to_date": date(2026, 11, 1)}],
        past=[{"connection_id": 1, "valid_to": day(16), "customer_class": "household", "attributes": METERED}],
    )
    told = billed(made(people, firms), facts)
    assert [(line["quantity"], line["amount"]) for line in told] == [(15_000, 15675), (16_001, 48003)]
    assert len({line["tariff_id"] for line in told}) == 2 and told[0]["position"] != told[1]["position"]


def test_readings_date_usage_by_themselves(made):
    """A meter exchanged on the 11th: what each meter counted belongs to its own days."""
    later = tariff(PER_UNIT.replace("10.45", "20"), extra="change: by_days").replace("2026-06-01", "2026-10-11", 1)
    facts = town(
        [{"connection_id": 1, "attributes": METERED}],
        usage=[
            {"connection_id": 1, "usage": 7_000, "from_date": date(2026, 9, 30), "to_date": day(11)},
            {"connection_id": 1, "usage": 1_000, "from_date": day(11), "to_date": day(31)},
        ],
    )
    told = billed(made(tariff(PER_UNIT), later), facts)
    assert [(line["quantity"], line["amount"]) for line in told] == [(7_000, 7315), (1_000, 2000)]


def test_a_tariff_that_changes_waits_or_goes_by_days_as_it_says(made):
    """A version from the 16th: by days it counts from then on, else from November."""
    facts = town(
        [{"connection_id": 1, "attributes": METERED}],
        usage=[{"connection_id": 1, "usage": 31_000, "from_date": day(1), "to_date": date(2026, 11, 1)}],
    )
    for change, expected in (("by_days", [(15_000, 15675), (16_000, 32000)]), ("next_period", [(31_000, 32395)])):
        later = tariff(PER_UNIT.replace("10.45", "20"), extra=f"change: {change}").replace(
            "2026-06-01", "2026-10-16", 1
        )
        book = made(tariff(PER_UNIT), later)
        assert [(line["quantity"], line["amount"]) for line in billed(book, facts)] == expected
        alone = quote({**USUAL, "attributes": METERED, "usage": 31_000}, book).lines
        assert alone.select("quantity", "amount").rows() == expected


def test_what_began_by_days_goes_on_while_its_successor_waits(made):
    """By days from the 5th, and a version from the 20th that waits for November: no day of October is without one."""
    facts = town(
        [{"connection_id": 1, "attributes": METERED}],
        usage=[{"connection_id": 1, "usage": 31_000, "from_date": day(1), "to_date": date(2026, 11, 1)}],
    )
    second, third = (
        tariff(PER_UNIT.replace("10.45", price), extra=f"change: {change}").replace("2026-06-01", since, 1)
        for price, change, since in (("20", "by_days", "2026-10-05"), ("40", "next_period", "2026-10-20"))
    )
    told = billed(made(tariff(PER_UNIT), second, third), facts)
    assert [(line["quantity"], line["amount"]) for line in told] == [(4_000, 4180), (27_000, 54000)]


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (("40", "change: next_period", "2026-10-20"), [(9_000, 9405), (22_000, 44000)]),
        (("40", "change: by_days", "2026-10-20"), [(9_000, 9405), (10_000, 20000), (12_000, 48000)]),
    ],
    ids=["waits", "by days"],
)
def test_what_began_by_days_ended_whatever_waited_before(made, last, expected):
    """A version of the 5th waits for November, another of the 10th counts by days: the price of September, which went
    on until then, does not come back when that one ends on the 20th."""
    facts = town(
        [{"connection_id": 1, "attributes": METERED}],
        usage=[{"connection_id": 1, "usage": 31_000, "from_date": day(1), "to_date": date(2026, 11, 1)}],
    )
    told = [("30", "change: next_period", "2026-10-05"), ("20", "change: by_days", "2026-10-10"), last]
    later = [
        tariff(PER_UNIT.replace("10.45", price), extra=extra).replace("2026-06-01", since, 1)
        for price, extra, since in told
    ]
    lines = billed(made(tariff(PER_UNIT), *later), facts)
    assert [(line["quantity"], line["amount"]) for line in lines] == expected


def test_norms_and_taxes_inside_the_period_follow_the_tariff(made):
    """By days a norm and a rate that change on the 16th count from then on; else those of the first day do."""
    norms = "norms: {table: [{quantity: 0.1, to: 2026-10-16}, {quantity: 0.2, from: 2026-10-16}]}"
    rate_of = "\n  - {tax: t, name: {ky: а, ru: б, en: c}, rate: RATE, from: DAY, legal_ground: x}"
    taxes = "\ntaxes:" + rate_of.replace("RATE", "10 %").replace("DAY", "2026-01-01")
    taxes += rate_of.replace("RATE", "20 %").replace("DAY", "2026-10-16")
    lines = "- {code: volume, kind: per_unit, price: 100}\n- {code: tax, kind: tax, tax: t}"
    facts = town([{"connection_id": 1}], [{"residents": 1}])
    for change, expected in (
        ("by_days", [(4_700, 47000), (None, 1500 + 6400)]),
        ("next_period", [(3_100, 31000), (None, 3100)]),
    ):
        told = billed(made(tariff(lines, extra=f"{norms}\nchange: {change}"), taxes=taxes), facts)
        assert [(line["quantity"], line["amount"]) for line in told] == expected
    assert told[1]["price"] == 100_000


def test_an_end_that_waits_gives_way_to_what_is_in_force(made):
    """A tariff of another code that takes over by days on the 16th rates from then on, once."""
    ended = tariff(PER_UNIT, code="old", extra="to: 2026-10-16")
    new = tariff(PER_UNIT.replace("10.45", "20"), code="new", extra="change: by_days").replace(
        "2026-06-01", "2026-10-16", 1
    )
    facts = town(
        [{"connection_id": 1, "attributes": METERED}],
        usage=[{"connection_id": 1, "usage": 31_000, "from_date": day(1), "to_date": date(2026, 11, 1)}],
    )
    assert [line["amount"] for line in billed(made(ended, new), facts)] == [15675, 32000]
    assert [line["amount"] for line in billed(made(ended), facts)] == [32395]


def test_what_follows_follows_day_by_day(made):
    """Sewerage takes of each span the water of that span: with residents that change it is as much as the water."""
    facts = town(
        [{"connection_id": 1}, {"connection_id": 2, "service": "sewerage", "attributes": "{}", "valid_from": day(6)}],
        [{"residents": 2}, {"residents": 1, "valid_from": day(16)}],
    )
    book = made(tariff(PER_UNIT, extra=NORMS), tariff(PER_UNIT, "sewerage", "s"))
    told = {line["service"]: line["quantity"] for line in billed(book, facts)}
    assert told == {"water": 2 * 200 * 15 + 3 * 200 * 16, "sewerage": 2 * 200 * 10 + 3 * 200 * 16}


def test_one_span_that_is_not_known_holds_the_connection(made):
    """No tariff, or no residents, for some of the days: one hold with its reason, no line."""
    facts = town([{"connection_id": 1}], [{"residents": 2, "valid_from": day(11)}])
    rated = rate(rating_frame(facts, made(tariff(PER_UNIT, extra=NORMS))), made(tariff(PER_UNIT, extra=NORMS)))
    assert rated.lines.is_empty() and rated.holds.select("connection_id", "code").rows() == [(1, "AIM-T021")]
    past = {"connection_id": 1, "valid_to": day(11), "customer_class": "budget", "attributes": UNMETERED}
    facts = town([{"connection_id": 1}], [{"residents": 2}], past=[past])
    book = made(tariff(PER_UNIT, extra=NORMS + "\napplies_to: {class: household}"))
    rated = rate(rating_frame(facts, book), book)
    assert rated.lines.is_empty() and rated.holds.select("connection_id", "code").rows() == [(1, "AIM-T020")]


def test_others_are_rated_as_if_nobody_moved(made):
    """Accounts of which nothing changes have the lines of a frame of their own, beside one that is cut."""
    book = made(tariff(PER_UNIT + TAX, extra=NORMS))
    people = [{"account_id": 1, "residents": 2}, {"account_id": 2, "residents": 5}]
    both = town(
        [{"connection_id": 1, "valid_from": day(17)}, {"connection_id": 2, "account_id": 2}],
        people,
    )
    alone = rate(
        frame({"connection_id": 2, "account_id": 2, "place": 1, "attributes": UNMETERED, "residents": 5}), book
    )
    found = rate(rating_frame(both, book), book).lines.filter(pl.col("account_id") == 2)
    assert found.sort("position").equals(alone.lines.sort("position"))


COMPONENTS = [
    "- {code: volume, kind: per_unit, price: 10.453333}",
    "- {code: volume, kind: block, blocks: [{up_to: 3, price: 2}, {up_to: 5.5, price: 4.07}, {price: 5}]}",
    "- {code: fee, kind: fixed, price: 31.07, prorate: days}",
    "- {code: fee, kind: fixed, price: 31.07}",
    "- {code: people, kind: per_person, price: 10.01, prorate: days}",
    "- {code: people, kind: per_person, price: 10.01, pensioners_pay: 33.333 %}",
]


def test_what_is_told_of_a_period_is_whole_however_few_its_days(made):
    """A child that came on the 17th and attended 9 days pays for 9, by days under each of two versions."""
    days = tariff("- {code: care, kind: per_unit, price: 100}", "kindergarten")
    later = days.replace("2026-06-01", "2026-10-22", 1).replace("price: 100", "price: 200")
    told = [{"connection_id": 1, "name": "days_attended", "from_date": day(1), "to_date": date(2026, 11, 1)}]
    told[0]["value_thousandths"] = 9_000
    child = {"connection_id": 1, "service": "kindergarten", "attributes": "{}", "valid_from": day(17)}
    facts = town([child], told=told)
    assert [line["quantity"] for line in billed(made(days), facts)] == [9_000]
    later = later.replace("    components", "    change: by_days\n    components")
    assert [line["quantity"] for line in billed(made(days, later), facts)] == [3_000, 6_000]


@FEWER
@given(
    st.sets(st.integers(2, 31), max_size=6),
    st.lists(st.sampled_from(COMPONENTS), min_size=1, max_size=3, unique_by=lambda text: text.split()[2]),
    st.sampled_from(["line", "total"]),
    st.booleans(),
    st.integers(0, 40_000),
    st.integers(0, 6),
    st.sampled_from(["per: day", "per: month"]),
)
def test_a_period_that_is_cut_where_nothing_changes_is_the_whole_period(
    made, cuts, lines, of, metered, usage, people, per
):
    """Spans on which all facts are the same come to the same lines as one row over all days, to the tyiyn."""
    extra = f"norms: {{{per}, table: [{{quantity: 3.1}}]}}\nrounding: {{of: {of}}}"
    book = made(tariff("\n".join(lines) + TAX, extra=extra))
    attributes = METERED if metered else UNMETERED
    row = {
        "residents": people,
        "pensioners": people // 2,
        "attributes": attributes,
        "usage": usage if metered else None,
    }
    begins = [1, *sorted(cuts)]
    days = [end - start for start, end in zip(begins, [*begins[1:], 32], strict=True)]
    used = share(usage, days) if metered else [None] * len(days)
    parts = [
        {**row, "connection_id": 0, "account_id": 0, "span_from": day(start), "days": count, "usage": part}
        for start, count, part in zip(begins, days, used, strict=True)
    ]
    whole, cut = rate(frame({**row}), book), rate(frame(*parts), book)
    said = ["component", "quantity", "price", "amount"]
    assert cut.lines.sort("position").select(said).equals(whole.lines.sort("position").select(said))
    assert whole.lines.height == len(lines) + 1 and cut.holds.is_empty()


@given(st.integers(0, 10**12), st.lists(st.integers(1, 31), min_size=1, max_size=12))
def test_shares_by_days_are_the_whole(quantity, days):
    """Largest remainder: nothing is lost, and no share is a unit or more from its exact part."""
    shares = share(quantity, days)
    assert sum(shares) == quantity
    assert all(abs(share * sum(days) - quantity * count) < sum(days) for share, count in zip(shares, days, strict=True))


@pytest.mark.parametrize("missing", ["residents", "usage"])
def test_null_is_never_a_number_in_a_stretch(made, missing):
    """A span in which a determinant is null makes all of the connection unknown."""
    book = made(tariff(PER_UNIT, extra=NORMS + "\nwithout_reading: hold"))
    row = {"connection_id": 0, "account_id": 0, "residents": 1, "usage": 1000}
    row["attributes"] = METERED if missing == "usage" else UNMETERED
    rows = [{**row, "span_from": day(1), "days": 10}, {**row, "span_from": day(11), "days": 21, missing: None}]
    rated = rate(frame(*rows), book)
    assert rated.lines.is_empty() and rated.holds.height == 1
