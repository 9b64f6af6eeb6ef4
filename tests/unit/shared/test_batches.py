"""A list in parts."""

import pytest
from aimak.batches import in_batches


@pytest.mark.parametrize(
    ("items", "parts"),
    [([], []), ([1], [[1]]), ([1, 2, 3, 4], [[1, 2], [3, 4]]), ((1, 2, 3), [[1, 2], [3]]), (range(3), [[0, 1], [2]])],
)
def test_every_item_is_in_one_part_in_order(items: list[int], parts: list[list[int]]) -> None:
    """Nothing is left out, repeated or moved; the last part holds the rest."""
    assert list(in_batches(items, 2)) == parts
