"""What operators look at: payments, suspense, accounts, partners, rules, partners' problems."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from aimak import audit, ledger
from aimak.money import plain_som
from aimak.problems import Conflict, NotFound, Place, Problem, Refused
from aimak.storage.work import UnitOfWork
from marshmallow import Schema, fields, validate

from aimak_payments.application.partners import shown
from aimak_payments.domain.split import METHODS, PRO_RATA, SplitRule
from aimak_payments.store import accounts, partners, payments

PAYMENT_COLUMNS = (
    "payment",
    "paid_on",
    "paid_at",
    "partner",
    "external_id",
    "account",
    "number",
    "amount",
    "amount_tyiyn",
    "state",
    "reason",
    "source",
    "received_at",
)


class SplitRuleSchema(Schema):
    """A rule as an operator gives it."""

    valid_from = fields.Date(required=True)
    method = fields.String(load_default=PRO_RATA, validate=validate.OneOf(METHODS))


def set_split_rule(work: UnitOfWork, given: dict[str, Any], actor: str) -> None:
    """Set the rule from a day on. Raises Refused for a day that is over, Conflict for one that has a rule."""
    day = given["valid_from"]
    if day < work.today():
        raise Refused(Problem("AIM-P021", {"day": day.isoformat()}, Place(path="valid_from")))
    if any(rule.valid_from == day for rule in accounts.split_rules(work)):
        raise Conflict(Problem("AIM-P022", {"day": day.isoformat()}))
    held = [rule for rule in accounts.split_rules(work) if rule.valid_from < day]
    before = {"method": held[-1].method} if held else None
    audit.note(work, before=before, after={"method": given["method"], "from": day.isoformat()})
    accounts.add_split_rule(work, SplitRule(day, given["method"]), actor)


def split_rules(work: UnitOfWork) -> list[dict[str, Any]]:
    """The tenant's rules, the oldest first."""
    return [{"valid_from": rule.valid_from.isoformat(), "method": rule.method} for rule in accounts.split_rules(work)]


def partners_of(work: UnitOfWork) -> list[dict[str, Any]]:
    """Every partner of the tenant."""
    return [shown(record) for record in partners.listed(work)]


def partner_problems(work: UnitOfWork, partner: str | None) -> list[tuple[dict[str, Any], Problem]]:
    """What partners did wrong, the newest first: who and when, and what."""
    return [
        (
            {"partner": row.partner, "external_id": row.external_id, "seen_at": row.seen_at.isoformat()},
            Problem(row.code, row.fields),
        )
        for row in payments.problems(work, partner)
    ]


def payments_of(
    work: UnitOfWork,
    *,
    account: str | None,
    partner: str | None,
    since: date | None,
    until: date | None,
    suspended: bool,
    after: int,
    limit: int,
) -> list[dict[str, Any]]:
    """A page of payments. Raises NotFound for an account that is not known."""
    account_id = _account(work, account).account_id if account else None
    rows = payments.listed(
        work,
        account_id=account_id,
        partner=partner,
        since=since,
        until=until,
        suspended=suspended,
        after=after,
        limit=limit,
    )
    parts = payments.parts_of(work, [row.id for row in rows])
    numbers = accounts.numbers(work, [row.account_id for row in rows if row.account_id is not None])
    return [_payment(row, parts.get(row.id, {}), numbers.get(row.account_id)) for row in rows]


def _payment(row: Any, parts: dict[str, int], number: str | None) -> dict[str, Any]:
    return {
        "payment": str(row.id),
        "partner": row.partner,
        "external_id": row.external_id,
        "account": row.account_text,
        "number": number,
        "amount_tyiyn": row.amount,
        "amount": plain_som(row.amount),
        "paid_on": row.paid_on.isoformat(),
        "paid_at": row.paid_at.isoformat(),
        "received_at": row.received_at.isoformat(),
        "source": row.source,
        "state": "suspense" if row.suspense_reason else "received",
        "reason": row.suspense_reason,
        "parts": [{"provider": provider, "amount_tyiyn": amount} for provider, amount in parts.items()],
    }


def _account(work: UnitOfWork, number: str) -> accounts.Account:
    found = accounts.find(work, [number]).get(number)
    if found is None:
        raise NotFound(Problem("AIM-P010", {"account": number}))
    return found


def account(work: UnitOfWork, number: str) -> dict[str, Any]:
    """An account as partners see it, with what is owed to each provider. Raises NotFound."""
    found = _account(work, number)
    standings = accounts.standings(work, [found.account_id]).get(found.account_id, [])
    return {
        "account_id": found.account_id,
        "number": found.number,
        "holder": found.holder,
        "status": found.status,
        "balance_tyiyn": sum(standing.owed for standing in standings),
        "providers": [
            {
                "provider": standing.provider,
                "charged_tyiyn": standing.charged,
                "paid_tyiyn": standing.taken,
                "balance_tyiyn": standing.owed,
            }
            for standing in standings
        ],
    }


def totals(work: UnitOfWork) -> dict[str, int]:
    """How many payments were taken and how many of them wait in suspense, with their sums."""
    sums = payments.sums(work)
    return {name: sums[name] for name in ("payments", "amount_tyiyn", "suspense", "suspense_tyiyn")}


def typed_agree(work: UnitOfWork) -> list[Problem]:
    """What `aimak doctor` asks: what each payer typed is what the ledger's digest stands for; an erased text is not
    held against it."""
    after, differing = 0, 0
    while rows := payments.typed_proofs(work, after, payments.PAGE_ROWS):
        after = rows[-1].id
        differing += sum(
            row.salt is not None and ledger.salted(row.salt, row.account_text) != row.typed_digest for row in rows
        )
    return [Problem("AIM-P047", {"count": differing})] if differing else []


def control_checks(work: UnitOfWork) -> Sequence[Problem]:
    """What `aimak doctor` asks: payments, their parts and the ledger hold the same money."""
    sums = payments.sums(work)
    placed = sums["amount_tyiyn"] - sums["suspense_tyiyn"]
    compared = (
        ("payment_part", placed, sums["parts_tyiyn"]),
        ("transfer", placed, sums["ledger_payments_tyiyn"]),
        ("suspense", sums["suspense_tyiyn"], sums["ledger_suspense_tyiyn"]),
    )
    return [
        Problem("AIM-P045", {"table": name, "wanted": plain_som(wanted), "have": plain_som(have)})
        for name, wanted, have in compared
        if wanted != have
    ]
