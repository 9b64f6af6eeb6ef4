"""How a town is cut: so that every worker has something to do until the end."""

from __future__ import annotations

import pytest
from aimak_billing.domain.cycle import chunk_size

MOST = 20_000


def _busiest(accounts: int, workers: int) -> float:
    """The longest share of the chunks that a worker gets, beside an equal share; each takes the next one when it is
    done with its own."""
    size = chunk_size(accounts, MOST)
    given = [0] * workers
    for first in range(0, accounts, size):
        given[given.index(min(given))] += min(size, accounts - first)
    return max(given) * workers / accounts


@pytest.mark.parametrize("accounts", [100_000, 120_000, 150_000, 240_000, 300_000, 1_000_000])
@pytest.mark.parametrize("workers", [2, 3, 4])
def test_no_worker_of_a_large_town_is_left_with_much_more_than_its_share(accounts: int, workers: int) -> None:
    """At most a fifth more than if all ended together."""
    assert _busiest(accounts, workers) <= 1.2


def test_two_workers_share_a_town_of_a_hundred_thousand_equally() -> None:
    """Five chunks of 20,000 would be three for the one and two for the other."""
    assert _busiest(100_000, 2) == 1


@pytest.mark.parametrize(
    ("accounts", "size"), [(8_430, 10_000), (40_000, 10_000), (240_000, 20_000), (3_000_000, 20_000)]
)
def test_a_chunk_is_neither_too_small_to_be_worth_it_nor_larger_than_a_worker_takes(accounts: int, size: int) -> None:
    """The sample town is one chunk; a large one is cut by the setting."""
    assert chunk_size(accounts, MOST) == size


def test_an_operator_who_asks_for_smaller_chunks_gets_them() -> None:
    """The setting is the most, also below what is otherwise the least."""
    assert chunk_size(100_000, 50) == 50
