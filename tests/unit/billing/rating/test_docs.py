"""What the docs say of tariffs is what the code does."""

import json
from pathlib import Path

import pytest
from aimak.texts import catalogue
from aimak_billing.tariff_file import load
from aimak_billing.tariff_file.json_schema import file_schema

ROOT = Path(__file__).parents[4]


def test_the_json_schema_in_the_docs_is_made_from_the_code(plugins):
    """Run `python -m aimak_billing.tariff_file > docs/tariffs.schema.json` where this fails."""
    written = json.loads((ROOT / "docs" / "tariffs.schema.json").read_text())
    assert written == file_schema(plugins, only_built_in=True)


def test_the_schema_knows_the_kinds_that_run_here(plugins):
    """One alternative for each rate component, with its own parameters beside code, kind and name."""
    tree = file_schema(plugins)
    kinds = tree["properties"]["tariffs"]["items"]["properties"]["components"]["items"]["oneOf"]
    assert [kind["properties"]["kind"]["const"] for kind in kinds] == list(plugins.rate_components.codes())
    assert all({"code", "kind"} <= set(kind["required"]) for kind in kinds)


@pytest.mark.parametrize("language", ["ky", "ru", "en"])
def test_every_code_of_the_docs_has_a_text(language):
    """Codes that the pages name are in the catalogues."""
    known = catalogue("aimak_billing", language) | catalogue("aimak", language)
    for page in ("tariffs.md", "plugins.md"):
        words = (ROOT / "docs" / page).read_text().replace("|", " ").replace(",", " ").split()
        codes = {word.strip("().;:") for word in words if word.strip("().;:").startswith("AIM-")}
        assert codes and codes <= known.keys(), codes - known.keys()


def test_the_sample_towns_tariffs_are_sound(plugins):
    """The file of the example is taken, and rates every service of the town."""
    loaded = load((ROOT / "examples" / "town" / "tariffs.yaml").read_text(), "akbulak", plugins)
    assert loaded.problems == ()
    assert {version.service for version in loaded.versions} == {"water", "sewerage", "waste", "street_lighting"}
