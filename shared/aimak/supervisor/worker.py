"""The worker child: runs due jobs."""

from __future__ import annotations

import threading

from aimak.jobs import Worker
from aimak.supervisor import child

POLL_S = 0.2


def main() -> None:
    """Work until SIGTERM; a job under way is finished first."""
    given = child.arguments()
    child.start_log()
    child.end_with_supervisor(given.pipe)
    stop = threading.Event()
    child.end_on_signals(stop)
    service = child.open_service(given.service)
    child.repeat(Worker(service).step, stop, POLL_S, "worker")
    service.close()


if __name__ == "__main__":
    main()
