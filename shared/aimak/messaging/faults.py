"""Which faults pass by themselves and which do not."""

from __future__ import annotations

import hashlib

from aimak.problems import PermanentFault, Refused

# Attempts in all, the first included; the delays between them are in `RETRY_DELAYS_S`.
MAX_ATTEMPTS = 8
RETRY_DELAYS_S = (5, 5, 30, 30, 300, 300, 3600)


def is_permanent(error: BaseException) -> bool:
    """Whether no repetition can mend it: it does not fit the contract, names what does not exist, or conflicts."""
    return isinstance(error, PermanentFault | Refused)


def retry_delay_s(attempts: int) -> int | None:
    """Seconds until the next attempt after `attempts` failed ones; None when it was the last."""
    return RETRY_DELAYS_S[attempts - 1] if attempts < MAX_ATTEMPTS else None


def reason(error: BaseException) -> str:
    """What is kept of an error: its kind and its first 1,000 characters."""
    return f"{type(error).__name__}: {error}"[:1000]


def fingerprint(error: BaseException) -> str:
    """The same for errors of the same kind raised at the same place."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}" if trace else ""
    return hashlib.sha256(f"{type(error).__name__}|{place}".encode()).hexdigest()[:32]
