"""Whether it is a month's turn to be billed, and what a part of the town is held against."""

from __future__ import annotations

from typing import Any

from tests.unit.billing.test_cancelling import month, run
from tests.unit.billing.test_month import five
from tests.unit.billing.test_rerating import HOUSE, bill
from tests.unit.billing.town import Town, account_line

OCTOBER, NOVEMBER, DECEMBER = "2026-10", "2026-11", "2026-12"


NOT_OVER = "AIM-B048"


def warned(seen: Any) -> list[tuple[str, dict[str, Any]]]:
    """The warnings of a run or of a month, but that it is not over: tests bill months that are under way."""
    return [(warning["code"], warning["fields"]) for warning in seen["warnings"] if warning["code"] != NOT_OVER]


def previewed(town: Town, period: str) -> Any:
    """A month previewed and approved."""
    path = f"/billing/cycles/{period}"
    town.post(f"{path}/preview")
    town.pump.drain()
    return town.post(f"{path}/approve", role="approver")


def test_a_part_of_the_town_is_not_held_against_all_of_it(town: Town) -> None:
    """A run over one account, a list, a service or those passed over has no figure of last month, and no warning."""
    month(town)
    lists: tuple[tuple[str, dict[str, Any]], ...] = (
        ("account:A1", {}), ("list:few", {"accounts": ["A2", "A3"]}), ("service:waste", {}), ("all", {}),
    )  # fmt: skip
    for selection, said in lists:
        seen = run(town, selection, period=NOVEMBER, **said)
        assert [total["last_gross_tyiyn"] for total in seen["totals"]] in ([None], []), selection
        assert warned(seen) == [], selection


def test_the_whole_town_is_held_against_last_month(town: Town) -> None:
    """The month's own run, and one that makes all of it anew."""
    month(town)
    town.accounts(*(account_line(f"B{number}") for number in range(3)))
    unlike = [("AIM-B071", {"service": "waste", "customer_class": "household"})]
    assert warned(previewed(town, NOVEMBER)) == unlike
    bill(town, NOVEMBER)
    assert warned(run(town, "all", period=NOVEMBER, replaces=True, issue=False)) == unlike


def test_whoever_bills_a_month_that_is_not_over_is_told(town: Town) -> None:
    """On 2 November October says nothing of it, November does until its last day has ended in the town."""
    month(town)
    assert NOT_OVER not in str(town.get("/billing/cycles/2026-10"))
    told = [(row["code"], row["fields"]) for row in previewed(town, NOVEMBER)["warnings"]]
    assert told == [(NOT_OVER, {"period": NOVEMBER, "last": "2026-11-30"})]
    town.at("2026-11-30T17:59:00+00:00")
    assert NOT_OVER in str(town.get(f"/billing/cycles/{NOVEMBER}"))
    town.at("2026-11-30T18:00:00+00:00")
    assert NOT_OVER not in str(town.get(f"/billing/cycles/{NOVEMBER}"))


def test_a_month_that_has_not_begun_is_not_issued(town: Town) -> None:
    """On 2 November December is shown, warned of and approved, but not issued; on its first day, in the town, it is."""
    month(town)
    bill(town, NOVEMBER)
    assert warned(previewed(town, DECEMBER)) == [("AIM-B040", {"period": DECEMBER})]
    path = f"/billing/cycles/{DECEMBER}"
    assert town.refused(f"{path}/issue") == (409, ["AIM-B039"])
    town.at("2026-11-30T17:59:00+00:00")
    assert town.refused(f"{path}/issue") == (409, ["AIM-B039"])
    town.at("2026-11-30T18:00:00+00:00")
    assert warned(town.get(path)) == []
    assert town.post(f"{path}/issue")["state"] == "issuing"


def test_a_part_of_the_services_is_issued_a_month_ahead(town: Town) -> None:
    """What is paid in advance may be issued in the month before, and no earlier."""
    month(town)
    bill(town, NOVEMBER)
    assert run(town, "service:waste", period=DECEMBER)["state"] == "issued"
    ahead = run(town, "service:waste", period="2027-01", issue=False)
    town.post(f"/billing/runs/{ahead['run_id']}/approve", role="approver")
    assert town.refused(f"/billing/runs/{ahead['run_id']}/issue") == (409, ["AIM-B039"])


def test_a_month_that_was_left_out_is_named(town: Town) -> None:
    """October is issued, November never: December says so until November is; the town's first month has none before
    it."""
    five(town)
    assert warned(town.preview()) == []
    town.issue()
    town.at("2027-01-05T06:00:00+00:00")
    left_out = ("AIM-B042", {"period": DECEMBER, "missing": NOVEMBER})
    assert left_out in warned(previewed(town, DECEMBER))
    bill(town, NOVEMBER)
    assert left_out not in warned(town.get(f"/billing/cycles/{DECEMBER}"))


def test_a_month_begun_by_mistake_is_given_up_and_stands_in_no_ones_way(town: Town) -> None:
    """August, after October was begun: it is warned of; given up, it neither holds November back nor counts."""
    five(town)
    town.preview()
    slip = previewed(town, "2026-08")
    assert warned(slip)[-1] == ("AIM-B043", {"period": "2026-08", "later": "2026-10"})
    town.issue()
    assert town.refused(f"/billing/cycles/{NOVEMBER}/preview") == (409, ["AIM-B033"])
    town.post(f"/billing/runs/{slip['run_id']}/abandon")
    assert warned(previewed(town, NOVEMBER)) == []


def test_a_month_that_was_given_up_can_be_taken_up_again(town: Town) -> None:
    """Given up after its preview: the month's own run is previewed again and issued; begun by a part alone too."""
    five(town)
    town.preview()
    number = town.get(f"/billing/cycles/{OCTOBER}")["run_id"]
    town.post(f"/billing/runs/{number}/abandon")
    bill(town, OCTOBER)
    assert town.get(f"/billing/cycles/{OCTOBER}")["bills"] == 5
    part = run(town, "account:A1", period=NOVEMBER, issue=False)
    assert [row["run_id"] for row in town.get(f"/billing/runs?period={NOVEMBER}")["runs"]] == [part["run_id"]]
    town.post(f"/billing/runs/{part['run_id']}/abandon")
    town.post(f"/billing/runs/{town.get(f'/billing/cycles/{NOVEMBER}')['run_id']}/abandon")
    assert run(town, "all", period=NOVEMBER, issue=False)["bills"] == 5


def test_a_month_is_not_closed_while_somebody_was_in_no_run(town: Town) -> None:
    """Two of five were billed by runs over parts: the close names the three; billed with all that was left, it closes.
    What stands beside the month is what its runs came to."""
    five(town)
    town.accounts(account_line("A1", "water", "vodokanal", attributes=HOUSE))
    run(town, "list:few", accounts=["A1", "A2"])
    path = f"/billing/cycles/{OCTOBER}"
    answer = town.ask("post", f"{path}/close", role="approver").json
    assert [(error["code"], error["fields"]["count"]) for error in answer["errors"]] == [("AIM-B044", 3)]
    assert (town.get(path)["accounts"], town.get(path)["bills"]) == (2, 2)
    run(town, "service:waste")
    assert town.post(f"{path}/close", role="approver")["state"] == "closed"
    assert town.get(path)["bills"] == 5
    assert warned(run(town, "account:A1", replaces=True, issue=False)) == [("AIM-B045", {"period": OCTOBER})]


def test_a_service_alone_is_not_the_whole_month(town: Town) -> None:
    """All waste was billed, the water of one account never was: the close says so until the rest is billed."""
    five(town)
    town.accounts(account_line("A1", "water", "vodokanal", attributes=HOUSE))
    run(town, "service:waste")
    path = f"/billing/cycles/{OCTOBER}"
    assert town.refused(f"{path}/close", "approver") == (409, ["AIM-B044"])
    bill(town, OCTOBER)
    assert town.post(f"{path}/close", role="approver")["state"] == "closed"
