"""What both servers need: free ports, waiting, process trees and their listeners, read from /proc."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

LOOPBACK = "127.0.0.1"
_LISTEN = "0A"
# Above those that some system's services have by custom.
_UNPRIVILEGED = 10_000
_APART = 8
_given: set[int] = set()
_GIVEN_OUT = Path("/proc/sys/net/ipv4/ip_local_port_range")


class ServerFailed(Exception):
    """A server did not come up or did not end in time."""


def free_port() -> int:
    """A port on the loopback that nothing listened on a moment ago, that this process was not given before, and that
    the kernel gives to no outgoing connection until its server listens."""
    below = int(_GIVEN_OUT.read_text().split()[0])
    # Processes that ask at the same time look in different places, most likely.
    places = range(_UNPRIVILEGED + os.getpid() % _APART, below, _APART)
    while True:
        # Not the tests' own generator: it gives the same again.
        port = secrets.choice(places)
        if port in _given:
            continue
        with socket.socket() as probe, suppress(OSError):
            probe.bind((LOOPBACK, port))
            _given.add(port)
            return port


def wait_until(done: Callable[[], bool], seconds: float, what: str, every_s: float = 0.1) -> None:
    """Ask `done` until it says so. Raises ServerFailed after `seconds`."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise ServerFailed(f"{what}: not within {seconds:g} s")
        time.sleep(every_s)


def is_alive(pid: int) -> bool:
    """Whether the process runs (a zombie does not)."""
    try:
        return _stat(pid)[0] not in ("Z", "X")
    except OSError:
        return False


def descendants(pid: int) -> list[int]:
    """The ids of all living processes below `pid`."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                parents.setdefault(int(_stat(int(entry.name))[1]), []).append(int(entry.name))
    found: list[int] = []
    waiting = [pid]
    while waiting:
        children = parents.get(waiting.pop(), [])
        found += children
        waiting += children
    return found


def kill_tree(pid: int) -> None:
    """SIGKILL to a process and all below it, the lowest last so that none can be started again."""
    for one in [pid, *descendants(pid)]:
        with suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)


def listeners(pids: list[int]) -> set[str]:
    """The addresses ("127.0.0.1", "0.0.0.0", "::" …) on which these processes listen, TCP over IPv4 and IPv6."""
    inodes = {inode for pid in pids for inode in _socket_inodes(pid)}
    found: set[str] = set()
    for table, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == _LISTEN and words[9] in inodes:
                found.add(_address(words[1].partition(":")[0], family))
    return found


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _socket_inodes(pid: int) -> list[str]:
    found = []
    with suppress(OSError):
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                target = os.readlink(descriptor)
                if target.startswith("socket:["):
                    found.append(target[len("socket:[") : -1])
    return found


def _address(text: str, family: socket.AddressFamily) -> str:
    raw = bytes.fromhex(text)
    # The kernel writes each 32-bit word in the machine's own order.
    words = b"".join(raw[first : first + 4][::-1] for first in range(0, len(raw), 4))
    return socket.inet_ntop(family, words)
