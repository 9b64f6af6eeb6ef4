"""The sentence of a correction says what became known, on the screen as on paper."""

from __future__ import annotations

import pytest
from aimak_billing.application import printing
from aimak_billing.application.kit import Kit
from aimak_billing.domain.rating import Plugins

from tests.unit.billing.test_cancelling import run
from tests.unit.billing.test_life import OUTAGE_TARIFF, change
from tests.unit.billing.test_printing import PERSONS, tariff
from tests.unit.billing.test_rerating import bill
from tests.unit.billing.town import TENANT, Town, account_line

OUTAGE = {"streets": ["Токтогул"], "service": "waste", "since": "2026-10-05", "until": "2026-10-08", "ground": "act 5"}
CREDITED = PERSONS.replace(
    "      - {code: heads", "      - {code: credit, kind: outage_credit, of: [fee]}\n      - {code: heads"
)


def said(town: Town, number: int, lang: str = "en") -> str:
    """What a bill says of the first month that it corrects, the same on the screen and on paper."""
    sentences = town.get(f"/billing/bills/{number}/explain?lang={lang}")["sentences"]
    with town.service.work(TENANT) as work:
        kit = Kit.of(town.service.settings, Plugins.discover())
        assert list(printing.print_bill(kit, work, str(number), lang).documents[0].explanations) == sentences
    return str(sentences[1])


@pytest.mark.parametrize(
    ("lang", "why"),
    [
        ("en", "(since known: 3 days without supply)"),
        ("ru", "(стало известно: 3 дн. без услуги)"),
        ("ky", "(кийин белгилүү болгону: 3 күн кызмат болгон жок)"),
    ],
)
def test_a_credit_told_late_says_how_many_days_were_without_supply(town: Town, lang: str, why: str) -> None:
    """Three days of October, told in November."""
    tariff(town, OUTAGE_TARIFF)
    town.accounts(account_line("A1"))
    bill(town, "2026-10")
    change(town, "outages", **OUTAGE)
    bill(town, "2026-11")
    assert said(town, 2, lang).endswith(f": -3.00 {'som' if lang == 'en' else 'сом'} {why}")


def test_it_says_the_days_that_are_known_now(town: Town) -> None:
    """They were three, and five after all; that nothing but the act's number changed is a fact of the month as others
    are."""
    tariff(town, CREDITED)
    town.accounts(account_line("A1"))
    change(town, "outages", **OUTAGE)
    bill(town, "2026-10")
    change(town, "outages", **{**OUTAGE, "until": "2026-10-10"})
    bill(town, "2026-11")
    assert said(town, 2).endswith("(since known: 5 days without supply)")
    change(town, "outages", **{**OUTAGE, "until": "2026-10-10", "ground": "act 6"})
    change(town, "accounts/A1/residents", persons=1, day="2026-10-01")
    bill(town, "2026-12")
    assert said(town, 3).endswith("(since known: facts of the month, number of residents)")


@pytest.mark.parametrize(
    ("lang", "told"),
    [
        ("en", "October 2026: the recalculation of -25.75 som on bill 2 is taken back: +25.75 som (since known: "),
        ("ru", "Октябрь 2026: перерасчёт на -25.75 сом из квитанции № 2 снят: +25.75 сом (стало известно: "),
        ("ky", "Октябрь 2026: № 2 дүмүрчөктөгү -25.75 сомдук кайра эсептөө алынып салынды: +25.75 сом (кийин "),
    ],
)
def test_a_month_billed_anew_says_whose_correction_it_takes_back(town: Town, lang: str, told: str) -> None:
    """November's bill corrected October by two persons; October's own bill, made anew, charges what is right and takes
    that back."""
    tariff(town, PERSONS)
    town.accounts(account_line("A1"))
    bill(town, "2026-10")
    change(town, "accounts/A1/residents", persons=1, day="2026-10-01")
    bill(town, "2026-11")
    run(town, "bill:1", replaces=True)
    assert told in said(town, 3, lang)
