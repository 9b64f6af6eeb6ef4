"""The only place that builds billing from its parts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from aimak import intake
from aimak.contracts import billing, metering, payments
from aimak.plugins import e_invoices
from aimak.plugins.e_invoices import EInvoices
from aimak.plugins.registry import discover
from aimak.service import Service, Subscription
from aimak.settings import Settings

from aimak_billing.application.chunks import issue_chunk, preview_chunk
from aimak_billing.application.corrections import cancelling
from aimak_billing.application.doctor import CHECKS
from aimak_billing.application.imports import importers
from aimak_billing.application.kit import Kit
from aimak_billing.application.payments import take_payments
from aimak_billing.application.reports.carrying import carry_forward
from aimak_billing.application.republish import REPUBLISHERS
from aimak_billing.application.simulations import simulate_chunk
from aimak_billing.application.usage import keep_usage
from aimak_billing.domain.rating import Plugins
from aimak_billing.domain.rating.plugins import HOST
from aimak_billing.store.ledger import control_sums
from aimak_billing.tables import metadata

if TYPE_CHECKING:
    from flask import Flask


def build(settings: Settings) -> Service:
    """Billing on the databases, clock and plugins that `settings` and the installation give."""
    plugins = Plugins.discover()
    # Named, listed and judged like every plugin; no use case sends an invoice yet.
    invoices = discover(e_invoices.GROUP, EInvoices, e_invoices.INTERFACE_VERSION, HOST)  # type: ignore[type-abstract]
    kit = Kit.of(settings, plugins)
    files = importers(kit)
    service = Service.open(
        "billing",
        settings,
        metadata,
        jobs={**intake.jobs(files), cancelling.JOB: cancelling.go_on},
        republish=REPUBLISHERS,
        read_models=("usage",),
        checks=CHECKS,
        control=control_sums,
        carry_forward=carry_forward,
        plugins=(plugins.service_types, plugins.rate_components, invoices),
    )
    service.listens(
        Subscription(billing.PreviewChunksCut, partial(preview_chunk, kit), bulk=True),
        Subscription(billing.IssueChunksCut, issue_chunk, bulk=True),
        Subscription(billing.SimulationChunksCut, partial(simulate_chunk, kit), bulk=True),
        Subscription(metering.UsageAccepted, keep_usage, bulk=True),
        Subscription(payments.PaymentsReceived, take_payments),
    )
    service.web = partial(_web, service, kit, files)
    return service


def _web(service: Service, kit: Kit, files: Sequence[intake.Importer]) -> Flask:
    # Consumers and workers do without Flask.
    from aimak.http import service_app
    from aimak.ledger.http import ledger_routes

    from aimak_billing.http import routes

    return service_app(service, intake.blueprint(service, files), ledger_routes(service), routes(service, kit))
