"""A tariff as a file again, and what changes from one version to another, in a bookkeeper's words."""

from __future__ import annotations

from tests.unit.billing.test_simulations import WATER
from tests.unit.billing.test_tariff_life import NEW, draft, enter, walk
from tests.unit.billing.town import TARIFFS, Town


def test_what_is_exported_is_what_was_imported(town: Town) -> None:
    """The whole town's file out and in is a repeat, taxes and all; so is that of one tariff."""
    for query in ("", "?tariff=waste-household", "?tariff=waste-household@2026-01-01&tariff=water-household"):
        text = town.ask("get", f"/billing/tariffs/export{query}").data
        again = town.ask("post", "/billing/imports/tariffs", role="admin", data=text).json
        assert (again["replayed"], again["taken"]) == (True, 0), query
    assert TARIFFS.count("- code: water") == 2 and text.decode().count("code: water") == 1


def test_an_approved_tariff_is_exported_with_its_decision(town: Town) -> None:
    """What the council decided stands in the file that comes out, and that file is still the same tariff."""
    enter(town, draft())
    walk(town, NEW, "approve")
    text = town.ask("get", f"/billing/tariffs/export?tariff={NEW}").data.decode()
    assert "number: 21" in text or 'number: "21"' in text or "number: '21'" in text
    assert enter(town, text).json["replayed"] is True


def test_the_difference_says_what_price_becomes_what(town: Town) -> None:
    """Each value that changes with both sides, in words of the reader's language, and by how much."""
    enter(town, draft("28.75"))
    told = town.get(f"/billing/tariffs/diff?tariff=waste-household@2026-01-01&tariff={NEW}&lang=en")
    rows = {row["path"]: row for row in told["differences"]}
    price = rows["components.persons.price"]
    assert (price["old"], price["new"], price["permille"]) == ("25", "28.75", 150)
    assert price["what"].endswith("price, som")
    assert rows["from"]["new"] == "2027-01-01" and "code" not in rows
    assert rows["components.sales_tax.kind"]["new"] is None
    russian = town.get("/billing/tariffs/diff?tariff=waste-household&lang=ru")
    assert russian["old"] == "waste-household@2026-01-01" and russian["new"] == NEW
    assert any(row["what"].endswith("цена, сом") for row in russian["differences"])


def test_a_price_that_becomes_blocks_is_told_block_by_block(town: Town) -> None:
    """Values of which one side knows nothing stand against nothing."""
    enter(town, WATER)
    told = town.get("/billing/tariffs/diff?tariff=water-household")
    rows = {row["path"]: (row["old"], row["new"]) for row in told["differences"]}
    assert rows["components.volume.price"] == ("10.45", None)
    assert rows["components.volume.blocks.1.price"] == (None, "12")
    assert rows["components.volume.blocks.1.up_to"] == (None, "10")


def test_a_first_version_has_nothing_to_be_compared_with(town: Town) -> None:
    """Said with a code; three references are too many."""
    answer = town.ask("get", "/billing/tariffs/diff?tariff=lighting-budget")
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (422, "AIM-T113")
    answer = town.ask("get", "/billing/tariffs/diff?tariff=a&tariff=b&tariff=c")
    assert answer.json["errors"][0]["code"] == "AIM-T114"
