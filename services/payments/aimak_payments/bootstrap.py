"""Builds the service: databases, protocols, subscriptions, jobs, web application."""

from __future__ import annotations

from collections.abc import Sequence

from aimak import intake
from aimak.contracts.payments import PaymentsReceived
from aimak.http import service_app
from aimak.intake.http import blueprint as imports
from aimak.ledger.http import ledger_routes
from aimak.plugins import cash_receipts, payment_partners
from aimak.plugins.cash_receipts import CashReceipts
from aimak.plugins.payment_partners import PaymentPartner
from aimak.plugins.registry import Registry, discover
from aimak.service import Service
from aimak.settings import Settings
from aimak.tenants import KEEP_TENANTS
from argon2 import PasswordHasher
from flask import Flask

from aimak_payments import tables
from aimak_payments.application import registries
from aimak_payments.application.events import SUBSCRIPTIONS, payments_again
from aimak_payments.application.lists import control_checks, typed_agree
from aimak_payments.http import operator_routes, partner_routes
from aimak_payments.http.authentication import Doorkeeper
from aimak_payments.store.payments import control_sums

HOST = "aimak-payments"
# OWASP's setting for argon2id: 20 ms and 19 MB. A partner's password is long and made by a machine.
ARGON2_PASSES, ARGON2_KIB, ARGON2_LANES = 2, 19_456, 1


def build(settings: Settings) -> Service:
    """Payments on the databases that `settings` name."""
    protocols = discover(payment_partners.GROUP, PaymentPartner, payment_partners.INTERFACE_VERSION, HOST)  # type: ignore[type-abstract]
    # Named, listed and judged like every plugin; no use case calls a cash register yet.
    registers = discover(cash_receipts.GROUP, CashReceipts, cash_receipts.INTERFACE_VERSION, HOST)  # type: ignore[type-abstract]
    service = Service.open(
        "payments",
        settings,
        tables.build(),
        republish={PaymentsReceived: payments_again},
        read_models=tables.READ_MODELS,
        checks=(control_checks, typed_agree),
        control=control_sums,
        plugins=(protocols, registers),
    )
    service.listens(KEEP_TENANTS, *SUBSCRIPTIONS)
    importers = [registries.importer(service, protocols)]
    service.jobs |= intake.jobs(importers)
    service.web = lambda: web(service, protocols, importers)
    return service


def web(service: Service, protocols: Registry[PaymentPartner], importers: Sequence[intake.Importer]) -> Flask:
    """The web application of operators and partners."""
    hasher = PasswordHasher(ARGON2_PASSES, ARGON2_KIB, ARGON2_LANES)
    return service_app(
        service,
        operator_routes(service, protocols, hasher),
        imports(service, importers),
        ledger_routes(service),
        partner_routes(service, protocols, Doorkeeper(hasher)),
    )
