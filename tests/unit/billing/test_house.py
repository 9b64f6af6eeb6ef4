"""What must be true of billing's frame: migrations, guards, texts, routes."""

from __future__ import annotations

import re
from pathlib import Path

import aimak_billing
from aimak.problems import Problem
from aimak.texts import LANGUAGES, catalogue
from aimak_billing.tables import metadata
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from tests.unit.billing.town import TENANT, Town

HERE = Path(aimak_billing.__file__).parent


def test_migrations_make_the_tables_of_the_code(town: Town) -> None:
    """No table, column or index differs, and every guard is there."""
    with town.service.work(TENANT) as work:
        context = MigrationContext.configure(work.connection)
        assert compare_metadata(context, metadata) == []
    assert town.get("/billing/doctor", role="admin")["problems"] == []


def test_every_problem_has_its_text() -> None:
    """In each language, with the same fields."""
    used = set()
    for file in HERE.rglob("*.py"):
        used |= set(re.findall(r'"(AIM-[BT]\d{3})"', file.read_text()))
    texts = {lang: catalogue("aimak_billing", lang) for lang in LANGUAGES}
    assert {code for code in used if any(code not in texts[lang] for lang in LANGUAGES)} == set()
    for code in used:
        fields = [set(re.findall(r"{(\w+)}", texts[lang][code])) for lang in LANGUAGES]
        assert all(found == fields[0] for found in fields), Problem(code)


def test_every_route_declares_who_may_call_it(town: Town) -> None:
    """Without a token it is 401, and each view names its roles."""
    app = town.client.application
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "api-docs.openapi_json":
            continue
        assert getattr(app.view_functions[rule.endpoint], "declared_roles", ()), rule.rule
    assert town.client.get("/billing/accounts").status_code == 401


def test_a_foreign_tenant_is_not_defined(town: Town) -> None:
    """An admin defines the municipality of the session and no other."""
    names = {"name": {"ru": "X"}, "zone": "Asia/Bishkek", "languages": ["ru"]}
    assert town.refused("/billing/tenants", "admin", body={"code": "other", **names}) == (403, ["AIM-B006"])
    assert town.refused("/billing/tenants", "admin", body={"code": TENANT, **names, "zone": "Mars"})[1] == ["AIM-B003"]


def test_lists_come_as_pages_and_tables(town: Town) -> None:
    """?limit and ?after go through all accounts; ?format=csv gives the same columns."""
    from tests.unit.billing.town import account_line

    town.accounts(*(account_line(f"A{number}") for number in range(5)))
    page = town.get("/billing/accounts?limit=3")
    rest = town.get(f"/billing/accounts?limit=3&after={page['next']}")
    assert [row["number"] for row in page["accounts"] + rest["accounts"]] == [f"A{number}" for number in range(5)]
    assert rest["next"] is None
    table = town.ask("get", "/billing/accounts?format=csv").get_data(as_text=True)
    assert table.splitlines()[0].split(",") == list(page["accounts"][0])
    assert [row["number"] for row in town.get("/billing/accounts?search=holder%20a3")["accounts"]] == ["A3"]
    assert town.ask("get", "/billing/accounts?limit=many").json["errors"][0]["code"] == "AIM-B056"
