"""Payments, their parts and the answers that were given for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from aimak.storage.statements import insert_into
from aimak.storage.work import UnitOfWork
from sqlalchemy import ColumnElement, Row, Select, Table, func, literal, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from aimak_payments.store import queries

PAGE_ROWS = 500


def answers(work: UnitOfWork, partner: str, external_ids: Sequence[str]) -> dict[str, Row[Any]]:
    """Answers that were given to these ids of a partner."""
    asked = {"tenant": work.tenant, "partner": partner, "ids": list(external_ids)}
    return {row.external_id: row for row in work.fetch(queries.answers(work.metadata), asked)}


def add_answers_once(work: UnitOfWork, rows: Sequence[Mapping[str, Any]]) -> set[str]:
    """Write the answers whose ids are not there yet; gives the ids that are new. Another transaction's row for the
    same id is waited for. Ids are written in order, so that two writers cannot wait for each other."""
    ordered = sorted((dict(row) for row in rows), key=lambda row: str(row["external_id"]))
    if not ordered:
        return set()
    return {row.external_id for row in work.fetch(queries.new_answers(work.metadata, work.is_sqlite), ordered)}


def add(
    work: UnitOfWork,
    payments: Sequence[Mapping[str, Any]],
    parts: Sequence[Mapping[str, Any]],
    typed: Sequence[Mapping[str, Any]],
) -> None:
    """Write payments with their parts and what their payers typed."""
    _insert(work, work.table("payment"), payments)
    _insert(work, work.table("payment_typed"), typed)
    _insert(work, work.table("payment_part"), parts)


def _insert(work: UnitOfWork, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        work.fetch(insert_into(table), [dict(row) for row in rows])


def add_problem(work: UnitOfWork, row: Mapping[str, Any]) -> None:
    """Note what a partner did wrong, once."""
    problem = work.table("partner_problem")
    known = select(problem.c.id).where(problem.c.tenant == work.tenant, problem.c.id == row["id"])
    # SQLite's guard refuses an id that is there even where the insert would do nothing; one writer needs no more.
    if work.execute(known).first() is None:
        dialect: Any = sqlite if work.is_sqlite else postgresql
        work.execute(dialect.insert(problem).values(**row).on_conflict_do_nothing())


def problems(work: UnitOfWork, partner: str | None = None) -> Sequence[Row[Any]]:
    """What partners did wrong, the newest first."""
    problem = work.table("partner_problem")
    query = select(problem).where(problem.c.tenant == work.tenant)
    if partner:
        query = query.where(problem.c.partner == partner)
    return work.execute(query.order_by(problem.c.seen_at.desc(), problem.c.id).limit(PAGE_ROWS)).all()


def listed(
    work: UnitOfWork,
    *,
    account_id: int | None = None,
    partner: str | None = None,
    since: date | None = None,
    until: date | None = None,
    suspended: bool = False,
    after: int = 0,
    limit: int = PAGE_ROWS,
) -> Sequence[Row[Any]]:
    """A page of at most `limit` payments, the latest first, those before the payment with the id `after`; days are the
    partner's, both included."""
    payment = work.table("payment")
    query = with_typed(work).where(payment.c.tenant == work.tenant)
    if after:
        query = query.where(_before(work, after))
    if account_id is not None:
        query = query.where(payment.c.account_id == account_id)
    if partner:
        query = query.where(payment.c.partner == partner)
    if since:
        query = query.where(payment.c.paid_on >= since)
    if until:
        query = query.where(payment.c.paid_on <= until)
    if suspended:
        query = query.where(payment.c.suspense_reason.is_not(None))
    return work.execute(query.order_by(payment.c.paid_at.desc(), payment.c.id.desc()).limit(limit)).all()


def _before(work: UnitOfWork, payment_id: int) -> ColumnElement[bool]:
    """Whether a payment comes after that one in a list of the latest first."""
    payment = work.table("payment")
    last = payment.alias()
    paid_at = select(last.c.paid_at).where(last.c.tenant == work.tenant, last.c.id == payment_id).scalar_subquery()
    return tuple_(payment.c.paid_at, payment.c.id) < tuple_(paid_at, literal(payment_id))


def with_typed(work: UnitOfWork) -> Select[Any]:
    """Payments with what their payers typed (`account_text`)."""
    payment, typed = work.table("payment"), work.table("payment_typed")
    same = (typed.c.tenant == payment.c.tenant) & (typed.c.payment_id == payment.c.id)
    return select(payment, typed.c.account_text).outerjoin(typed, same)


def typed_proofs(work: UnitOfWork, after: int, limit: int) -> Sequence[Row[Any]]:
    """id, typed_digest, account_text and salt of payments above `after`, in order; of an erased text none."""
    payment, typed = work.table("payment"), work.table("payment_typed")
    same = (typed.c.tenant == payment.c.tenant) & (typed.c.payment_id == payment.c.id)
    query = select(payment.c.id, payment.c.typed_digest, typed.c.account_text, typed.c.salt).outerjoin(typed, same)
    mine = (payment.c.tenant == work.tenant) & (payment.c.id > after)
    return work.execute(query.where(mine).order_by(payment.c.id).limit(limit)).all()


def parts_of(work: UnitOfWork, payment_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """Parts of payments by provider."""
    part = work.table("payment_part")
    query = (
        select(part.c.payment_id, part.c.provider, part.c.amount)
        .where(part.c.tenant == work.tenant, part.c.payment_id.in_(payment_ids))
        .order_by(part.c.payment_id, part.c.provider)
    )
    found: dict[int, dict[str, int]] = {}
    for row in work.execute(query):
        found.setdefault(row.payment_id, {})[row.provider] = row.amount
    return found


def days_of(work: UnitOfWork, payment_ids: Sequence[int]) -> dict[int, date]:
    """The days on which these payments were made, by the partner's calendar."""
    payment = work.table("payment")
    query = select(payment.c.id, payment.c.paid_on)
    rows = work.execute(query.where(payment.c.tenant == work.tenant, payment.c.id.in_(payment_ids)))
    return {row.id: row.paid_on for row in rows}


def pages(work: UnitOfWork) -> Iterator[Sequence[Row[Any]]]:
    """Every payment that reached its account, page by page in the order of ids."""
    payment = work.table("payment")
    last = 0
    while True:
        query: Select[Any] = (
            select(payment)
            .where(payment.c.tenant == work.tenant, payment.c.suspense_reason.is_(None), payment.c.id > last)
            .order_by(payment.c.id)
            .limit(PAGE_ROWS)
        )
        page = work.execute(query).all()
        if not page:
            return
        yield page
        last = page[-1].id


def sums(work: UnitOfWork) -> dict[str, int]:
    """Payments in figures (money in tyiyn): all, those in suspense, parts, and what the ledger has of both."""
    payment, part, transfer = work.table("payment"), work.table("payment_part"), work.table("transfer")

    def total(query: Select[Any]) -> int:
        return int(work.execute(query).scalar() or 0)

    def money(table: Table) -> Select[Any]:
        return select(func.sum(table.c.amount)).where(table.c.tenant == work.tenant)

    count = select(func.count()).select_from(payment).where(payment.c.tenant == work.tenant)
    suspended = payment.c.suspense_reason.is_not(None)
    return {
        "payments": total(count),
        "amount_tyiyn": total(money(payment)),
        "suspense": total(count.where(suspended)),
        "suspense_tyiyn": total(money(payment).where(suspended)),
        "parts_tyiyn": total(money(part)),
        "ledger_payments_tyiyn": total(money(transfer).where(transfer.c.kind == "payment")),
        "ledger_suspense_tyiyn": total(money(transfer).where(transfer.c.kind == "suspense")),
    }


def control_sums(work: UnitOfWork) -> dict[str, int]:
    """What the ledger passed on to billing, by provider, in tyiyn."""
    transfer = work.table("transfer")
    query = (
        select(transfer.c.provider, func.sum(transfer.c.amount).label("amount"))
        .where(transfer.c.tenant == work.tenant, transfer.c.kind == "payment")
        .group_by(transfer.c.provider)
        .order_by(transfer.c.provider)
    )
    return {row.provider: int(row.amount) for row in work.execute(query)}
