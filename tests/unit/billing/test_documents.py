"""Documents that move money: each is posted once, within what is there, and can be taken back."""

from __future__ import annotations

import pytest
from aimak.contracts import billing

from tests.unit.billing.test_cancelling import document, month, sound
from tests.unit.billing.test_month import WASTE_GROSS
from tests.unit.billing.town import TENANT, Town

WASTE = {"provider": "tazalyk"}


def told(town: Town) -> dict[tuple[int, str], int]:
    """What payments shows of accounts: the newest word on each source, summed by account."""
    newest = {}
    for row in town.told(billing.ReceivablesMoved):
        key = row["source_id"], row["provider"]
        if key not in newest or newest[key]["version"] < row["version"]:
            newest[key] = row
    sums: dict[tuple[int, str], int] = {}
    for row in newest.values():
        key = row["account_id"], row["provider"]
        sums[key] = sums.get(key, 0) + row["amount_tyiyn"]
    return sums


def agrees(town: Town) -> None:
    """What others were told, newest word by newest word, is what the ledger says; and so is what a rebuild says."""
    heard = told(town)
    with town.service.work(TENANT) as work:
        again = [row for batch in town.service.republish[billing.ReceivablesMoved](work) for row in batch.rows()]
    rebuilt: dict[tuple[int, str], int] = {}
    for row in again:
        key = row["account_id"], row["provider"]
        rebuilt[key] = rebuilt.get(key, 0) + row["amount_tyiyn"]
    assert rebuilt == heard
    sound(town)


def test_an_adjustment_changes_what_is_owed(town: Town) -> None:
    """Above zero it charges, below it takes back."""
    month(town)
    document(town, kind="adjust", account="A1", amount_tyiyn=1_000, service="waste", **WASTE)
    document(town, kind="adjust", account="A1", amount_tyiyn=-2_500, service="waste", origin="2026-10", **WASTE)
    assert town.balance("A1") == WASTE_GROSS - 1_500
    agrees(town)


def test_a_write_off_takes_the_oldest_debts_and_not_more(town: Town) -> None:
    """It needs its act, goes by month of origin, and what is not owed cannot be written off."""
    month(town)
    asked = {"kind": "write_off", "account": "A1", "amount_tyiyn": 7_000, "reason": "bankrupt", **WASTE}
    assert town.refused("/billing/corrections", body=asked) == (422, ["AIM-B117"])
    document(town, **{**asked, "ground": "act 7"})
    assert town.balance("A1") == 725
    refused = town.refused("/billing/corrections", body={**asked, "ground": "act 8"})
    assert refused == (409, ["AIM-B118"]) and len(town.rows("correction")) == 1
    # Two that are entered side by side are each covered by the debt; both together they are not.
    asked = {**asked, "ground": "act 8", "amount_tyiyn": 500}
    number = town.post("/billing/corrections", asked)["correction"]["number"]
    document(town, **asked)
    assert town.balance("A1") == 225
    assert town.refused(f"/billing/corrections/{number}/approve", "approver") == (409, ["AIM-B118"])
    assert town.get(f"/billing/corrections/{number}")["correction"]["state"] == "entered"
    agrees(town)


def test_a_debt_goes_over_to_another_account(town: Town) -> None:
    """What one account no longer owes the other does; the town as a whole is owed the same. The document names both."""
    month(town)
    number = document(town, kind="transfer", account="A1", to="A2", amount_tyiyn=5_000, **WASTE)
    shown = town.get(f"/billing/corrections/{number}")["correction"]
    assert (shown["account"], shown["facts"]["to_account"]) == ("A1", "A2")
    assert (town.balance("A1"), town.balance("A2")) == (WASTE_GROSS - 5_000, WASTE_GROSS + 5_000)
    agrees(town)


def test_an_advance_is_paid_back_and_not_more(town: Town) -> None:
    """A refund brings the account back to nothing; beyond the advance it is refused."""
    month(town)
    town.pay(2, 10_000)
    asked = {"kind": "refund", "account": "A1", "amount_tyiyn": 10_000 - WASTE_GROSS, "reason": "asked", **WASTE}
    too_much = {**asked, "amount_tyiyn": asked["amount_tyiyn"] + 1}
    assert town.refused("/billing/corrections", body=too_much) == (409, ["AIM-B120"])
    assert not town.rows("correction")
    # Two that are entered side by side are each covered by the advance.
    number = town.post("/billing/corrections", asked)["correction"]["number"]
    document(town, **asked)
    assert town.balance("A1") == 0
    assert town.refused(f"/billing/corrections/{number}/approve", "approver") == (409, ["AIM-B120"])
    agrees(town)


@pytest.mark.parametrize(("amount", "code"), [(WASTE_GROSS + 1, "AIM-B118"), (-1, "AIM-B120")])
def test_no_more_goes_over_than_is_there(town: Town, amount: int, code: str) -> None:
    """Whoever enters the transfer of a debt or an advance hears that there is less of it."""
    month(town)
    asked = {"kind": "transfer", "account": "A1", "to": "A2", "amount_tyiyn": amount, "reason": "asked", **WASTE}
    assert town.refused("/billing/corrections", body=asked) == (409, [code])
    assert not town.rows("correction")


@pytest.mark.parametrize("kind", ["adjust", "write_off", "transfer"])
def test_each_is_taken_back_once(town: Town, kind: str) -> None:
    """A storno posts the other way round what the document posted; a second is refused."""
    month(town)
    facts = {"account": "A1", "amount_tyiyn": 3_000, "to": "A2", "ground": "act", "service": "waste", **WASTE}
    number = document(town, kind=kind, **facts)
    assert town.balance("A1") != WASTE_GROSS
    asked = {"kind": "storno", "document": number, "reason": "again"}
    # Entered before the other is approved.
    beside = town.post("/billing/corrections", asked)["correction"]["number"]
    document(town, kind="storno", document=number)
    assert (town.balance("A1"), town.balance("A2")) == (WASTE_GROSS, WASTE_GROSS)
    assert town.refused(f"/billing/corrections/{beside}/approve", "approver") == (409, ["AIM-B122"])
    assert town.refused("/billing/corrections", body=asked) == (409, ["AIM-B122"])
    agrees(town)


def test_two_accounts_become_one(town: Town) -> None:
    """The first is closed, and the second owes what both owed."""
    month(town)
    document(town, kind="merge", account="A1", to="A2")
    assert (town.balance("A1"), town.balance("A2")) == (0, 2 * WASTE_GROSS)
    assert town.get("/billing/accounts/A1")["status"] == "closed"
    agrees(town)


def test_a_dry_run_posts_nothing(town: Town) -> None:
    """The answer says what would be, and nothing is kept."""
    month(town)
    asked = {"kind": "adjust", "account": "A1", "amount_tyiyn": 100, "reason": "try", **WASTE}
    assert town.post("/billing/corrections?dry_run=1", asked)["dry_run"] is True
    assert town.get("/billing/corrections")["corrections"] == []
    number = town.post("/billing/corrections", asked)["correction"]["number"]
    shown = town.post(f"/billing/corrections/{number}/approve?dry_run=1", role="approver")
    assert shown["correction"]["state"] == "approved"
    assert town.balance("A1") == WASTE_GROSS
