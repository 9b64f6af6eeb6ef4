"""A real nginx before payments: whose address and certificate are believed, and whose are not."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

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
        listen 127.0.0.1:{tls} ssl;
        ssl_certificate {folder}/nginx.crt;
        ssl_certificate_key {folder}/nginx.key;
        ssl_verify_client optional_no_ca;
        location /partners/ {{
            proxy_set_header X-Real-IP $remote_addr;
            proxy_set_header X-Client-Certificate $ssl_client_escaped_cert;
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
    """The ways to payments, and the folder of keys and certificates."""

    nginx: str
    tls: str
    direct: str
    town: Town
    folder: Path


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


def make_certificate(folder: Path, name: str) -> None:
    """A key and a certificate that it signed itself."""
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
    ]
    names = ["-subj", f"/CN={name}", "-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.crt"]
    subprocess.run([*command, *names], check=True, capture_output=True)


def digest(certificate: Path) -> str:
    """The SHA-256 as openssl prints it, with colons."""
    command = ["openssl", "x509", "-noout", "-fingerprint", "-sha256", "-in", str(certificate)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip().partition("=")[2]


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
    for name in ("nginx", "kapchyk", "stranger"):
        make_certificate(tmp_path, name)
    direct, port, tls = free_port(), free_port(), free_port()
    config = tmp_path / "nginx.conf"
    config.write_text(CONFIG.format(folder=tmp_path, port=port, tls=tls, socket=open_folder / "nginx.sock"))
    command = [sys.executable, "-c", SERVE, str(tmp_path), str(open_folder), str(direct), SECRET]
    served = subprocess.Popen(command)
    proxy = subprocess.Popen([str(NGINX), "-c", str(config), "-p", str(tmp_path)])
    try:
        wait_until(lambda: all(map(answering, (direct, port, tls))), 30, "payments and nginx")
        yield Doors(
            f"http://127.0.0.1:{port}", f"https://127.0.0.1:{tls}", f"http://127.0.0.1:{direct}", town, tmp_path
        )
    finally:
        for process in (proxy, served):
            os.kill(process.pid, signal.SIGTERM)
            process.wait(20)
        service.close()


def shown(doors: Doors, name: str | None) -> ssl.SSLContext:
    """TLS in which the caller shows that certificate, or none."""
    context = ssl.create_default_context(cafile=str(doors.folder / "nginx.crt"))
    context.check_hostname = False
    if name:
        context.load_cert_chain(doors.folder / f"{name}.crt", doors.folder / f"{name}.key")
    return context


def status(door: str, verify: ssl.SSLContext | bool = True, **headers: str) -> int:
    """What a check through that door is answered with."""
    return httpx.get(
        f"{door}/partners/{TENANT}/kapchyk",
        params={"command": "check", "txn_id": "1", "account": "0100001", "sum": "0"},
        headers=headers,
        auth=(LOGIN, PASSWORD),
        verify=verify,
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


def test_certificate_is_believed_from_nginx_alone(doors: Doors) -> None:
    """A partner held to its certificate is let in when nginx saw that it holds the key; another certificate, none,
    or one that is merely written into the header opens nothing."""
    agreed = doors.folder / "kapchyk.crt"
    assert doors.town.define_partner(certificates=[digest(agreed)]).status_code == 200
    assert status(doors.tls, shown(doors, "kapchyk")) == 200
    assert status(doors.tls, shown(doors, "stranger")) == 403
    assert status(doors.tls, shown(doors, None)) == 403
    said = {"X-Client-Certificate": quote(agreed.read_text())}
    assert status(doors.tls, shown(doors, "stranger"), **said) == 403
    assert status(doors.nginx, **said) == 403
    assert status(doors.direct, **said) == 403
