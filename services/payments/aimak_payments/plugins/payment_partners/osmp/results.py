"""The result codes of the OSMP protocol: what each means and whether the partner gives up on it."""

from __future__ import annotations

from dataclasses import dataclass

from aimak.plugins.payment_partners import Outcome


@dataclass(frozen=True)
class ResultCode:
    """`fatal`: the partner ends the payment and gives the money back; otherwise it asks again for 24 hours."""

    code: int
    meaning: str
    fatal: bool


RESULT_CODES = {
    row.code: row
    for row in (
        ResultCode(0, "OK", fatal=False),
        ResultCode(1, "temporary error, repeat later", fatal=False),
        ResultCode(4, "wrong format of the account", fatal=True),
        ResultCode(5, "account not found", fatal=True),
        ResultCode(7, "acceptance forbidden by the provider", fatal=True),
        ResultCode(8, "acceptance forbidden for technical reasons", fatal=True),
        ResultCode(31, "wrong extra field", fatal=True),
        ResultCode(32, "exchange rate has changed", fatal=True),
        ResultCode(79, "account not active", fatal=True),
        ResultCode(90, "processing not finished", fatal=False),
        ResultCode(241, "sum too small", fatal=True),
        ResultCode(242, "sum too large", fatal=True),
        ResultCode(243, "state of the account cannot be checked", fatal=True),
        ResultCode(300, "other error of the provider", fatal=True),
    )
}

# 8, 31, 32, 90 and 243 belong to the protocol but to no outcome of ours: we credit at once and in som.
CODE_OF: dict[Outcome, int] = {
    Outcome.ACCEPTED: 0,
    Outcome.TRY_LATER: 1,
    Outcome.BAD_ACCOUNT: 4,
    Outcome.UNKNOWN_ACCOUNT: 5,
    Outcome.SWITCHED_OFF: 7,
    Outcome.CLOSED_ACCOUNT: 79,
    Outcome.TOO_SMALL: 241,
    Outcome.TOO_LARGE: 242,
    Outcome.BAD_REQUEST: 300,
    Outcome.CONFLICT: 300,
}


def is_fatal(code: int) -> bool:
    """Whether a partner gives up on this code. A code outside the table is taken as fatal, as partners take it."""
    row = RESULT_CODES.get(code)
    return row is None or row.fatal
