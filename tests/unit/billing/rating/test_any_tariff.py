"""Whatever a tariff is made of: one account is rated as in bulk, a file reads back, nothing unknown is a number."""

import polars as pl
import pytest
from aimak.period import Period
from aimak.plugins.inputs import GIVEN
from aimak_billing.domain.rating import Book, explain, quote, rate
from aimak_billing.domain.rating.alike import FEW
from aimak_billing.domain.rating.calculate import FRAME
from aimak_billing.domain.rating.lines import sorted_lines
from aimak_billing.tariff_file import dump, load
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.billing.rating.any_tariff import COMPONENTS, connections, tariffs

# Each example makes books and rates its rows one by one.
SOME = settings(max_examples=max(settings().max_examples // 25, 1))
ROWS = 5
OF_A_LINE = ["component", "kind", "quantity", "price", "price_scale", "amount", "tax", "basis"]


@pytest.mark.parametrize("code", COMPONENTS)
def test_one_account_is_rated_as_in_bulk(plugins, code):
    """Bit for bit the same lines, holds and sentences, for every component that is installed."""

    @SOME
    @given(st.data())
    def rated_alike(data):
        tried = data.draw(tariffs(code, plugins))
        rows = data.draw(st.lists(connections(tried), min_size=1, max_size=ROWS))
        bulk, book = rate(many(rows), book_of(tried, plugins)), book_of(tried, plugins)
        for number, row in enumerate(rows):
            alone = quote(row, book)
            mine = pl.col("place") % len(rows) == number
            accounts = many(rows).filter(mine).height
            expected = pl.concat([alone.lines.select(OF_A_LINE)] * accounts)
            assert sorted_lines(bulk.lines.filter(mine)).select(OF_A_LINE).equals(expected)
            told = pl.concat([alone.holds.select("code", "fields")] * accounts)
            assert bulk.holds.filter(mine).select("code", "fields").equals(told)
            if alone.lines.height:
                place = bulk.lines.filter(mine)["place"].max()
                lines = sorted_lines(bulk.lines.filter(pl.col("place") == place))
                assert said(lines, tried, plugins) == said(alone.lines, tried, plugins)

    rated_alike()


@pytest.mark.parametrize("code", COMPONENTS)
def test_a_file_reads_back_as_the_same_tariff(plugins, code):
    """Written and read again it is equal, and written the same once more."""

    @SOME
    @given(st.data())
    def reads_back(data):
        loaded = data.draw(tariffs(code, plugins)).loaded
        text = dump(loaded.versions, plugins, loaded.taxes)
        again = load(text, "naryn", plugins)
        assert again == loaded
        assert dump(again.versions, plugins, again.taxes) == text

    reads_back()


@pytest.mark.parametrize("code", COMPONENTS)
def test_what_is_not_known_holds_the_account(plugins, code):
    """A determinant that is missing or beyond its bounds leaves no line, unless the lines are the same whatever it
    is: the value of a row of a table that is not the connection's."""

    @SOME
    @given(st.data())
    def held(data):
        tried = data.draw(tariffs(code, plugins))
        row, book = data.draw(connections(tried)), book_of(tried, plugins)
        name = data.draw(st.sampled_from([name for name in GIVEN if name in (*tried.needs, "usage")]))
        rated = quote({**row, name: data.draw(st.sampled_from([None, GIVEN[name][1] + 1, -1]))}, book)
        assert rated.lines.is_empty() != rated.holds.is_empty()
        assert rated.lines["amount"].null_count() == 0
        if rated.lines.height:
            known = [quote({**row, name: value}, book) for value in (1, 2)]
            assert [one.lines["amount"].to_list() for one in known] == [rated.lines["amount"].to_list()] * 2

    held()


def book_of(tried, plugins):
    """A book that has met no connection yet."""
    return Book.of(tried.loaded.versions, tried.loaded.taxes, plugins, Period.month("2026-10"))


def many(rows):
    """The rows over and over, each time as another account, as often as it takes to be rated as many."""
    times = FEW // len(rows) + 2
    numbered = [{**row, "account_id": n, "place": n, "connection_id": n} for n, row in enumerate(rows * times)]
    return pl.DataFrame([{name: row.get(name) for name in FRAME} for row in numbered], schema=dict(FRAME))


def said(lines, tried, plugins):
    """The sentence of one connection's lines."""
    return explain(lines.to_dicts(), tried.loaded.versions[0], plugins, tried.loaded.taxes, "ky")
