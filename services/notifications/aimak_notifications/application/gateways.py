"""Which gateway a tenant sends through, and how it is opened."""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from aimak import unfit
from aimak.plugins.registry import Registry
from aimak.plugins.sms_gateways import GatewayHost, HttpClient, SmsGateway
from aimak.problems import NotFound, Problem, Refused
from aimak.service import Service
from aimak.storage.work import UnitOfWork
from marshmallow import ValidationError
from sqlalchemy import Row

from aimak_notifications import store
from aimak_notifications.application.remembering import Remembered

SECRET = "secret:"
SYSTEM = "system"
_DEFAULT_GATEWAY = "file"
_DEFAULT_PUBLIC_URL = "http://127.0.0.1:8470"
_KEY_HEX = 32


@dataclass(frozen=True)
class Opened:
    """A tenant's gateway, ready to send, with what signs its report addresses."""

    gateway: SmsGateway
    tenant: str
    report_secret: str
    public_url: str

    def missing(self) -> list[str]:
        """What is missing before messages can go, in plain words. May call out: no transaction may be open."""
        return [*type(self.gateway).check_ready(), *self.gateway.check_settings()]

    def report_url(self, message_id: int) -> str:
        """Where the gateway tells of this message; the key in it is good for this message alone."""
        query = urlencode({"id": message_id, "key": report_key(self.report_secret, str(message_id))})
        return f"{self.public_url}/gateways/{self.tenant}/{self.gateway.code}/report?{query}"


def report_key(secret: str, message_id: str) -> str:
    """What proves that a report on this message comes from the gateway; with an empty id, on any message."""
    return hmac.new(secret.encode(), message_id.encode(), hashlib.sha256).hexdigest()[:_KEY_HEX]


class Gateways:
    """The installed gateways and the tenants' choice among them."""

    def __init__(self, registry: Registry[SmsGateway], http: HttpClient) -> None:
        self.registry = registry
        self._http = http

    def choose(self, service: Service, work: UnitOfWork, code: str, settings: Mapping[str, Any], actor: str) -> None:
        """Send through this gateway from now on. Raises NotFound for an unknown gateway, Refused for settings that do
        not fit or a secret that is not there."""
        self._build(service, work.tenant, code, settings)
        store.choose_gateway(work, code, settings, actor)

    def chosen(self, service: Service, work: UnitOfWork) -> Row[Any]:
        """The tenant's choice; the installation's default (notifications.gateway, else `file`) becomes it where there
        is none."""
        row = store.chosen_gateway(work)
        if row is None:
            default = str(service.settings.get("notifications.gateway") or _DEFAULT_GATEWAY)
            store.choose_gateway(work, default, {}, SYSTEM)
            row = store.chosen_gateway(work)
        assert row is not None, "a gateway was just chosen"
        return row

    def open(self, service: Service, tenant: str, row: Row[Any]) -> Opened:
        """The gateway of a row of `gateway`. Raises what `choose` raises."""
        gateway = self._build(service, tenant, row.code, row.settings)
        public = str(service.settings.get("notifications.public_url") or _DEFAULT_PUBLIC_URL)
        return Opened(gateway, tenant, row.report_secret, public.rstrip("/"))

    def _build(self, service: Service, tenant: str, code: str, settings: Mapping[str, Any]) -> SmsGateway:
        plugin = self.registry.get(code)
        if plugin is None:
            raise NotFound(Problem("AIM-N001", {"gateway": code, "known": ", ".join(self.registry.codes())}))
        try:
            loaded = plugin.settings_schema().load(_with_secrets(service, code, settings))
        except ValidationError as wrong:
            raise Refused(*_setting_problems(code, wrong)) from wrong
        host = GatewayHost(
            tenant=tenant,
            clock=service.clock,
            http=self._http,
            state=Remembered(service, tenant, code),
            folder=service.settings.data_dir / "sms" / tenant,
            log=logging.getLogger(f"aimak.sms.{code}"),
        )
        return plugin(loaded, host)


def _setting_problems(code: str, wrong: ValidationError) -> list[Problem]:
    messages = wrong.messages if isinstance(wrong.messages, dict) else {"settings": wrong.messages}
    found: list[Problem] = []
    for name, inner in messages.items():
        found.append(Problem("AIM-N002", {"gateway": code, "setting": str(name)}))
        found += unfit.problems(inner, "settings", name)
    return found


def _with_secrets(service: Service, code: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _revealed(service, code, value) for name, value in settings.items()}


def _revealed(service: Service, code: str, value: Any) -> Any:
    if not isinstance(value, str) or not value.startswith(SECRET):
        return value
    name = value.removeprefix(SECRET)
    secret = service.settings.get(f"secret.{name.lower()}")
    if not secret:
        raise Refused(Problem("AIM-N003", {"gateway": code, "name": name, "variable": name.upper()}))
    return secret
