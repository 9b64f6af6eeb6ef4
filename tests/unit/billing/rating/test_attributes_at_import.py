"""Attributes of a connection are held against the schema of its service type when accounts are imported."""

import json

from tests.unit.billing.town import HEADER, account_line


def test_a_decimal_stays_what_was_written(town):
    """12.5 in the JSON of a line never becomes a float: it is kept, and later rated, as 12.5."""
    line = account_line("A1", "water", "vodokanal", attributes='{"metered":false,"agreed_volume":12.5}')
    assert town.take("accounts", [HEADER, line])["refused"] == 0
    (row,) = town.rows("connection")
    attributes = row["attributes"] if isinstance(row["attributes"], dict) else json.loads(row["attributes"])
    assert attributes == {"metered": False, "agreed_volume": "12.5"}


def test_what_does_not_fit_is_told_by_name(town):
    """The attribute and what is wrong with it stand in the message, in the reader's language and without codes."""
    line = account_line("A1", "water", "vodokanal", attributes='{"metered":"yes","agreed_volume":"much"}')
    state = town.take("accounts", [HEADER, line])
    (problem,) = state["problems"]
    assert problem["code"] == "AIM-B015"
    assert problem["message"] == (
        "Account A1, water: the attributes do not fit: agreed_volume: “much” is not a number; "
        "metered: “yes” is not one of: true, false"
    )
    assert [(inner["code"], inner["place"]["path"]) for inner in problem["inner"]] == [
        ("AIM-T004", "agreed_volume"),
        ("AIM-T013", "metered"),
    ]
    russian = town.ask("get", f"/billing/imports/{state['import']}", lang="ru").json["problems"][0]["message"]
    assert "metered: «yes» — не из списка: true, false" in russian and "AIM-T" not in russian


def test_a_class_that_is_none_is_told_with_those_there_are(town):
    """A connection's change names the class and what it may be, beside the attributes that do not fit."""
    town.accounts(account_line("A1", "water", "vodokanal", attributes='{"metered":false}'))
    asked = {"service": "water", "day": "2026-10-01", "customer_class": "shop", "attributes": {"metered": "yes"}}
    answer = town.ask("post", "/billing/accounts/A1/connection", json=asked)
    (problem,) = answer.json["errors"]
    assert problem["message"] == (
        "Account A1, water: the attributes do not fit: metered: “yes” is not one of: true, false; "
        "customer_class: “shop” is not one of: household, budget, other"
    )
