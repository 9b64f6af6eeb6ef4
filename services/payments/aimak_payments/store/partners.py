"""Partners and their credentials."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from aimak.storage.prepared import fetch
from aimak.storage.work import UnitOfWork
from sqlalchemy import Connection, MetaData, Row, insert, select, update

from aimak_payments.domain.terms import Terms
from aimak_payments.store import queries


@dataclass(frozen=True)
class PartnerRecord:
    """One partner of one tenant as it is set now. `secrets` are login → argon2 hash; `certificates` are SHA-256 in
    hexadecimal."""

    tenant: str
    code: str
    protocol: str
    name: str
    terms: Terms
    settings: Mapping[str, Any]
    addresses: tuple[str, ...]
    certificates: tuple[str, ...]
    version: int
    secrets: Mapping[str, str]


def read(connection: Connection, metadata: MetaData, tenant: str, code: str) -> PartnerRecord | None:
    """A partner with its credentials."""
    rows = fetch(connection, queries.partner(metadata), {"tenant": tenant, "code": code})
    return _record(rows[0], {row.login: row.secret_hash for row in rows if row.login is not None}) if rows else None


def version(connection: Connection, metadata: MetaData, tenant: str, code: str) -> int | None:
    """A partner's version, which every change of its settings and credentials raises; None where there is none."""
    asked = {"tenant": tenant, "code": code}
    return next((row.version for row in fetch(connection, queries.partner_version(metadata), asked)), None)


def _record(row: Row[Any], secrets: Mapping[str, str]) -> PartnerRecord:
    return PartnerRecord(
        row.tenant,
        row.code,
        row.protocol,
        row.name,
        Terms(**row.terms),
        row.settings,
        tuple(row.addresses),
        tuple(row.certificates),
        row.version,
        secrets,
    )


def listed(work: UnitOfWork) -> list[PartnerRecord]:
    """Every partner of the tenant, in the order of codes."""
    partner = work.table("partner")
    codes = work.execute(select(partner.c.code).where(partner.c.tenant == work.tenant).order_by(partner.c.code))
    found = [read(work.connection, work.metadata, work.tenant, code) for code in codes.scalars().all()]
    return [record for record in found if record is not None]


def write(work: UnitOfWork, record: PartnerRecord, actor: str) -> None:
    """Write a partner as it is to be from now on; credentials that the record names are set, others stay."""
    partner = work.table("partner")
    mine = (partner.c.tenant == work.tenant) & (partner.c.code == record.code)
    values = {
        "protocol": record.protocol,
        "name": record.name,
        "terms": asdict(record.terms),
        "settings": dict(record.settings),
        "addresses": list(record.addresses),
        "certificates": list(record.certificates),
        "version": record.version,
        "changed_by": actor,
        "changed_at": work.now,
    }
    if work.execute(update(partner).where(mine).values(**values)).rowcount == 0:
        work.execute(insert(partner).values(tenant=work.tenant, code=record.code, **values))
    _set_secrets(work, record.code, record.secrets, actor)


def _set_secrets(work: UnitOfWork, partner: str, secrets: Mapping[str, str], actor: str) -> None:
    credential = work.table("credential")
    for login, secret_hash in secrets.items():
        mine = (credential.c.tenant == work.tenant) & (credential.c.partner == partner) & (credential.c.login == login)
        values = {"secret_hash": secret_hash, "set_by": actor, "set_at": work.now}
        if work.execute(update(credential).where(mine).values(**values)).rowcount == 0:
            work.execute(insert(credential).values(tenant=work.tenant, partner=partner, login=login, **values))
