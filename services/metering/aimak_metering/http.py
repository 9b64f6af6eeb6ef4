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
from marshmallow import Schema, fields, validate

from aimak_metering.application import asking, correcting, held, inserting
from aimak_metering.application.exchange import exchange


class CorrectSchema(Schema):
    """A reading's right value, in thousandths, and why."""

    value = fields.Integer(required=True, strict=True, validate=validate.Range(min=0))
    reason = fields.String(required=True)


class InsertSchema(Schema):
    """A reading between two that are kept: of which meter, when, what it showed in thousandths, and why."""

    serial = fields.String(required=True, validate=validate.Length(1, 64))
    day = fields.Date(required=True)
    value = fields.Integer(required=True, strict=True, validate=validate.Range(min=0))
    reason = fields.String(required=True)


class ExchangeSchema(Schema):
    """The meter that is taken down and the one that is put up; readings in thousandths."""

    old = fields.String(required=True, validate=validate.Length(1, 64))
    final = fields.Integer(required=True, strict=True, validate=validate.Range(min=0))
    new = fields.String(required=True, validate=validate.Length(1, 64))
    initial = fields.Integer(load_default=0, strict=True, validate=validate.Range(min=0))
    day = fields.Date(required=True)
    reason = fields.String(required=True)
    size = fields.Integer(strict=True, validate=validate.Range(10, 1000))
    dials = fields.Integer(strict=True, validate=validate.Range(3, 9))
    verified_until = fields.Date()
    seal = fields.String(validate=validate.Length(max=64))


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

    _corrections(made, service)
    return made


def _corrections(made: Blueprint, service: Service) -> None:
    @made.post("/readings/<int:reading_id>/correct")
    @requires("approver", "inspector")
    @made.arguments(CorrectSchema)
    def correct(asked: dict[str, Any], reading_id: int) -> dict[str, Any]:
        """Put another value in the place of an accepted reading; both stay."""
        with service.work(actor().tenant) as work:
            answer = correcting.correct(work, reading_id, asked["value"], actor().name, asked["reason"])
            work.commit()
        return answer

    @made.post("/accounts/<number>/readings")
    @requires("approver", "inspector")
    @made.arguments(InsertSchema)
    def insert(asked: dict[str, Any], number: str) -> dict[str, Any]:
        """Put a reading between two accepted ones; the use over its day becomes two."""
        with service.work(actor().tenant) as work:
            answer = inserting.insert(work, number, asked, actor().name)
            work.commit()
        return answer

    @made.post("/accounts/<number>/exchange")
    @requires("clerk", "approver", "inspector")
    @made.arguments(ExchangeSchema)
    def exchange_meter(asked: dict[str, Any], number: str) -> dict[str, Any]:
        """Take down a meter and put up another, from a day on."""
        with service.work(actor().tenant) as work:
            answer = exchange(work, number, asked, actor().name)
            work.commit()
        return answer


def _with_messages(told: Told) -> dict[str, Any]:
    answer, readings = told
    for reading, problems in readings:
        reading["findings"] = problems_json(problems, language())
    return answer
