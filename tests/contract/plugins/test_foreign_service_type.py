"""A service type in a package of its own is installed as a wheel: listed, billed, and no file of ours knows it."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from aimak.testing.service_types import ServiceTypeContract

ROOT = Path(__file__).parents[3]
PACKAGE = ROOT / "examples" / "plugins" / "market_places"

BILLED = """
import json, sys
from pathlib import Path
from aimak.period import Period
from aimak_billing.domain.rating import Book, Plugins, explain, quote
from aimak_billing.tariff_file import load

plugins = Plugins.discover()
loaded = load(Path(sys.argv[1]).read_text(), "naryn", plugins)
book = Book.of(loaded.versions, loaded.taxes, plugins, Period.month("2026-10"))
trader = {"service": "market_places", "provider": "bazar", "attributes": {"pitches": 2, "trading_days": 26}}
lines = quote(trader, book).lines.to_dicts()
print(json.dumps({
    "codes": plugins.service_types.codes(),
    "owner": plugins.service_types.distribution("market_places"),
    "problems": len(loaded.problems),
    "amounts": [line["amount"] for line in lines],
    "said": explain(lines, loaded.versions[0], plugins, loaded.taxes, "en"),
}))
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """A folder with the unpacked wheel: on sys.path it is an installed distribution, for one process alone."""
    folder = tmp_path_factory.mktemp("market_places")
    source = folder / "source"
    shutil.copytree(PACKAGE, source, ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__"))
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "--wheel-dir", folder, source], check=True, timeout=120, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


@pytest.fixture(scope="module")
def market_places(site) -> type:
    """The plugin's class, imported from the wheel."""
    sys.path.insert(0, str(site))
    try:
        from aimak_market_places.plugin import MarketPlaces
    finally:
        sys.path.remove(str(site))
    return MarketPlaces


def test_it_is_listed_and_billed(site):
    """With the wheel on the path the type is found, its tariff is taken, a trader is billed and the bill explained."""
    environment = {**os.environ, "PYTHONPATH": str(site)}
    command = [sys.executable, "-c", BILLED, str(PACKAGE / "tariff.yaml")]
    done = subprocess.run(command, env=environment, check=True, timeout=120, capture_output=True, text=True)
    told = json.loads(done.stdout)
    assert "market_places" in told["codes"] and told["owner"] == "aimak-market-places 1.0.0"
    assert told["problems"] == 0
    assert told["amounts"] == [52 * 60_00, 9360]
    assert told["said"].startswith("52 pitch-days × 60.00 som = 3\u00a0120.00 som; tax 3 % 93.60 som")


def test_without_the_wheel_its_tariff_is_refused():
    """Where the package is not installed the type is not known, and its tariff says so with its line."""
    from aimak_billing.domain.rating import Plugins
    from aimak_billing.tariff_file import load

    plugins = Plugins.discover()
    assert "market_places" not in plugins.service_types.codes()
    (problem,) = load((PACKAGE / "tariff.yaml").read_text(), "naryn", plugins).problems
    assert (problem.code, problem.place.line, problem.place.path) == ("AIM-T006", 5, "tariffs[0].service")


def test_no_file_of_ours_knows_it():
    """Neither kernel nor services name the package or its code."""
    for folder in (ROOT / "shared", ROOT / "services"):
        for file in folder.rglob("*.py"):
            assert "market_places" not in file.read_text(), file


class TestMarketPlaces(ServiceTypeContract):
    """The kit, from the author's side."""

    cases = json.loads((PACKAGE / "aimak_market_places" / "fixtures" / "cases.json").read_text())
    refused = ({}, {"pitches": 1.5, "trading_days": 1}, {"pitches": "two", "trading_days": 1})

    @pytest.fixture(autouse=True)
    def installed(self, market_places) -> None:
        """Take the class from the wheel."""
        type(self).service = market_places
