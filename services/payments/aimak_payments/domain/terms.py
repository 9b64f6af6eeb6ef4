"""What is agreed with a partner whatever its protocol, and how a command is judged by it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from aimak.plugins.payment_partners import Check, Outcome, Pay

REFUSE, SUSPENSE = "refuse", "suspense"
POLICIES = (REFUSE, SUSPENSE)
ACTIVE, CLOSED = "active", "closed"

# A partner's clock may be wrong by hours; what lies further off is another day's turnover, or another year's.
AHEAD_AT_MOST, BACK_AT_MOST = timedelta(days=1), timedelta(days=366)

UNKNOWN_ACCOUNT, CLOSED_ACCOUNT, NO_PROVIDER = "unknown_account", "closed_account", "no_provider"


@dataclass(frozen=True)
class Terms:
    """One partner's terms. Money in tyiyn; `zone` is that of the partner's clock.

    `unknown_account` and `closed_account` say what becomes of an online `pay`: refused, so that the payer gets the
    money back, or taken into suspense. A registry's line is money already taken: it is never refused.
    """

    zone: str
    language: str = "ru"
    enabled: bool = True
    account_pattern: str = r"[0-9A-Za-zА-Яа-яЁёҢңӨөҮү/_.-]{1,32}"
    min_tyiyn: int = 1
    max_tyiyn: int = 100_000_00
    unknown_account: str = REFUSE
    closed_account: str = SUSPENSE


def is_ahead(paid_at: datetime, now: datetime) -> bool:
    """Whether a payment is dated so far ahead that it cannot have been made: no business day is to come of it,
    whatever brings it."""
    return paid_at > now + AHEAD_AT_MOST


def judge_form(terms: Terms, command: Check | Pay, now: datetime) -> Outcome | None:
    """What is wrong with a command before the account is looked for; None when nothing is. A check without a sum is
    not held against the limits.

    What is asked online happens now, give or take the days that a partner repeats: a `pay` dated far ahead or far back
    has a faulty date. A registry's line may be as old as it will: its money was taken long ago, and a partner that
    settles late still owes it; only `is_ahead` is held against it.
    """
    if not terms.enabled:
        return Outcome.SWITCHED_OFF
    paid_at = command.paid_at if isinstance(command, Pay) else None
    if paid_at is not None and (is_ahead(paid_at, now) or paid_at < now - BACK_AT_MOST):
        return Outcome.BAD_REQUEST
    if re.fullmatch(terms.account_pattern, command.account) is None:
        return Outcome.BAD_ACCOUNT
    if isinstance(command, Check) and command.amount_tyiyn == 0:
        return None
    if command.amount_tyiyn < terms.min_tyiyn:
        return Outcome.TOO_SMALL
    if command.amount_tyiyn > terms.max_tyiyn:
        return Outcome.TOO_LARGE
    return None


def judge_account(terms: Terms, status: str | None, *, is_pay: bool) -> Outcome | None:
    """What is wrong with the account (`status` None: there is none); None when the command goes on."""
    if status == ACTIVE:
        return None
    unknown = status is None
    policy = terms.unknown_account if unknown else terms.closed_account
    if is_pay and policy == SUSPENSE:
        return None
    return Outcome.UNKNOWN_ACCOUNT if unknown else Outcome.CLOSED_ACCOUNT


def suspense_reason(status: str | None, has_providers: bool) -> str | None:
    """Why money that was taken cannot be placed; None when it can be."""
    if status is None:
        return UNKNOWN_ACCOUNT
    if status != ACTIVE:
        return CLOSED_ACCOUNT
    return None if has_providers else NO_PROVIDER
