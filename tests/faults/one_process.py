"""The embedded runtime as one process of its own, started again whenever it dies."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
from aimak.settings import SERVICES, Settings
from aimak.supervisor.child import build_service
from aimak.testing.servers.process import free_port, wait_until
from aimak.testing.settled import settled
from aimak_gateway.setup import initialise

_SERVE = "import sys; from aimak_gateway.cli import main; sys.argv[0] = 'aimak'; main()"
_READY_S = 240


class OneProcess:
    """`aimak serve` on a data folder in `folder`, with these settings; its log is there too."""

    def __init__(self, folder: Path, settings: Mapping[str, object]) -> None:
        self._values = {**settings, "data_dir": str(folder / "data"), "runtime": "embedded"}
        self.settings = Settings(self._values)
        self._log = folder / "serve.log"
        self._port = free_port()
        self._ended = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Where operators and partners find it."""
        return f"http://127.0.0.1:{self._port}"

    @contextmanager
    def running(self, admin_password: str) -> Iterator[None]:
        """It runs, and runs again after each death, until the block ends."""
        initialise(self.settings, "admin", admin_password)
        keeper = threading.Thread(target=self._keep, name="keeper")
        keeper.start()
        try:
            yield
        finally:
            self._ended.set()
            keeper.join()

    def _keep(self) -> None:
        while not self._ended.wait(0.05):
            if self._process is None or self._process.poll() is not None:
                self._process = self._start()
        if self._process is not None:
            self._process.terminate()
            self._process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AIMAK_")}
        given = {"AIMAK_" + key.upper().replace(".", "__"): str(value) for key, value in self._values.items()}
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-c", _SERVE, "serve", "--port", str(self._port)],
                env={**inherited, **given, "AIMAK_CONFIG": str(self._log.with_name("none.toml"))},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def kill(self, _: random.Random) -> str:
        """kill -9, wherever it stands."""
        assert self._process is not None, "it has not been started"
        self._process.kill()
        self._process.wait()
        return "the one process"

    def wait(self) -> None:
        """Return when it answers. Raises ServerFailed."""
        wait_until(self._answers, _READY_S, f"aimak serve, see {self._log}")

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.address}/gateway/health", timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    def settle(self, deadline: float) -> None:
        """Return when everything under way has arrived, seen twice; raises TimeoutError at `deadline`."""
        services = [build_service(name, self.settings) for name in SERVICES]
        try:
            seen = 0
            while seen < 2:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"the one process is not done: {self._log.read_text()[-2000:]}")
                seen = seen + 1 if settled(services) else 0
                time.sleep(0.05)
        finally:
            for service in services:
                service.close()
