"""The only place that builds the gateway."""

from __future__ import annotations

from collections.abc import Mapping

import httpx
from aimak.http import service_app
from aimak.service import Service
from aimak.settings import PORTS, Settings
from aimak.tenants import KEEP_TENANTS
from flask import Flask

from aimak_gateway import http
from aimak_gateway.tables import metadata

TIMEOUT_S = 60


def build(settings: Settings, clients: Mapping[str, httpx.Client] | None = None) -> Service:
    """The gateway; `clients` reach the services (default: over HTTP at the addresses in the settings)."""
    service = Service.open("gateway", settings, metadata)
    service.listens(KEEP_TENANTS)
    service.web = lambda: _web(service, clients or http_clients(settings))
    return service


def http_clients(settings: Settings) -> dict[str, httpx.Client]:
    """A client for each service of the servers runtime."""
    return {
        name: httpx.Client(base_url=settings.address(name), timeout=TIMEOUT_S) for name in PORTS if name != "gateway"
    }


def _web(service: Service, clients: Mapping[str, httpx.Client]) -> Flask:
    return service_app(service, *http.routes(service, clients))
