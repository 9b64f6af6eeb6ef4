"""Connections are rated by the tariff that applies to them, and held where something is not known."""

import json
from dataclasses import replace
from datetime import date

import polars as pl
import pytest
from aimak_billing.domain.rating import Book, explain, quote, rate
from aimak_billing.tariff_file import dump, load

from tests.unit.billing.rating.conftest import HEAD, frame, tariff

PER_UNIT = "- {code: volume, kind: per_unit, price: 10.45}"
TAXED = PER_UNIT + "\n- {code: sales_tax, kind: tax, tax: sales_tax}"
BLOCKS = "- {code: volume, kind: block, blocks: [{up_to: 10, price: 2}, {up_to: 20, price: 4}, {price: 5}]}"
NORMS = "norms: {table: [{when: {norm: flat}, quantity: 0.2}, {when: {norm: standpipe}, quantity: 0.05}]}"
METERED = {"service": "water", "provider": "p", "attributes": {"metered": True}}


def held(rated):
    """The codes of the holds."""
    return rated.holds.get_column("code").to_list()


def test_a_line_is_quantity_times_price_rounded_once_and_taxed_on_the_rounded_line(made):
    """12.300 m³ × 10.45 = 128.535 → 128.54; 3 % of that 3.8562 → 3.86."""
    rated = quote({**METERED, "usage": 12300}, made(tariff(TAXED)))
    charge, tax = rated.lines.to_dicts()
    assert (charge["kind"], charge["quantity"], charge["price"], charge["price_scale"]) == ("charge", 12300, 1045, 0)
    assert (charge["amount"], charge["basis"], charge["tax"]) == (12854, None, None)
    assert (tax["kind"], tax["amount"], tax["tax"], tax["quantity"]) == ("tax", 386, "sales_tax", None)
    assert (tax["price"], tax["price_scale"]) == (30000, 6)
    assert charge["position"] < tax["position"] and rated.holds.is_empty()


@pytest.mark.parametrize(("price", "gross"), [("22.50", 23_18), ("41.00", 42_23), ("10.45", 10_76), ("25.00", 25_75)])
def test_a_price_without_tax_comes_to_what_people_pay(made, price, gross):
    """A council decides 22.50 and 41 som; with 3 % of tax one unit costs 23.18 and 42.23."""
    rated = quote({**METERED, "usage": 1000}, made(tariff(TAXED.replace("10.45", price))))
    assert rated.lines["amount"].to_list()[0] == int(price.replace(".", ""))
    assert rated.lines["amount"].sum() == gross


def test_each_part_of_a_volume_is_priced_at_its_own_block(made):
    """25 m³ over blocks of 2, 4 and 5 som are 85 som, not 57.5 and not 125."""
    book = made(tariff(BLOCKS))
    amounts = {
        usage: quote({**METERED, "usage": usage}, book).lines["amount"].item() for usage in (0, 10_000, 10_001, 25_000)
    }
    assert amounts == {0: 0, 10_000: 20_00, 10_001: 20_00, 25_000: 85_00}


@pytest.mark.parametrize(
    ("rule", "amount"),
    [
        ("{mode: half_up}", 12854),
        ("{mode: down}", 12853),
        ("{mode: up}", 12854),
        ('{mode: half_up, to: "0.10"}', 12850),
        ("{mode: up, to: 1}", 12900),
        ("{mode: down, to: 1}", 12800),
    ],
)
def test_the_line_is_rounded_by_the_tariffs_rule(made, rule, amount):
    """128.535 som by each rule."""
    book = made(tariff(PER_UNIT, extra=f"rounding: {rule}"))
    assert quote({**METERED, "usage": 12300}, book).lines["amount"].item() == amount


def test_without_a_meter_persons_times_norm_times_days_count(made):
    """4 × 0.200 m³ × 31 days = 24.800 m³, and the line keeps what it was made of."""
    book = made(tariff(PER_UNIT, extra=NORMS))
    unmetered = {"service": "water", "provider": "p", "attributes": {"metered": False, "norm": "flat"}, "residents": 4}
    line = quote(unmetered, book).lines.to_dicts()[0]
    assert (line["quantity"], line["amount"]) == (24800, 25916)
    assert json.loads(line["basis"]) == {"way": "norm", "residents": 4, "norm": 200, "days": 31}


def test_a_norm_may_be_for_a_month_and_for_a_time(made):
    """A monthly norm is taken for the days that count; of two dated norms the one of the period's first day."""
    table = """
    norms:
      per: month
      table:
        - {when: {norm: flat}, quantity: 6, to: 2026-10-01}
        - {when: {norm: flat}, quantity: 3.1, from: 2026-10-01}
    """
    book = made(tariff(PER_UNIT, extra="\n".join(line[4:] for line in table.strip("\n").splitlines())))
    unmetered = {"service": "water", "provider": "p", "attributes": {"metered": False, "norm": "flat"}, "residents": 2}
    assert quote({**unmetered, "days": 10}, book).lines["quantity"].item() == 2000
    assert quote(unmetered, book).lines["quantity"].item() == 6200


def test_a_meter_without_a_reading_goes_by_norm_or_is_held_as_the_tariff_says(made):
    """`without_reading: norm` passes on to the norm, `hold` holds the account."""
    metered = {**METERED, "attributes": {"metered": True, "norm": "flat"}, "residents": 3}
    by_norm = quote(metered, made(tariff(PER_UNIT, extra=NORMS + "\nwithout_reading: norm")))
    assert by_norm.lines["quantity"].item() == 3 * 200 * 31
    assert held(quote(metered, made(tariff(PER_UNIT, extra=NORMS + "\nwithout_reading: hold")))) == ["AIM-T022"]


def test_pensioners_pay_their_share(made):
    """Three at 25 som and a pensioner at half of it; more pensioners than residents hold the account."""
    book = made(tariff("- {code: persons, kind: per_person, price: 25, pensioners_pay: 50 %}", service="waste"))
    household = {"service": "waste", "provider": "p", "residents": 4}
    line = quote({**household, "pensioners": 1}, book).lines.to_dicts()[0]
    assert (line["quantity"], line["price"], line["amount"]) == (4000, None, 8750)
    assert held(quote({**household, "pensioners": 5}, book)) == ["AIM-T028"]
    assert held(quote(household, book)) == ["AIM-T021"]


HOLDS = [
    ({"service": "water", "provider": "other"}, "AIM-T020"),
    ({**METERED, "attributes": {"metered": False, "norm": "flat"}}, "AIM-T021"),
    ({**METERED, "attributes": {"metered": False, "norm": "palace"}, "residents": 1}, "AIM-T023"),
    ({**METERED, "attributes": {}, "usage": 1}, "AIM-T024"),
    ({**METERED, "attributes": {"norm": "flat"}, "residents": 4}, "AIM-T024"),
    ({**METERED, "attributes": {"metered": "perhaps", "norm": "flat"}, "residents": 4}, "AIM-T025"),
    ({**METERED, "attributes": {"metered": False, "agreed_volume": "much"}}, "AIM-T025"),
    ({**METERED, "usage": 1, "regime": "unheard_of"}, "AIM-T027"),
    ({**METERED, "usage": -1}, "AIM-T028"),
    ({**METERED, "usage": 10**12}, "AIM-T028"),
    ({**METERED, "attributes": {"metered": False, "norm": "flat"}, "residents": 100_001}, "AIM-T028"),
]


@pytest.mark.parametrize(("connection", "code"), HOLDS)
def test_what_is_not_known_holds_the_connection(made, connection, code):
    """Each missing, unreadable or impossible determinant has its own reason, and there is no line of 0."""
    rated = quote(connection, made(tariff(TAXED, extra=NORMS)))
    assert held(rated) == [code] and rated.lines.is_empty()
    assert json.loads(rated.holds["fields"].item())["date"] == "2026-10-01"


def test_an_amount_beyond_the_bounds_of_money_is_held(made):
    """The largest usage at the largest price is no amount that a bill can have."""
    book = made(tariff("- {code: volume, kind: per_unit, price: 9999999999.99}"))
    assert held(quote({**METERED, "usage": 10**12 - 1}, book)) == ["AIM-T028"]


def test_sewerage_follows_the_accounts_water_however_that_was_found(made):
    """As much as all water connections of the account together; one unknown makes it unknown, none too."""
    book = made(tariff(PER_UNIT), tariff("- {code: volume, kind: per_unit, price: 1}", "sewerage", "s"))
    sewer = {"service": "sewerage", "attributes": "{}"}
    rated = rate(
        frame(
            {"account_id": 1, "place": 0, "usage": 3000},
            {"account_id": 1, "place": 0, "usage": 4500},
            {"account_id": 1, "place": 0, **sewer},
            {"account_id": 2, "place": 1, "usage": 1000},
            {"account_id": 2, "place": 1, "usage": None},
            {"account_id": 2, "place": 1, **sewer},
            {"account_id": 3, "place": 2, **sewer},
        ),
        book,
    )
    followed = rated.lines.filter(pl.col("service") == "sewerage")
    assert followed.select("account_id", "quantity").rows() == [(1, 7500)]
    assert rated.holds.select("connection_id", "code").rows() == [
        (4, "AIM-T023"),
        (5, "AIM-T026"),
        (6, "AIM-T026"),
    ]


def test_water_that_no_tariff_applies_to_is_unknown_to_what_follows_it(made):
    """Of two water connections one has no tariff: sewerage is held, not charged for the other alone."""
    book = made(
        tariff(PER_UNIT, extra="applies_to: {metered: true}"),
        tariff("- {code: volume, kind: per_unit, price: 1}", "sewerage", "s"),
    )
    rows = (
        {"usage": 3000},
        {"usage": 1, "attributes": '{"metered":false}'},
        {"service": "sewerage", "attributes": "{}"},
    )
    rated = rate(frame(*({"account_id": 1, **row} for row in rows)), book)
    assert rated.lines["service"].to_list() == ["water"]
    assert rated.holds.select("service", "code").rows() == [("water", "AIM-T020"), ("sewerage", "AIM-T026")]


@pytest.mark.parametrize(
    ("written", "thousandths"),
    [
        ('"12.5"', 12_500),
        ('"0.150"', 150),
        ("12.5", 12_500),
        ("7", 7_000),
        ('"007"', 7_000),
        ('"0.001"', 1),
        ("12.0", 12_000),
    ],
)
def test_numbers_in_attributes_are_read_exactly(made, written, thousandths):
    """As text or as a number of JSON, to the thousandth."""
    attributes = f'{{"metered":false,"agreed_volume":{written}}}'
    rated = rate(frame({"attributes": attributes}), made(tariff(PER_UNIT)))
    assert rated.lines["quantity"].to_list() == [thousandths]


@pytest.mark.parametrize("written", ['"1.2345"', '"-1"', '"1e3"', '"12,5"', '""', '"1 000"', "[1]", '"99999999999"'])
def test_what_is_no_number_in_attributes_holds(made, written):
    """Neither cut off nor guessed."""
    attributes = f'{{"metered":false,"agreed_volume":{written}}}'
    assert held(rate(frame({"attributes": attributes}), made(tariff(PER_UNIT)))) == ["AIM-T025"]


def test_a_tariff_applies_to_the_class_and_attributes_that_it_names(made):
    """Each connection falls under the one tariff whose conditions it meets; null meets none."""
    people = tariff(PER_UNIT, code="people", extra="applies_to: {class: household}")
    firms = tariff(PER_UNIT.replace("10.45", "30"), code="firms", extra="applies_to: {class: [budget, other]}")
    rated = rate(
        frame(
            {"usage": 1000, "customer_class": "household"},
            {"usage": 1000, "customer_class": "budget", "place": 1},
            {"usage": 1000, "customer_class": "other", "place": 2},
            {"usage": 1000, "customer_class": None, "place": 3},
        ),
        made(people, firms),
    )
    assert rated.lines.sort("place").select("place", "amount").rows() == [(0, 1045), (1, 3000), (2, 3000)]
    assert rated.holds.select("place", "code").rows() == [(3, "AIM-T020")]


def test_the_tariff_of_the_periods_first_day_counts(made):
    """A version that begins in mid-month counts from the next month; one that has ended no longer."""
    later = tariff(PER_UNIT.replace("10.45", "11")).replace("2026-06-01", "2026-10-16")
    connection = {**METERED, "usage": 1000}
    both = [tariff(PER_UNIT), later]
    assert quote(connection, made(*both, period="2026-10")).lines["amount"].item() == 1045
    assert quote(connection, made(*both, period="2026-11")).lines["amount"].item() == 1100
    ended = made(tariff(PER_UNIT, extra="to: 2026-10-01"), period="2026-10")
    assert held(quote(connection, ended)) == ["AIM-T020"]


@pytest.mark.parametrize("state", ["draft", "justified", "heard", "agreed", "approved", "withdrawn"])
def test_what_is_not_published_rates_nothing(made, plugins, state):
    """A version on its way is no tariff yet, and one that was withdrawn never becomes one."""
    book = made(tariff(PER_UNIT))
    (version,) = book.versions.values()
    nothing = Book.of([replace(version, status=state)], [], plugins, book.period)
    assert held(quote({**METERED, "usage": 1}, nothing)) == ["AIM-T020"]


def test_a_tariff_rates_from_the_end_of_its_notice(made, plugins):
    """A notice that ends after the tariff's own first day puts it off; one that ends before does not."""
    book = made(tariff(PER_UNIT))
    (version,) = book.versions.values()
    notice = {
        day: Book.of([replace(version, rates_from=date.fromisoformat(day))], [], plugins, book.period)
        for day in ("2026-10-01", "2026-10-02")
    }
    assert notice["2026-10-01"].versions and not notice["2026-10-02"].versions


def test_positions_are_the_order_of_the_bill_and_unique_in_the_account(made):
    """Connections in the order of the frame, components in the order of the tariff, whatever is reckoned first."""
    backwards = "- {code: sales_tax, kind: tax, tax: sales_tax}\n" + PER_UNIT
    book = made(tariff(backwards), tariff(PER_UNIT, "sewerage", "s"))
    rows = frame({"account_id": 1, "usage": 1000}, {"account_id": 1, "service": "sewerage", "attributes": "{}"})
    lines = rate(rows, book).lines.sort("position")
    assert lines["component"].to_list() == ["sales_tax", "volume", "volume"]
    assert lines["position"].to_list() == [0, 1, 100]


def test_an_empty_frame_is_rated_to_nothing(made):
    """No rows, no lines, no holds, the same columns."""
    book = made(tariff(TAXED))
    rated = rate(frame(), book)
    assert rated.lines.is_empty() and rated.holds.is_empty()
    assert rated.lines.schema == quote({**METERED, "usage": 1}, book).lines.schema


def test_a_default_counts_where_nothing_is_said_and_nowhere_else(made):
    """Missing containers are four by the tariff; what is said counts; what cannot be read holds."""
    lifts = "- {code: lifts, kind: per_container, price: 5}"
    book = made(tariff(lifts, service="waste", extra="defaults: {containers: 4}"))
    waste = {"service": "waste", "provider": "p"}
    amounts = [
        quote({**waste, "attributes": attributes}, book).lines["amount"].item()
        for attributes in ({}, {"containers": "0"}, {"containers": "1.5"})
    ]
    assert amounts == [2000, 0, 750]
    assert held(quote({**waste, "attributes": {"containers": "some"}}, book)) == ["AIM-T025"]
    assert held(quote(waste, made(tariff(lifts, service="waste")))) == ["AIM-T024"]
    (version,) = book.versions.values()
    assert load(dump([version], book.plugins), "naryn", book.plugins).versions == (version,)


def test_blocks_by_the_meters_size_hold_a_size_that_no_set_names(made):
    """20 mm has its blocks; 25 mm is told by name, a missing size too; neither is a bill of nothing."""
    sets = "[{keys: ['15', '20'], blocks: [{up_to: 10, price: 2}, {price: 4}]}, {keys: '50', blocks: [{price: 5}]}]"
    book = made(tariff(f"- {{code: v, kind: block, by: meter_size, sets: {sets}}}"))
    amounts = {}
    for size in ("20", "50", "25", None):
        attributes = {"metered": True} | ({"meter_size": size} if size else {})
        rated = quote({**METERED, "attributes": attributes, "usage": 12_000}, book)
        amounts[size] = rated.lines["amount"].to_list() or held(rated)
    assert amounts == {"20": [2800], "50": [6000], "25": ["AIM-T210"], None: ["AIM-T024"]}


def test_the_season_is_that_of_the_periods_first_day(made):
    """September at the summer's price, October at the winter's."""
    seasons = "[{months: [5, 6, 7, 8, 9], price: 14}, {months: [10, 11, 12, 1, 2, 3, 4], price: 10}]"
    seasonal = tariff(f"- {{code: v, kind: seasonal, seasons: {seasons}}}")
    books = [made(seasonal, period=month) for month in ("2026-09", "2026-10")]
    amounts = [quote({**METERED, "usage": 2000}, book).lines["amount"].item() for book in books]
    assert amounts == [2800, 2000]


def test_only_those_of_the_category_have_the_benefit(made):
    """Who has no category, or another, pays in full; the class may be asked for, too."""
    benefit = (
        "- {code: b, kind: benefit, percent: 50 %, of: [volume], when: {benefit: [veteran, hero], class: household}}"
    )
    book = made(tariff(PER_UNIT + "\n" + benefit))
    totals = {}
    for category in ("veteran", "teacher", None):
        attributes = {"metered": True} | ({"benefit": category} if category else {})
        totals[category] = quote({**METERED, "attributes": attributes, "usage": 1000}, book).lines["amount"].sum()
    assert totals == {"veteran": 1045 - 523, "teacher": 1045, None: 1045}
    firm = {**METERED, "attributes": {"metered": True, "benefit": "hero"}, "usage": 1000, "customer_class": "other"}
    assert quote(firm, book).lines["amount"].sum() == 1045


def test_a_line_may_not_bear_the_name_of_the_attribute_that_it_counts(plugins):
    """It would count itself: refused as a name that is taken, with its place."""
    written = HEAD + "tariffs:" + tariff("- {code: cattle, kind: per_head, price: 35}")
    (problem,) = load(written, "naryn", plugins).problems
    assert (problem.code, problem.place.path) == ("AIM-T012", "tariffs[0].components[0].code")


def test_an_optional_line_is_left_out_where_it_comes_to_nothing_and_others_reckon_with_it(made):
    """No benefit, no line; the tax of both lines is then of the charge alone, and the bill still explains itself."""
    lines = (
        PER_UNIT
        + "\n- {code: b, kind: benefit, percent: 50 %, of: [volume], when: {benefit: veteran}}"
        + "\n- {code: levy, kind: percentage, percent: 10 %, of: [volume, b]}"
    )
    book = made(tariff(lines))
    plain = quote({**METERED, "usage": 1000}, book).lines
    assert plain.select("component", "amount").rows() == [("volume", 1045), ("levy", 105)]
    (version,) = book.versions.values()
    said = explain(plain.to_dicts(), version, book.plugins, (), "en").replace("\u00a0", " ")
    assert "Percentage: 10 % of 10.45 som = 1.05 som" in said
    veteran = {**METERED, "usage": 1000, "attributes": {"metered": True, "benefit": "veteran"}}
    assert quote(veteran, book).lines["amount"].to_list() == [1045, -523, 52]
    free = quote({**METERED, "usage": 0}, book).lines
    assert free.select("component", "amount").rows() == [("volume", 0), ("levy", 0)]
