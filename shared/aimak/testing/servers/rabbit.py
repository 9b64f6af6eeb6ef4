"""A RabbitMQ of one's own: its node, its epmd and its data, on the loopback alone, ended by process id."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from aimak.testing.servers.process import (
    LOOPBACK,
    ServerFailed,
    descendants,
    free_port,
    is_alive,
    kill_tree,
    wait_until,
)

_START_S = 90
_STOP_S = 30
# The wrapper in /usr/sbin changes user and log folder; this one does neither.
_SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
_AMQP_GREETING = b"AMQP\x00\x00\x09\x01"
_METHOD_FRAME = b"\x01"
_QUIET_SCHEDULERS = "+sbwt none +sbwtdcpu none +sbwtdio none"


class RabbitServer:
    """`with RabbitServer() as server:` gives a running broker; `server.url` is its AMQP address.

    `folder` keeps the data between runs (default: a temporary one, removed at the end).
    """

    def __init__(self, folder: Path | None = None, port: int | None = None) -> None:
        self._temporary = folder is None
        self.folder = folder or Path(tempfile.mkdtemp(prefix="aimak-rabbit-"))
        self.port = port or free_port()
        self._epmd_port = free_port()
        self._distribution_port = free_port()
        self._epmd: subprocess.Popen[bytes] | None = None
        self._script: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            self._remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._remove()

    @property
    def url(self) -> str:
        """The AMQP address with the default user, who may enter from the loopback alone."""
        return f"amqp://guest:guest@{LOOPBACK}:{self.port}//"

    @property
    def pid(self) -> int:
        """The process id of the Erlang VM, which outlives the script that starts it."""
        return int(self._pid_file.read_text())

    @property
    def pids(self) -> list[int]:
        """The VM, its helpers and epmd."""
        helpers = [self._epmd.pid] if self._epmd is not None else []
        return [self.pid, *descendants(self.pid), *helpers]

    @property
    def _pid_file(self) -> Path:
        return self.folder / "rabbit.pid"

    def start(self) -> None:
        """Start and wait until it speaks AMQP. Raises ServerFailed."""
        if not _SERVER.is_file():
            raise ServerFailed("RabbitMQ is not installed (Debian: apt install rabbitmq-server)")
        self._prepare()
        if self._epmd is None or self._epmd.poll() is not None:
            self._epmd = self._run("epmd", "-port", str(self._epmd_port), "-address", LOOPBACK)
        self._pid_file.unlink(missing_ok=True)
        self._script = self._run(str(_SERVER))
        wait_until(self._answers, _START_S, f"RabbitMQ in {self.folder}")

    def stop(self) -> None:
        """Clean shutdown; SIGKILL to what is left after 30 s; then epmd."""
        pid = self._running()
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
                os.kill(pid, signal.SIGTERM)
            try:
                wait_until(lambda: not is_alive(pid), _STOP_S, "RabbitMQ's end")
            except ServerFailed:
                kill_tree(pid)
        self._end_script()
        if self._epmd is not None:
            self._epmd.terminate()
            self._epmd.wait()
            self._epmd = None

    def kill9(self) -> None:
        """SIGKILL to the VM and its helpers; what was confirmed is on disk."""
        kill_tree(self.pid)
        self._end_script()

    def pause(self) -> None:
        """SIGSTOP: connections stay open and nothing answers."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        os.kill(self.pid, signal.SIGCONT)

    def restart(self) -> None:
        """Stop if it runs, and start on the same data and port."""
        self.stop()
        self.start()

    def _running(self) -> int | None:
        try:
            pid = self.pid
        except (OSError, ValueError):
            return None
        return pid if is_alive(pid) else None

    def _end_script(self) -> None:
        if self._script is not None:
            kill_tree(self._script.pid)
            self._script.wait()
            self._script = None

    def _prepare(self) -> None:
        for name in ("home", "data", "log"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "rabbitmq-env.conf").touch()
        (self.folder / "enabled_plugins").write_text("[].\n")
        (self.folder / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = {LOOPBACK}:{self.port}\n"
            "disk_free_limit.absolute = 50MB\n"
            "vm_memory_high_watermark.absolute = 1GB\n"
            "log.console = false\n"
        )

    def _environment(self) -> dict[str, str]:
        folder = str(self.folder)
        return {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": f"{folder}/home",
            "ERL_EPMD_PORT": str(self._epmd_port),
            "RABBITMQ_NODENAME": f"aimak{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": LOOPBACK,
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self._distribution_port),
            "RABBITMQ_MNESIA_BASE": f"{folder}/data",
            "RABBITMQ_LOG_BASE": f"{folder}/log",
            "RABBITMQ_PID_FILE": str(self._pid_file),
            "RABBITMQ_CONF_ENV_FILE": f"{folder}/rabbitmq-env.conf",
            "RABBITMQ_CONFIG_FILE": f"{folder}/rabbitmq.conf",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/enabled_plugins",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
                "-kernel inet_dist_use_interface {127,0,0,1} -start_epmd false " + _QUIET_SCHEDULERS
            ),
        }

    def _run(self, *command: str) -> subprocess.Popen[bytes]:
        with (self.folder / "log" / "start.log").open("ab") as log:
            return subprocess.Popen(
                command,
                env=self._environment(),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _answers(self) -> bool:
        assert self._script is not None
        if self._script.poll() is not None:
            tail = (self.folder / "log" / "start.log").read_text(errors="replace")[-500:]
            raise ServerFailed(f"RabbitMQ ended while starting: {tail}")
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=2) as client:
                client.sendall(_AMQP_GREETING)
                return client.recv(1) == _METHOD_FRAME and self._pid_file.is_file()
        except OSError:
            return False

    def _remove(self) -> None:
        if self._temporary:
            shutil.rmtree(self.folder, ignore_errors=True)
