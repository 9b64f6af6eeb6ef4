"""What a room of a service loads, seen in a fresh process: the linter looks into no package's own __init__."""

import subprocess
import sys

import pytest

# Loads every module of a package and prints the first after which one of these was there.
LOADER = """
import importlib, pkgutil, sys
package = importlib.import_module(sys.argv[1])
for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
    importlib.import_module(module.name)
    if found := {"sqlalchemy", "alembic", "flask", "kombu", "nameko"} & sys.modules.keys():
        sys.exit(f"{module.name} loads {', '.join(sorted(found))}")
"""


@pytest.mark.parametrize("room", ["domain", "plugins"])
@pytest.mark.parametrize("service", ["billing", "metering", "payments", "notifications"])
def test_rules_and_plugins_load_no_database_no_web_and_no_broker(service: str, room: str) -> None:
    """Every module of a domain and of the built-in plugins loads without SQLAlchemy, Flask and the broker's library."""
    command = [sys.executable, "-c", LOADER, f"aimak_{service}.{room}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
