"""A month that several runs billed: its figures are those of its bills in force, and the next is held against them."""

from __future__ import annotations

from typing import Any

import pytest
from aimak.contracts.billing import IssueChunksCut
from aimak.messaging.inprocess import InProcessBroker

from tests.unit.billing.test_cancelling import document, run
from tests.unit.billing.test_month import WASTE_GROSS, five
from tests.unit.billing.test_months_in_turn import warned
from tests.unit.billing.test_rerating import HOUSE, bill
from tests.unit.billing.town import Town, account_line

SEPTEMBER, OCTOBER, NOVEMBER = "2026-09", "2026-10", "2026-11"


def serve(town: Town) -> Town:
    """Five accounts with waste removal, one of them with water too."""
    five(town)
    town.accounts(account_line("A1", "water", "vodokanal", attributes=HOUSE))
    return town


@pytest.fixture
def served(town: Town) -> Town:
    """That town."""
    return serve(town)


def month(town: Town, period: str) -> Any:
    """What stands beside a month."""
    return town.get(f"/billing/cycles/{period}")


def in_force(town: Town, period: str) -> dict[str, Any]:
    """A month's figures from its bills themselves."""
    gone = {row["bill_id"] for row in town.rows("bill_cancellation")}
    bills = {row["id"]: row for row in town.rows("bill") if row["period"] == period and row["id"] not in gone}
    lines = [row for row in town.rows("bill_line") if row["bill_id"] in bills]
    gross: dict[str, int] = {}
    quantity: dict[str, int] = {}
    for line in lines:
        gross[line["service"]] = gross.get(line["service"], 0) + line["amount"]
    for service, _, amount in sorted({(row["service"], row["bill_id"], _quantity(row, lines)) for row in lines}):
        quantity[service] = quantity.get(service, 0) + amount
    connections = {
        service: len({row["connection_id"] for row in lines if row["service"] == service}) for service in gross
    }
    sums = {name: sum(row[name] for row in bills.values()) for name in ("net", "tax")}
    return {"bills": len(bills), "lines": len(lines), **sums, "of": (gross, connections, quantity)}


def _quantity(of: dict[str, Any], lines: list[dict[str, Any]]) -> int:
    same = ("bill_id", "connection_id")
    own = (row for row in lines if all(row[key] == of[key] for key in same) and row["kind"] == "charge")
    return int(next(own)["quantity"] or 0)


def shown(view: Any) -> dict[str, Any]:
    """The same figures as a month's view has them."""
    kinds = ("gross_tyiyn", "connections", "quantity_thousandths")
    of = tuple({total["service"]: total[kind] for total in view["totals"]} for kind in kinds)
    sums = {name: view[f"{name}_tyiyn"] for name in ("net", "tax")}
    assert view["gross_tyiyn"] == sum(sums.values())
    return {"bills": view["bills"], "lines": view["lines"], **sums, "of": of}


def test_a_month_by_parts_is_all_of_them(served: Town) -> None:
    """A part, then the month's own run for the rest, closed: what stands beside the month is the whole of it, and
    nobody was passed over."""
    run(served, "list:few", accounts=["A1", "A2"])
    assert shown(month(served, OCTOBER)) == in_force(served, OCTOBER)
    seen = bill(served, OCTOBER)
    assert (seen["accounts"], seen["bills"], seen["held"], seen["without_charge"]) == (5, 5, 0, 0)
    assert (seen["first_number"], seen["last_number"]) == (1, 5)
    assert shown(seen) == in_force(served, OCTOBER)
    listed = served.get("/billing/cycles")["cycles"][0]
    assert (listed["bills"], listed["gross_tyiyn"]) == (5, seen["gross_tyiyn"])
    counted = served.get(f"/billing/runs/{seen['run_id']}/completeness")["completeness"]
    assert [tuple(row.values())[2:] for row in counted] == [(5, 5, 0, 0, 0), (1, 1, 0, 0, 0)]
    compared = served.get(f"/billing/runs/{preview(served, NOVEMBER)['run_id']}/comparison")["comparison"]
    assert {row["service"]: row[OCTOBER] for row in compared} == shown(seen)["of"][0]


def preview(town: Town, period: str) -> Any:
    """A month, previewed."""
    town.post(f"/billing/cycles/{period}/preview")
    town.pump.drain()
    return month(town, period)


def test_last_month_is_the_whole_of_it(served: Town) -> None:
    """After a month by parts the next one has all of it beside itself, and no false warning."""
    run(served, "list:few", accounts=["A1", "A2"])
    gross = {total["service"]: total["gross_tyiyn"] for total in bill(served, OCTOBER)["totals"]}
    seen = preview(served, NOVEMBER)
    assert {total["service"]: total["last_gross_tyiyn"] for total in seen["totals"]} == gross
    assert gross["waste"] == 5 * WASTE_GROSS
    assert warned(seen) == []


def test_the_rest_of_a_month_is_not_held_against_all_of_the_last(served: Town) -> None:
    """It has no figure beside it, and is warned of only where it and what is issued already are unlike last month."""
    bill(served, SEPTEMBER)
    run(served, "list:few", accounts=["A1", "A2", "A3"])
    seen = preview(served, OCTOBER)
    assert [total["last_gross_tyiyn"] for total in seen["totals"]] == [None]
    assert warned(seen) == []
    served.post("/billing/accounts/A4/residents", {"persons": 30, "day": "2026-10-01"})
    assert warned(preview(served, OCTOBER)) == [("AIM-B071", {"service": "waste", "customer_class": "household"})]


def test_what_was_billed_anew_counts_once(served: Town) -> None:
    """One account twice anew, another cancelled by hand and billed once more: the month is its bills in force."""
    bill(served, OCTOBER)
    for persons in (5, 7):
        served.post("/billing/accounts/A1/residents", {"persons": persons, "day": "2026-10-01"})
        run(served, "account:A1", replaces=True)
    document(served, kind="cancel", bill="3")
    run(served, "account:A2")
    seen = month(served, OCTOBER)
    assert (seen["accounts"], seen["bills"], seen["without_charge"]) == (5, 5, 0)
    assert shown(seen) == in_force(served, OCTOBER)
    run(served, "all", replaces=True)
    assert shown(month(served, OCTOBER)) == in_force(served, OCTOBER)


def test_who_is_billed_later_is_not_held_any_more(served: Town) -> None:
    """Held in the month's run, billed by one of its own: neither the count nor the reasons name it."""
    served.accounts(account_line("LATE", residents=""))
    seen = bill(served, OCTOBER)
    assert (seen["bills"], seen["held"], [hold["count"] for hold in seen["holds"]]) == (5, 1, [1])
    run(served, "account:A1", replaces=True)
    assert (month(served, OCTOBER)["held"], month(served, OCTOBER)["bills"]) == (1, 5)
    served.post("/billing/accounts/LATE/residents", {"persons": 2, "day": "2026-10-01"})
    run(served, "account:LATE")
    seen = month(served, OCTOBER)
    assert (seen["accounts"], seen["bills"], seen["held"], seen["holds"]) == (6, 6, 0, [])
    assert warned(seen) == []
    assert served.get("/billing/cycles")["cycles"][0]["held"] == 0


def test_services_billed_apart_are_one_month(served: Town) -> None:
    """Two bills of an account are one account that was billed; completeness knows what the other run billed."""
    run(served, "service:water")
    seen = bill(served, OCTOBER)
    assert (seen["accounts"], seen["bills"], seen["without_charge"]) == (5, 6, 0)
    assert shown(seen) == in_force(served, OCTOBER)
    counted = served.get(f"/billing/runs/{seen['run_id']}/completeness")["completeness"]
    assert [tuple(row.values())[2:] for row in counted] == [(5, 5, 0, 0, 0), (1, 1, 0, 0, 0)]


def test_what_others_issued_is_told_beside_a_preview_of_the_rest(served: Town) -> None:
    """Until the month's own run is issued its figures are of the rest alone; what is under way is named meanwhile."""
    begun = run(served, "list:few", issue=False, accounts=["A1", "A2"])
    seen = month(served, OCTOBER)
    assert (seen["state"], seen["issued_by_others"], seen["under_way"]) == ("open", None, [begun["run_id"]])
    number = begun["run_id"]
    served.post(f"/billing/runs/{number}/approve", role="approver")
    served.post(f"/billing/runs/{number}/issue")
    served.pump.drain()
    seen = month(served, OCTOBER)
    assert (seen["bills"], seen["issued_by_others"], seen["under_way"]) == (2, None, [])
    told = {"bills": seen["bills"], "gross_tyiyn": seen["gross_tyiyn"]}
    seen = preview(served, OCTOBER)
    assert (seen["bills"], seen["issued_by_others"], seen["under_way"]) == (3, told, [])
    counted = served.get(f"/billing/runs/{seen['run_id']}/completeness")["completeness"]
    assert [(row["billed"], row["previewed"]) for row in counted] == [(2, 3), (1, 0)]
    assert bill(served, OCTOBER)["issued_by_others"] is None


def test_one_part_counts_without_what_was_cancelled(served: Town) -> None:
    """A bill of the only part issued is cancelled: neither the month nor what stands beside its own preview has it."""
    run(served, "list:few", accounts=["A1", "A2"])
    document(served, kind="cancel", bill="2")
    assert shown(month(served, OCTOBER)) == in_force(served, OCTOBER)
    left = preview(served, OCTOBER)["issued_by_others"]
    assert left == {"bills": 1, "gross_tyiyn": in_force(served, OCTOBER)["net"] + in_force(served, OCTOBER)["tax"]}
    document(served, kind="cancel", bill="1")
    assert preview(served, OCTOBER)["issued_by_others"] is None


def test_the_months_own_run_alone_counts_as_issued(served: Town) -> None:
    """What was cancelled of it later is told elsewhere."""
    issued = bill(served, OCTOBER)
    document(served, kind="cancel", bill="2")
    assert shown(month(served, OCTOBER)) == shown(issued)


def test_a_month_by_parts_is_compared_whole(served: Town) -> None:
    """Before its own run has begun, in its preview and when all is issued; by street as by service."""
    run(served, "list:few", accounts=["A1", "A2"])
    part = {"waste": 2 * WASTE_GROSS, "water": shown(month(served, OCTOBER))["of"][0]["water"]}
    own = month(served, OCTOBER)["run_id"]
    assert compared(served, own) == part
    preview(served, OCTOBER)
    whole = {**part, "waste": 5 * WASTE_GROSS}
    assert compared(served, own) == whole
    assert sum(compared(served, own, "street").values()) == sum(whole.values())
    bill(served, OCTOBER)
    assert compared(served, own) == whole
    assert sum(compared(served, own, "street").values()) == sum(whole.values())


def test_what_a_preview_has_already_is_compared_once(served: Town) -> None:
    """A part that is issued under the month's preview is in it: the figures stay until it is previewed anew."""
    own = preview(served, OCTOBER)["run_id"]
    seen = {by: compared(served, own, by) for by in ("service", "street")}
    run(served, "list:few", accounts=["A1", "A2"])
    assert {by: compared(served, own, by) for by in seen} == seen
    preview(served, OCTOBER)
    assert {by: compared(served, own, by) for by in seen} == seen
    run(served, "account:A1", replaces=True)
    assert {by: compared(served, own, by) for by in seen} == seen


def test_a_month_half_issued_is_compared_by_street_as_by_service(served: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bills of chunks that are issued already are those of the preview, and count once."""
    run(served, "list:few", accounts=["A1", "A2"])
    own = preview(served, OCTOBER)["run_id"]
    whole = sum(compared(served, own).values())
    served.post(f"/billing/cycles/{OCTOBER}/approve", role="approver")
    served.post(f"/billing/cycles/{OCTOBER}/issue")
    deliver, first = InProcessBroker._deliver, []

    def one_chunk(broker: Any, service: Any, message: Any) -> Any:
        """The first chunk is issued, another waits."""
        if message.routing_key == IssueChunksCut.routing_key and first and message != first[0]:
            return False
        first.append(message)
        return deliver(broker, service, message)

    monkeypatch.setattr(InProcessBroker, "_deliver", one_chunk)
    served.pump.step()
    assert {row["state"] for row in served.rows("run_chunk") if row["run_id"] == own} == {"previewed", "issued"}
    assert sum(compared(served, own).values()) == whole
    assert sum(compared(served, own, "street").values()) == whole


def compared(town: Town, number: int, by: str = "service") -> dict[str, int]:
    """What stands beside the months before."""
    rows = town.get(f"/billing/runs/{number}/comparison?by={by}")["comparison"]
    return {row[by]: row["gross_tyiyn"] for row in rows}


def test_a_part_cancelled_under_the_months_preview_is_seen(served: Town) -> None:
    """Whom the month's own run left alone, as a part had billed them, is left without a bill: it is previewed anew."""
    run(served, "list:few", accounts=["A1", "A2"])
    preview(served, OCTOBER)
    document(served, kind="cancel", bill="2")
    assert served.refused(f"/billing/cycles/{OCTOBER}/approve", "approver") == (409, ["AIM-B102"])
    preview(served, OCTOBER)
    assert bill(served, OCTOBER)["without_charge"] == 0
    assert in_force(served, OCTOBER)["bills"] == 5


@pytest.mark.parametrize(("others", "left"), [(["A1", "A2", "A3"], 409), (["A3", "A4"], 200)])
def test_a_part_cancelled_under_another_parts_preview_is_seen(served: Town, others: list[str], left: int) -> None:
    """So does a run over a list, where the account is on it; of others it says nothing."""
    run(served, "list:few", accounts=["A1", "A2"])
    number = run(served, "list:rest", issue=False, accounts=others)["run_id"]
    document(served, kind="cancel", bill="2")
    assert served.ask("post", f"/billing/runs/{number}/approve", "approver").status_code == left
    served.post(f"/billing/runs/{number}/preview")
    served.pump.drain()
    served.post(f"/billing/runs/{number}/approve", role="approver")
    served.post(f"/billing/runs/{number}/issue")
    served.pump.drain()
    assert in_force(served, OCTOBER)["bills"] == 3


def test_another_services_bill_is_not_a_services_run(served: Town) -> None:
    """Water of somebody without waste is cancelled under the preview of waste: nobody of it is left out."""
    served.accounts(account_line("W1", "water", "vodokanal", attributes=HOUSE))
    run(served, "service:water")
    number = run(served, "service:waste", issue=False)["run_id"]
    last = max(row["number"] for row in served.rows("bill"))
    document(served, kind="cancel", bill=str(last))
    served.post(f"/billing/runs/{number}/approve", role="approver")


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", "Period 2026-10: no bill of this period is in force"),
        ("ru", "Период 2026-10: нет ни одной действующей квитанции"),
        ("ky", "2026-10 мезгили: күчүндөгү бир да дүмүрчөк жок"),
    ],
)
def test_nothing_is_brought_where_all_was_cancelled(served: Town, lang: str, said: str) -> None:
    """Of bills that were issued and cancelled it would be untrue that none was issued."""
    run(served, "list:few", accounts=["A1"])
    document(served, kind="cancel", bill="1")
    answer = served.ask("get", f"/billing/print/{OCTOBER}", lang=lang)
    assert (answer.status_code, answer.json["errors"][0]["code"]) == (404, "AIM-B047")
    assert answer.json["errors"][0]["message"] == said
