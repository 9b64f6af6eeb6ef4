"""`aimak serve` owns the data folder: other commands go through it, slow callers hold nobody up."""

from __future__ import annotations

import json
import os
import resource
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from aimak.settings import SERVICES
from aimak_gateway.cli.app import app
from typer.testing import CliRunner

AIMAK = Path(sys.executable).with_name("aimak")
# What a shell allows a program, far below what it may allow itself.
SOFT_LIMIT = 256
SLOW = 400
# select() ends at 1,024 descriptors.
MANY = 1_100


@dataclass
class Serving:
    """A process that serves a data folder."""

    process: subprocess.Popen[str]
    address: str
    environment: dict[str, str]
    folder: Path

    def aimak(self, *words: str) -> Any:
        """Another command on the same folder, in this process."""
        return CliRunner().invoke(app, words, env=self.environment)


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    """A fresh installation that is served, from a shell with few descriptors."""
    folder = tmp_path_factory.mktemp("served") / "data"
    given = {"AIMAK_DATA_DIR": str(folder), "AIMAK_PASSWORD": "a-password-for-tests", "AIMAK_LANG": "en"}
    assert CliRunner().invoke(app, ["init"], env=given).exit_code == 0
    command = ["bash", "-c", f'ulimit -Sn {SOFT_LIMIT}; exec "$0" serve --port 0 --json', str(AIMAK)]
    with subprocess.Popen(command, env={**os.environ, **given}, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = json.loads(process.stdout.readline())["data"]["address"]
        try:
            yield Serving(process, address, given, folder)
        finally:
            process.kill()


@pytest.fixture
def descriptors() -> Iterator[None]:
    """Room for many connections in this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def waiting_facts(folder: Path) -> int:
    """Facts of all services that nobody has been told of."""
    count = 0
    for name in SERVICES:
        with closing(sqlite3.connect(folder / f"{name}.sqlite3")) as file:
            count += file.execute("SELECT count(*) FROM outbox WHERE published_at IS NULL").fetchone()[0]
    return count


def slow_callers(stack: ExitStack, address: str, count: int) -> None:
    """Connections that say half a request and then nothing."""
    host, _, port = address.removeprefix("http://").rpartition(":")
    for _ in range(count):
        caller = stack.enter_context(closing(socket.create_connection((host, int(port)), timeout=10)))
        caller.sendall(b"GET /gateway/health HTTP/1.1\r\nHost: town\r\nX-Slow: ")


def answers_at_once(url: str) -> None:
    """Twenty calls; the limit is wide, as other tests run beside this one, and who is held up never answers."""
    for _ in range(20):
        assert httpx.get(url, timeout=30).status_code == 200


def test_slow_callers_hold_nobody_up(serving: Serving, descriptors: None) -> None:
    """More open connections than the shell's own limit, half a request each: others are answered at once."""
    with ExitStack() as stack:
        slow_callers(stack, serving.address, SLOW)
        answers_at_once(f"{serving.address}/gateway/health")


SERVE = """
import sys
from aimak.supervisor.http import serve
from aimak.supervisor.supervisor import listen, raise_file_limit

def app(_environ, start):
    start("200 OK", [("Content-Length", "2")])
    return [b"up"]

raise_file_limit()
opened = listen("127.0.0.1", 0)
print(opened.getsockname()[1], flush=True)
serve(app, [opened.detach()])
"""


def test_a_services_http_takes_more_connections_than_select_does(descriptors: None) -> None:
    """The child of a supervisor with 1,100 slow connections beside another caller: it is answered at once."""
    with (
        subprocess.Popen([sys.executable, "-c", SERVE], stdout=subprocess.PIPE, text=True) as process,
        ExitStack() as stack,
    ):
        assert process.stdout is not None
        address = f"http://127.0.0.1:{int(process.stdout.readline())}"
        try:
            slow_callers(stack, address, MANY)
            answers_at_once(f"{address}/")
        finally:
            process.kill()


@pytest.mark.parametrize("words", [["serve", "--port", "0"], ["init"], ["migrate"]])
def test_what_needs_the_folder_for_itself_is_told_who_has_it(serving: Serving, words: list[str]) -> None:
    """A second `serve`, and what makes or changes the files, ends with the folder and the address of who has it."""
    done = serving.aimak(*words, "--json")
    (error,) = json.loads(done.stderr)["errors"]
    assert (done.exit_code, done.stdout, error["code"]) == (1, "", "AIM-G091")
    assert str(serving.folder) in error["message"] and serving.address in error["message"]


def test_a_port_that_is_taken_is_said_to_be(serving: Serving, tmp_path: Path) -> None:
    """`serve` on another folder and the same port: a problem with what mends it, and the folder is free again."""
    port = serving.address.rpartition(":")[2]
    other = {**serving.environment, "AIMAK_DATA_DIR": str(tmp_path / "other")}
    assert CliRunner().invoke(app, ["init"], env=other).exit_code == 0
    done = CliRunner().invoke(app, ["serve", "--port", port], env=other)
    assert (done.exit_code, done.stdout) == (5, "")
    assert "AIM-G092" in done.stderr and port in done.stderr and "--port" in done.stderr
    assert (tmp_path / "other" / "owner.lock").read_text() == ""


def test_a_command_goes_through_who_holds_the_folder(serving: Serving) -> None:
    """It finds the folder held and asks at the address that stands there. When the holder is killed the lock ends with
    it: the command opens the folder itself, whatever address was left behind, and leaves no fact untold."""
    for words in (("login", "admin", "--tenant", "sary"), ("tenant", "add", "sary", "--name", "ru=Сары")):
        done = serving.aimak(*words)
        assert done.exit_code == 0, done.stderr
    lock = serving.folder / "owner.lock"
    assert lock.read_text() == serving.address
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        nobody = taken.getsockname()[1]
    lock.write_text(f"http://127.0.0.1:{nobody}")
    nowhere = serving.aimak("tenant", "show")
    assert (nowhere.exit_code, nowhere.stdout) == (1, "")
    assert "AIM-G093" in nowhere.stderr and str(nobody) in nowhere.stderr
    serving.process.kill()
    serving.process.wait()
    assert json.loads(serving.aimak("tenant", "show", "--json").stdout)["data"]["code"] == "sary"
    assert serving.aimak("tenant", "add", "sary", "--name", "ru=Сары-Суу").exit_code == 0
    assert waiting_facts(serving.folder) == 0 and lock.read_text() == ""
