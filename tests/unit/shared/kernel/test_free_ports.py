"""A server of a test has a port that nobody takes before it."""

from __future__ import annotations

import socket

from aimak.testing.servers.process import LOOPBACK, free_port


def test_no_outgoing_connection_is_given_a_servers_port() -> None:
    """What connects gets a port of the kernel's own range, which begins above those of the servers."""
    with socket.socket() as listening, socket.socket() as connecting:
        listening.bind((LOOPBACK, free_port()))
        listening.listen()
        connecting.connect(listening.getsockname())
        first = connecting.getsockname()[1]
    ports = [free_port() for _ in range(50)]
    assert max(ports) < first
    assert len(set(ports)) == len(ports)
