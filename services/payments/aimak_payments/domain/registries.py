"""A partner's registry held against itself and against what was taken online."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aimak.money import plain_som
from aimak.plugins.payment_partners import RegistryFile, RegistryLine
from aimak.problems import Place, Problem

MATCHED = "MATCHED"
MISMATCH = "MISMATCH"
MISSING_ONLINE = "MISSING_ONLINE"
ONLY_ONLINE = "ONLY_ONLINE"

ACCOUNT_DIFFERS, AMOUNT_DIFFERS, REFUSED_ONLINE, DATED_AHEAD = "account", "amount", "refused", "date"


@dataclass(frozen=True)
class Known:
    """What is known of a partner's payment: `account_id` None where the account is unknown; `accepted` says whether
    the money was taken."""

    account: str
    account_id: int | None
    amount_tyiyn: int
    accepted: bool


def faults(file: RegistryFile) -> list[Problem]:
    """Why nothing of the file may be taken: what could not be read, totals that do not add up, an id that stands
    twice. Empty when it may be."""
    if file.problems:
        return list(file.problems)
    found: list[Problem] = []
    count, total = len(file.lines), sum(line.amount_tyiyn for line in file.lines)
    if file.declared_count is not None and file.declared_count != count:
        found.append(Problem("AIM-P039", {"declared": file.declared_count, "found": count}))
    if file.declared_tyiyn is not None and file.declared_tyiyn != total:
        found.append(Problem("AIM-P040", {"declared": plain_som(file.declared_tyiyn), "found": plain_som(total)}))
    return found + _doubled(file.lines)


def _doubled(lines: Sequence[RegistryLine]) -> list[Problem]:
    first: dict[str, int] = {}
    found = []
    for line in lines:
        before = first.setdefault(line.external_id, line.line)
        if before != line.line:
            fields: dict[str, str | int | None] = {"id": line.external_id, "line": line.line, "first": before}
            found.append(Problem("AIM-P041", fields, Place(line=line.line)))
    return found


def compare(account: str, account_id: int | None, amount_tyiyn: int, known: Known | None) -> tuple[str, str | None]:
    """How a line stands to what is known of the same id: the match, and for a mismatch what differs.

    Two texts are the same account when both lead to it: an old number and the new one.
    """
    if known is None:
        return MISSING_ONLINE, None
    if not known.accepted:
        return MISMATCH, REFUSED_ONLINE
    if not same_account(account, account_id, known):
        return MISMATCH, ACCOUNT_DIFFERS
    return (MATCHED, None) if known.amount_tyiyn == amount_tyiyn else (MISMATCH, AMOUNT_DIFFERS)


def same_account(account: str, account_id: int | None, known: Known) -> bool:
    """Whether a request is for the account that the first one was for."""
    return account == known.account or (account_id is not None and account_id == known.account_id)
