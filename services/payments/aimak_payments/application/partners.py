"""Defining a partner: terms, its protocol's settings, credentials, addresses, certificates."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from zoneinfo import ZoneInfo

from aimak import audit, unfit
from aimak.plugins.payment_partners import PaymentPartner
from aimak.plugins.registry import Registry
from aimak.problems import Place, Problem, Refused
from aimak.storage.work import UnitOfWork
from aimak.texts import LANGUAGES
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from marshmallow import RAISE, Schema, ValidationError, fields, validate

from aimak_payments.domain.terms import POLICIES, Terms
from aimak_payments.store import partners
from aimak_payments.store.partners import PartnerRecord

# A password is made by a machine and typed by nobody.
MIN_SECRET = 16
MAX_TYIYN = 10**12


class TermsSchema(Schema):
    """The settings that every protocol shares; what is left out keeps its default, the zone the tenant's."""

    class Meta:
        """A misspelt term must not pass for the default."""

        unknown = RAISE

    zone = fields.String()
    language = fields.String(validate=validate.OneOf(LANGUAGES))
    enabled = fields.Boolean()
    account_pattern = fields.String(validate=validate.Length(min=1, max=200))
    min_tyiyn = fields.Integer(strict=True, validate=validate.Range(1, MAX_TYIYN))
    max_tyiyn = fields.Integer(strict=True, validate=validate.Range(1, MAX_TYIYN))
    unknown_account = fields.String(validate=validate.OneOf(POLICIES))
    closed_account = fields.String(validate=validate.OneOf(POLICIES))


SHARED = frozenset(TermsSchema._declared_fields)


class PartnerSchema(Schema):
    """A partner as an operator defines it."""

    code = fields.String(required=True, validate=validate.Regexp(r"^[a-z][a-z0-9_-]{0,31}\Z"))
    protocol = fields.String(required=True)
    name = fields.String(load_default="", validate=validate.Length(max=200))
    settings = fields.Dict(keys=fields.String(), load_default=dict)
    addresses = fields.List(fields.String(), load_default=list)
    certificates = fields.List(fields.String(), load_default=list)
    login = fields.String(load_default=None, validate=validate.Length(min=1, max=64), allow_none=True)
    password = fields.String(load_default=None, validate=validate.Length(min=MIN_SECRET, max=200), allow_none=True)


def define(
    work: UnitOfWork, given: Mapping[str, Any], protocols: Registry[PaymentPartner], hasher: PasswordHasher, actor: str
) -> PartnerRecord:
    """Define a partner, or change it: settings are replaced as a whole, credentials stay until new ones are given.
    The shared settings are told by their names, the others are the protocol's. Raises Refused with everything that
    does not fit. Nothing is written or noted of one that is so already."""
    problems: list[Problem] = []
    shared = {name: value for name, value in given["settings"].items() if name in SHARED}
    settings = {name: value for name, value in given["settings"].items() if name not in SHARED}
    _check_settings(given["protocol"], settings, protocols, problems)
    terms = _terms(work, shared, problems)
    addresses = _addresses(given["addresses"], problems)
    certificates = _certificates(given["certificates"], problems)
    if (given["login"] is None) != (given["password"] is None) or ":" in (given["login"] or ""):
        problems.append(Problem("AIM-P014", place=Place(path="login")))
    if problems or terms is None:
        raise Refused(*problems)
    before = partners.read(work.connection, work.metadata, work.tenant, given["code"])
    kept = before.secrets.get(given["login"]) if before else None
    is_new = given["login"] is not None and not (kept and _is_of(hasher, kept, given["password"]))
    secrets = {given["login"]: hasher.hash(given["password"])} if is_new else {}
    record = PartnerRecord(
        tenant=work.tenant,
        code=given["code"],
        protocol=given["protocol"],
        name=given["name"] or given["code"],
        terms=terms,
        settings=settings,
        addresses=addresses,
        certificates=certificates,
        version=before.version + 1 if before else 1,
        secrets=secrets,
    )
    if before is not None and not is_new and _noted(record) | {"logins": sorted(before.secrets)} == _noted(before):
        audit.note_nothing(work)
        return before
    partners.write(work, record, actor)
    written = partners.read(work.connection, work.metadata, work.tenant, given["code"])
    assert written is not None
    if before is None:
        # Of a new one what was asked says all; the rest is what any has.
        noted = _noted(written)
        asked = {name: value for name, value in noted["settings"].items() if name in given["settings"]}
        audit.note(work, after=noted | {"settings": asked})
    else:
        # Of a password no more than that it is another one.
        changed = {"password": "changed"} if kept and is_new else {}
        audit.note_change(work, _noted(before), _noted(written) | changed)
    return written


def _is_of(hasher: PasswordHasher, secret_hash: str, password: str) -> bool:
    try:
        return hasher.verify(secret_hash, password)
    except VerificationError:
        return False


def _noted(record: PartnerRecord) -> dict[str, Any]:
    return {name: value for name, value in shown(record).items() if name not in ("code", "version")}


def _check_settings(
    protocol: str, settings: Mapping[str, Any], protocols: Registry[PaymentPartner], problems: list[Problem]
) -> None:
    plugin = protocols.get(protocol)
    if plugin is None:
        known = ", ".join(protocols.codes())
        problems.append(Problem("AIM-P012", {"protocol": protocol, "known": known}, Place(path="protocol")))
        return
    _loaded(plugin.settings_schema(unknown=RAISE), settings, problems)


def _loaded(schema: Schema, settings: Mapping[str, Any], problems: list[Problem]) -> dict[str, Any]:
    try:
        return dict(schema.load(dict(settings)))
    except ValidationError as wrong:
        problems += unfit.problems(wrong.messages, "settings")
        return {}


def _terms(work: UnitOfWork, given: Mapping[str, Any], problems: list[Problem]) -> Terms | None:
    before = len(problems)
    terms = Terms(**{"zone": work.tenant_facts().zone, **_loaded(TermsSchema(), given, problems)})
    try:
        ZoneInfo(terms.zone)
    except (KeyError, ValueError, OSError):
        problems.append(Problem("AIM-P013", {"name": "zone", "reason": terms.zone}, Place(path="settings.zone")))
    try:
        re.compile(terms.account_pattern)
    except re.error as wrong:
        fields = {"name": "account_pattern", "reason": str(wrong)}
        problems.append(Problem("AIM-P013", fields, Place(path="settings.account_pattern")))
    if terms.min_tyiyn > terms.max_tyiyn:
        fields = {"name": "min_tyiyn", "reason": "min_tyiyn > max_tyiyn"}
        problems.append(Problem("AIM-P013", fields, Place(path="settings.min_tyiyn")))
    return terms if len(problems) == before else None


def _addresses(given: list[str], problems: list[Problem]) -> tuple[str, ...]:
    networks = []
    for text in given:
        try:
            networks.append(str(ipaddress.ip_network(text)))
        except ValueError as wrong:
            problems.append(Problem("AIM-P013", {"name": "addresses", "reason": str(wrong)}, Place(path="addresses")))
    return tuple(networks)


def _certificates(given: list[str], problems: list[Problem]) -> tuple[str, ...]:
    """SHA-256 as openssl writes it (with colons) or plain, in either case."""
    digests = []
    for text in given:
        digest = text.replace(":", "").lower()
        if re.fullmatch(r"[0-9a-f]{64}", digest):
            digests.append(digest)
        else:
            problems.append(Problem("AIM-P013", {"name": "certificates", "reason": text}, Place(path="certificates")))
    return tuple(digests)


def shown(record: PartnerRecord) -> dict[str, Any]:
    """A partner as the API gives it: logins, never secrets."""
    return {
        "code": record.code,
        "protocol": record.protocol,
        "name": record.name,
        "settings": {**asdict(record.terms), **record.settings},
        "addresses": list(record.addresses),
        "certificates": list(record.certificates),
        "logins": sorted(record.secrets),
        "version": record.version,
    }
