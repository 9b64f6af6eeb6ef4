"""The life of a tariff version, step by step from a draft to a published price: who, when, on what ground.

The text of a version never changes. What happens to it is a row for each step; its state follows from the last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from aimak.problems import Problem

from aimak_billing.domain.tariff import PUBLISHED, Decision, Span, TariffVersion

DRAFT, JUSTIFIED, HEARD, AGREED, APPROVED, WITHDRAWN = (
    "draft", "justified", "heard", "agreed", "approved", "withdrawn",
)  # fmt: skip
IN_FORCE, SUPERSEDED = "in_force", "superseded"
ENTER = "enter"
OPEN = (DRAFT, JUSTIFIED, HEARD, AGREED, APPROVED)
"""States from which a version may still be withdrawn."""


@dataclass(frozen=True)
class Facts:
    """What is said of a step. `day` is when it happened outside (the hearing, the letter, the session); `scan` the
    SHA-256 of a document that was sent in; `not_required` that the law asks no such step of this tariff."""

    ground: str | None = None
    body: str | None = None
    number: str | None = None
    day: date | None = None
    scan: str | None = None
    not_required: bool = False


@dataclass(frozen=True)
class Step:
    """A step that was taken. `notice_days` stands on a publication: how long it must hang before the tariff rates."""

    name: str
    actor: str
    at: datetime
    facts: Facts = Facts()
    notice_days: int | None = None


@dataclass(frozen=True)
class Rule:
    """From which states a step may be taken, what it makes of them, and the facts it cannot do without."""

    follows: tuple[str, ...]
    becomes: str
    needs: tuple[str, ...] = ()
    may_be_not_required: bool = False


RULES: Mapping[str, Rule] = {
    "submit": Rule((DRAFT,), JUSTIFIED, ("ground",)),
    "hear": Rule((JUSTIFIED,), HEARD, ("day", "ground"), may_be_not_required=True),
    "agree": Rule((HEARD,), AGREED, ("body", "number", "day"), may_be_not_required=True),
    "approve": Rule((AGREED,), APPROVED, ("body", "number", "day", "scan")),
    "publish": Rule((APPROVED,), PUBLISHED, ("ground", "day")),
    "withdraw": Rule(OPEN, WITHDRAWN, ("ground",)),
    "adopt": Rule((DRAFT,), PUBLISHED, ("ground",)),
}
BY_ANOTHER = ("approve", "adopt")
"""Steps that whoever entered or submitted the version may not take."""


def state(steps: Sequence[Step]) -> str:
    """The state after these steps."""
    last = steps[-1].name if steps else ENTER
    return DRAFT if last == ENTER else RULES[last].becomes


def follows(current: str) -> tuple[str, ...]:
    """The steps that may be taken from a state."""
    return tuple(name for name, rule in RULES.items() if current in rule.follows)


def is_repeat(name: str, facts: Facts, steps: Sequence[Step]) -> bool:
    """Whether this very step was the last one taken."""
    return bool(steps) and steps[-1].name == name and steps[-1].facts == facts


def refusals(name: str, facts: Facts, actor: str, today: date, tariff: str, steps: Sequence[Step]) -> list[Problem]:
    """Every reason why `actor` may not take the step `name` now; empty: it may be taken."""
    rule, current = RULES[name], state(steps)
    if current not in rule.follows:
        following = ", ".join(follows(current)) or "-"
        return [Problem("AIM-T100", {"step": name, "tariff": tariff, "state": current, "following": following})]
    needed = rule.needs
    problems = []
    if facts.not_required:
        needed = ("ground",)
        if not rule.may_be_not_required:
            problems.append(Problem("AIM-T101", {"step": name}))
    problems += [
        Problem("AIM-T102", {"step": name, "fact": fact, "option": "--date" if fact == "day" else f"--{fact}"})
        for fact in needed
        if not getattr(facts, fact)
    ]
    if facts.day is not None and facts.day > today:
        problems.append(Problem("AIM-T103", {"step": name, "date": facts.day.isoformat()}))
    entered = {step.actor for step in steps if step.name in (ENTER, "submit")}
    if name in BY_ANOTHER and actor in entered:
        problems.append(Problem("AIM-T104", {"actor": actor, "tariff": tariff, "step": name}))
    return problems


def adoption_refusals(version: TariffVersion, today: date, tariff: str) -> list[Problem]:
    """Why a version cannot be taken over as decided before: no decision in its file, or it does not begin before.
    `tariff` is how the version is called."""
    problems = []
    if version.decision is None:
        problems.append(Problem("AIM-T105", {"tariff": tariff}))
    elif version.decision.day > today:
        problems.append(Problem("AIM-T125", {"tariff": tariff, "date": version.decision.day.isoformat()}))
    if version.valid_from > today:
        fields = {"tariff": tariff, "valid_from": version.valid_from.isoformat()}
        problems.append(Problem("AIM-T106", fields))
    return problems


def with_life(version: TariffVersion, steps: Sequence[Step]) -> TariffVersion:
    """The version as far as it has come: its state, the council's decision once there is one, the end of its notice."""
    decision, rates_from = version.decision, None
    for step in steps:
        facts = step.facts
        if step.name == "approve" and facts.body and facts.number and facts.day:
            decision = Decision(facts.body, facts.number, facts.day)
        elif step.name == "publish" and facts.day is not None:
            rates_from = facts.day + timedelta(days=step.notice_days or 0)
    return replace(version, status=state(steps), decision=decision, rates_from=rates_from)


def standing(version: TariffVersion, span: Span | None, today: date) -> str:
    """The state as people see it: a published version is in force on its days and superseded after them."""
    if version.status != PUBLISHED or span is None:
        return version.status
    if span.end is not None and span.end <= today:
        return SUPERSEDED
    return IN_FORCE if today in span else PUBLISHED
