"""The pages that a newcomer reads first name what is there, and all of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = (
    "README.md",
    "CONTRIBUTING.md",
    "docs/architecture.md",
    "docs/runbooks/README.md",
    "tests/README.md",
)
# What a page may name that is no place of the tree: it is made by running something.
MADE = re.compile(r"^(var|out|\.venv|deploy/secrets)/|[*<{…$]")
PLACE = re.compile(r"`((?:shared|services|tests|tools|examples|deploy|docs|benchmarks)/[^`\s]*)`")
LINK = re.compile(r"\]\(([^)#:]+)\)")
SERVICES = ("billing", "metering", "payments", "notifications", "gateway")


def rooms() -> list[str]:
    """What the map must name: folders of the tree, parts of the kernel, rooms of the services."""
    kernel = [path for path in (ROOT / "shared" / "aimak").iterdir() if path.name != "py.typed"]
    inside = [path for name in SERVICES for path in (ROOT / "services" / name / f"aimak_{name}").iterdir()]
    tops = [
        ROOT / name for name in ("shared", "services", "deploy", "examples", "docs", "benchmarks", "tests", "tools")
    ]
    found = {path.name.removesuffix(".py") for path in (*kernel, *inside, *tops)}
    return sorted(name for name in found if not name.startswith("_") and name != "py.typed")


@pytest.mark.parametrize("room", rooms())
def test_the_map_of_the_house_has_every_room(room: str) -> None:
    """Each folder, kernel module and room of a service stands in CONTRIBUTING's map, in whatever line."""
    table = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## The map")[2].partition("\n## ")[0]
    assert re.search(rf"\b{room}\b", table), room


@pytest.mark.parametrize("page", PAGES)
def test_every_place_that_a_page_names_is_there(page: str) -> None:
    """Links lead somewhere, and files and folders that are named exist."""
    text, here = (ROOT / page).read_text(encoding="utf-8"), (ROOT / page).parent
    places = [name for name in PLACE.findall(text) if not MADE.search(name)]
    links = [name for name in LINK.findall(text) if not MADE.search(name)]
    assert places or links
    absent = [name for name in places if not (ROOT / name).exists()] + [
        name for name in links if not (here / name).exists()
    ]
    assert absent == []
    commands = re.findall(r"^    .*?((?:tests|examples|tools|deploy|benchmarks)/\S+)", text, re.MULTILINE)
    assert [name for name in commands if not MADE.search(name) and not (ROOT / name).exists()] == []
