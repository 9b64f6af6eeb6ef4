"""Where and how a tariff rounds is its own setting, and lines always add up to what is rounded."""

from fractions import Fraction

import pytest
from aimak_billing.domain.rating import quote, rate
from aimak_billing.tariff_file import dump, load
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.billing.rating.conftest import HEAD, frame, tariff

METERED = {"service": "water", "provider": "p", "attributes": {"metered": True}}
FEWER = settings(max_examples=settings().max_examples // 4)
MODES = ("half_up", "half_even", "down", "up")
UNITS = {"0.01": 1, "0.10": 10, "1": 100, "10": 1000, "100": 10_000}


def amounts(book, usage):
    """The amounts of one connection's lines, in the order of the bill."""
    return quote({**METERED, "usage": usage}, book).lines["amount"].to_list()


def rounded(exact, mode, unit):
    """What Python's fractions come to, in tyiyn."""
    size, sign = abs(exact) / unit, -1 if exact < 0 else 1
    down = size.__floor__()
    half = Fraction(1, 2)
    up = {
        "half_up": size - down >= half,
        "half_even": size - down > half or (size - down == half and down % 2 == 1),
        "down": False,
        "up": size > down,
    }[mode]
    return sign * (down + up) * unit


def shared(exacts, total, one_tyiyn):
    """Largest remainder by hand; what more than a tyiyn adds falls on the largest line."""
    parts = [exact.__floor__() for exact in exacts]
    order = sorted(range(len(exacts)), key=lambda place: (parts[place] - exacts[place], place))
    for place in order[: one_tyiyn - sum(parts)]:
        parts[place] += 1
    largest = max(range(len(exacts)), key=lambda place: (abs(exacts[place]), -place))
    parts[largest] += total - one_tyiyn
    return parts


def several(prices, rule):
    """A tariff of one line per price."""
    lines = "\n".join(f"- {{code: c{n}, kind: per_unit, price: {price}}}" for n, price in enumerate(prices))
    return tariff(lines, extra=f"rounding: {rule}")


def test_a_total_is_rounded_once_and_the_lines_share_it(made):
    """Three lines of 0.334 som are 1.002 together, so 1.00: 0.34, 0.33 and 0.33; rounded each they would be 0.99."""
    assert amounts(made(several(["0.334"] * 3, "{of: total}")), 1000) == [34, 33, 33]
    assert amounts(made(several(["0.334"] * 3, "{of: line}")), 1000) == [33, 33, 33]
    assert amounts(made(several(["0.331", "0.335", "0.334"], "{of: total}")), 1000) == [33, 34, 33]


def test_ten_som_cut_off_below_fall_on_the_largest_line(made):
    """585 + 137 × 10 + 166 × 3 and a tenth of it as tax are 2698.30 som; cut off below ten they are 2690."""
    lines = "\n".join(
        [
            "- {code: base, kind: fixed, price: 585}",
            "- {code: volume, kind: block, blocks: [{up_to: 10, price: 137}, {up_to: 20, price: 166}, {price: 200}]}",
            "- {code: tax, kind: tax, tax: vat}",
        ]
    )
    vat = "\ntaxes: [{tax: vat, name: {ky: а, ru: б, en: c}, rate: 10 %, from: 2026-01-01, legal_ground: x}]\n"
    book = made(tariff(lines, extra="rounding: {mode: down, to: 10, of: total}"), taxes=vat)
    assert amounts(book, 13_000) == [585_00, 1868_00 - 8_30, 245_30]
    assert sum(amounts(book, 14_000)) == 2880_00


def test_a_component_may_have_a_rule_of_its_own(made):
    """A tax cut off below one som before the total is; and one that is rounded finer than the other lines."""
    lines = "- {code: volume, kind: per_unit, price: 115}\n- {code: tax, kind: tax, tax: vat, rounding: RULE}"
    vat = "\ntaxes: [{tax: vat, name: {ky: а, ru: б, en: c}, rate: 10 %, from: 2026-01-01, legal_ground: x}]\n"
    cut = lines.replace("RULE", "{mode: down, to: 1}")
    assert amounts(made(tariff(cut, extra="rounding: {of: total}"), taxes=vat), 5_000) == [575_00, 57_00]
    assert amounts(made(tariff(cut), taxes=vat), 11_000) == [1265_00, 126_00]
    fine = lines.replace("RULE", "{to: 0.01}")
    assert amounts(made(tariff(fine, extra="rounding: {to: 100}"), taxes=vat), 5_000) == [600_00, 60_00]


@pytest.mark.parametrize(
    ("of", "on", "expected"),
    [
        # 0.5 m³ × 0.33 = 0.165 som, rounded 0.17. Half of the rounded is 0.085, of the exact 0.0825.
        ("line", "rounded", [17, 9]),
        ("line", "unrounded", [17, 8]),
        # 0.165 + 0.0825 = 0.2475, rounded 0.25: 0.16 + 0.08 and one tyiyn to the larger remainder.
        ("total", "rounded", [17, 8]),
        ("total", "unrounded", [17, 8]),
    ],
)
def test_a_tax_is_on_the_rounded_lines_or_on_what_they_were(made, of, on, expected):
    """The parameter `on` of the tax, under either rounding."""
    lines = f"- {{code: volume, kind: per_unit, price: 0.33}}\n- {{code: tax, kind: tax, tax: t, on: {on}}}"
    half = "\ntaxes: [{tax: t, name: {ky: а, ru: б, en: c}, rate: 50 %, from: 2026-01-01, legal_ground: x}]\n"
    book = made(tariff(lines, extra=f"rounding: {{of: {of}}}"), taxes=half)
    assert amounts(book, 500) == expected


@FEWER
@given(
    st.lists(st.integers(0, 99_999_999), min_size=1, max_size=5),
    st.integers(0, 10**7),
    st.sampled_from(MODES),
    st.sampled_from(sorted(UNITS)),
)
def test_lines_add_up_to_the_total_rounded_once(made, units, usage, mode, to):
    """By every mode and unit, what each line gets is largest remainder worked out in Python's fractions."""
    prices = [f"{unit // 10**8}.{unit % 10**8:08d}" for unit in units]
    book = made(several(prices, f"{{mode: {mode}, to: {to}, of: total}}"))
    exacts = [Fraction(unit * usage, 10**6 * 1000) for unit in units]
    total = rounded(sum(exacts), mode, UNITS[to])
    one = total if to == "0.01" else rounded(sum(exacts), "half_up", 1)
    found = amounts(book, usage)
    assert sum(found) == total and found == shared(exacts, total, one)
    bulk = rate(frame({"usage": usage}, {"usage": 1, "place": 1}), book).lines
    assert bulk.filter(bulk["place"] == 0).sort("position")["amount"].to_list() == found


def test_half_even_goes_to_the_even_tyiyn(made):
    """0.125 is 0.12 and 0.135 is 0.14; half up both go up."""
    even = made(several(["0.125", "0.135"], "{mode: half_even}"))
    assert amounts(even, 1000) == [12, 14]
    assert amounts(made(several(["0.125", "0.135"], "{mode: half_up}")), 1000) == [13, 14]


def test_a_line_that_is_not_known_holds_the_total(made):
    """With one amount beyond the bounds none of the lines has an amount."""
    book = made(several(["9999999999.99", "1"], "{of: total}"))
    rated = quote({**METERED, "usage": 10**12 - 1}, book)
    assert rated.lines.is_empty() and rated.holds["code"].to_list() == ["AIM-T028"]


def test_rounding_reads_back_as_it_was_written(plugins):
    """Mode, unit, what is rounded, and a component's own rule: out as YAML and in again."""
    text = (
        HEAD
        + "tariffs:"
        + several(["1"], "{mode: half_even, to: 100, of: total}").replace(
            "price: 1}", "price: 1, rounding: {mode: up, to: 0.10}}"
        )
    )
    loaded = load(text, "naryn", plugins)
    assert loaded.problems == ()
    (version,) = loaded.versions
    assert (version.rounding.mode, version.rounding.unit, version.rounding.of) == ("half_even", 10_000, "total")
    assert version.components[0].rounding.unit == 10
    assert load(dump(loaded.versions, plugins), "naryn", plugins) == loaded
