"""Payments as nameko runs it."""

from aimak.messaging.rabbitmq.container import EventService, event_service
from aimak.service import Service


def entrypoints(service: Service) -> type[EventService]:
    """The nameko class: one entrypoint for each event listened to, each one call into the application."""
    return event_service(service)
