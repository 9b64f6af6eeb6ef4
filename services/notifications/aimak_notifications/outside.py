"""The way out to gateways: HTTP with time limits, to the addresses that the installation allows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import httpx
from aimak.plugins.sms_gateways import NotAnswered, NotReached

TIMEOUT = httpx.Timeout(connect=3, read=10, write=5, pool=3)
# Faults at which the other side surely has nothing of the request.
_BEFORE_SENDING = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
_HOSTS = "localhost,127.0.0.1"


def allowed_hosts(setting: str | None) -> frozenset[str]:
    """The hosts (or host:port) in the setting notifications.http_hosts; by default this machine alone."""
    return frozenset(host.strip().lower() for host in (setting or _HOSTS).split(",") if host.strip())


class OutsideClient:
    """Reaches only allowed hosts, follows no redirect, reads no proxy from the environment."""

    def __init__(self, hosts: Iterable[str], transport: httpx.BaseTransport | None = None) -> None:
        """`transport` stands in for the network in tests."""
        self._hosts = frozenset(hosts)
        self._client = httpx.Client(timeout=TIMEOUT, follow_redirects=False, trust_env=False, transport=transport)

    def get(self, url: str, *, params: Mapping[str, str]) -> httpx.Response:
        """Raises NotReached when the request was surely not taken, NotAnswered when it may have been."""
        return self._send(self._client.build_request("GET", url, params=dict(params)))

    def post(self, url: str, *, content: bytes, headers: Mapping[str, str]) -> httpx.Response:
        """Raises NotReached when the request was surely not taken, NotAnswered when it may have been."""
        return self._send(self._client.build_request("POST", url, content=content, headers=dict(headers)))

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def _send(self, request: httpx.Request) -> httpx.Response:
        host, port = request.url.host.lower(), request.url.port
        if not {host, f"{host}:{port}"} & self._hosts:
            raise NotReached(f"{host} is not in notifications.http_hosts")
        try:
            return self._client.send(request)
        except _BEFORE_SENDING as away:
            raise NotReached(f"{host}: {type(away).__name__}") from away
        except httpx.HTTPError as lost:
            raise NotAnswered(f"{host}: {type(lost).__name__}") from lost
