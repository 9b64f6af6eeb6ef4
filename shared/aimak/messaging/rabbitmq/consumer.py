"""The consumer child's entry: the one place where eventlet patches, before anything else is imported."""

import eventlet

eventlet.monkey_patch()

import importlib  # noqa: E402
from typing import Any  # noqa: E402

from eventlet import patcher  # noqa: E402

from aimak.messaging.rabbitmq.container import consume  # noqa: E402
from aimak.supervisor import child  # noqa: E402


def main() -> None:
    """Consume until SIGTERM; a message under way is handled first."""
    given = child.arguments()
    child.start_log()
    child.end_with_supervisor(
        given.pipe,
        thread=patcher.original("threading").Thread,
        read=patcher.original("os").read,
        sleep=patcher.original("time").sleep,
    )
    service = child.open_service(given.service)
    entrypoints: Any = importlib.import_module(f"aimak_{given.service}.service")
    consume(service, entrypoints.entrypoints(service))
    service.close()


if __name__ == "__main__":
    main()
