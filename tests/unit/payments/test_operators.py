"""What operators set and see."""

from __future__ import annotations

from typing import Any

import pytest
from aimak import texts
from aimak.problems import Problem
from aimak.storage import guards
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from flask import Flask

from tests.unit.payments.conftest import PASSWORD, Town, result


def test_every_route_declares_who_may_call_it(town: Town) -> None:
    """A route without a declared role does not exist."""
    assert town.service.web is not None
    app: Flask = town.service.web()
    bare = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if not getattr(app.view_functions[rule.endpoint], "declared_roles", None) and "openapi" not in rule.rule
    ]
    assert bare == []


@pytest.mark.parametrize(
    "path", ["/payments/payments", "/payments/suspense", "/payments/partners", "/payments/accounts/0100001"]
)
def test_without_a_token_nothing_is_told(town: Town, path: str) -> None:
    """A call that nobody signed is 401, one of another role 403."""
    assert town.client.get(path).status_code == 401
    assert town.call("GET", path, "resident").status_code == 403
    assert town.call("GET", path, "clerk").status_code == 200


def test_clerk_does_not_define_partners(town: Town) -> None:
    """Partners and rules are the administrator's."""
    assert town.call("POST", "/payments/partners", "clerk", json={}).status_code == 403
    assert town.call("POST", "/payments/split-rules", "clerk", json={}).status_code == 403


def test_secrets_are_never_told(town: Town) -> None:
    """What is listed of a partner has its logins and no secret, and the database has no password."""
    listed = town.call("GET", "/payments/partners").get_data(as_text=True)
    assert "terminal" in listed and "argon2" not in listed and PASSWORD not in listed
    assert PASSWORD not in str(town.rows("credential"))


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"protocol": "carrier-pigeon"}, "protocol"),
        ({"settings": {"dialekt": "pay24"}}, "settings.dialekt"),
        ({"settings": {"dialect": "klingon"}}, "settings.dialect"),
        ({"settings": {"zone": "Asia/Nowhere"}}, "settings.zone"),
        ({"settings": {"account_pattern": "("}}, "settings.account_pattern"),
        ({"settings": {"min_tyiyn": 100, "max_tyiyn": 99}}, "settings.min_tyiyn"),
        ({"settings": {"min_tyiyn": 1.5}}, "settings.min_tyiyn"),
        ({"settings": {"unknown_account": "keep"}}, "settings.unknown_account"),
        ({"addresses": ["10.0.0.1/8"]}, "addresses"),
        ({"certificates": ["a" * 40]}, "certificates"),
        ({"login": "a:b", "password": PASSWORD}, "login"),
        ({"login": "a"}, "login"),
    ],
)
def test_setting_that_does_not_fit_is_named(town: Town, changes: dict[str, Any], path: str) -> None:
    """A partner is defined as a whole or not at all, and each fault tells its place."""
    response = town.define_partner("bank", credentials=False, **changes)
    assert response.status_code == 422
    assert path in [error["place"]["path"] for error in response.get_json()["errors"]]
    assert len(town.call("GET", "/payments/partners").get_json()["partners"]) == 1


def test_short_password_is_refused(town: Town) -> None:
    """A partner's password is made by a machine."""
    body = {"code": "bank", "protocol": "osmp", "login": "a", "password": "short"}
    assert town.call("POST", "/payments/partners", json=body).status_code == 422


def test_partner_keeps_its_credentials_when_settings_change(town: Town) -> None:
    """A change without a password leaves the old one."""
    changed = town.define_partner(credentials=False, settings={"max_tyiyn": 100})
    assert changed.get_json()["version"] == 2 and changed.get_json()["logins"] == ["terminal"]
    assert result(town.check("0100001", "1.01")) == 242


def test_the_record_says_of_a_partner_what_was_asked_and_then_what_changed(town: Town) -> None:
    """Of a new one not what any has; of a change the two sides of what differs."""
    town.define_partner("bank", credentials=False, settings={"max_tyiyn": 500})
    town.define_partner("bank", credentials=False, settings={"max_tyiyn": 700})
    first, second = [row for row in town.rows("audit") if row["said"].get("code") == "bank"]
    assert (first["before"], first["after"]["settings"]) == (None, {"max_tyiyn": 500})
    assert set(second["before"]) == set(second["after"]) == {"settings"}
    assert (second["before"]["settings"]["max_tyiyn"], second["after"]["settings"]["max_tyiyn"]) == (500, 700)


def test_a_new_password_is_noted_and_a_repeat_is_not(town: Town) -> None:
    """That it is another one, never what it is; of what is so already nothing is written."""
    before = len(town.rows("audit"))
    assert town.define_partner().get_json()["version"] == 1 and len(town.rows("audit")) == before
    other = "another-password-of-a-machine"
    assert town.define_partner(credentials=False, login="terminal", password=other).get_json()["version"] == 2
    (row,) = town.rows("audit")[before:]
    assert (row["before"], row["after"]) == ({"password": None}, {"password": "changed"})
    assert other not in str(row) and "argon2" not in str(row)
    town.define_partner(credentials=False, login="terminal", password=other)
    assert len(town.rows("audit")) == before + 1


def test_payments_are_listed_with_their_filters(town: Town) -> None:
    """Payments are found by account (old number too), partner and day, and come as a table where asked."""
    town.define_partner("bank")
    town.pay("1", "0100001", "10.00")
    town.pay("2", "0100002", "20.00", txn_date="20261122120000")
    town.ask("bank", command="pay", txn_id="1", account="0100001", sum="30.00")

    def listed(query: str) -> set[int]:
        rows = town.call("GET", f"/payments/payments?{query}").get_json()["payments"]
        return {row["amount_tyiyn"] for row in rows}

    assert listed("") == {1_000, 2_000, 3_000}
    assert listed("account=77-1") == {1_000, 3_000}
    assert listed("partner=bank") == {3_000}
    assert listed("to=2026-11-22") == {2_000}
    assert listed("from=2026-11-23&partner=kapchyk") == {1_000}
    assert town.call("GET", "/payments/payments?account=none").status_code == 404
    assert town.call("GET", "/payments/payments?from=yesterday").status_code == 422
    table = town.call("GET", "/payments/payments?format=csv").get_data(as_text=True)
    assert len(table.splitlines()) == 4 and ";10.00;" in table


def test_pages_follow_each_other(town: Town) -> None:
    """Page by page every payment is listed once, the latest first, also those of one moment."""
    for number, day in enumerate((20, 22, 21, 22, 22, 22)):
        town.pay(str(number), "0100001", "1.00", txn_date=f"202611{day}120000")
    seen: dict[str, str] = {}
    after = "0"
    while after:
        page = town.call("GET", f"/payments/payments?limit=2&after={after}").get_json()
        rows, after = page["payments"], page["next"]
        assert len(rows) <= 2 and not seen.keys() & {row["payment"] for row in rows}
        seen |= {row["payment"]: row["paid_on"] for row in rows}
    assert [day[-2:] for day in seen.values()] == ["22", "22", "22", "22", "21", "20"]


@pytest.mark.parametrize("name", ["payments", "suspense"])
@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("limit=-1", "AIM-K113"),
        ("limit=0", "AIM-K113"),
        ("limit=abc", "AIM-K105"),
        ("limit=1_0", "AIM-K105"),
        ("after=-1", "AIM-K113"),
        ("after=abc", "AIM-K105"),
    ],
)
def test_a_page_that_is_no_page_is_refused(town: Town, name: str, query: str, code: str) -> None:
    """What is no number of rows and no id is not taken for "not given"."""
    refused = town.call("GET", f"/payments/{name}?{query}")
    (error,) = refused.get_json()["errors"]
    assert (refused.status_code, error["code"], error["place"]["path"]) == (422, code, query.partition("=")[0])


def test_a_page_larger_than_any_is_the_largest(town: Town) -> None:
    """Who asks for more than a page holds gets a page, and what comes after the largest id is nothing amiss."""
    town.pay("1", "0100001", "1.00")
    assert len(town.call("GET", "/payments/payments?limit=99999999999").get_json()["payments"]) == 1
    assert town.call("GET", f"/payments/payments?after={10**19}").status_code == 200


def test_a_short_password_is_told_how_to_mend(town: Town) -> None:
    """The length that a partner's password must have, and how one is made."""
    refused = town.define_partner("bank", credentials=False, login="bank", password="short")
    (error,) = refused.get_json()["errors"]
    assert (refused.status_code, error["code"]) == (422, "AIM-K108")
    assert "16" in error["message"] and "openssl" in error["hint"]


def test_split_rule_is_dated_and_never_in_the_past(town: Town) -> None:
    """A rule holds from its day on; the past is not changed, a day has one rule."""
    assert town.call("POST", "/payments/split-rules", json={"valid_from": "2026-11-22"}).status_code == 422
    assert town.call("POST", "/payments/split-rules", json={"valid_from": "2026-12-01"}).status_code == 200
    assert town.call("POST", "/payments/split-rules", json={"valid_from": "2026-12-01"}).status_code == 409
    rules = town.call("GET", "/payments/split-rules").get_json()["split_rules"]
    assert rules == [{"valid_from": "2026-12-01", "method": "pro_rata"}]


def test_totals_tell_what_was_taken(town: Town) -> None:
    """Payments and suspense are counted and summed; with none all is 0."""
    assert set(town.call("GET", "/payments/totals").get_json().values()) == {0}
    town.define_partner(settings={"unknown_account": "suspense"})
    town.pay("1", "0100001", "10.00")
    town.pay("2", "000", "7.00")
    assert town.call("GET", "/payments/totals").get_json() == {
        "payments": 2,
        "amount_tyiyn": 1_700,
        "suspense": 1,
        "suspense_tyiyn": 700,
    }


def test_doctor_gives_the_sums_that_billing_must_have(town: Town) -> None:
    """Control sums are by provider, suspense is not among them, and a sound service has no problems."""
    town.define_partner(settings={"unknown_account": "suspense"})
    town.pay("1", "0100001", "300.00")
    town.pay("2", "000", "7.00")
    answer = town.call("GET", "/payments/doctor").get_json()
    assert answer == {
        "service": "payments",
        "problems": [],
        "control": {"tazalyk": 10_000, "vodokanal": 20_000},
    }


def test_doctor_sees_a_part_that_the_ledger_has_not(town: Town) -> None:
    """Money that stands in one table and not in the other is named."""
    town.pay("1", "0100001", "300.00")
    with town.service.work("naryn") as work:
        work.connection.exec_driver_sql("DROP TRIGGER payment_part_no_delete")
        work.connection.exec_driver_sql("DELETE FROM payment_part WHERE provider = 'tazalyk'")
        work.commit()
    codes = [problem["code"] for problem in town.call("GET", "/payments/doctor").get_json()["problems"]]
    assert codes == ["AIM-K080", "AIM-P045"]


def test_plugin_is_listed(town: Town) -> None:
    """OSMP comes through the same door as a stranger's plugin."""
    answer = town.call("GET", "/payments/plugins").get_json()
    assert [plugin["code"] for plugin in answer["plugins"]] == ["osmp"] and answer["refused"] == []


def test_migrations_make_the_tables_of_the_code(town: Town) -> None:
    """After all migrations the database has the metadata's tables and every guard."""
    with town.service.work("-") as work:
        context = MigrationContext.configure(work.connection)
        assert compare_metadata(context, town.service.metadata) == []
        assert guards.present(work.connection) == guards.expected(town.service.metadata, "sqlite")


def test_every_code_has_its_text_in_every_language() -> None:
    """No catalogue lacks a code that another has, and no text a field."""
    catalogues = {lang: texts.catalogue("aimak_payments", lang) for lang in texts.LANGUAGES}
    assert len({frozenset(catalogue) for catalogue in catalogues.values()}) == 1
    for code in catalogues["en"]:
        fields = [set(_fields(catalogue[code])) for catalogue in catalogues.values()]
        assert fields[0] == fields[1] == fields[2], code
    assert texts.text(Problem("AIM-P010", {"account": "7"}), "en") == "Account 7 is not known"


def _fields(text: str) -> list[str]:
    import string

    return [name for _, name, _, _ in string.Formatter().parse(text) if name]
