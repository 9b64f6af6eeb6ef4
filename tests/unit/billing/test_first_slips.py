"""Slips of a first day: nothing is defined yet, a number that nobody has, days in the wrong order. Each says what mends
it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aimak import texts
from aimak.storage import migrate

from tests.unit.billing.conftest import settings_for
from tests.unit.billing.ledger.test_audit import RESIDENTS
from tests.unit.billing.test_period_facts import FACTS
from tests.unit.billing.town import TARIFFS, TENANT, Town


@pytest.fixture
def nothing(tmp_path: Path) -> Iterator[Town]:
    """A billing service in which nothing is defined."""
    made = Town(settings_for(f"sqlite:///{tmp_path / 'billing.sqlite3'}"))
    migrate.upgrade(made.service)
    yield made
    made.service.close()


def told(answer: Any) -> list[tuple[str, str, bool]]:
    """Code and text of each error, and whether something mends it."""
    return [(error["code"], error["message"], bool(error["hint"])) for error in answer]


@pytest.mark.parametrize(
    ("kind", "lines"),
    [
        ("residents", [RESIDENTS, "A1;2;2026-10-01;;paper", "A2;2;2026-10-01;;paper"]),
        ("facts", [FACTS, "A1;waste;;containers;2026-10-01;2026-11-01;1;sheet"]),
    ],
)
def test_a_file_for_no_town_is_refused_once(nothing: Town, kind: str, lines: list[str]) -> None:
    """Not each of its rows for an account that cannot be there yet."""
    problems = nothing.take(kind, lines)["problems"]
    assert [problem["code"] for problem in problems] == ["AIM-K030"]


def test_a_step_with_tariffs_of_no_town_says_that_there_is_none(nothing: Town) -> None:
    """Not that a tariff is unknown."""
    asked = {"tariffs": ["water"], "ground": "decided before"}
    assert nothing.refused("/billing/tariffs/adopt", "approver", body=asked) == (404, ["AIM-K030"])


def test_tariffs_before_any_creditor_name_no_empty_list(nothing: Town) -> None:
    """Whose they are is to be defined first."""
    names = {"name": {"ru": "X"}, "zone": "Asia/Bishkek", "languages": ["ru"], "is_test": True}
    nothing.post("/billing/tenants", {"code": TENANT, **names}, role="admin")
    answer = nothing.ask("post", "/billing/imports/tariffs", role="admin", data=TARIFFS.encode()).json["errors"]
    assert {code for code, _, _ in told(answer)} == {"AIM-B011"}
    assert all(message.endswith("; there are: -") and mended for _, message, mended in told(answer))


def test_what_is_not_there_says_where_it_is_found(town: Town) -> None:
    """A document that was never entered; days in the wrong order, or only one of them."""
    assert [mended for *_, mended in told(town.ask("get", "/billing/corrections/5").json["errors"])] == [True]
    asked = "/billing/audit/changes?from=2026-11-01"
    ((code, message, mended),) = told(town.ask("get", asked, "inspector").json["errors"])
    assert (code, mended) == ("AIM-B960", True) and "None" not in message


@pytest.mark.parametrize("lang", texts.LANGUAGES)
@pytest.mark.parametrize("code", ["AIM-B112", "AIM-B123", "AIM-B960"])
def test_each_is_mended_in_every_language(code: str, lang: str) -> None:
    """What is to be done stands below what is wrong."""
    assert texts.catalogue("aimak_billing", lang)[f"{code}.hint"]
