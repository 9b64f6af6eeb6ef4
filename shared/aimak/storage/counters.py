"""Blocks of sequential ids, reserved in the transaction that uses them."""

from __future__ import annotations

from sqlalchemy import insert, select, update

from aimak.storage.work import UnitOfWork


def reserve(work: UnitOfWork, name: str, count: int, first: int = 1) -> int:
    """Reserve `count` ids of the tenant's counter `name` and give the first of them. The row stays locked until
    the transaction ends, so blocks never overlap; a transaction that fails gives its block back."""
    assert count >= 0
    counter = work.table("counter")
    same = (counter.c.tenant == work.tenant) & (counter.c.name == name)
    current = work.execute(select(counter.c.next).where(same).with_for_update()).scalar()
    if current is None:
        work.execute(insert(counter).values(tenant=work.tenant, name=name, next=first + count))
        return first
    work.execute(update(counter).where(same).values(next=current + count))
    return int(current)
