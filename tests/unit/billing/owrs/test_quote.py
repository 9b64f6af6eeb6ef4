"""Prices by OWRS files of our own making, worked out by hand."""

import pytest
from aimak.problems import Refused
from aimak_billing.domain.rating import Plugins
from aimak_billing.owrs import quote, read, tariffs
from aimak_billing.owrs.quote import Asked, in_thousandths
from aimak_billing.tariff_file import dump, load

from tests.unit.billing.owrs.files import DATA


@pytest.fixture(scope="module")
def plugins():
    """All that are installed."""
    return Plugins.discover()


def priced(plugins, file, owrs_class, usage, unit=None, **values):
    """Label → amount, and the total under ""."""
    document = read((DATA / file).read_text(), file)
    answer = quote(document, Asked(owrs_class, usage, unit, values), plugins)
    return {**{line["label"]: line["amount"] for line in answer["lines"]}, "": answer["total"]}


def refused(plugins, *asked, **values):
    """Codes of why it cannot be priced."""
    with pytest.raises(Refused) as told:
        priced(plugins, *asked, **values)
    return [problem.code for problem in told.value.problems]


def test_a_tier_start_is_the_first_unit_at_its_price(plugins):
    """[0, 11, 31]: ten units at 2, twenty at 3.5, the rest at 5; half of unit 10.5 lies in the second tier."""
    bare = {"fixed_drought_surcharge": "0", "variable_drought_surcharge": "0", "meter_size": '5/8"'}
    for usage, charge in (("10", "20.00"), ("10.5", "21.75"), ("30", "90.00"), ("31", "95.00"), ("0", "0.00")):
        found = priced(plugins, "plain.owrs", "RESIDENTIAL_SINGLE", usage, **bare)
        assert (found["commodity_charge"], found["service_charge"]) == (charge, "10.10")


def test_parts_of_the_file_can_be_given_another_value(plugins):
    """Drought parts count unless they are set to 0; a part and what it is made of can both be set."""
    size = {"meter_size": "3/4"}
    assert priced(plugins, "plain.owrs", "RESIDENTIAL_SINGLE", "4", **size)[""] == "23.00"
    rated = priced(plugins, "plain.owrs", "RESIDENTIAL_SINGLE", "4", flat_rate_drought="1", **size)
    assert rated["variable_drought_surcharge"] == "4.00"
    free = priced(plugins, "plain.owrs", "residential single", "4", Service_Charge="0", **size)
    assert free["service_charge"] == "0.00"


@pytest.mark.parametrize("size", ['1 1/2"', "1 1/2", '1_1/2"', '1|1/2"', "1.5", '1.5"', "1-1/2 inch", ' 1  1/2" '])
def test_a_size_may_be_spelt_in_many_ways(plugins, size):
    """All are one and a half inches."""
    assert priced(plugins, "plain.owrs", "RESIDENTIAL_SINGLE", "0", meter_size=size)["service_charge"] == "40.00"


def test_a_percentage_on_the_whole_is_a_line_of_its_own(plugins):
    """1.014 × (45 + 22.50) is 68.445: rounded once, half to the even 68.44, which the lines share."""
    given = {"meter_size": '1.5"', "city_limits": "Outside_City", "season": "summer"}
    found = priced(plugins, "plain.owrs", "RESIDENTIAL_MULTI", "10", **given)
    assert found == {"service_charge": "45.00", "commodity_charge": "22.50", "bill": "0.94", "": "68.44"}


def test_starts_and_prices_may_depend_on_different_things(plugins):
    """Rows meet by the attribute that both have; a number alone is a list of one."""
    small = priced(plugins, "plain.owrs", "COMMERCIAL", "8", meter_size='1"', water_type="fit")
    assert small["commodity_charge"] == "27.00"
    found = priced(plugins, "plain.owrs", "COMMERCIAL", "8", meter_size='2"', water_type="raw")
    assert found == {"commodity_charge": "40.00", "service_charge": "20.00", "outside_charge": "22.50", "": "82.50"}


def test_names_with_hyphens_and_other_case_are_found(plugins):
    """9.24 × 4 + 5 + 0.1 × 3."""
    assert priced(plugins, "plain.owrs", "FIRE_SERVICE", "3", diameter_of_connection='4"')[""] == "42.26"


def test_a_budget_is_kept_in_whole_units(plugins):
    """indoor 6.62 → 7, budget 6.62 + 5.80 = 12.42 → 12, 150 % 18.63 → 19, then 40 as it stands: no unit less."""
    given = {"hhsize": "3", "et_amount": "5", "irr_area": "2000", "days_in_period": "30"}
    for usage, charge in (("7", 7), ("12", 17), ("19", 38), ("40", 122), ("41", 127)):
        found = priced(plugins, "budget.owrs", "RESIDENTIAL_SINGLE", usage, **given)
        assert found["commodity_charge"] == f"{charge}.00", usage
    half = priced(plugins, "budget.owrs", "IRRIGATION", "30", rolling_average="50")
    assert half["commodity_charge"] == "34.00", "25.5 is rounded to the even 26"


def test_a_usage_finer_than_thousandths_is_priced_as_it_is(plugins):
    """2 × 1.2325 is 2.465, half to the even 2.46; of 1.233 it would be 2.47. Its line then names no quantity."""
    document = read((DATA / "wrong.owrs").read_text(), "wrong.owrs")
    answer = quote(document, Asked("SOUND", "1.2325", None, {}), plugins)
    assert (answer["total"], answer["lines"][0]["quantity"], answer["unused"]) == ("2.46", None, [])
    assert quote(document, Asked("SOUND", "1.232", None, {}), plugins)["lines"][0]["quantity"] == "1.232"


def test_yes_and_true_are_one_key(plugins):
    """As YAML has them; a map may be the whole bill, each of its rows a mapping of its own."""
    for word, total in (("true", "25.50"), ("Yes", "25.50"), ("False", "30.00"), ("no", "30.00")):
        assert priced(plugins, "plain.owrs", "MOUNTAIN", "10", wrap_customer=word)[""] == total


def test_units_are_converted_exactly():
    """A ccf is 748.05… gallons, an acre-foot 435.6 ccf; what is left over is rounded half up to a thousandth."""
    assert in_thousandths("1", "kgal", "gal") == 1_000_000
    assert in_thousandths("1", "ccf", "gallons") == 748_052
    assert in_thousandths("1", "AF", "ccf") == 435_600
    assert in_thousandths("2.8316846592", "m3", "ccf") == 1000
    assert in_thousandths("9.0005", None, "ccf") == 9001


@pytest.mark.parametrize(
    ("asked", "values", "codes"),
    [
        (("plain.owrs", "RESIDENTIAL_SINGLE", "5"), {}, ["AIM-T024"]),
        (("plain.owrs", "RESIDENTIAL_SINGLE", "5"), {"meter_size": '7"'}, ["AIM-T210"]),
        (("plain.owrs", "RESIDENTIAL_SINGLE", None), {"meter_size": '5/8"'}, ["AIM-T022"]),
        (("plain.owrs", "RESIDENTIAL_SINGLE", "many"), {}, ["AIM-T230"]),
        (("plain.owrs", "RESIDENTIAL_SINGLE", "-1"), {}, ["AIM-T230"]),
        (("plain.owrs", "RESIDENTIAL_SINGLE", "1", "bucket"), {}, ["AIM-T229"]),
        (("plain.owrs", "RESIDENTIAL_SINGLE", "1"), {"service_charge": "free"}, ["AIM-T230"]),
        (("plain.owrs", "NOBODY", "1"), {}, ["AIM-T228"]),
        (("plain.owrs", "UNMETERED", None), {}, ["AIM-T024"]),
        (("budget.owrs", "RESIDENTIAL_SINGLE", "1"), {"hhsize": "3", "irr_area": "5"}, ["AIM-T024"]),
        (("broken.owrs", "A", "1"), {}, ["AIM-T001"]),
        (("wrong.owrs", "NO_BILL", "1"), {}, ["AIM-T221"]),
        (("wrong.owrs", "CIRCLE", "1"), {}, ["AIM-T010"]),
        (("wrong.owrs", "FORMULA", "1"), {}, ["AIM-T201"]),
        (("wrong.owrs", "LENGTHS", "1"), {}, ["AIM-T223"]),
        (("wrong.owrs", "PERCENT", "1"), {}, ["AIM-T224"]),
        (("wrong.owrs", "NO_TIERS", "1"), {}, ["AIM-T232"]),
        (("wrong.owrs", "SHAPE", "1"), {"area": "a"}, ["AIM-T222"]),
        (("wrong.owrs", "KEYS", "1"), {"area": "a", "zone": "1"}, ["AIM-T226"]),
        (("wrong.owrs", "TWICE", "1"), {"meter_size": '1"'}, ["AIM-T227"]),
        (("wrong.owrs", "DOUBLED", "1"), {}, ["AIM-T012"]),
        (("wrong.owrs", "ZERO", "1"), {}, ["AIM-T207"]),
        (("wrong.owrs", "LISTED", "1"), {}, ["AIM-T225"]),
        (("wrong.owrs", "EMPTY", "1"), {}, ["AIM-T231"]),
    ],
)
def test_what_cannot_be_rated_is_told_with_a_code(plugins, asked, values, codes):
    """A missing input, an unknown key or unit, a class that is wrong in itself."""
    assert refused(plugins, *asked, **values) == codes


def test_a_sound_class_is_priced_beside_wrong_ones(plugins):
    """What is wrong elsewhere in the file does not matter to it; inputs that nothing uses are told."""
    document = read((DATA / "wrong.owrs").read_text(), "wrong.owrs")
    answer = quote(document, Asked("SOUND", "3", None, {"hhsize": "4"}), plugins)
    assert (answer["total"], answer["currency"], answer["unused"]) == ("6.00", "USD", ["hhsize"])


def test_a_wrong_file_is_refused_as_a_whole_with_every_place(plugins):
    """Each of the thirteen wrong classes with its line."""
    with pytest.raises(Refused) as told:
        tariffs(read((DATA / "wrong.owrs").read_text(), "wrong.owrs"), "t", "p", plugins)
    assert [problem.place.line for problem in told.value.problems] == list(range(5, 18))


@pytest.mark.parametrize("file", ["plain.owrs", "budget.owrs"])
def test_a_sound_file_becomes_drafts_of_ours(plugins, file):
    """One version for each class; written as our YAML it reads back the same, in its currency and unit."""
    document = read((DATA / file).read_text(), file)
    versions = tariffs(document, "t", "p", plugins)
    assert [version.applies_to["class"][0] for version in versions] == list(document.classes)
    assert {(version.currency, version.unit) for version in versions} == {("USD", document.unit)}
    again = load(dump(versions, plugins), "t", plugins)
    assert again.problems == () and again.versions == versions


@pytest.mark.parametrize(
    ("said", "frequency"),
    [("Monthly", "month"), ("Bi-Monthly", "two_months"), ("bimonthly", "two_months"), ("Quarterly", "quarter"),
     ("Annually", "year"), ("every so often", "month")],
)  # fmt: skip
def test_a_draft_has_the_frequency_of_its_file(plugins, said, frequency):
    """Whoever bills every two months has a tariff for two months; what it quotes is the price of its own period."""
    text = (DATA / "plain.owrs").read_text().replace("Monthly", said)
    document = read(text, "plain.owrs")
    drafts = tariffs(document, "town", "vodokanal", plugins)
    assert {draft.frequency for draft in drafts} == {frequency}
    asked = Asked("RESIDENTIAL_SINGLE", "10", None, {"meter_size": '5/8"', "variable_drought_surcharge": "0",
                                                    "fixed_drought_surcharge": "0"})  # fmt: skip
    assert quote(document, asked, plugins)["total"] == "30.10"
