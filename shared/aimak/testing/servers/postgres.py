"""A PostgreSQL of one's own: initdb, postgres as a child, ended by its process id."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from aimak.testing.servers.process import (
    LOOPBACK,
    ServerFailed,
    descendants,
    free_port,
    is_alive,
    kill_tree,
    wait_until,
)

_START_S = 60
_STOP_S = 20
_SUPERUSER = "postgres"


class PostgresServer:
    """`with PostgresServer() as server:` gives a running server; `server.url()` its superuser's address.

    `folder` keeps the data between runs (default: a temporary one, removed at the end). `durable=False` does without
    fsync: processes may be killed, the machine may not.
    """

    def __init__(self, folder: Path | None = None, port: int | None = None, *, durable: bool = False) -> None:
        self._temporary = folder is None
        self.folder = folder or Path(tempfile.mkdtemp(prefix="aimak-postgres-"))
        self.port = port or free_port()
        self._durable = durable
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._remove()

    @property
    def pid(self) -> int:
        """The postmaster's process id."""
        assert self._process is not None, "the server has not been started"
        return self._process.pid

    @property
    def pids(self) -> list[int]:
        """The postmaster and its backends."""
        return [self.pid, *descendants(self.pid)]

    @property
    def password(self) -> str:
        """The superuser's password."""
        return (self.folder / "password").read_text()

    def url(self, database: str = "postgres", user: str = _SUPERUSER, password: str | None = None) -> str:
        """A SQLAlchemy URL (psycopg 3)."""
        secret = self.password if password is None else password
        return f"postgresql+psycopg://{user}:{secret}@{LOOPBACK}:{self.port}/{database}"

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        """A connection as superuser, committing by itself."""
        return psycopg.connect(
            host=LOOPBACK, port=self.port, user=_SUPERUSER, password=self.password, dbname=database, autocommit=True
        )

    def start(self) -> None:
        """Start and wait until it answers. A killed predecessor's backends may hold its memory for a moment: it is
        tried again until they are gone. Raises ServerFailed."""
        if not (self.folder / "data" / "PG_VERSION").is_file():
            self._initialise()
        wait_until(self._try_to_start, _START_S, f"PostgreSQL in {self.folder}", every_s=0.3)

    def stop(self) -> None:
        """Fast shutdown; SIGKILL to what is left after 20 s."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                self.kill9()
        self._process = None

    def kill9(self, *, postmaster_only: bool = False) -> None:
        """SIGKILL to the postmaster with its backends, or to the postmaster alone, which leaves them orphans."""
        process = self._process
        assert process is not None, "the server has not been started"
        if postmaster_only:
            process.kill()
        else:
            kill_tree(process.pid)
        process.wait()

    def restart(self) -> None:
        """Stop if it runs, and start on the same data and port."""
        self.stop()
        self.start()

    def _initialise(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        password = self.folder / "password"
        password.touch(mode=0o600)
        password.write_text(secrets.token_hex(16))
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
            os.chown(password, owner.pw_uid, owner.pw_gid)
        options = ["--locale=C.UTF-8", "--encoding=UTF8", "--auth=scram-sha-256", f"--username={_SUPERUSER}"]
        if not self._durable:
            options.append("--no-sync")
        made = subprocess.run(
            [*_as_postgres(), str(_binary("initdb")), "-D", "data", "--pwfile=password", *options],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode != 0:
            raise ServerFailed(f"initdb in {self.folder}: {made.stderr.strip()[-500:]}")

    def _try_to_start(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            settings = {
                "listen_addresses": LOOPBACK,
                "port": str(self.port),
                "unix_socket_directories": "",
                "max_connections": "300",
                "max_wal_size": "4GB",
                "fsync": "on" if self._durable else "off",
            }
            options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
            with (self.folder / "postgres.log").open("ab") as log:
                self._process = subprocess.Popen(
                    [*_as_postgres(), str(_binary("postgres")), "-D", "data", *options],
                    cwd=self.folder,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return is_alive(self.pid)

    def _remove(self) -> None:
        if self._temporary:
            shutil.rmtree(self.folder, ignore_errors=True)


def _binary(name: str) -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1]
    on_path = shutil.which(name)
    if on_path is None:
        raise ServerFailed(f"{name}: PostgreSQL's server is not installed (Debian: apt install postgresql)")
    return Path(on_path)


def _as_postgres() -> list[str]:
    """PostgreSQL refuses to run as root; setpriv becomes the server itself, so the process id is the postmaster's."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--reset-env"]
