"""WSGI inside one process: an httpx transport that streams, and the application that joins all of them."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, cast

import httpx

WsgiApp = Callable[..., Iterable[bytes]]


class StreamingTransport(httpx.BaseTransport):
    """Calls a WSGI application. Unlike httpx's own it never holds a request's body in memory: an import of 200 MB
    passes in blocks. It ignores time-outs, as nothing here waits on a network."""

    def __init__(self, app: WsgiApp) -> None:
        self._app = app

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Run the application and give its answer, the body still to be read."""
        seen: dict[str, Any] = {}

        def start_response(status: str, headers: list[tuple[str, str]], error: Any = None) -> Callable[..., None]:
            seen.update(status=int(status.split()[0]), headers=headers)
            return lambda body: None

        body = self._app(_environ(request), start_response)
        parts = iter(body)
        # An application may start its response only when its first part is asked for.
        first = next(parts, b"")
        stream = _Answer(first, parts, getattr(body, "close", None))
        return httpx.Response(seen["status"], headers=seen["headers"], stream=stream)


class _Answer(httpx.SyncByteStream):
    def __init__(self, first: bytes, rest: Iterator[bytes], close: Callable[[], None] | None) -> None:
        self._first, self._rest, self._close = first, rest, close

    def __iter__(self) -> Iterator[bytes]:
        yield self._first
        yield from self._rest

    def close(self) -> None:
        """Tell the application that its answer has been read."""
        if self._close:
            self._close()


class _Body(io.RawIOBase):
    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks, self._left = blocks, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left:
            block = next(self._blocks, None)
            if block is None:
                return 0
            self._left = block
        size = min(len(buffer), len(self._left))
        buffer[:size], self._left = self._left[:size], self._left[size:]
        return size


def _environ(request: httpx.Request) -> dict[str, Any]:
    stream = cast(Iterable[bytes], request.stream)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        # As WSGI has it: the path's bytes as Latin-1, so that a path may be in any script.
        "PATH_INFO": request.url.path.encode().decode("latin-1"),
        "QUERY_STRING": request.url.query.decode(),
        "SERVER_NAME": request.url.host or "embedded",
        "SERVER_PORT": str(request.url.port or 80),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": request.url.scheme,
        "wsgi.input": io.BufferedReader(_Body(iter(stream)), 1 << 16),
        "wsgi.input_terminated": True,
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
    return environ


def joined(gateway: WsgiApp, partners: WsgiApp, reports: WsgiApp) -> WsgiApp:
    """One application for `aimak serve`: partners' and SMS gateways' calls go straight to their services, which
    authenticate them; everything else goes through the gateway."""
    doors: Mapping[str, WsgiApp] = {"/partners/": partners, "/gateways/": reports}

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = str(environ.get("PATH_INFO", ""))
        chosen = next((door for prefix, door in doors.items() if path.startswith(prefix)), gateway)
        return chosen(environ, start_response)

    return app
