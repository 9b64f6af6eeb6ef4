"""The listener as nameko runs it."""

from aimak.messaging.rabbitmq.container import EventService, event_service
from aimak.service import Service


def entrypoints(service: Service) -> type[EventService]:
    """One entrypoint for its one event."""
    return event_service(service)
