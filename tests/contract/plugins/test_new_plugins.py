"""What `aimak plugins new` makes installs, passes the kit of its kind and is billed as it stands."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

AIMAK = Path(sys.executable).with_name("aimak")
BILLED = """
import json, sys
from pathlib import Path
from aimak.period import Period
from aimak_billing.domain.rating import Book, Plugins, explain, quote
from aimak_billing.tariff_file import load

plugins = Plugins.discover()
loaded = load(Path(sys.argv[1]).read_text(), "naryn", plugins)
assert loaded.problems == (), loaded.problems
book = Book.of(loaded.versions, loaded.taxes, plugins, Period.month("2026-10"))
lines = quote(json.loads(sys.argv[2]), book).lines.to_dicts()
said = {lang: explain(lines, loaded.versions[0], plugins, loaded.taxes, lang) for lang in ("ky", "ru", "en")}
print(json.dumps({
    "codes": [*plugins.service_types.codes(), *plugins.rate_components.codes()],
    "amounts": [line["amount"] for line in lines],
    "said": said,
}))
"""
CUSTOMERS = {
    "service-type": {"service": "boat_hire", "provider": "provider", "attributes": {"count": 3}},
    "rate-component": {"service": "water", "provider": "provider", "attributes": {"metered": True}, "usage": 5000},
}
BILLS = {
    "service-type": (30_00, "3 units × 10.00 som = 30.00 som"),
    "rate-component": (30_00, "beyond 2: 3.000 m³ × 10.00 som = 30.00 som"),
}


def run(*words, **more):
    """A program that must end well; its output."""
    done = subprocess.run(words, capture_output=True, text=True, timeout=300, **more)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module", params=["service-type", "rate-component"])
def made(request, tmp_path_factory):
    """Kind, folder of the new package, and a folder with its unpacked wheel: on the path it is installed."""
    folder = tmp_path_factory.mktemp(request.param)
    told = json.loads(run(AIMAK, "plugins", "new", request.param, "boat-hire", "--folder", folder, "--json"))
    package = Path(told["data"]["folder"])
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    said = subprocess.run([*command, "--wheel-dir", folder, package], capture_output=True, text=True, timeout=300)
    assert (said.returncode, "Warning" in said.stdout + said.stderr) == (0, False), said.stderr
    assert told["next"] == f"pip install -e {package}"
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return request.param, package, folder / "site"


def test_it_passes_the_kit(made):
    """The test that comes with it asks everything that the kind's contract asks, and passes."""
    _, package, site = made
    environment = {**os.environ, "PYTHONPATH": str(site)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "0", "--rootdir", package]
    told = run(*command, package / "tests", env=environment, cwd=package)
    assert int(told.split(" passed")[0].split()[-1]) >= 8


def test_it_is_billed_as_it_stands(made):
    """Listed under its code, its tariff is taken, a customer is billed, and the line reads as a sentence."""
    kind, package, site = made
    environment = {**os.environ, "PYTHONPATH": str(site)}
    customer = json.dumps(CUSTOMERS[kind])
    told = json.loads(run(sys.executable, "-c", BILLED, package / "tariff.yaml", customer, env=environment))
    amount, sentence = BILLS[kind]
    assert "boat_hire" in told["codes"] and told["amounts"] == [amount]
    assert told["said"]["en"].replace("\u00a0", " ").startswith(sentence)
    assert len(set(told["said"].values())) == 3


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("payment-partner", "bank"), "AIM-G071"),
        (("service-type", "Boat hire"), "AIM-G072"),
        (("service-type", "9lives"), "AIM-G072"),
        (
            ("service-type", "street-lighting"),
            "AIM-G074: The code street_lighting is taken by a plugin of aimak-billing",
        ),
        (("rate-component", "norm"), "AIM-G074"),
    ],
)
def test_what_cannot_be_made_is_refused(tmp_path, words, code):
    """An unknown kind, a name that is no code and a code that is taken leave nothing behind."""
    command = [AIMAK, "plugins", "new", *words, "--lang", "en", "--folder", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 5 and code in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_there_is_left_alone(tmp_path):
    """The same name again does not overwrite what somebody may have changed."""
    command = [AIMAK, "plugins", "new", "service-type", "boats", "--folder", tmp_path]
    run(*command)
    file = tmp_path / "aimak-boats" / "README.md"
    file.write_text("changed")
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 5 and "AIM-G073" in done.stderr
    assert file.read_text() == "changed"
