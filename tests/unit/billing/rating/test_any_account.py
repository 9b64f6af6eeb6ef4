"""What an account takes of its own other services: alone it is rated as in bulk, and nothing unknown is a number."""

import json

import polars as pl
from aimak_billing.domain.rating import rate
from aimak_billing.domain.rating.alike import FEW
from aimak_billing.domain.rating.lines import sorted_lines
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.billing.rating.conftest import frame, tariff

SOME = settings(max_examples=max(settings().max_examples // 10, 1))
PRICE = st.integers(0, 10**5).map(lambda tyiyn: f"{tyiyn // 100}.{tyiyn % 100:02}")
ROUNDING = st.sampled_from(["", "rounding: {of: total}", "rounding: {of: line, mode: up, to: 100}"])
FALLBACK = st.sampled_from(["followed", "norm", "hold"])
TAX = "\n- {code: t, kind: tax, tax: sales_tax}"
OF_A_LINE = ["service", "component", "kind", "position", "quantity", "price", "price_scale", "amount", "tax", "basis"]


@st.composite
def books(draw):
    """Water; of one creditor sewerage as a share of its charge, of another by the winter average."""
    water = (
        f"- {{code: volume, kind: per_unit, price: {draw(PRICE)}}}\n- {{code: fee, kind: fixed, price: {draw(PRICE)}}}"
    )
    share = f"- {{code: share, kind: percentage, percent: {draw(st.integers(0, 300))} %, of_service: water}}"
    winter = f"winter_average: {{months: december..february, at_least: 2, fallback: {draw(FALLBACK)}}}\n"
    norms = "norms: {per: month, table: [{quantity: 4}]}\n"
    return (
        tariff(water + TAX, extra=draw(ROUNDING)),
        tariff(share + TAX, "sewerage", "share", draw(ROUNDING)),
        tariff(
            f"- {{code: volume, kind: per_unit, price: {draw(PRICE)}}}" + TAX,
            "sewerage",
            "winter",
            winter + norms + draw(ROUNDING),
        ).replace("provider: p", "provider: q"),
    )


@st.composite
def accounts(draw):
    """Up to three connections of water, some without a reading or with a creditor that has no tariff, and sewerage of
    one or both creditors, with an average or without."""
    usage = st.one_of(st.integers(0, 10**5), st.sampled_from([None, 0, 10**12 - 1, 10**12]))
    water = [{"usage": used} for used in draw(st.lists(usage, max_size=3))]
    if water and draw(st.integers(0, 9)) == 0:
        water[0]["provider"] = "nobody"
    average = draw(st.one_of(st.none(), st.integers(0, 30).map(str), st.just("x")))
    attributes = json.dumps({} if average is None else {"winter_average": average})
    sewer = [{"service": "sewerage", "provider": one} for one in draw(st.sampled_from(["p", "q", "pq"]))]
    residents = draw(st.one_of(st.integers(0, 9), st.none()))
    rows = [*water, *({**row, "attributes": attributes} for row in sewer)]
    return [{**row, "residents": residents, "pensioners": 0} for row in rows]


def test_one_account_is_rated_as_in_bulk(made):
    """Bit for bit the same lines and holds, beside any others."""

    @SOME
    @given(books(), st.lists(accounts(), min_size=1, max_size=5))
    def rated_alike(tariffs, every):
        times = FEW // sum(map(len, every)) + 2
        many = [rows for _ in range(times) for rows in every]
        bulk = rate(numbered(many), made(*tariffs))
        assert bulk.lines["amount"].null_count() == 0
        for place, rows in enumerate(every):
            alone, mine = rate(numbered([rows]), made(*tariffs)), pl.col("place") % len(every) == place
            expected = pl.concat([sorted_lines(alone.lines).select(OF_A_LINE)] * times)
            assert sorted_lines(bulk.lines.filter(mine)).select(OF_A_LINE).equals(expected)
            told = pl.concat([alone.holds.select("service", "provider", "code", "fields")] * times)
            assert bulk.holds.filter(mine).select("service", "provider", "code", "fields").equals(told)

    rated_alike()


def numbered(every):
    """Accounts as one frame, in the order of the bill."""
    ids = [{"account_id": place, "place": place} for place in range(len(every))]
    return frame(*({**row, **ids[place]} for place, rows in enumerate(every) for row in rows))
