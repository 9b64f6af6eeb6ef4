"""Servers that start once and serve every test of the session."""

from collections.abc import Iterator

import pytest
from aimak.testing.servers import PostgresServer, RabbitServer


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL; tests make databases of their own in it."""
    with PostgresServer() as server:
        yield server


@pytest.fixture(scope="session")
def rabbit() -> Iterator[RabbitServer]:
    """A RabbitMQ; a test that kills or stops it brings it back."""
    with RabbitServer() as server:
        yield server
