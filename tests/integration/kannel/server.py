"""A Kannel of one's own (bearerbox and smsbox from Debian), and the operator behind it as a plain TCP client."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections import defaultdict
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import unquote_to_bytes

from aimak.testing.servers.process import LOOPBACK, free_port, wait_until

PASSWORD = "told-to-nobody"
_START_S = 15
_STOP_S = 15

_CONFIGURATION = """
group = core
admin-port = {admin}
admin-interface = "127.0.0.1"
admin-password = none
smsbox-port = {smsbox}
smsbox-interface = "127.0.0.1"
box-allow-ip = "127.0.0.1"

group = smsc
smsc = fake
smsc-id = OPERATOR
our-host = 127.0.0.1
port = {operator}
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
bearerbox-port = {smsbox}
sendsms-port = {sendsms}
sendsms-interface = "127.0.0.1"

group = sendsms-user
username = aimak
password = {password}
max-messages = 6
concatenation = true
"""


class Kannel:
    """`with Kannel(folder) as kannel:` runs both boxes; `kannel.url` is its sendsms."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ports = {name: free_port() for name in ("admin", "smsbox", "operator", "sendsms")}
        self._boxes: dict[str, subprocess.Popen[bytes]] = {}
        (folder / "kannel.conf").write_text(_CONFIGURATION.format(**self._ports, password=PASSWORD))

    def __enter__(self) -> Self:
        try:
            self.start("bearerbox", "smsbox")
            self.start("smsbox", "sendsms")
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Where messages are handed over."""
        return f"http://{LOOPBACK}:{self._ports['sendsms']}/cgi-bin/sendsms"

    def operator(self) -> Operator:
        """The operator's side, connected."""
        return Operator(socket.create_connection((LOOPBACK, self._ports["operator"])))

    def start(self, box: str, port: str) -> None:
        """Start one of the boxes and wait until it listens."""
        with (self.folder / f"{box}.log").open("ab") as log:
            self._boxes[box] = subprocess.Popen(
                [f"/usr/sbin/{box}", "-v", "1", "kannel.conf"], cwd=self.folder, stdout=log, stderr=log
            )
        wait_until(lambda: _listens(self._ports[port]), _START_S, f"{box} in {self.folder}")

    def stop(self, *boxes: str) -> None:
        """End these boxes, or all, each by its own id."""
        for box in boxes or ("smsbox", "bearerbox"):
            process = self._boxes.pop(box, None)
            if process is not None:
                process.terminate()
                try:
                    process.wait(_STOP_S)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


class Operator:
    """Takes what Kannel sends on and puts the parts together as a phone would."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._lines: list[bytes] = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def texts(self) -> dict[str, list[str]]:
        """Whole texts by phone; a text of which a part is missing is left out."""
        parts: dict[tuple[str, bytes], dict[int, bytes]] = defaultdict(dict)
        whole: dict[str, list[str]] = defaultdict(list)
        for line in list(self._lines):
            _, phone, kind, rest = line.decode().split(" ", 3)
            if kind == "text":
                whole[phone].append(rest)
            elif kind in ("data", "ucs-2"):
                whole[phone].append(_decoded(rest))
            elif kind == "udh":
                header, _, data = rest.split(" ", 2)
                *_, reference, count, number = unquote_to_bytes(header)
                parts[phone, bytes((reference, count))][number] = unquote_to_bytes(data.replace("+", " "))
        for (phone, header), found in parts.items():
            if len(found) == header[1]:
                whole[phone].append(_text(b"".join(found[number] for number in sorted(found))))
        return dict(whole)

    def leave(self) -> None:
        """Close the connection."""
        self._connection.close()
        self._thread.join(5)

    def _read(self) -> None:
        try:
            with self._connection.makefile("rb") as stream:
                for line in stream:
                    self._lines.append(line.rstrip(b"\n"))
        except OSError:
            return


def _decoded(written: str) -> str:
    return _text(unquote_to_bytes(written.replace("+", " ")))


def _text(data: bytes) -> str:
    # Two octets a character where Cyrillic makes it so: every text of the test has a space.
    return data.decode("utf-16-be") if b"\x00 " in data else data.decode()


def _listens(port: int) -> bool:
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True
