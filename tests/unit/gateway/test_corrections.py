"""Correcting from the command line: entered by one person, approved by another."""

from __future__ import annotations

from typing import Any

import pytest
from aimak.problems import Refused
from aimak_gateway.cli import connect, metered
from aimak_gateway.cli.corrections import _lines, changed_lines, tyiyn
from aimak_gateway.cli.frame import Ui
from aimak_gateway.cli.street_names import selection_named

UI = Ui(as_json=False, lang="ru", quiet=False, debug=False)
DOCUMENT = {"number": 3, "account": "17", "state": "entered", "entered_by": "ayna", "decided_by": None, "ground": "a"}


@pytest.mark.parametrize(("text", "amount"), [("12.50", 1_250), ("-12,5", -1_250), ("40", 4_000)])
def test_amounts_are_read_as_people_write_them(text: str, amount: int) -> None:
    """With a point or a comma, and below zero."""
    assert tyiyn(text) == amount


@pytest.mark.parametrize("text", ["", "12.505", "many"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    """With a code, not a trace."""
    with pytest.raises(Refused, match="AIM-G035"):
        tyiyn(text)


@pytest.mark.parametrize(
    ("kind", "facts", "said"),
    [
        ("transfer", {"to": 9, "to_account": "0100003", "provider": "p", "amount_tyiyn": 500}, "на счёт       0100003"),
        ("cancel", {"bill": 40, "bill_number": 15, "upto": 20}, "квитанция     15"),
        ("cancel", {"since": "2026-09", "through": "2026-10"}, "за месяцы     2026-09 – 2026-10"),
        ("storno", {"document": 2}, "документ      2"),
    ],
)
def test_a_document_says_what_it_is_about(kind: str, facts: dict[str, Any], said: str) -> None:
    """The account to which money goes, the bill, the months or the document that is taken back."""
    assert said in _lines(UI, {**DOCUMENT, "kind": kind, "facts": facts, "reason": "x"})


def test_a_change_is_told_in_words() -> None:
    """Class and services by their names, attributes as one types them, no id that only the program knows."""
    facts = {"account": "17", "account_id": 5, "services": ["water", "waste"], "customer_class": "other"}
    told = changed_lines(UI, {**facts, "attributes": {"metered": True, "norm": "house"}})
    assert [line.split("  ")[-1] for line in told] == ["17", "вода, вывоз ТБО", "прочие", "metered=true, norm=house"]


def test_a_run_says_what_it_covers() -> None:
    """In words, whatever its selection is."""
    texts = ("all", "touched", "bill:2", "service:waste", "route:north", "street:77")
    assert [selection_named(UI, text, {"77": "Манас"}) for text in texts] == [
        "весь город", "затронутые", "квитанция 2", "услуга вывоз ТБО", "маршрут north", "улица Манас",
    ]  # fmt: skip


class _Metering(connect.Api):
    """Answers of metering and billing about a reading that was corrected twice."""

    def __init__(self) -> None:
        """Of no installation."""

    def get(self, path: str, **asked: Any) -> Any:
        """The deeds, and what bills made of them."""
        if path == "/metering/audit":
            deed = {"account_id": 1, "actor": "bakyt", "action": "metering.readings.correct", "ground": "photo"}
            other = {"account_id": 1, "actor": "ayna", "action": "metering.held", "ground": "", "at": "2026-11-04"}
            return {"audit": [{**deed, "at": "2026-11-05"}, {**deed, "at": "2026-11-03", "actor": "ayna"}, other]}
        assert asked == {"accounts": "1"}
        known = {"account_id": 1, "account": "W", "period": "2026-10"}
        return {"usage": [{**known, "at": "2026-12-02", "moved_tyiyn": -2_905}, {**known, "at": "2026-11-01"}]}


def test_who_corrected_a_reading_is_among_the_changes_after_the_bill() -> None:
    """With person, paper and the som that a bill moved later: it counts for the last who did, and for each employee."""
    family = {"at": "2026-11-04", "actor": "ayna", "account": "A", "what": "residents", "moved_tyiyn": -100}
    answer: dict[str, Any] = {"changes": [family], "employees": []}
    metered.add_of_meters(_Metering(), answer, {"from": "2026-11-01", "to": "2026-11-30"})
    told = [(row["at"], row["actor"], row["account"], row["moved_tyiyn"]) for row in answer["changes"]]
    assert told == [
        ("2026-11-03", "ayna", "W", None),
        ("2026-11-04", "ayna", "A", -100),
        ("2026-11-05", "bakyt", "W", -2_905),
    ]
    assert answer["changes"][2]["ground"] == "photo" and answer["changes"][2]["period"] == "2026-10"
    assert answer["employees"] == [{"actor": "ayna", "moved_tyiyn": -100}, {"actor": "bakyt", "moved_tyiyn": -2_905}]
