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
    """The attribute, the code and the value stand in the reason."""
    line = account_line("A1", "water", "vodokanal", attributes='{"metered":false,"agreed_volume":"much"}')
    (problem,) = town.take("accounts", [HEADER, line])["problems"]
    assert problem["code"] == "AIM-B015"
    assert problem["fields"]["reason"] == "agreed_volume: AIM-T004 (much)"
