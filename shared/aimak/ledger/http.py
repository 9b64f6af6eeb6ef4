"""The routes of a service that keeps a ledger: close its days, show them, give a copy."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from flask import Response, request
from flask_smorest import Blueprint

from aimak.http.auth import actor, requires
from aimak.ledger import days
from aimak.ledger.tables import proved
from aimak.problems import NotFound, Problem, Refused
from aimak.service import Service

READERS = ("admin", "approver", "clerk", "inspector")
_TEXTS = {"tsv": days.rows_text, "digests": days.digests_text}


def ledger_routes(service: Service) -> Blueprint:
    """The blueprint /<service>/ledger/…"""
    routes = Blueprint(f"{service.name}-ledger", __name__, url_prefix=f"/{service.name}/ledger")

    @routes.post("/close-day")
    @requires("admin", "approver")
    def close() -> dict[str, Any]:
        """Close the days up to ?through (default: yesterday) and give the hash of each that is new."""
        asked = request.args.get("through")
        made = days.close_through(service, actor().tenant, _day(asked) if asked else None)
        with service.work(actor().tenant) as work:
            last = days.last(work)
        stands = {"through": last.day.isoformat(), "hash": last.hash} if last else {"through": None, "hash": None}
        return {"service": service.name, "closed": made, **stands}

    @routes.get("/days")
    @requires(*READERS)
    def listed() -> dict[str, Any]:
        """What was proved of each day up to ?through, and days with rows that were never closed."""
        asked = request.args.get("through")
        with service.work(actor().tenant, bulk=True) as work:
            found = days.records(work, _day(asked) if asked else None)
            stray = days.strays(work)
        tables = [table.name for table in proved(service.metadata)]
        return {"service": service.name, "tenant": actor().tenant, "tables": tables, "days": found, "strays": stray}

    @routes.get("/days/<day>/<table>.<kind>")
    @requires(*READERS)
    def text(day: str, table: str, kind: str) -> Response:
        """A table's rows of one day (tsv), or the digests that they had when it was closed (digests)."""
        known = {table.name for table in proved(service.metadata)}
        if table not in known or kind not in _TEXTS:
            raise NotFound(Problem("AIM-K049", {"table": table, "known": ", ".join(sorted(known))}))
        return Response(_lines(service, actor().tenant, table, _day(day), kind), content_type="text/plain")

    return routes


def _lines(service: Service, tenant: str, table: str, day: date, kind: str) -> Iterator[bytes]:
    with service.work(tenant, bulk=True) as work:
        yield from _TEXTS[kind](work, table, day)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(Problem("AIM-K048", {"day": text[:40]})) from None
