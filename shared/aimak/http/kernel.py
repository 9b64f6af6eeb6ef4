"""The routes that every service has: health, doctor, dead letters, rebuild, maintain, plugins."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import request
from flask_smorest import Blueprint

from aimak import audit, operations
from aimak.http.auth import actor, open_to, requires
from aimak.messaging import dead_letters
from aimak.problems import Problem, Refused
from aimak.service import Service
from aimak.storage.work import UnitOfWork

AUDITORS = ("admin", "approver", "inspector")


def kernel_routes(service: Service) -> Blueprint:
    """The kernel's blueprint for one service."""
    routes = Blueprint(f"{service.name}-kernel", __name__, url_prefix=f"/{service.name}")
    _state(routes, service)
    _upkeep(routes, service)
    _letters(routes, service)
    _audit(routes, service)
    return routes


def _state(routes: Blueprint, service: Service) -> None:
    @routes.get("/health")
    @open_to("anyone")
    def health() -> dict[str, Any]:
        """Whether the service answers and its database does."""
        with service.work("-") as work:
            work.execute(work.table("counter").select().limit(1))
        return {"service": service.name, "state": "up"}

    @routes.get("/doctor")
    @requires("admin", "clerk", "approver")
    def doctor() -> dict[str, Any]:
        """What is wrong with this service and the sums that are compared with another's."""
        from aimak.http.app import language, problems_json

        with service.work(actor().tenant, bulk=True) as work:
            found = operations.examine(service, work)
            control = dict(service.control(work)) if service.control else {}
        return {"service": service.name, "problems": problems_json(found, language()), "control": control}

    @routes.get("/plugins")
    @requires("admin", "clerk", "approver")
    def plugins() -> dict[str, Any]:
        """The installed plugins that this service hosts, and those that it left out, with the reason."""
        from aimak.http.app import language

        return {"service": service.name, **operations.list_plugins(service, language())}


def _audit(routes: Blueprint, service: Service) -> None:
    @routes.get("/audit")
    @requires(*AUDITORS)
    def audit_rows() -> dict[str, Any]:
        """Who did what, the newest first: ?account_id, ?actor, ?from and ?to (days, both included) narrow; `next` as
        ?after asks for the page that follows, and is null on the last."""
        return audit_answer(service, actor().tenant)


def audit_answer(service: Service, tenant: str, kept_under: str | None = None) -> dict[str, Any]:
    """What the request asks of `audit`, its days in the tenant's zone; `kept_under`: where the rows are not its own."""
    account_id, after = (request.args.get(name, type=int) for name in ("account_id", "after"))
    with service.work(tenant) as work:
        since, until = (_instant(work, name) for name in ("from", "to"))
    who = request.args.get("actor")
    with service.work(kept_under or tenant) as work:
        rows = audit.listed(work, account_id=account_id, actor=who, since=since, until=until, after=after)
    more = rows[-1].id if len(rows) == audit.PAGE_ROWS else None
    return {"service": service.name, "audit": [audit.shown(row) for row in rows], "next": more}


def _instant(work: UnitOfWork, name: str) -> datetime | None:
    """The beginning of the day `from`, or of the day after `to`, in the municipality's zone."""
    text = request.args.get(name)
    if not text:
        return None
    try:
        day = date.fromisoformat(text) + timedelta(days=name == "to")
    except ValueError:
        raise Refused(Problem("AIM-K048", {"day": text[:40]})) from None
    return datetime.combine(day, time(), ZoneInfo(work.tenant_facts().zone))


def _moment(work: UnitOfWork, text: str) -> datetime:
    """A day and time, in the municipality's zone where it names none."""
    zone = ZoneInfo(work.tenant_facts().zone)
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused(Problem("AIM-K079", {"moment": text[:40]})) from None


def _upkeep(routes: Blueprint, service: Service) -> None:
    @routes.get("/subscriptions")
    @requires("admin")
    def subscriptions() -> dict[str, Any]:
        """What this service listens to."""
        return {"service": service.name, "events": sorted(service.subscriptions)}

    @routes.post("/rebuild")
    @requires("admin")
    def rebuild() -> dict[str, Any]:
        """Send the present state of what this service owns again, to one consumer alone; `event`, as often as
        needed, names what that one listens to."""
        to = request.args.get("to", "")
        if not to:
            raise Refused(Problem("AIM-K014", {"service": service.name}))
        with service.work(actor().tenant, bulk=True) as work:
            sent = operations.republish(service, work, to, request.args.getlist("event") or None)
            work.commit()
        return {"service": service.name, "to": to, "rows": sent}

    @routes.post("/publish-again")
    @requires("admin")
    def publish_again() -> dict[str, Any]:
        """Publish once more what the broker confirmed since the instant ?since, which it has lost."""
        with service.work(actor().tenant, bulk=True) as work:
            messages = operations.publish_again(service, work, _moment(work, request.args.get("since", "")))
            work.commit()
        return {"service": service.name, "messages": messages}

    @routes.post("/read-models/drop")
    @requires("admin")
    def drop_read_models() -> dict[str, Any]:
        """Empty what this service keeps of others' facts for this tenant; a rebuild brings it back."""
        with service.work(actor().tenant, bulk=True) as work:
            dropped = operations.drop_read_models(service, work)
            work.commit()
        return {"service": service.name, "rows": dropped}

    @routes.post("/maintain")
    @requires("admin")
    def maintain() -> dict[str, Any]:
        """Prune what has been kept long enough and close the ledger days that are over."""
        return {"service": service.name, **operations.maintain(service, actor().tenant)}


def _letters(routes: Blueprint, service: Service) -> None:
    @routes.get("/dead-letters")
    @requires("admin")
    def letters() -> dict[str, Any]:
        """The tenant's dead letters; `state` is waiting (default), replayed, dropped or all."""
        state = request.args.get("state", "waiting")
        found = dead_letters.listed(service, None if state == "all" else state)
        mine = [operations.letter_json(letter) for letter in found if letter.tenant == actor().tenant]
        return {"service": service.name, "letters": mine}

    @routes.get("/dead-letters/<letter_id>")
    @requires("admin")
    def letter(letter_id: str) -> dict[str, Any]:
        """One dead letter with its body."""
        with service.work(actor().tenant) as work:
            found = dead_letters.one(work, letter_id)
        return {**operations.letter_json(found), "body": bytes(found.body).decode(errors="replace")}

    @routes.post("/dead-letters/<letter_id>/<decision>")
    @requires("admin")
    def decide(letter_id: str, decision: str) -> dict[str, Any]:
        """Replay or drop a dead letter; the reason is kept with who gave it."""
        reason = str((request.get_json(silent=True) or {}).get("reason") or "").strip()
        decide_how = {"replay": dead_letters.replay, "drop": dead_letters.drop}.get(decision)
        if decide_how is None or not reason:
            raise Refused(Problem("AIM-K015", {"decision": decision}))
        with service.work(actor().tenant) as work:
            decide_how(work, letter_id, actor().name, reason)
            work.commit()
        return {"letter": letter_id, "decision": decision}
