"""A batch's contract holds on both paths: row by row and by column."""

import json
from typing import Any

import pytest
from aimak.contracts import base, columns
from aimak.contracts.base import Event, Row
from aimak.contracts.fields import Day, Flag, Text, Tyiyn, Whole
from aimak.contracts.metering import UsageAccepted
from aimak.problems import PermanentFault
from hypothesis import given
from hypothesis import strategies as st


class SampleRow(Row):
    """A column of each type, with and without null."""

    whole = Whole(required=True)
    money = Tyiyn(required=True, allow_none=True)
    text = Text(required=True)
    flag = Flag(required=True)
    day = Day(required=True, allow_none=True)


class SampleTold(Event):
    """An event for these tests alone."""

    publisher = "test"
    row = SampleRow


GOOD = {"whole": 1, "money": None, "text": "ң", "flag": True, "day": "2026-10-01"}
values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**65), 2**65),
    st.sampled_from([2**63 - 1, 2**63, -(2**63), -(2**63) - 1]),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(
        ["2026-10-01", "2026-1-1", "2026-02-30", "2026-10-01\n", "0000-01-01", "9999-12-31", "\ud800", "\u0000"]
    ),
    st.lists(st.integers(), max_size=1),
    st.just({}),
)


def verdict(check: Any, event: Event) -> bool:
    """Whether a path accepts."""
    try:
        check(event)
    except PermanentFault:
        return False
    return True


@given(st.sampled_from(sorted(GOOD)), values, values)
def test_both_paths_accept_and_refuse_the_same(name: str, first: Any, second: Any) -> None:
    """Whatever stands in a column, marshmallow row by row and Polars by column come to the same verdict."""
    rows = [GOOD, {**GOOD, name: first}, {**GOOD, name: second}]
    event = SampleTold("t", {key: [row[key] for row in rows] for key in GOOD})
    assert verdict(base.check_rows, event) == verdict(columns.check_columns, event)


@pytest.mark.parametrize("rows", [1, 500])
def test_a_batch_travels_and_comes_back(rows: int) -> None:
    """What is encoded decodes to the same columns, on the small path and on the bulk path."""
    event = SampleTold.of("t", [{**GOOD, "whole": number} for number in range(rows)])
    assert SampleTold.decode("t", event.encode()).columns == event.columns


@pytest.mark.parametrize(("rows", "letters"), [(3, 3_000_000), (20_000, 500), (20_001, 1), (5, 1)])
def test_what_is_published_is_never_too_large_to_arrive(rows: int, letters: int) -> None:
    """However long its texts are, a batch goes in bodies that are each taken in, and no row is lost or doubled."""
    told = [{**GOOD, "whole": number, "text": "ң" * (letters // 2)} for number in range(rows)]
    event = SampleTold("t", {name: [row[name] for row in told] for name in GOOD})
    bodies = list(event.bodies())
    arrived = [SampleTold.decode("t", body) for _, body in bodies]
    assert [len(part) for part in arrived] == [count for count, _ in bodies]
    assert [number for part in arrived for number in part.columns["whole"]] == list(range(rows))


def test_a_row_that_can_never_arrive_is_refused_at_once() -> None:
    """Its publisher hears of it, not a list of dead letters in another service."""
    event = SampleTold.of("t", [{**GOOD, "text": "x" * base.MAX_BYTES}])
    with pytest.raises(PermanentFault):
        list(event.bodies())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[]",
        b'{"version":1,"rows":1,"columns":{"whole":[NaN]}}',
        b'{"version":1,"rows":0,"columns":{},"columns":{}}',
        b'{"version":2,"rows":0,"columns":{}}',
        b'{"version":1,"rows":true,"columns":{}}',
        b'{"version":1,"rows":2,"columns":{"whole":[1]}}',
    ],
)
def test_a_body_that_is_no_batch_is_refused(body: bytes) -> None:
    """Truncated, doubled keys, NaN, another version, columns of another length: a permanent fault."""
    with pytest.raises(PermanentFault):
        SampleTold.decode("t", body)


def test_a_newer_publisher_may_add_a_column() -> None:
    """An unknown column is left behind; a missing one that may be null is filled with null."""
    tree = json.loads(SampleTold.of("t", [GOOD]).encode())
    tree["columns"]["later"] = ["x"]
    del tree["columns"]["money"]
    assert SampleTold.decode("t", json.dumps(tree).encode()).columns == {name: [GOOD[name]] for name in GOOD}


def test_a_publisher_may_not_forget_a_column() -> None:
    """What is published has every column of its contract, or it is a bug that shows at once."""
    with pytest.raises(PermanentFault):
        SampleTold.of("t", [{"whole": 1}])


def test_names_follow_from_the_class() -> None:
    """The routing key is publisher, snake name and version."""
    assert UsageAccepted.routing_key == "metering.usage_accepted.v1"
