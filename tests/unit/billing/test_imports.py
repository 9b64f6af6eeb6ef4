"""What billing takes from files, and what it refuses."""

from __future__ import annotations

import pytest
from aimak.contracts import billing

from tests.unit.billing.town import HEADER, TARIFFS, Town, account_line

BALANCES = "account;provider;service;origin;amount"
RESIDENTS = "account;persons;from;to;ground;pensioners"


def test_an_account_may_have_many_lines(town: Town) -> None:
    """Each line adds a connection; others hear of the account once."""
    water = account_line(
        "A1", "water", "vodokanal", attributes='{"metered":true,"norm":"house"}', aliases="old-1|old-2"
    )
    town.accounts(water, account_line("A1", aliases="old-1"))
    town.accounts(account_line("A1", "sewerage", "vodokanal"))
    shown = town.get("/billing/accounts/old-2")
    assert [row["service"] for row in shown["connections"]] == ["water", "waste", "sewerage"]
    assert shown["aliases"] == ["old-1", "old-2"] and shown["phone"] == "996555123456"
    assert shown["address"] == "Токтогул A1"
    assert [row["number"] for row in town.told(billing.AccountsDefined)] == ["A1"]
    assert len(town.told(billing.ConnectionsDefined)) == 3


@pytest.mark.parametrize(
    ("line", "code", "column"),
    [
        (account_line("A1"), "AIM-B012", "account"),
        (account_line("A1", "", ""), "AIM-B012", "account"),
        (account_line("A1", "sewerage", "vodokanal", holder="Another"), "AIM-B013", "holder"),
        (account_line("A2", "teleport"), "AIM-B010", "service"),
        (account_line("A2", provider="nobody"), "AIM-B011", "provider"),
        (account_line("A2", provider=""), "AIM-B016", "provider"),
        (account_line("A2", "water", "vodokanal", attributes='{"colour":"red"}'), "AIM-B015", "attributes"),
        (account_line("A2", phone="call me"), "AIM-B021", "phone"),
        (account_line("A2", opened_on="01.02.2099"), "AIM-B025", "opened_on"),
        (account_line("old-1"), "AIM-B014", "account"),
        (account_line("A2", aliases="A1"), "AIM-B014", "aliases"),
    ],
)
@pytest.mark.parametrize("together", [True, False])
def test_a_faulty_line_is_left_out_with_its_reason(
    town: Town, line: str, code: str, column: str, together: bool
) -> None:
    """Whether what it clashes with stands in the same file or came before; the good line stands."""
    good = account_line("A1", aliases="old-1")
    if not together:
        town.accounts(good)
    state = town.take("accounts", [HEADER, *([good] if together else []), line])
    assert state["refused"] == 1
    problem = state["problems"][0]
    assert (problem["code"], problem["place"]["column"]) == (code, column)
    assert problem["place"]["line"] == (3 if together else 2)
    assert len(town.rows("account")) == 1


@pytest.mark.parametrize(
    "written",
    [
        "0555 77 88 99",
        "8 0555 77-88-99",
        "8 996 555 778899",
        "+996 555 778899",
        "0996 555 77-88-99",
        "00 996 555 778899",
        "555778899",
    ],
)
def test_a_phone_is_kept_in_one_form(town: Town, written: str) -> None:
    """However it is written, with the old 8 before the zero too."""
    town.accounts(account_line("A1", phone=written, opened_on="2027-10-31"))
    assert town.get("/billing/accounts/A1")["phone"] == "996555778899"


def test_residents_follow_one_another(town: Town) -> None:
    """A later entry closes the one before; one that would overlap, or has no account, is refused."""
    town.accounts(account_line("A1"))
    state = town.take(
        "residents",
        [
            RESIDENTS,
            "A1;4;2020-01-01;;household book;1",
            "A1;5;2026-10-01;;certificate;1",
            "A1;6;2026-09-01;;late;0",
            "A9;1;2026-09-01;;none;0",
            "A1;2;2026-12-01;;too old;3",
        ],
    )
    assert [problem["code"] for problem in state["problems"]] == ["AIM-B018", "AIM-B017", "AIM-B022"]
    listed = town.get("/billing/accounts/A1")["residents"]
    assert [(row["persons"], row["valid_from"], row["valid_to"]) for row in listed] == [
        (4, "2020-01-01", "2026-10-01"),
        (5, "2026-10-01", None),
    ]


def test_opening_balances_keep_their_months(town: Town) -> None:
    """Debts stand by month and provider, an advance meets the oldest, and no line counts twice."""
    town.accounts(account_line("A1"))
    lines = [
        "A1;tazalyk;waste;2025-03;100.00",
        "A1;tazalyk;waste;2025-04;70.00",
        "A1;tazalyk;;2025-05;-120.00",
        "A1;vodokanal;;2024-01;-5.00",
    ]
    assert town.take("balances", [BALANCES, *lines])["refused"] == 0
    again = town.take("balances", [BALANCES, *lines, "A1;tazalyk;waste;2025-06;0", "A1;nobody;;2025-06;1"])
    codes = [problem["code"] for problem in again["problems"]]
    assert codes == ["AIM-B019"] * 4 + ["AIM-B020", "AIM-B011"]
    shown = town.get("/billing/accounts/A1")
    assert shown["balance_tyiyn"] == 4_500
    assert shown["balances"] == [
        {"provider": "vodokanal", "balance_tyiyn": -500, "origins": [], "debts": [], "advance_tyiyn": 500},
        {
            "provider": "tazalyk",
            "balance_tyiyn": 5_000,
            "origins": [{"origin": "2025-04", "owed_tyiyn": 5_000}],
            "debts": [{"origin": "2025-04", "service": "waste", "owed_tyiyn": 5_000}],
            "advance_tyiyn": 0,
        },
    ]
    assert [row["amount_tyiyn"] for row in town.told(billing.ReceivablesMoved)] == [10_000, 7_000, -12_000, -500]


@pytest.mark.parametrize(
    ("line", "code", "column", "message"),
    [
        ("A1;tazalyk;gas;2026-09;12", "AIM-B010", "service", "Account A1: unknown service gas; there are: "),
        ("A1;tazalyk;waste;2026-12;12", "AIM-B024", "origin", "Account A1: the month 2026-12 is not here yet"),
    ],
)
def test_a_debt_that_cannot_be_is_refused(town: Town, line: str, code: str, column: str, message: str) -> None:
    """A debt for a service that does not exist or from a month to come; this month's is one, with or without a
    service."""
    town.accounts(account_line("A1"))
    good = ["A1;tazalyk;waste;2026-11;12", "A1;tazalyk;;2026-11;3"]
    state = town.take("balances", [BALANCES, line, *good])
    (problem,) = state["problems"]
    assert (problem["code"], problem["place"]["column"], problem["place"]["line"]) == (code, column, 2)
    assert message in problem["message"] and problem["hint"]
    assert town.get("/billing/accounts/A1")["balance_tyiyn"] == 1_500


def test_tariffs_are_taken_whole_or_not_at_all(town: Town) -> None:
    """A fault anywhere refuses the file with its line; the same file again is a repeat; a changed decision is none."""
    broken = TARIFFS.replace("code: waste-household", "code: waste-household\n    provider2: x", 1)
    answer = town.ask("post", "/billing/imports/tariffs?name=t.yaml", role="admin", data=broken.encode())
    assert answer.status_code == 422
    assert answer.json["errors"][0]["place"]["line"] > 1
    before = town.rows("tariff")
    same = town.ask("post", "/billing/imports/tariffs", role="admin", data=TARIFFS.encode())
    assert same.json["replayed"] is True and town.rows("tariff") == before
    dearer = TARIFFS.replace("price: 10.45", "price: 10.46")
    answer = town.ask("post", "/billing/imports/tariffs", role="admin", data=dearer.encode())
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (409, "AIM-B054")
    assert (
        town.ask("post", "/billing/imports/tariffs", role="admin", data=b"\xff\xfe").json["errors"][0]["code"]
        == "AIM-B057"
    )


@pytest.mark.parametrize("number", ["", "0", "0123456789012", "012345678901234", "0123456789012x", "٠١٢٣٤٥٦٧٨٩٠١٢٣"])
def test_a_creditor_has_a_tax_number_of_fourteen_digits(town: Town, number: str) -> None:
    """Any other is refused with what it was, and nobody is defined."""
    facts = {"code": "new", "name": {"ru": "Новый"}, "regime": "general", "bank_account": "", "tax_number": number}
    answer = town.ask("post", "/billing/providers", role="admin", json=facts, lang="ru")
    (error,) = answer.json["errors"]
    assert (answer.status_code, error["code"]) == (422, "AIM-B007")
    assert error["message"] == f"ИНН «{number}» не годится: в нём четырнадцать цифр" and error["hint"]
    assert "new" not in {row["code"] for row in town.get("/billing/providers")["providers"]}
    town.post("/billing/providers", {**facts, "tax_number": "01234567890123"}, role="admin")


def test_a_quote_is_what_a_bill_would_say(town: Town) -> None:
    """Priced by the same rules, with the reason where the facts do not suffice."""
    asked = {"service": "water", "provider": "vodokanal", "attributes": {"metered": True}, "date": "2026-10-31"}
    quote = town.post("/billing/tariffs/quote", asked | {"quantity_thousandths": 12_300})
    assert (quote["net_tyiyn"], quote["gross_tyiyn"], quote["tariff"]) == (12_854, 13_240, "water-household")
    status, codes = town.refused("/billing/tariffs/quote", body=asked)
    assert status == 422 and codes[0].startswith("AIM-T")


def test_a_class_that_there_is_not_is_told_with_those_there_are(town: Town) -> None:
    """Not that no tariff holds; where none does for a class that there is, that is said."""
    asked = {"service": "water", "provider": "vodokanal", "date": "2026-10-31", "quantity_thousandths": 12_300}
    body = {**asked, "customer_class": "people"}
    answer = town.ask("post", "/billing/tariffs/quote", json=body, lang="ru")
    (error,) = answer.json["errors"]
    assert (answer.status_code, error["code"]) == (422, "AIM-T115")
    assert error["message"] == "Нет класса потребителей «people»; есть: household, budget, other"
    nobody = {**body, "customer_class": "household", "date": "2020-10-31"}
    assert town.refused("/billing/tariffs/quote", body=nobody)[1] == ["AIM-T020"]
