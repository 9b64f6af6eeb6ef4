"""The payments of the sample town, from plan to registry."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from town_build import payments
from town_build.payments import Payment, Planned


def planned(**changed: object) -> Planned:
    """A line of the plan; the changes are what the test is about."""
    line: dict[str, object] = {
        "txn_id": "1001", "partner": "kapchyk", "paid_at": "2026-11-12T09:15:02", "account": "007",
        "number": "10040004", "basis": "charged", "share": 1000, "round_to": 1, "delivery": "both",
        "checked": 1, "repeats": 0,
    }  # fmt: skip
    return Planned(**{**line, **changed})  # type: ignore[arg-type]


BILLS = {"10040004": (24_551, 80_000)}


@pytest.mark.parametrize(
    ("changed", "amount"),
    [
        ({}, 24_551),
        ({"round_to": 1000}, 25_000),
        ({"share": 700}, 17_186),
        ({"basis": "due"}, 80_000),
        ({"basis": "fixed", "share": 5_000, "number": ""}, 5_000),
        ({"number": "unbilled"}, payments.HABIT_TYIYN),
    ],
)
def test_amount_follows_the_bill_and_the_payers_habit(changed: dict[str, object], amount: int) -> None:
    """A payer pays a share of what is charged or due, rounded up by habit; nobody pays nothing."""
    (payment,) = payments.payments([planned(**changed)], BILLS)
    assert payment.amount == amount


def test_partner_checks_pays_and_repeats_the_same_pay() -> None:
    """A repeated pay is the same request once more; a payment missed online makes no request."""
    lines = [planned(repeats=2), planned(txn_id="1002", delivery="registry")]
    calls = payments.online_calls(payments.payments(lines, BILLS))
    assert [query["command"] for _, query in calls] == ["check", "pay", "pay", "pay"]
    assert calls[1] == calls[2] == (
        "kapchyk",
        {
            "command": "pay", "txn_id": "1001", "account": "007", "sum": "245.51",
            "txn_date": "20261112091502",
        },
    )  # fmt: skip


def test_registry_lists_the_day_and_ends_with_its_total() -> None:
    """A registry has tabs, CRLF, a line per payment and the Total line; what the partner lost is not there."""
    lines = [planned(), planned(txn_id="1002", delivery="online"), planned(txn_id="1003", delivery="registry")]
    days = payments.registries(payments.payments(lines, BILLS))
    ((key, listed),) = days.items()
    assert key == ("kapchyk", datetime(2026, 11, 12).date())
    assert payments.registry_text(listed) == (
        "1001\t12.11.2026\t09:15:02\t007\t245.51\r\n1003\t12.11.2026\t09:15:02\t007\t245.51\r\nTotal:\t2\t491.02\r\n"
    )
    assert payments.registry_name(*key) == "kapchyk_202611131.csv"


def test_plan_has_the_months_shares(town_folder: Path) -> None:
    """6,100 payments, 43 to unknown accounts, a fifth on the last three days, no transaction id twice."""
    plan = payments.read_plan(town_folder / "payments_plan.csv")
    assert len(plan) == 6_100 == len({line.txn_id for line in plan})
    unknown = [line for line in plan if not line.number]
    assert len(unknown) == 43
    assert {line.delivery for line in unknown} == {"registry"}
    late = sum(line.paid_at[8:10] in ("28", "29", "30") for line in plan)
    assert 1_100 <= late <= 1_340
    wallets = sum(line.partner in ("kapchyk", "nur-bank", "tez-tolom", "ala-bank", "boosh") for line in plan)
    assert 2_830 <= wallets <= 3_030
    assert any(line.repeats for line in plan)
    assert all(isinstance(payment, Payment) for payment in payments.payments(plan[:3], {}))
