"""Metering's routes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aimak.http import actor, blueprint, requires
from aimak.http.app import language, problems_json
from aimak.problems import Problem
from aimak.service import Service
from flask import request
from flask_smorest import Blueprint

from aimak_metering.application import asking, held

Told = tuple[dict[str, Any], list[tuple[dict[str, Any], list[Problem]]]]
_DECISIONS: dict[str, Callable[..., dict[str, Any]]] = {"release": held.release, "reject": held.reject}


def routes(service: Service) -> Blueprint:
    """Accounts with their meters, held readings and the decisions on them."""
    made: Blueprint = blueprint("metering")

    @made.get("/accounts/<number>")
    @requires("clerk", "approver", "admin", "inspector")
    def show_account(number: str) -> dict[str, Any]:
        """The meters of an account with their last readings."""
        with service.work(actor().tenant) as work:
            return _with_messages(asking.account(work, number))

    @made.get("/held")
    @requires("clerk", "approver", "admin", "inspector")
    def list_held() -> dict[str, Any]:
        """Readings that wait for a decision, with the reason."""
        with service.work(actor().tenant) as work:
            return _with_messages(asking.held(work))

    @made.post("/held/<int:reading_id>/<any(release, reject):decision>")
    @requires("approver", "inspector")
    def decide(reading_id: int, decision: str) -> dict[str, Any]:
        """Release or reject a held reading; the reason is kept with who gave it."""
        why = str((request.get_json(silent=True) or {}).get("reason") or "")
        with service.work(actor().tenant) as work:
            answer = _DECISIONS[decision](work, reading_id, actor().name, why)
            work.commit()
        return answer

    return made


def _with_messages(told: Told) -> dict[str, Any]:
    answer, readings = told
    for reading, problems in readings:
        reading["findings"] = problems_json(problems, language())
    return answer
