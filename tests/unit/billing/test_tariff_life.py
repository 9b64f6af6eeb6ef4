"""A tariff's way from draft to published: in its order, by different people, and never edited."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError

from tests.unit.billing.town import MONTH, TARIFFS, TENANT, Town, account_line

PDF = b"%PDF-1.7 the council's decision"
NEW = "waste-household@2027-01-01"
STEPS: list[tuple[str, str, dict[str, Any]]] = [
    ("submit", "clerk", {"ground": "calculation of 1 October"}),
    ("hear", "clerk", {"date": "2026-10-10", "ground": "protocol 3"}),
    ("agree", "clerk", {"body": "Antimonopoly body", "number": "02-17", "date": "2026-10-20"}),
    ("approve", "approver", {"body": "City council", "number": "21", "date": "2026-10-28"}),
    ("publish", "clerk", {"ground": "newspaper 44", "date": "2026-11-01"}),
]


def draft(price: str = "27.00", start: str = "2027-01-01", code: str = "waste-household") -> str:
    """A next version of the household's waste tariff, not decided."""
    return f"""
aimak: tariffs/1
tariffs:
  - code: {code}
    service: waste
    provider: tazalyk
    name: {{ky: "Таштанды", ru: "ТБО", en: "Waste"}}
    from: {start}
    applies_to: {{class: household}}
    legal_ground: law
    components:
      - {{code: persons, kind: per_person, price: {price}, pensioners_pay: 50 %}}
"""


def enter(town: Town, text: str, role: str = "clerk") -> Any:
    """Send a tariff file in."""
    return town.ask("post", "/billing/imports/tariffs", role=role, data=text.encode())


def scan(town: Town) -> str:
    """Send the decision in and give its hash."""
    return str(town.ask("post", "/billing/tariffs/scans?name=d.pdf", data=PDF).json["scan"])


def walk(town: Town, ref: str, upto: str) -> list[str]:
    """Take the steps up to one, each with all it needs; gives the states passed through."""
    passed = []
    for name, role, facts in STEPS:
        more = {"scan": scan(town)} if name == "approve" else {}
        answer = town.post(f"/billing/tariffs/{name}", {"tariffs": [ref], **facts, **more}, role=role)
        passed.append(answer["tariffs"][0]["state"])
        if name == upto:
            return passed
    raise AssertionError(upto)


def state(town: Town, ref: str) -> str:
    """Where a version stands."""
    code, _, day = ref.partition("@")
    versions = town.get(f"/billing/tariffs/{code}")["versions"]
    return str(next(version["state"] for version in versions if version["valid_from"] == day))


def test_the_way_leads_from_draft_to_published(town: Town) -> None:
    """Every step follows the one before; who, when, ground, number, date and scan of each are kept."""
    assert enter(town, draft()).json["tariffs"][0]["state"] == "draft"
    assert walk(town, NEW, "publish") == ["justified", "heard", "agreed", "approved", "published"]
    shown = town.get("/billing/tariffs/waste-household")["versions"][0]
    assert [step["step"] for step in shown["steps"]] == ["enter", "submit", "hear", "agree", "approve", "publish"]
    assert [step["actor"] for step in shown["steps"]].count("the-approver") == 1
    approval = shown["steps"][4]
    assert (approval["number"], approval["date"], approval["body"]) == ("21", "2026-10-28", "City council")
    assert approval["scan"] == hashlib.sha256(PDF).hexdigest()
    assert town.ask("get", f"/billing/tariffs/scans/{approval['scan']}").data == PDF
    assert shown["decision"] == "City council, № 21, 2026-10-28"
    assert shown["steps"][5]["notice_days"] == 30 and shown["begins"] == "2027-01-01"


def test_nothing_is_skipped(town: Town) -> None:
    """A step that does not follow is refused with what may follow, from every state."""
    enter(town, draft())
    for number, (name, _, _) in enumerate(STEPS):
        for other, role, facts in STEPS[number + 1 :]:
            status, codes = town.refused(f"/billing/tariffs/{other}", role, body={"tariffs": [NEW], **facts})
            assert (status, codes) == (409, ["AIM-T100"]), (name, other)
        walked = dict((step, (role, facts)) for step, role, facts in STEPS)[name]
        more = {"scan": scan(town)} if name == "approve" else {}
        town.post(f"/billing/tariffs/{name}", {"tariffs": [NEW], **walked[1], **more}, role=walked[0])


@pytest.mark.parametrize(
    ("upto", "step", "left_out"),
    [
        (None, "submit", "ground"),
        ("submit", "hear", "date"),
        ("hear", "agree", "number"),
        ("agree", "approve", "scan"),
        ("agree", "approve", "number"),
        ("approve", "publish", "ground"),
    ],
)
def test_a_step_without_its_facts_is_refused(town: Town, upto: str | None, step: str, left_out: str) -> None:
    """Number, date, ground and the council's scan are not optional; the option that gives them is named."""
    enter(town, draft())
    if upto:
        walk(town, NEW, upto)
    role, facts = next((role, facts) for name, role, facts in STEPS if name == step)
    given = {"tariffs": [NEW], "scan": scan(town), **facts}
    given.pop(left_out)
    answer = town.ask("post", f"/billing/tariffs/{step}", role=role, json=given)
    assert [error["code"] for error in answer.json["errors"]] == ["AIM-T102"]
    assert f"--{left_out}" in answer.json["errors"][0]["hint"]


def test_who_enters_does_not_approve(town: Town) -> None:
    """The actor is compared, whatever the role: neither who entered nor who submitted approves."""
    enter(town, draft())
    walk(town, NEW, "agree")
    facts = {"tariffs": [NEW], "scan": scan(town), **STEPS[3][2]}
    assert town.refused("/billing/tariffs/approve", "approver", "the-clerk", facts) == (403, ["AIM-T104"])
    assert town.refused("/billing/tariffs/approve", "clerk", "another", facts) == (403, ["AIM-K072"])
    assert state(town, NEW) == "agreed"
    enter(town, draft(start="2026-11-01").replace("waste-household", "waste-2"), role="clerk")
    adopt = {"tariffs": ["waste-2"], "ground": "x"}
    assert "AIM-T104" in town.refused("/billing/tariffs/adopt", "approver", "the-clerk", adopt)[1]


def test_a_draft_does_not_rate_and_does_not_end_what_is_in_force(town: Town) -> None:
    """Not before it is published and its notice has run: November is charged at the old price."""
    town.accounts(account_line("A0"))
    enter(town, draft(start="2026-10-01"))
    walk(town, "waste-household@2026-10-01", "approve")
    assert town.preview()["totals"][0]["net_tyiyn"] == 7_500
    town.post("/billing/tariffs/publish", {"tariffs": ["waste-household@2026-10-01"], **STEPS[4][2]})
    shown = town.get("/billing/tariffs/waste-household")["versions"]
    assert (shown[0]["state"], shown[0]["begins"]) == ("published", "2026-12-01")
    assert (shown[1]["state"], shown[1]["valid_to"]) == ("in_force", "2026-12-01")
    assert town.preview()["totals"][0]["net_tyiyn"] == 7_500
    asked = {"service": "waste", "provider": "tazalyk", "persons": 3}
    prices = [
        town.post("/billing/tariffs/quote", asked | {"date": day})["net_tyiyn"] for day in ("2026-11-15", "2026-12-15")
    ]
    assert prices == [7_500, 8_100]


def test_what_was_decided_before_is_adopted(town: Town) -> None:
    """Only a version that begins in the past and whose file names its decision, and only by an approver."""
    ref = "waste-household@2027-01-01"
    enter(town, draft())
    body = {"tariffs": [ref], "ground": "before"}
    assert town.refused("/billing/tariffs/adopt", "approver", body=body) == (409, ["AIM-T105", "AIM-T106"])
    assert town.refused("/billing/tariffs/adopt", "clerk", body=body) == (403, ["AIM-K072"])
    assert {row["state"] for row in town.get("/billing/tariffs")["tariffs"]} == {"in_force", "draft"}


def test_those_that_may_be_adopted_are_and_the_others_are_told(town: Town) -> None:
    """One that begins later does not hold up the others, and is named with its day; nothing but it is refused."""
    decided = "    decision: {body: council, number: 5, date: 2026-01-10}\n    legal_ground"
    for start in ("2026-09-01", "2027-01-01"):
        assert enter(town, draft(start=start).replace("    legal_ground", decided, 1)).status_code == 200
    past, coming = "waste-household@2026-09-01", "waste-household@2027-01-01"
    body = {"tariffs": [past, coming], "ground": "before"}
    assert town.refused("/billing/tariffs/adopt", "approver", body=body) == (409, ["AIM-T106"])
    answer = town.post("/billing/tariffs/adopt", {**body, "fitting": True}, role="approver")
    assert [(row["code"], row["valid_from"]) for row in answer["tariffs"]] == [("waste-household", "2026-09-01")]
    assert [(problem["code"], problem["fields"]["tariff"]) for problem in answer["left_out"]] == [("AIM-T106", coming)]
    assert (state(town, past), state(town, coming)) == ("in_force", "draft")
    alone = {"tariffs": [coming], "ground": "before", "fitting": True}
    assert town.refused("/billing/tariffs/adopt", "approver", body=alone) == (409, ["AIM-T106"])


def test_a_decision_of_a_day_to_come_is_not_adopted(town: Town) -> None:
    """The refusal says of which tariff the file dates its decision later than today."""
    decided = "    decision: {body: council, number: 5, date: 2026-12-10}\n    legal_ground"
    assert enter(town, draft(start="2026-09-01").replace("    legal_ground", decided, 1)).status_code == 200
    body = {"tariffs": ["waste-household@2026-09-01"], "ground": "before"}
    said = town.ask("post", "/billing/tariffs/adopt", "approver", json=body).json["errors"]
    assert [(one["code"], one["message"]) for one in said] == [
        ("AIM-T125", "The decision on waste-household@2026-09-01 is dated 2026-12-10, which has not come yet")
    ]


def test_what_a_later_version_takes_the_place_of_is_superseded(town: Town) -> None:
    """The next version, published, waits beside the one in force; from its own day on the first is superseded."""
    before = "waste-household@2026-01-01"
    assert state(town, before) == "in_force"
    enter(town, draft())
    walk(town, NEW, "publish")
    assert (state(town, before), state(town, NEW)) == ("in_force", "published")
    town.service.clock.instant = datetime(2027, 1, 2, 6, tzinfo=UTC)  # type: ignore[attr-defined]
    assert (state(town, before), state(town, NEW)) == ("superseded", "in_force")


def test_a_withdrawn_text_makes_room_for_another(town: Town) -> None:
    """A text is not edited: another one under its code and date is refused until the first is withdrawn."""
    enter(town, draft("27.00"))
    assert enter(town, draft("28.00")).json["errors"][0]["code"] == "AIM-B054"
    town.post("/billing/tariffs/withdraw", {"tariffs": [NEW], "ground": "typing error"})
    assert enter(town, draft("28.00")).json["taken"] == 1
    versions = town.get("/billing/tariffs/waste-household")["versions"]
    assert [version["state"] for version in versions[:2]] == ["draft", "withdrawn"]
    assert versions[0]["id"] != versions[1]["id"]
    walk(town, NEW, "publish")
    body = {"tariffs": [NEW], "ground": "too late"}
    assert town.refused("/billing/tariffs/withdraw", body=body) == (409, ["AIM-T100"])


def test_every_step_twice_has_one_effect(town: Town) -> None:
    """The same step with the same facts writes nothing; with other facts it is refused."""
    enter(town, draft())
    walk(town, NEW, "submit")
    before = town.rows("tariff_step")
    town.post("/billing/tariffs/submit", {"tariffs": [NEW], **STEPS[0][2]})
    assert town.rows("tariff_step") == before
    other = {"tariffs": [NEW], "ground": "another"}
    assert town.refused("/billing/tariffs/submit", body=other) == (409, ["AIM-T100"])
    assert enter(town, draft()).json["replayed"] is True


def test_several_are_decided_together_or_not_at_all(town: Town) -> None:
    """A council decides on several tariffs at once; where one may not, none has moved."""
    enter(town, draft())
    enter(town, draft(code="waste-2").replace("{class: household}", "{class: gardeners}"))
    both = ["waste-household", "waste-2"]
    town.post("/billing/tariffs/submit", {"tariffs": both, **STEPS[0][2]})
    town.post("/billing/tariffs/hear", {"tariffs": both[:1], **STEPS[1][2]})
    assert town.refused("/billing/tariffs/agree", body={"tariffs": both, **STEPS[2][2]}) == (409, ["AIM-T100"])
    assert state(town, NEW) == "heard"


def test_two_tariffs_for_one_day_are_found_before_the_council_sees_them(town: Town) -> None:
    """Submitting what would clash with a tariff in force names the other."""
    enter(town, draft(code="waste-2"))
    body = {"tariffs": ["waste-2"], **STEPS[0][2]}
    assert town.refused("/billing/tariffs/submit", body=body) == (409, ["AIM-T009"])


def test_what_the_law_does_not_ask_is_said_not_to_be_required(town: Town) -> None:
    """Hearing and agreement may be left out with a ground; a decision may not."""
    enter(town, draft())
    walk(town, NEW, "submit")
    town.post("/billing/tariffs/hear", {"tariffs": [NEW], "not_required": True, "ground": "no levy"})
    agree = {"tariffs": [NEW], "not_required": True}
    assert town.refused("/billing/tariffs/agree", body=agree) == (409, ["AIM-T102"])
    town.post("/billing/tariffs/agree", {**agree, "ground": "no monopoly"})
    approve = {"tariffs": [NEW], "not_required": True, "ground": "x"}
    assert "AIM-T101" in town.refused("/billing/tariffs/approve", "approver", body=approve)[1]


def test_the_future_and_unknown_papers_are_refused(town: Town) -> None:
    """A hearing of tomorrow, a decision that nobody sent in, a file that is no scan, an early publication."""
    enter(town, draft())
    walk(town, NEW, "submit")
    hear = {"tariffs": [NEW], "date": "2026-11-03", "ground": "x"}
    assert town.refused("/billing/tariffs/hear", body=hear) == (409, ["AIM-T103"])
    assert town.refused("/billing/tariffs/hear", body={**hear, "scan": "0" * 64}) == (404, ["AIM-T110"])
    assert town.ask("post", "/billing/tariffs/scans", data=b"MZ").json["errors"][0]["code"] == "AIM-T108"
    for name, role, facts in STEPS[1:4]:
        more = {"scan": scan(town)} if name == "approve" else {}
        town.post(f"/billing/tariffs/{name}", {"tariffs": [NEW], **facts, **more}, role=role)
    early = {"tariffs": [NEW], "ground": "x", "date": "2026-10-27"}
    assert town.refused("/billing/tariffs/publish", body=early) == (409, ["AIM-T107"])


def test_steps_and_papers_never_change(town: Town) -> None:
    """Their tables refuse update and delete."""
    enter(town, draft())
    scan(town)
    for name, column in (("tariff_step", "actor"), ("tariff_scan", "name"), ("tariff", "code")):
        table = town.service.metadata.tables[name]
        for statement in (update(table).values({column: "x"}), delete(table)):
            with town.service.work(TENANT) as work, pytest.raises(DBAPIError, match="append-only"):
                work.execute(statement)


def test_a_bill_names_the_decision_of_its_tariff(town: Town) -> None:
    """What the approval said stands in the bill's explanation, though the file named no decision."""
    town.accounts(account_line("A0"))
    enter(town, draft(start="2026-09-01"))
    ref = "waste-household@2026-09-01"
    old = {"date": "2026-08-01"}
    for name, role, facts in STEPS:
        more = {"scan": scan(town)} if name == "approve" else {}
        town.post(
            f"/billing/tariffs/{name}",
            {"tariffs": [ref], **facts, **more, **(old if facts.get("date") else {})},
            role=role,
        )
    assert TARIFFS and town.preview()["state"] == "previewed"
    town.issue()
    (sentence,) = town.get("/billing/bills/1/explain?lang=en")["sentences"]
    assert "decision 21" in sentence and "27.00" in sentence
    assert town.get(MONTH)["state"] == "issued"
