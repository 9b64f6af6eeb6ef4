"""A tariff of the Open Water Rate Specification enters a municipality as drafts, through the command line."""

from pathlib import Path

from aimak_gateway.cli.frame import OK, USAGE, VALIDATION

from tests.scenarios.test_bad_input import Desk, desk  # noqa: F401

DATA = Path(__file__).resolve().parents[1] / "data" / "owrs"


def test_each_class_becomes_a_draft(desk: Desk) -> None:  # noqa: F811
    """One draft a class, with its currency; the same file again is the same import; it rates no bill."""
    file = DATA / "plain.owrs"
    code, state, _ = desk.run("tariff", "import", file, "--format", "owrs", "--provider", "vodokanal")
    assert (code, state["taken"], state["refused"]) == (OK, 6, 0)
    drafts = {one["code"]: one for one in desk.run("tariff", "list")[1]["tariffs"] if one["service"] == "supply"}
    assert len(drafts) == 6 and {one["state"] for one in drafts.values()} == {"draft"}
    assert "testford_city_of-residential_single" in drafts
    again = desk.run("tariff", "import", file, "--format", "owrs", "--provider", "vodokanal")[1]
    assert (again["taken"], again["replayed"]) == (0, True)


def test_a_wrong_file_is_refused_with_its_places(desk: Desk) -> None:  # noqa: F811
    """Every wrong class of it with a line; without --provider nothing is tried."""
    file = DATA / "wrong.owrs"
    code, _, errors = desk.run("tariff", "import", file, "--format", "owrs", "--provider", "vodokanal")
    assert code == VALIDATION and [error["place"]["line"] for error in errors] == list(range(5, 18))
    assert desk.run("tariff", "import", file, "--format", "owrs")[0] == USAGE
