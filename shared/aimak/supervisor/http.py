"""The HTTP child: waitress on the sockets that the supervisor opened."""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Sequence
from typing import Any

import waitress

from aimak.supervisor import child

CONNECTIONS = 20_000
_THREADS = 8


def main() -> None:
    """Serve until SIGTERM; requests under way are answered first."""
    given = child.arguments()
    assert given.socket is not None
    child.start_log()
    child.end_with_supervisor(given.pipe)
    signal.signal(signal.SIGTERM, _end)
    service = child.open_service(given.service)
    assert service.web is not None, f"{service.name} has no web application"
    serve(service.web(), [number for number in (given.socket, given.nginx_socket) if number is not None])
    service.close()


def serve(app: Any, descriptors: Sequence[int]) -> None:
    """Serve `app` on open listening sockets, in one loop, until the process is told to end."""
    loop: dict[int, Any] = {}
    # One server each: waitress refuses to mix Internet and unix sockets in one.
    servers = [
        waitress.create_server(
            app,
            map=loop,
            sockets=[socket.socket(fileno=descriptor)],
            asyncore_use_poll=True,
            connection_limit=CONNECTIONS,
            threads=_THREADS,
            ident=None,
            clear_untrusted_proxy_headers=True,
        )
        for descriptor in descriptors
    ]
    servers[0].run()


def _end(_number: int, _frame: Any) -> None:
    sys.exit(0)


if __name__ == "__main__":
    main()
