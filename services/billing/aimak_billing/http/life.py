"""The routes of an account's life: moving out and in, splitting, residents, creditors, streets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aimak.http import actor, requires, wants_trial
from aimak.service import Service
from aimak.storage.work import UnitOfWork
from flask_smorest import Blueprint

from aimak_billing.application.corrections import connections, life, outages
from aimak_billing.application.kit import Kit
from aimak_billing.http.answers import listed
from aimak_billing.http.schemas import (
    BenefitSchema,
    ChangeOfProviderSchema,
    ConnectionChangeSchema,
    DaySchema,
    NewAccountSchema,
    OutageSchema,
    ResidentsSchema,
    StreetNameSchema,
)

STAFF = ("clerk", "approver", "admin", "inspector")


_Act = Callable[[UnitOfWork], dict[str, Any]]


def lives(blue: Blueprint, service: Service, kit: Kit) -> None:
    """Add the routes."""

    def change(act: _Act) -> dict[str, Any]:
        with service.work(actor().tenant, bulk=True) as work:
            done = act(work)
            work.commit()
        return {"changed": done, "dry_run": wants_trial()}

    _accounts(blue, change)
    _town(blue, service, change)
    _facts(blue, kit, change)


def _accounts(blue: Blueprint, change: Callable[[_Act], dict[str, Any]]) -> None:
    @blue.post("/accounts/<number>/move-out")
    @requires("clerk", "admin")
    @blue.arguments(DaySchema)
    def move_out(asked: dict[str, Any], number: str) -> dict[str, Any]:
        """Nobody is charged from the day on."""
        return change(lambda work: life.move_out(work, number, asked["day"]))

    @blue.post("/accounts/<number>/move-in")
    @requires("clerk", "admin")
    @blue.arguments(NewAccountSchema)
    def move_in(asked: dict[str, Any], number: str) -> dict[str, Any]:
        """A new account at the premise of one that was closed."""
        return change(lambda work: life.move_in(work, number, asked))

    @blue.post("/accounts/<number>/split")
    @requires("clerk", "admin")
    @blue.arguments(NewAccountSchema)
    def split(asked: dict[str, Any], number: str) -> dict[str, Any]:
        """A second account takes some services over."""
        return change(lambda work: life.split(work, number, asked))

    @blue.post("/accounts/<number>/residents")
    @requires("clerk", "admin")
    @blue.arguments(ResidentsSchema)
    def residents(asked: dict[str, Any], number: str) -> dict[str, Any]:
        """So many persons from a day on, also one long past."""
        return change(lambda work: life.set_residents(work, number, asked))


def _town(blue: Blueprint, service: Service, change: Callable[[_Act], dict[str, Any]]) -> None:
    @blue.post("/connections/provider")
    @requires("admin")
    @blue.arguments(ChangeOfProviderSchema)
    def provider(asked: dict[str, Any]) -> dict[str, Any]:
        """Another creditor gives a service."""
        return change(lambda work: life.change_provider(work, asked))

    @blue.get("/streets")
    @requires(*STAFF)
    def streets() -> Any:
        """Streets with every name they have had."""
        with service.work(actor().tenant) as work:
            return listed("streets", life.streets_view(work))

    @blue.get("/outages")
    @requires(*STAFF)
    def outages_known() -> Any:
        """Days without supply by street and month, the newest first."""
        with service.work(actor().tenant) as work:
            return listed("outages", outages.outages_view(work))

    @blue.post("/streets/<int:street>/name")
    @requires("admin")
    @blue.arguments(StreetNameSchema)
    def street_name(asked: dict[str, Any], street: int) -> dict[str, Any]:
        """A street is called otherwise from a day on."""
        return change(lambda work: life.rename_street(work, street, asked["name"], asked["day"]))


def _facts(blue: Blueprint, kit: Kit, change: Callable[[_Act], dict[str, Any]]) -> None:
    @blue.post("/accounts/<number>/connection")
    @requires("clerk", "admin")
    @blue.arguments(ConnectionChangeSchema)
    def connection(asked: dict[str, Any], number: str) -> dict[str, Any]:
        """Another class or other attributes from a day on."""
        return change(lambda work: connections.change_connection(kit, work, number, asked))

    @blue.post("/accounts/<number>/benefit")
    @requires("clerk", "admin")
    @blue.arguments(BenefitSchema)
    def benefit(asked: dict[str, Any], number: str) -> dict[str, Any]:
        """Grant a benefit from a day on, or take it away."""
        return change(lambda work: connections.set_benefit(kit, work, number, asked))

    @blue.post("/outages")
    @requires("clerk", "admin")
    @blue.arguments(OutageSchema)
    def outage(asked: dict[str, Any]) -> dict[str, Any]:
        """Days without supply in some streets."""
        return change(lambda work: outages.add_outage(kit, work, asked))
