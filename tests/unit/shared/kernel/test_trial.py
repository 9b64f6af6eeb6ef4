"""A command that is only tried asks every rule and leaves nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from aimak import operations
from aimak.http import wants_trial
from aimak.messaging.relay import transaction
from aimak.service import Service
from aimak.storage.counters import reserve
from aimak.storage.trial import tried
from flask import Flask
from sqlalchemy import func, select

from tests.unit.shared.kernel.conftest import define_tenant

Make = Callable[[str], Service]


def count(service: Service, table: str) -> int:
    """Rows of a table."""
    with service.work("naryn") as work:
        return int(work.execute(select(func.count()).select_from(work.table(table))).scalar_one())


def test_nothing_of_a_trial_stays(make_service: Make) -> None:
    """What units committed inside, rows, events, jobs and numbers taken, is gone when the trial ends."""
    service = make_service("billing")
    with tried():
        define_tenant(service)
        with service.work("naryn") as work:
            assert reserve(work, "bill", 10) == 1
            work.schedule("maintain", "now")
            work.commit()
        assert (count(service, "outbox"), count(service, "job")) == (1, 1)
    assert (count(service, "outbox"), count(service, "job")) == (0, 0)
    with service.work("naryn") as work:
        assert reserve(work, "bill", 1) == 1


def test_a_later_unit_sees_what_an_earlier_one_did(make_service: Make) -> None:
    """On both of a service's engines, as the next command would."""
    service = make_service("billing")
    with tried():
        for first in (1, 6):
            with service.work("naryn", bulk=first == 6) as work:
                assert reserve(work, "bill", 5) == first
                work.commit()


def test_a_unit_that_is_left_in_a_trial_is_undone_at_once(make_service: Make) -> None:
    """Leaving without commit means the same in a trial; what was committed before it is still there."""
    service = make_service("billing")
    with tried():
        define_tenant(service)
        with service.work("naryn") as work:
            reserve(work, "bill", 5)
        with pytest.raises(ValueError, match="halfway"), service.work("naryn") as work:
            work.schedule("maintain", "now")
            raise ValueError("halfway")
        assert (count(service, "outbox"), count(service, "counter"), count(service, "job")) == (1, 0, 0)


def test_a_trial_ends_with_its_error_and_lets_go(make_service: Make) -> None:
    """A rule that refuses ends the trial; the next writer does not wait for it."""
    service = make_service("billing")
    with pytest.raises(ValueError, match="refused"), tried():
        define_tenant(service)
        raise ValueError("refused")
    define_tenant(service)
    assert count(service, "outbox") == 1


def test_the_kernels_own_transactions_take_part(make_service: Make) -> None:
    """Pruning, which crosses tenants, says how much it would delete and deletes nothing."""
    service = make_service("billing")
    with transaction(service) as connection:
        row = {
            "consumer": "billing",
            "message_id": "1",
            "processed_at": service.clock.now() - operations.INBOX_KEPT * 2,
        }
        connection.execute(service.metadata.tables["inbox"].insert(), row)
    with tried():
        assert operations.prune(service)["inbox"] == 1
    assert count(service, "inbox") == 1
    assert operations.prune(service)["inbox"] == 1


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        *(("", False), ("dry_run=0", False), ("dry_run=false", False), ("dry_run=No", False)),
        *(("dry_run=1", True), ("dry_run=True", True), ("dry_run=on", True), ("dry_run", True), ("dry_run=2", True)),
    ],
)
def test_who_asks_in_other_words_changes_nothing_either(query: str, wanted: bool) -> None:
    """Only a plain no does the real thing; a word that nobody foresaw is a trial."""
    with Flask("x").test_request_context(f"/?{query}"):
        assert wants_trial() is wanted
