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


@given(
    pairs=st.lists(st.tuples(st.integers(-3, 9), st.one_of(st.none(), st.integers(0, 4))), min_size=1, max_size=40),
    far=st.integers(0, 10**12),
)
def test_what_is_worked_out_once_is_each_rows_own(pairs, far):
    """Whether rows are few, many and alike, many with numbers far apart, or all the same: what each would say alone."""
    rows = pl.DataFrame(pairs, schema={"n": pl.Int64, "m": pl.Int64}, orient="row")
    rows = pl.concat([rows] * (alike.FEW_LINES // rows.height + 1)).with_columns(pl.col("n") * (far + 1))
    text = pl.when(pl.col("m").is_null()).then(None).otherwise(pl.format("{}:{}", "n", "m"))
    once = alike.Once(text, ("n", "m"))
    for some in (rows, rows.head(3), rows.filter(pl.col("n") == rows["n"][0])):
        said = [None if m is None else f"{n}:{m}" for n, m in some.rows()]
        assert once.over(some).to_list() == said


def test_a_value_stands_in_as_many_rows_as_are_asked_for():
    """More than before, or fewer; and what is done to a column that was given changes no other."""
    value = alike.alike(pl.Series("one", ["water"]))
    assert alike.alike(pl.Series("other", ["water"])) is value
    for rows in (2, 5, 3, 0):
        assert value.over(rows).to_list() == ["water"] * rows
    value.over(5).scatter([0], ["waste"])
    assert value.over(5).to_list() == ["water"] * 5
