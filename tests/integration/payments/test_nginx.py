"""A real nginx before payments: whose address is believed, and whose is not."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from aimak.settings import Settings
from aimak.storage import migrate
from aimak.testing.servers.process import free_port, wait_until

from tests.unit.payments.conftest import LOGIN, NOW, PASSWORD, SECRET, TENANT, Town, tell_of_the_town

pytestmark = pytest.mark.servers

NGINX = Path("/usr/sbin/nginx")
CONFIG = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location /partners/ {{
            proxy_set_header X-Real-IP $remote_addr;
            proxy_pass http://unix:{socket}:;
        }}
    }}
}}
"""
# What the HTTP child does with the sockets that its supervisor opened.
SERVE = """
import sys
from pathlib import Path
from aimak.settings import Settings
from aimak.supervisor.http import serve
from aimak.supervisor.supervisor import listen, listen_unix
import aimak_payments.bootstrap
folder, port, secret = Path(sys.argv[1]), int(sys.argv[3]), sys.argv[4]
path = Path(sys.argv[2]) / "nginx.sock"
service = aimak_payments.bootstrap.build(
    Settings({"data_dir": str(folder), "auth.secret": secret, "payments.nginx_socket": str(path)})
)
sockets = [listen("127.0.0.1", port), listen_unix(path)]
path.chmod(0o666)
serve(service.web(), [opened.detach() for opened in sockets])
"""


@dataclass
class Doors:
    """The two ways to payments."""

    nginx: str
    direct: str
    town: Town


def answering(port: int) -> bool:
    """Whether something listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that nginx's worker may enter: under root it is another user, and pytest keeps its own folders shut."""
    with tempfile.TemporaryDirectory(prefix="aimak-nginx-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def doors(tmp_path: Path, open_folder: Path) -> Iterator[Doors]:
    """Payments on a TCP port and on the unix socket of an nginx."""
    if not NGINX.exists():
        pytest.skip("needs nginx")
    import aimak_payments.bootstrap

    service = aimak_payments.bootstrap.build(
        Settings({"data_dir": str(tmp_path), "auth.secret": SECRET, "clock.instant": NOW, "ids.seed": 1})
    )
    migrate.upgrade(service)
    assert service.web is not None
    town = Town(service, service.web().test_client())
    tell_of_the_town(town)
    direct, port = free_port(), free_port()
    config = tmp_path / "nginx.conf"
    config.write_text(CONFIG.format(folder=tmp_path, port=port, socket=open_folder / "nginx.sock"))
    command = [sys.executable, "-c", SERVE, str(tmp_path), str(open_folder), str(direct), SECRET]
    served = subprocess.Popen(command)
    proxy = subprocess.Popen([str(NGINX), "-c", str(config), "-p", str(tmp_path)])
    try:
        wait_until(lambda: answering(direct) and answering(port), 30, "payments and nginx")
        yield Doors(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{direct}", town)
    finally:
        for process in (proxy, served):
            os.kill(process.pid, signal.SIGTERM)
            process.wait(20)
        service.close()


def status(door: str, **headers: str) -> int:
    """What a check through that door is answered with."""
    return httpx.get(
        f"{door}/partners/{TENANT}/kapchyk",
        params={"command": "check", "txn_id": "1", "account": "0100001", "sum": "0"},
        headers=headers,
        auth=(LOGIN, PASSWORD),
        timeout=20,
    ).status_code


def test_address_is_believed_from_nginx_alone(doors: Doors) -> None:
    """nginx tells who calls; what a caller writes into the header itself counts for nothing on either way."""
    assert doors.town.define_partner(addresses=["127.0.0.0/8"]).status_code == 200
    assert status(doors.nginx) == 200
    assert status(doors.direct) == 200
    assert doors.town.define_partner(addresses=["203.0.113.7/32"]).status_code == 200
    for door in (doors.nginx, doors.direct):
        assert status(door) == 403
        assert status(door, **{"X-Real-IP": "203.0.113.7", "X-Forwarded-For": "203.0.113.7"}) == 403
