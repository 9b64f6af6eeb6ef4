"""The six distributions carry what they need and promise what they hold."""

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import entry_points, packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DISTRIBUTIONS = {
    "aimak": ROOT / "shared",
    **{f"aimak_{name}": ROOT / "services" / name for name in ("billing", "metering", "payments")},
    **{f"aimak_{name}": ROOT / "services" / name for name in ("notifications", "gateway")},
}
GROUPS = (
    "aimak.service_types",
    "aimak.rate_components",
    "aimak.reading_sources",
    "aimak.payment_partners",
    "aimak.sms_gateways",
    "aimak.cash_receipts",
    "aimak.e_invoices",
)
DATA = ("*.po", "*.typ", "*.ttf", "*.mako", "*.svg", "*.txt")
LOCKS = ("requirements.lock", "requirements-dev.lock")


def _project(package: str) -> dict:
    return tomllib.loads((DISTRIBUTIONS[package] / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.mark.parametrize("package", DISTRIBUTIONS)
def test_the_top_is_empty_and_typed(package: str) -> None:
    """A top package holds no code of its own, and tells type checkers that it has types."""
    top = DISTRIBUTIONS[package] / package
    assert (top / "__init__.py").read_text(encoding="utf-8") == ""
    assert (top / "py.typed").exists()


@pytest.mark.parametrize("package", DISTRIBUTIONS)
def test_the_readme_fits_on_a_screen(package: str) -> None:
    """Each distribution says in some ten lines what it owns, what comes in and what goes out."""
    text = (DISTRIBUTIONS[package] / "README.md").read_text(encoding="utf-8")
    assert 5 <= text.count("\n") <= 16
    for word in ("**Owns**", "**Comes in**", "**Goes out**"):
        assert word in text


@pytest.mark.parametrize("package", DISTRIBUTIONS)
def test_the_wheel_holds_all_files(package: str, tmp_path: Path) -> None:
    """A built wheel has every module and every file of data that lies in the tree."""
    source = tmp_path / "source"
    _copy(DISTRIBUTIONS[package], source)
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", str(tmp_path), str(source)], check=True, capture_output=True)
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        packed = set(wheel.namelist())
    top = DISTRIBUTIONS[package] / package
    expected = {
        str(path.relative_to(top.parent)) for pattern in ("*.py", "py.typed", *DATA) for path in top.rglob(pattern)
    }
    assert expected - packed == set()


def _copy(folder: Path, target: Path) -> None:
    """What is committed or about to be: no build folder of another process gets in the way."""
    for path in folder.rglob("*"):
        hidden = any(part.startswith((".", "__pycache__", "build")) for part in path.parts[len(folder.parts) :])
        if path.is_file() and not hidden and ".egg-info" not in str(path):
            place = target / path.relative_to(folder)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(path.read_bytes())


@pytest.mark.parametrize("group", GROUPS)
def test_every_built_in_plugin_loads(group: str) -> None:
    """What a distribution declares as a plugin can be imported by that name."""
    for entry in entry_points(group=group):
        assert entry.load() is not None


def test_every_declared_plugin_is_installed() -> None:
    """The installed metadata names the same plugins as the files of the tree."""
    declared = {
        (group, name)
        for package in DISTRIBUTIONS
        for group, names in _project(package).get("entry-points", {}).items()
        for name in names
    }
    installed = {(group, entry.name) for group in GROUPS for entry in entry_points(group=group)}
    assert declared <= installed
    assert {group for group, _ in declared} <= set(GROUPS)


def test_the_command_is_called_aimak() -> None:
    """The gateway brings the command `aimak`."""
    assert _project("aimak_gateway")["scripts"] == {"aimak": "aimak_gateway.cli:main"}


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_names_no_place(lock: str) -> None:
    """A lock holds versions and hashes, and no address to fetch them from."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^--|@ ", text, re.MULTILINE)
    pins = re.findall(r"^[a-z0-9-]+==\S+ \\$", text, re.MULTILINE)
    assert len(pins) == len(re.findall(r"^\S", text, re.MULTILINE)) - len(re.findall("^#", text, re.MULTILINE))


def test_the_locks_agree() -> None:
    """No library stands at two versions in the two locks."""
    pins: dict[str, str] = {}
    for lock in LOCKS:
        for name, version in re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE):
            assert pins.setdefault(name, version) == version


@pytest.mark.parametrize("package", DISTRIBUTIONS)
def test_a_distribution_names_what_it_imports(package: str) -> None:
    """Every library that a distribution imports stands among its dependencies."""
    found = _imported(DISTRIBUTIONS[package] / package) - {"aimak", package} - sys.stdlib_module_names
    providers = packages_distributions()
    imported = {_folded(name) for module in found for name in providers.get(module, [module])}
    project = _project(package)
    optional = [need for needs in project.get("optional-dependencies", {}).values() for need in needs]
    declared = {_need(need) for need in (*project["dependencies"], *optional)}
    allowed = {_folded(name) for name in DISTRIBUTIONS} if package == "aimak_gateway" else set()
    assert imported - declared - allowed == set()


def _imported(folder: Path) -> set[str]:
    nodes = [node for path in folder.rglob("*.py") for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level]
    return {name.partition(".")[0] for name in names}


def _folded(name: str) -> str:
    return name.lower().replace("_", "-")


def _need(text: str) -> str:
    return re.split(r"[^A-Za-z0-9._-]", text)[0].lower()


def test_what_a_distribution_needs_is_locked() -> None:
    """Every library that a distribution asks for stands in the lock of what runs."""
    locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    for package in DISTRIBUTIONS:
        for need in _project(package)["dependencies"]:
            assert need == "aimak" or _need(need) in locked
