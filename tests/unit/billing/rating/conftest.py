"""Tariffs for the rating tests: written as the file that an operator writes."""

import polars as pl
import pytest
from aimak.period import Period
from aimak_billing.domain.rating import Book, Plugins
from aimak_billing.domain.rating.calculate import FRAME
from aimak_billing.tariff_file import load

HEAD = "aimak: tariffs/1\n"
TAXES = """
taxes:
  - tax: sales_tax
    name: {ky: салык, ru: налог, en: sales tax}
    rate: 3 %
    regime: general
    from: 2026-01-01
    legal_ground: code
"""
TARIFF = """
  - code: CODE
    service: SERVICE
    provider: p
    name: {ky: а, ru: б, en: c}
    from: 2026-06-01
    decision: {body: council, number: "14", date: 2026-05-22}
    legal_ground: law
"""


def tariff(components, service="water", code="t", extra=""):
    """One tariff as YAML: `components` and `extra` are its lines, without their indentation."""
    head = TARIFF.replace("CODE", code).replace("SERVICE", service)
    body = "\n".join(f"    {line}" for line in extra.strip().splitlines())
    lines = "\n".join(f"      {line}" for line in components.strip().splitlines())
    return f"{head}{body}\n    components:\n{lines}\n"


def frame(*rows):
    """Rows as the frame that billing gives; what is not said is as for a household of one connection."""
    usual = {
        "place": 0,
        "provider": "p",
        "service": "water",
        "regime": "general",
        "customer_class": "household",
        "attributes": '{"metered":true}',
        "days": 31,
        "days_in_period": 31,
    }
    full = [{**usual, "connection_id": number, "account_id": number, **row} for number, row in enumerate(rows)]
    return pl.DataFrame([{name: row.get(name) for name in FRAME} for row in full], schema=dict(FRAME))


@pytest.fixture(scope="session")
def plugins():
    """All that are installed."""
    return Plugins.discover()


@pytest.fixture(scope="session")
def made(plugins):
    """Make a book for October 2026 of tariffs as YAML."""

    def make(*tariffs, taxes=TAXES, period="2026-10"):
        loaded = load(HEAD + "tariffs:" + "".join(tariffs) + taxes, "naryn", plugins)
        assert loaded.problems == (), loaded.problems
        return Book.of(loaded.versions, loaded.taxes, plugins, Period.month(period))

    return make
