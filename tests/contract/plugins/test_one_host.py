"""Each kind of plugin has one host: an installed package's plugins are found there, and nowhere else loaded."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HOSTS = {
    "aimak.service_types": "billing",
    "aimak.rate_components": "billing",
    "aimak.e_invoices": "billing",
    "aimak.reading_sources": "metering",
    "aimak.payment_partners": "payments",
    "aimak.cash_receipts": "payments",
    "aimak.sms_gateways": "notifications",
}

SOUND = """
from marshmallow import Schema
from aimak.plugins.{kind} import {interface}

class Sample({interface}):
    code, interface_version, settings = "sample", 1, Schema
    names = {{"ky": "a", "ru": "b", "en": "c"}}
    {methods}
"""
REGISTER = """
    def register(self, receipt): ...
    def find(self, key): ...
    def close_shift(self, shift, instant): ...
"""
INVOICES = """
    def problems(self, invoice): ...
    def send(self, invoice): ...
    def state(self, number): ...
"""
# A module that raises is not kept among the loaded ones, so it leaves a mark that it was tried.
NO_LICENCE = "import sys\nsys.modules['foreign_tried_{kind}'] = sys\nraise RuntimeError('no licence')\n"

# Builds one service as its process does, then tells what it lists and which modules of the samples it has loaded.
TOLD = """
import importlib, json, sys
from aimak.operations import list_plugins
from aimak.settings import Settings
name, folder = sys.argv[1:]
build = importlib.import_module(f"aimak_{name}.bootstrap").build
service = build(Settings({"data_dir": folder, "auth.secret": "s" * 32}))
service.web()
loaded = sorted(module for module in sys.modules if module.startswith("foreign_"))
print(json.dumps({"listed": list_plugins(service, "en"), "loaded": loaded}))
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a distribution as an installer leaves it. It names a plugin of every kind, each in a module of its
    own that fails, and a sound one of the two kinds that have none built in."""
    folder = tmp_path_factory.mktemp("site")
    points = []
    for group in HOSTS:
        kind = group.removeprefix("aimak.")
        (folder / f"foreign_{kind}.py").write_text(NO_LICENCE.format(kind=kind))
        points += [f"[{group}]", f"broken = foreign_{kind}:Sample"]
        sound = {"cash_receipts": ("CashReceipts", REGISTER), "e_invoices": ("EInvoices", INVOICES)}.get(kind)
        if sound:
            text = SOUND.format(kind=kind, interface=sound[0], methods=sound[1])
            (folder / f"foreign_sound_{kind}.py").write_text(text)
            points.append(f"sample = foreign_sound_{kind}:Sample")
    metadata = folder / "aimak_foreign-2.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: aimak-foreign\nVersion: 2.0\n")
    (metadata / "entry_points.txt").write_text("\n".join(points) + "\n")
    return folder


def told(site: Path, service: str, folder: Path) -> dict:
    """What a service's own process says of the installed plugins."""
    environment = {**os.environ, "PYTHONPATH": str(site)}
    command = [sys.executable, "-c", TOLD, service, str(folder)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("service", ["billing", "metering", "payments", "notifications", "gateway"])
def test_a_kind_is_looked_at_by_its_host_alone(site: Path, tmp_path: Path, service: str) -> None:
    """A host names every faulty plugin of its kinds with the reason and lists the sound ones; of another host's kinds
    it has not even loaded a module that stands beside the rest."""
    said = told(site, service, tmp_path)
    mine = {group for group, host in HOSTS.items() if host == service}
    refused = {(row["kind"], row["name"], row["distribution"], row["code"]) for row in said["listed"]["refused"]}
    assert refused == {(group, "broken", "aimak-foreign 2.0", "AIM-X001") for group in mine}
    assert all("no licence" in row["reason"] for row in said["listed"]["refused"])
    foreign = {
        (row["kind"], row["code"]) for row in said["listed"]["plugins"] if row["distribution"] == "aimak-foreign"
    }
    sound = mine & {"aimak.cash_receipts", "aimak.e_invoices"}
    assert foreign == {(group, "sample") for group in sound}
    modules = [
        f"foreign_{state}_{kind}" for state, kinds in (("tried", mine), ("sound", sound)) for kind in short(kinds)
    ]
    assert said["loaded"] == sorted(modules)


def short(groups: set[str]) -> list[str]:
    """Kinds without the name that all groups begin with."""
    return [group.removeprefix("aimak.") for group in groups]
