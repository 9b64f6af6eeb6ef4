"""A house that was left: what waits there for who moves in, and creditors that change meanwhile."""

from __future__ import annotations

import pytest

from tests.unit.billing.test_life import both, change
from tests.unit.billing.town import Town, account_line


def had(town: Town, number: str) -> list[tuple[str, str, str, str | None]]:
    """service, provider and days of an account's connections, those left out that never held."""
    rows = town.rows("connection")
    (account,) = {row["id"] for row in town.rows("account") if row["number"] == number}
    mine = [row for row in rows if row["account_id"] == account and row["valid_from"] != row["valid_to"]]
    days = [(str(row["valid_from"]), row["valid_to"] and str(row["valid_to"])) for row in mine]
    found = [(row["service"], row["provider"], *dates) for row, dates in zip(mine, days, strict=True)]
    return sorted(found, key=lambda row: (row[0], row[2], row[1]))


def creditor(town: Town, old: str, new: str, day: str) -> None:
    """Another creditor gives waste removal to all from a day on."""
    change(town, "connections/provider", "admin", service="waste", provider=old, to=new, day=day)


def move_in(town: Town, number: str, day: str, old: str = "A") -> dict[str, str]:
    """Others live there from a day on; what they are connected to."""
    asked = {"as": number, "day": day, "holder": "Асанов", "persons": 2}
    connected: dict[str, str] = change(town, f"accounts/{old}/move-in", **asked)["connected"]
    return connected


def test_who_moves_in_has_a_service_once_though_a_creditor_changed_on_the_day(town: Town) -> None:
    """The house was left on the day on which creditors came and went: the one who came last has the service."""
    both(town, "A")
    for old, new in (("tazalyk", "jaryk"), ("jaryk", "tazalyk"), ("tazalyk", "jaryk")):
        creditor(town, old, new, "2026-10-01")
    change(town, "accounts/A/move-out", day="2026-10-01")
    assert move_in(town, "B", "2026-10-01") == {"waste": "jaryk", "water": "vodokanal"}
    since = ("2026-10-01", None)
    assert had(town, "B") == [("waste", "jaryk", *since), ("water", "vodokanal", *since)]


def test_two_creditors_of_a_service_at_a_time_both_go_on(town: Town) -> None:
    """Where one of them changes on the very day, the other is not lost."""
    town.accounts(account_line("A"), account_line("A", provider="vodokanal"))
    creditor(town, "tazalyk", "jaryk", "2026-10-01")
    change(town, "accounts/A/move-out", day="2026-10-01")
    move_in(town, "B", "2026-10-01")
    assert [row[1] for row in had(town, "B")] == ["jaryk", "vodokanal"]


def test_what_was_split_off_is_not_given_to_who_moves_in(town: Town) -> None:
    """The part has the waste removal since the very day on which the rest of the house was left."""
    both(town, "A")
    change(town, "accounts/A/split", **{"as": "P"}, day="2026-10-01", services=["waste"], persons=1)
    change(town, "accounts/A/move-out", day="2026-10-01")
    assert move_in(town, "B", "2026-10-01") == {"water": "vodokanal"}


def test_what_is_split_off_later_is_had_until_then(town: Town) -> None:
    """A split was planned for November when the house was left in October: who moves in between has the waste removal
    up to the day on which the part has it."""
    both(town, "A")
    change(town, "accounts/A/split", **{"as": "P"}, day="2026-11-01", services=["waste"], persons=1)
    change(town, "accounts/A/move-out", day="2026-10-20")
    move_in(town, "B", "2026-10-25")
    assert had(town, "B") == [
        ("waste", "tazalyk", "2026-10-25", "2026-11-01"),
        ("water", "vodokanal", "2026-10-25", None),
    ]


def test_a_house_that_was_left_is_moved_into_once(town: Town) -> None:
    """Nobody is charged twice for one house: who comes a second time is told to look; the house may still be taken for
    the days before the first came; and a later change of creditor has nobody to connect there."""
    both(town, "A")
    change(town, "accounts/A/move-out", day="2026-09-01")
    move_in(town, "B", "2026-10-11")
    again = {"as": "C", "day": "2026-10-15", "holder": "Асанов", "persons": 1}
    assert town.refused("/billing/accounts/A/move-in", body=again) == (409, ["AIM-B198"])
    move_in(town, "C", "2026-10-01")
    assert had(town, "C") == [
        ("waste", "tazalyk", "2026-10-01", "2026-10-11"),
        ("water", "vodokanal", "2026-10-01", "2026-10-11"),
    ]
    before = len(town.rows("connection"))
    creditor(town, "tazalyk", "jaryk", "2026-11-01")
    assert len(town.rows("connection")) == before + 1
    assert move_in(town, "D", "2026-09-01") == {"waste": "tazalyk", "water": "vodokanal"}


def test_one_of_two_creditors_changes_while_a_house_stands_empty(town: Town) -> None:
    """Each goes on by itself."""
    town.accounts(account_line("A"), account_line("A", provider="vodokanal"))
    change(town, "accounts/A/move-out", day="2026-09-20")
    creditor(town, "tazalyk", "jaryk", "2026-10-01")
    move_in(town, "B", "2026-10-05")
    assert [row[1] for row in had(town, "B")] == ["jaryk", "vodokanal"]


@pytest.mark.parametrize("told", ["before the house is left", "while it stands empty", "when others live there"])
@pytest.mark.parametrize(("day", "first"), [("2026-09-25", "tazalyk"), ("2026-10-05", "jaryk")])
def test_who_moves_in_has_the_creditor_of_the_day(town: Town, told: str, day: str, first: str) -> None:
    """Another creditor comes in October: the house was left in September, and whoever moves in before has the old one
    until then, whoever moves in after has the new one; whenever the change was told."""
    both(town, "A")
    steps = {
        "before the house is left": lambda: creditor(town, "tazalyk", "jaryk", "2026-10-01"),
        "": lambda: change(town, "accounts/A/move-out", day="2026-09-20"),
        "while it stands empty": lambda: creditor(town, "tazalyk", "jaryk", "2026-10-01"),
        " ": lambda: move_in(town, "B", day),
        "when others live there": lambda: creditor(town, "tazalyk", "jaryk", "2026-10-01"),
    }
    for when, step in steps.items():
        if when in ("", " ", told):
            step()
    waste = [row[1:] for row in had(town, "B") if row[0] == "waste"]
    assert [row[0] for row in waste] == ([first, "jaryk"] if first == "tazalyk" else [first])
    assert [row[1] for row in waste] == ([day, "2026-10-01"] if first == "tazalyk" else [day])
    assert waste[-1][2] is None


def test_a_creditor_changed_back_and_forth_leaves_an_account_that_can_be_corrected(town: Town) -> None:
    """What never held a day is not carried on: connections do not double with each change of a past day, and the one
    that there is can still be of another class."""
    both(town, "A")
    for place in range(8):
        pair = ("tazalyk", "jaryk") if place % 2 == 0 else ("jaryk", "tazalyk")
        day = "2026-08-01" if place else "2026-09-01"
        asked = {"service": "waste", "provider": pair[0], "to": pair[1], "day": day}
        assert change(town, "connections/provider", "admin", **asked)["accounts"] == 1
    waste = [row for row in town.rows("connection") if row["service"] == "waste"]
    # One from before, one from September on, and for each change of August the two that take the others' place.
    assert len(waste) == 2 + 2 * 7 - 1
    asked = {"service": "waste", "day": "2026-09-01", "customer_class": "budget"}
    assert change(town, "accounts/A/connection", **asked)["customer_class"] == "budget"
