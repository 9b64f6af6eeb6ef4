"""The consumer with a ladder of milliseconds and a watchdog of seconds."""

import eventlet

eventlet.monkey_patch()

from aimak.messaging.rabbitmq.container import consume  # noqa: E402
from aimak.messaging.rabbitmq.topology import Topology  # noqa: E402
from aimak.supervisor import child  # noqa: E402

from aimak_listener.service import entrypoints  # noqa: E402

LADDER = (0.2, 0.2, 0.3, 0.3, 0.4, 0.4, 0.5)

if __name__ == "__main__":
    child.start_log()
    service = child.open_service("listener")
    consume(service, entrypoints(service), Topology("listener", sorted(service.subscriptions), LADDER))
