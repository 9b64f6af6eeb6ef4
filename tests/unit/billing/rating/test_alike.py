"""Rows that are alike are found as such, however they are told apart."""

import polars as pl
import pytest
from aimak_billing.domain.rating import alike
from hypothesis import given
from hypothesis import strategies as st

rows_of_texts = st.lists(
    st.tuples(st.sampled_from(["a", "b", None]), st.sampled_from(["", "x", "long enough for a heap", None])),
    min_size=1,
    max_size=60,
)


def told(found):
    """What each row's kind says."""
    numbers, kinds = found
    assert kinds.height == kinds.unique().height
    return kinds[numbers].rows()


@pytest.mark.parametrize("find", [alike._by_hash, alike._by_keys])
@given(rows=rows_of_texts)
def test_each_row_is_of_the_kind_that_says_the_same(find, rows):
    """By hash or by the texts themselves; a missing text is a value of its own."""
    frame = pl.DataFrame(rows, schema={"first": pl.String, "second": pl.String}, orient="row")
    assert told(find(frame)) == rows


def test_kinds_with_one_hash_are_told_apart(monkeypatch):
    """Where no part of the hashes fits into a table, they are joined; where hashes meet, the texts themselves tell."""
    texts = [str(number % 50) for number in range(3 * alike.FEW)]
    frame = pl.DataFrame({"text": texts})
    assert alike._by_hash(frame) is not None
    monkeypatch.setattr(alike, "_slots", lambda hashed, part: (hashed & 7).cast(pl.UInt64))
    assert told(alike._by_hash(frame)) == told(alike.kinds_of(frame)) == [(text,) for text in texts]
    monkeypatch.undo()
    monkeypatch.setattr(pl.Expr, "hash", lambda column, seed: column.str.len_chars().cast(pl.UInt64))
    assert alike._by_hash(frame) is None and told(alike.kinds_of(frame)) == [(text,) for text in texts]
