"""The HTTP child: waitress on the socket that the supervisor opened."""

from __future__ import annotations

import signal
import socket
import sys
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
    server = waitress.create_server(
        service.web(),
        sockets=[socket.socket(fileno=given.socket)],
        asyncore_use_poll=True,
        connection_limit=CONNECTIONS,
        threads=_THREADS,
        ident=None,
        clear_untrusted_proxy_headers=True,
    )
    server.run()
    service.close()


def _end(_number: int, _frame: Any) -> None:
    sys.exit(0)


if __name__ == "__main__":
    main()
