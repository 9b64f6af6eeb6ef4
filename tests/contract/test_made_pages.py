"""The pages that are made from the code are what the code says."""

import json
from pathlib import Path

import pytest
from aimak import texts
from aimak.contracts.base import Event

from tools.docs import components, events, imports

ROOT = Path(__file__).parents[2]


def test_the_pages_are_current() -> None:
    """Whoever changes a contract sees it in docs/events (`make docs`), and so does the reviewer."""
    committed = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / events.FOLDER).glob("*.json")}
    assert committed == events.files()


def test_the_columns_of_files_are_current() -> None:
    """docs/imports.md names every column of every file that people bring, with its other headers."""
    said = (ROOT / imports.PAGE).read_text(encoding="utf-8")
    assert said == imports.page()
    assert "| `account`, required | лицевой счёт, лицевой счет, л/с, жеке эсеп, өздүк эсеп |" in said


def test_the_attributes_of_services_are_current() -> None:
    """docs/imports.md names what each built-in service carries, and what it must: the hint of AIM-B015 points there."""
    page = imports.page().partition("## What a service carries")[2]
    for schema in (ROOT / "services/billing/aimak_billing/plugins/service_types").glob("*/schema.py"):
        assert f"### {schema.parent.name}\n" in page
    assert "| attribute | `metered`, required | `true` or `false`" in page.partition("### water")[2]
    for lang in ("ky", "ru", "en"):
        assert imports.PAGE in texts.translate("aimak_billing", "AIM-B015.hint", lang)


def test_the_fields_of_rate_components_are_current() -> None:
    """docs/rate-components.md names every field of each built-in rate component: the hint of AIM-T003 points there."""
    said = (ROOT / components.PAGE).read_text(encoding="utf-8")
    assert said == components.page()
    for schema in (ROOT / "services/billing/aimak_billing/plugins/rate_components").glob("*/schema.py"):
        assert f"\n## {schema.parent.name}\n" in said
    of_kind = dict(part.split("\n", 1) for part in said.split("\n## ")[2:])
    for kind in components.kinds():
        assert all(f"| `{name}`" in of_kind[kind.code] for name in kind.schema().fields)
    assert "| `pensioners_pay` | per cent, as `50 %`: what a pensioner pays of it" in of_kind["per_person"]
    assert "| `name` |" in said.split("\n## ")[1]
    for lang in ("ky", "ru", "en"):
        assert components.PAGE in texts.translate("aimak_billing", "AIM-T003.hint", lang)


@pytest.mark.parametrize("name", events.files())
def test_a_page_tells_every_column(name: str) -> None:
    """A page names the version and all columns of its event, and each of them has a type."""
    page = json.loads(events.files()[name])
    event = Event.known[name.removesuffix(".json")]
    columns = page["properties"]["columns"]["properties"]
    assert tuple(columns) == event.names()
    assert page["properties"]["version"] == {"const": event.version}
    assert all("type" in column["items"] for column in columns.values())
