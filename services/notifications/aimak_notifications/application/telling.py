"""From events to messages: what is known of accounts, what has to be told, and the messages made of it.

Events come twice, late and in any order. A notice is kept for each bill and each payment, so that a repeat is known;
it waits while the account, the town or a service is not known here yet.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from aimak.batches import in_batches
from aimak.contracts import billing, payments
from aimak.contracts.base import unfit
from aimak.period import business_date
from aimak.storage.upsert import upsert_newer
from aimak.storage.work import UnitOfWork
from aimak.tenants import keep_tenants
from sqlalchemy import Row

from aimak_notifications import store
from aimak_notifications.domain import notices as domain
from aimak_notifications.domain import states, texts
from aimak_notifications.domain.notices import Notice
from aimak_notifications.domain.phones import international
from aimak_notifications.domain.segmentation import Segments
from aimak_notifications.tables import account, service_type

SEND_JOB = "sms.send"
# What one run of the job sends: large enough for a file, small enough to be done within a minute over HTTP.
MESSAGES_PER_JOB = 500


@dataclass(frozen=True)
class Known:
    """What is known of the tenant while notices are made into messages."""

    town: Row[Any] | None
    accounts: Mapping[int, Row[Any]]
    services: Mapping[str, Mapping[str, str]]
    unwilling: set[str]
    country_code: str


class Telling:
    """The handlers of notifications. `country_code` completes phones that are written without one."""

    def __init__(self, country_code: str) -> None:
        self._country_code = country_code

    def keep_town(self, work: UnitOfWork, event: billing.TenantsDefined) -> None:
        """Keep the town's name and zone; tell what waited for them."""
        store.take_turn(work)
        keep_tenants(work, event)
        self._tell(work, store.waiting_notices(work), fresh=False)

    def keep_accounts(self, work: UnitOfWork, event: billing.AccountsDefined) -> None:
        """Keep numbers, phones and languages; tell what waited for them."""
        store.take_turn(work)
        names = ("account_id", "number", "phone", "language", "version")
        upsert_newer(work, account, [{"tenant": work.tenant, **_pick(row, names)} for row in event.rows()])
        self._tell(work, store.waiting_notices(work, event.columns["account_id"]), fresh=False)

    def keep_service_types(self, work: UnitOfWork, event: billing.ServiceTypesDefined) -> None:
        """Keep the names of services; tell what waited for them."""
        store.take_turn(work)
        rows = [
            {"tenant": work.tenant, "code": row["code"], "names": json.loads(row["names"]), "version": row["version"]}
            for row in event.rows()
        ]
        upsert_newer(work, service_type, rows)
        self._tell(work, store.waiting_notices(work), fresh=False)

    def take_bills(self, work: UnitOfWork, event: billing.BillsIssued) -> None:
        """One message for each bill, whatever is repeated; none for a bill that was cancelled before."""
        try:
            notices = domain.newest(domain.of_bill(work.tenant, row) for row in event.rows())
        except (ValueError, TypeError) as wrong:
            raise unfit(billing.BillsIssued, f"services: {wrong}") from wrong
        self._take(work, notices)

    def take_payments(self, work: UnitOfWork, event: payments.PaymentsReceived) -> None:
        """One receipt for each payment, however many providers it is split over."""
        self._take(work, domain.newest(domain.of_payment(work.tenant, row) for row in event.rows()))

    def _take(self, work: UnitOfWork, notices: Mapping[int, Notice]) -> None:
        store.take_turn(work)
        known = store.known_notices(work, notices)
        store.change_notices(work, list(_changes(work, notices, known)))
        new = [notice for notice in notices.values() if notice.id not in known]
        store.add_notices(work, [_row(notice, domain.WITHDRAWN) for notice in new if not notice.live])
        self._tell(work, [notice for notice in new if notice.live], fresh=True)

    def _tell(self, work: UnitOfWork, notices: Sequence[Notice], *, fresh: bool) -> None:
        """Make messages of `notices` and note what became of each; `fresh` ones are not in the table yet."""
        if not notices:
            return
        known = Known(
            town=store.town(work),
            accounts=store.accounts(work, [notice.account_id for notice in notices]),
            services=store.service_names(work),
            unwilling=store.unwilling(work),
            country_code=self._country_code,
        )
        day = business_date(work.now, known.town.zone) if known.town else None
        outcomes, messages = [], []
        for notice in notices:
            state, phone = _outcome(notice, known)
            outcomes.append(_row(notice, state))
            if state == domain.TOLD and phone and day:
                messages.append(_message(notice, known, phone, day))
        if fresh:
            store.add_notices(work, outcomes)
        else:
            store.change_notices(work, [row for row in outcomes if row["state"] != domain.WAITING])
        store.add_messages(work, messages)
        _schedule(work, [row["id"] for row in messages])


def _changes(
    work: UnitOfWork, notices: Mapping[int, Notice], known: Mapping[int, Row[Any]]
) -> Iterator[dict[str, Any]]:
    """What newer versions of known notices change. A message that is on its way is not called back."""
    for number, row in known.items():
        notice = notices[number]
        if notice.version <= row.version:
            continue
        if notice.live:
            yield _row(notice, row.state)
        elif row.state == domain.WAITING or store.withdraw(work, number):
            yield _row(notice, domain.WITHDRAWN)
        else:
            yield _row(notice, row.state)


def _row(notice: Notice, state: str) -> dict[str, Any]:
    return {
        "id": notice.id,
        "kind": notice.kind,
        "source_id": notice.source_id,
        "account_id": notice.account_id,
        "period": notice.period,
        "version": notice.version,
        "state": state,
        "facts": dict(notice.facts) if state == domain.WAITING else None,
    }


def _outcome(notice: Notice, known: Known) -> tuple[str, str | None]:
    """The notice's state, and the phone where it is to be told."""
    row = known.accounts.get(notice.account_id)
    if known.town is None or row is None or not _services_known(notice, known):
        return domain.WAITING, None
    phone = international(row.phone, known.country_code)
    if phone is None:
        return domain.NO_PHONE, None
    return (domain.NO_CONSENT, None) if phone in known.unwilling else (domain.TOLD, phone)


def _services_known(notice: Notice, known: Known) -> bool:
    if notice.kind != domain.BILL:
        return True
    return all(code in known.services or texts.named_here(code) for code, _ in notice.facts["charges"])


def _message(notice: Notice, known: Known, phone: str, day: date) -> dict[str, Any]:
    row = known.accounts[notice.account_id]
    written = _segments(notice, row, known)
    return {
        **_pick(_row(notice, domain.TOLD), ("id", "kind", "source_id", "account_id", "period")),
        "account": row.number,
        "phone": phone,
        "language": row.language,
        "text": written.text,
        "encoding": written.encoding,
        "parts": len(written.parts),
        "day": day,
        "state": states.QUEUED,
        "attempts": 0,
    }


def _segments(notice: Notice, row: Row[Any], known: Known) -> Segments:
    assert known.town is not None, "a notice without its town waits"
    reader = texts.Reader(row.number, known.town.name, row.language)
    if notice.kind == domain.BILL:
        return texts.bill_message(domain.bill_facts(notice), reader, known.services)
    return texts.receipt_message(domain.receipt_facts(notice), reader)


def _schedule(work: UnitOfWork, ids: Sequence[int]) -> None:
    for some in in_batches(ids, MESSAGES_PER_JOB):
        work.schedule(SEND_JOB, str(some[0]), {"messages": some})


def _pick(row: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: row[name] for name in names}
