"""Who is calling: a partner's HTTP Basic credentials, its addresses and its client certificates."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import ipaddress
import secrets
import ssl
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from aimak.http.guessing import Guesses, TooMany
from aimak.problems import Forbidden, Problem, Unauthorized
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from aimak_payments.store.partners import PartnerRecord

# Passwords that were verified are remembered as keyed digests; more partners than this have no country.
REMEMBERED = 1_000
MAX_PASSWORD = 200


@dataclass(frozen=True)
class Caller:
    """Where a request comes from and the SHA-256 of the certificate that its sender proved to hold; None where that
    is not known or cannot be believed, and a partner held to it is then not let in."""

    address: str | None
    certificate: str | None


def certificate_digest(escaped_pem: str) -> str | None:
    """The SHA-256 of a certificate as nginx hands it on ($ssl_client_escaped_cert); None where there is none."""
    if not escaped_pem:
        return None
    try:
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(unquote(escaped_pem))).hexdigest()
    except ValueError:
        return None


class Doorkeeper:
    """Lets a partner in. One for each process; safe to ask from many threads.

    argon2 is slow and takes memory by intent, and a partner calls many times in parallel. So a password
    that was verified once is known again by an HMAC under a key that only this process has and that dies with it. The
    stored hash is part of what is hashed: a changed password is verified anew at once.
    """

    def __init__(self, hasher: PasswordHasher, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._hasher = hasher
        self._key = secrets.token_bytes(32)
        self._verified: OrderedDict[bytes, None] = OrderedDict()
        self._guesses = Guesses(monotonic)
        self._guard = threading.Lock()
        # One password at a time: ten parallel first calls cost one computation, and guesses cannot eat the machine.
        self._computing = threading.Lock()

    def admit(self, record: PartnerRecord | None, authorization: str, caller: Caller) -> None:
        """Return when the caller is this partner. Raises Forbidden for a partner that is unknown, has no credentials,
        calls from elsewhere or without its certificate, Unauthorized for wrong credentials, TooMany after too many
        wrong ones."""
        if record is None or not record.secrets:
            raise Forbidden(Problem("AIM-P015"))
        if record.addresses and not _within(caller.address, record.addresses):
            raise Forbidden(Problem("AIM-P016", {"address": caller.address or "?"}))
        if record.certificates and caller.certificate not in record.certificates:
            raise Forbidden(Problem("AIM-P023", {"certificate": caller.certificate or "-"}))
        login, password = _basic(authorization)
        stored = record.secrets.get(login)
        if stored is None:
            raise Unauthorized(Problem("AIM-P017"))
        if not self._knows(stored, password):
            self._verify((record.tenant, record.code, login), stored, password)

    def _digest(self, stored: str, password: str) -> bytes:
        return hmac.digest(self._key, f"{stored}\0{password}".encode(), hashlib.sha256)

    def _knows(self, stored: str, password: str) -> bool:
        digest = self._digest(stored, password)
        with self._guard:
            known = digest in self._verified
            if known:
                self._verified.move_to_end(digest)
            return known

    def _verify(self, who: tuple[str, str, str], stored: str, password: str) -> None:
        with self._computing:
            if self._knows(stored, password):
                return
            self._guesses.refuse(who)
            try:
                self._hasher.verify(stored, password)
            except (VerificationError, InvalidHashError) as wrong:
                self._guesses.count(who)
                raise Unauthorized(Problem("AIM-P017")) from wrong
        with self._guard:
            self._verified[self._digest(stored, password)] = None
            while len(self._verified) > REMEMBERED:
                self._verified.popitem(last=False)


def _basic(authorization: str) -> tuple[str, str]:
    kind, _, given = authorization.partition(" ")
    try:
        if kind.lower() != "basic":
            raise ValueError(kind)
        login, colon, password = base64.b64decode(given.strip(), validate=True).decode().partition(":")
    except (ValueError, binascii.Error) as wrong:
        raise Unauthorized(Problem("AIM-P017")) from wrong
    if not colon or len(password) > MAX_PASSWORD:
        raise Unauthorized(Problem("AIM-P017"))
    return login, password


def _within(address: str | None, networks: tuple[str, ...]) -> bool:
    try:
        caller = ipaddress.ip_address(address or "")
    except ValueError:
        return False
    # A dual-stack socket writes IPv4 callers as ::ffff:a.b.c.d.
    mapped = caller.ipv4_mapped if isinstance(caller, ipaddress.IPv6Address) else None
    return any((mapped or caller) in ipaddress.ip_network(network) for network in networks)


class Allowance:
    """How many requests one partner may make: `rate` a second, `burst` at once."""

    def __init__(self, rate: int, burst: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst = rate, burst
        self._monotonic = monotonic
        self._left: dict[tuple[str, str], tuple[float, float]] = {}
        self._guard = threading.Lock()

    def spend(self, tenant: str, partner: str) -> None:
        """Take one request off what is left. Raises TooMany when nothing is."""
        now = self._monotonic()
        with self._guard:
            left, at = self._left.get((tenant, partner), (float(self._burst), now))
            left = min(self._burst, left + (now - at) * self._rate)
            if left < 1:
                raise TooMany(Problem("AIM-P019", {"rate": self._rate}))
            self._left[(tenant, partner)] = (left - 1, now)
