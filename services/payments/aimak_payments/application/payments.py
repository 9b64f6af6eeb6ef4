"""Checking and taking payments: each payment once, its answer kept with it, all in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aimak import ledger
from aimak.contracts.payments import PaymentsReceived
from aimak.ids import derived_id
from aimak.money import plain_som
from aimak.period import business_date
from aimak.plugins.payment_partners import Check, Outcome, PartnerCommand, PartnerResponse, Pay, Refusal
from aimak.storage.work import UnitOfWork
from sqlalchemy import Row

from aimak_payments.application.partner import Partner
from aimak_payments.domain.registries import Known, same_account
from aimak_payments.domain.split import after, rule_on, split
from aimak_payments.domain.terms import judge_account, judge_form, suspense_reason
from aimak_payments.store import accounts, payments
from aimak_payments.store.accounts import Account

ONLINE, REGISTRY = "online", "registry"
RECEIVED = "received"
# A faulty date says nothing of the payment: with its true one it is taken, as what was told to come later is.
_NOT_KEPT = (Outcome.TRY_LATER.value, Outcome.BAD_REQUEST.value)


@dataclass(frozen=True)
class Taken:
    """What became of a `Pay`. `fresh` says whether it was decided now; `suspense_reason` None where the money
    reached its account or was refused."""

    outcome: Outcome
    response: PartnerResponse
    payment_id: int | None = None
    suspense_reason: str | None = None
    fresh: bool = False


def answer(work: UnitOfWork, partner: Partner, command: PartnerCommand | Refusal) -> PartnerResponse:
    """Do what a partner asks online and give its answer; the caller commits before it sends it, save what a look
    is enough for: a `Check`, a `Refusal`."""
    work.refuse_set_time()
    if isinstance(command, Refusal):
        return partner.say(command.outcome, command)
    if isinstance(command, Check):
        return check(work, partner, command)
    return take(work, partner, [command], ONLINE)[command.external_id].response


def check(work: UnitOfWork, partner: Partner, command: Check) -> PartnerResponse:
    """Say whether the account may be paid for, whose it is (masked) and what is owed."""
    terms = partner.record.terms
    outcome = judge_form(terms, command, work.now)
    if outcome is not None:
        return partner.say(outcome, command)
    account = accounts.find(work, [command.account]).get(command.account)
    outcome = judge_account(terms, account.status if account else None, is_pay=False)
    if account is None or outcome is not None:
        return partner.say(_unless_empty(work, outcome), command)
    standings = accounts.standings(work, [account.account_id]).get(account.account_id, [])
    owed = sum(standing.owed for standing in standings)
    return partner.say(Outcome.ACCEPTED, command, holder=account.holder, balance_tyiyn=owed)


def _unless_empty(work: UnitOfWork, outcome: Outcome | None) -> Outcome:
    """While no account at all is known (before the first event, or while they are sent again) nobody may be told
    that an account does not exist: the partner would send the payer away."""
    assert outcome is not None
    if outcome is Outcome.UNKNOWN_ACCOUNT and not accounts.any_known(work):
        return Outcome.TRY_LATER
    return outcome


def take(work: UnitOfWork, partner: Partner, commands: Sequence[Pay], source: str) -> dict[str, Taken]:
    """Take payments once per (tenant, partner, their id) and say what became of each, by their id.

    A repeat gets the first answer, byte for byte; the same id for another account or sum is refused and noted.
    What is refused for good is kept too, save for its date alone.
    `source` is "online" or "registry"; a registry's line is never refused.
    """
    ids = [command.external_id for command in commands]
    known = payments.answers(work, partner.code, ids)
    new = [command for command in commands if command.external_id not in known]
    found = accounts.find(work, [command.account for command in new], lock=True)
    rows = {command.external_id: _decide(work, partner, command, found.get(command.account), source) for command in new}
    kept = {external_id: row for external_id, row in rows.items() if row["outcome"] not in _NOT_KEPT}
    fresh = payments.add_answers_once(work, list(kept.values()))
    if len(fresh) < len(kept):
        known |= payments.answers(work, partner.code, sorted(kept.keys() - fresh))
    accepted = [
        command
        for command in new
        if command.external_id in fresh and rows[command.external_id]["payment_id"] is not None
    ]
    reasons = _credit(work, partner, accepted, found, source)
    taken = {}
    for command in commands:
        stored = known.get(command.external_id)
        if stored is not None:
            taken[command.external_id] = _repeat(work, partner, command, stored)
        else:
            row = rows[command.external_id]
            taken[command.external_id] = _taken(row, reasons.get(command.external_id), fresh=True)
    return taken


def _decide(work: UnitOfWork, partner: Partner, command: Pay, account: Account | None, source: str) -> dict[str, Any]:
    """The row of the answer: accepted with the payment's id, or refused."""
    outcome = None
    if source == ONLINE:
        terms = partner.record.terms
        outcome = judge_form(terms, command, work.now)
        outcome = outcome or judge_account(terms, account.status if account else None, is_pay=True)
    outcome = Outcome.ACCEPTED if outcome is None else _unless_empty(work, outcome)
    payment_id = payment_id_of(work.tenant, partner.code, command.external_id)
    accepted = payment_id if outcome is Outcome.ACCEPTED else None
    response = partner.say(outcome, command, payment_id=accepted)
    return {
        "tenant": work.tenant,
        "partner": partner.code,
        "external_id": command.external_id,
        "account_text": command.account,
        "account_id": account.account_id if account else None,
        "amount": command.amount_tyiyn,
        "outcome": outcome.value,
        "payment_id": accepted,
        "http_status": response.status,
        "content_type": response.content_type,
        "body": response.body,
        "answered_at": work.now,
    }


def payment_id_of(tenant: str, partner: str, external_id: str) -> int:
    """Our id of a partner's payment: it follows from theirs."""
    return derived_id("payment", tenant, partner, external_id)


def _taken(row: Mapping[str, Any], reason: str | None, *, fresh: bool) -> Taken:
    response = PartnerResponse(bytes(row["body"]), row["content_type"], row["http_status"])
    return Taken(Outcome(row["outcome"]), response, row["payment_id"], reason, fresh)


def _repeat(work: UnitOfWork, partner: Partner, command: Pay, stored: Row[Any]) -> Taken:
    if command.amount_tyiyn == stored.amount and same_account(
        command.account, _account_id(work, command, stored), known_of(stored)
    ):
        return _taken(stored._asdict(), None, fresh=False)
    fields = {
        "partner": partner.code,
        "id": command.external_id,
        "account": command.account,
        "amount": plain_som(command.amount_tyiyn),
        "first_account": stored.account_text,
        "first_amount": plain_som(stored.amount),
    }
    problem = {
        "tenant": work.tenant,
        "id": derived_id("problem", work.tenant, *fields.values()),
        "partner": partner.code,
        "external_id": command.external_id,
        "code": "AIM-P020",
        "fields": fields,
        "seen_at": work.now,
    }
    payments.add_problem(work, problem)
    return Taken(Outcome.CONFLICT, partner.say(Outcome.CONFLICT, command))


def _account_id(work: UnitOfWork, command: Pay, stored: Row[Any]) -> int | None:
    if command.account == stored.account_text:
        return None
    account = accounts.find(work, [command.account]).get(command.account)
    return account.account_id if account else None


def known_of(stored: Row[Any]) -> Known:
    """A stored answer as a registry is held against it."""
    return Known(stored.account_text, stored.account_id, stored.amount, stored.payment_id is not None)


def _credit(
    work: UnitOfWork, partner: Partner, commands: Sequence[Pay], found: Mapping[str, Account], source: str
) -> dict[str, str]:
    """Write payments, parts, transfers and the event; gives the reason of each that went into suspense."""
    if not commands:
        return {}
    standings = accounts.standings(work, {account.account_id for account in found.values()})
    rules = accounts.split_rules(work)
    ledger_day = ledger.open_day(work)
    rows: list[dict[str, Any]] = []
    typed: list[dict[str, Any]] = []
    parts: list[dict[str, Any]] = []
    transfers: list[dict[str, Any]] = []
    reasons: dict[str, str] = {}
    for command in commands:
        account = found.get(command.account)
        owing = standings.get(account.account_id, []) if account else []
        reason = suspense_reason(account.status if account else None, bool(owing))
        said = {"account_text": command.account, "salt": work.ids.uuid().hex}
        row = {**_payment(work, partner, command, account, source), "ledger_day": ledger_day, "suspense_reason": reason}
        row["typed_digest"] = ledger.salted(said["salt"], said["account_text"])
        rows.append(row)
        typed.append({"tenant": work.tenant, "payment_id": row["id"], **said})
        if account is None or reason is not None:
            reasons[command.external_id] = str(reason)
            transfers.append(_to_suspense(work, row))
            continue
        shares = split(command.amount_tyiyn, owing, rule_on(rules, row["paid_on"]))
        standings[account.account_id] = after(owing, shares)
        for provider, amount in shares.items():
            parts.append(_part(row, provider, amount))
            transfers.append(_to_provider(work, row, provider, amount))
    payments.add(work, rows, parts, typed)
    ledger.post(work, transfers, ledger_day)
    work.publish(received(work.tenant, rows, parts, {partner.code: partner.record.name}))
    return reasons


def _payment(work: UnitOfWork, partner: Partner, command: Pay, account: Account | None, source: str) -> dict[str, Any]:
    paid_at = command.paid_at or work.now
    return {
        "tenant": work.tenant,
        "id": payment_id_of(work.tenant, partner.code, command.external_id),
        "partner": partner.code,
        "external_id": command.external_id,
        "account_id": account.account_id if account else None,
        "amount": command.amount_tyiyn,
        "paid_at": paid_at,
        "paid_on": business_date(paid_at, partner.record.terms.zone),
        "received_at": work.now,
        "source": source,
    }


def _part(row: Mapping[str, Any], provider: str, amount: int) -> dict[str, Any]:
    return {
        "tenant": row["tenant"],
        "payment_id": row["id"],
        "provider": provider,
        "account_id": row["account_id"],
        "amount": amount,
    }


def _to_provider(work: UnitOfWork, row: Mapping[str, Any], provider: str, amount: int) -> dict[str, Any]:
    return ledger.transfer(
        work,
        derived_id("payment_part", row["id"], provider),
        debit=ledger.account_id("partner", row["partner"]),
        credit=ledger.account_id("billing_control", provider),
        amount=amount,
        business_date=row["paid_on"],
        kind="payment",
        source_id=row["id"],
        account_id=row["account_id"],
        provider=provider,
    )


def _to_suspense(work: UnitOfWork, row: Mapping[str, Any]) -> dict[str, Any]:
    return ledger.transfer(
        work,
        derived_id("suspense", row["id"]),
        debit=ledger.account_id("partner", row["partner"]),
        credit=ledger.account_id("suspense", row["partner"]),
        amount=row["amount"],
        business_date=row["paid_on"],
        kind="suspense",
        source_id=row["id"],
        account_id=row["account_id"],
    )


def received(
    tenant: str, rows: Sequence[Mapping[str, Any]], parts: Sequence[Mapping[str, Any]], names: Mapping[str, str]
) -> PaymentsReceived:
    """The event of payments with their parts; `names` are the partners', by code."""
    by_id = {row["id"]: row for row in rows}
    count: dict[int, int] = {}
    for part in parts:
        count[part["payment_id"]] = count.get(part["payment_id"], 0) + 1
    return PaymentsReceived.of(
        tenant,
        [
            {
                "payment_id": part["payment_id"],
                "provider": part["provider"],
                "account_id": part["account_id"],
                "amount_tyiyn": part["amount"],
                "payment_tyiyn": by_id[part["payment_id"]]["amount"],
                "parts": count[part["payment_id"]],
                "partner": by_id[part["payment_id"]]["partner"],
                "partner_name": names[by_id[part["payment_id"]]["partner"]],
                "external_id": by_id[part["payment_id"]]["external_id"],
                "paid_on": by_id[part["payment_id"]]["paid_on"].isoformat(),
                "state": RECEIVED,
                "version": 1,
            }
            for part in parts
        ],
    )
