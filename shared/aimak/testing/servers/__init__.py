"""Private test servers: a PostgreSQL and a RabbitMQ of one's own, on the loopback alone, each in its own folder."""

from aimak.testing.servers.installation import Installation
from aimak.testing.servers.postgres import PostgresServer
from aimak.testing.servers.rabbit import RabbitServer

__all__ = ["Installation", "PostgresServer", "RabbitServer"]
