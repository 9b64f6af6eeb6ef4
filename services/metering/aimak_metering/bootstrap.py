"""Builds the service: databases, reading sources, subscriptions, imports, web application."""

from __future__ import annotations

from aimak import intake
from aimak.contracts.metering import UsageAccepted
from aimak.http import service_app
from aimak.intake import Importer
from aimak.plugins.reading_sources import GROUP, INTERFACE_VERSION, ReadingSource
from aimak.plugins.registry import Registry, discover
from aimak.service import Service
from aimak.settings import Settings
from aimak.tenants import KEEP_TENANTS

from aimak_metering import http, tables
from aimak_metering.application.keeping import SUBSCRIPTIONS
from aimak_metering.application.meters import METERS, take_meters
from aimak_metering.application.readings import take_readings
from aimak_metering.application.sources import AnySource
from aimak_metering.application.usage import usage_again


def build(settings: Settings, sources: Registry[ReadingSource] | None = None) -> Service:
    """Metering on the databases that `settings` name. `sources` stands in for the installed plugins in tests."""
    found = sources or discover(GROUP, ReadingSource, INTERFACE_VERSION, host="aimak-metering")  # type: ignore[type-abstract]
    service = Service.open(
        "metering",
        settings,
        tables.metadata,
        republish={UsageAccepted: usage_again},
        read_models=tables.READ_MODELS,
        plugins=(found,),
    )
    service.listens(KEEP_TENANTS, *SUBSCRIPTIONS)
    importers = importers_with(found)
    service.jobs.update(intake.jobs(importers))
    service.web = lambda: service_app(service, http.routes(service), intake.blueprint(service, importers))
    return service


def importers_with(sources: Registry[ReadingSource]) -> tuple[Importer, ...]:
    """The kinds of files that metering takes in."""
    return (
        Importer("meters", METERS, take_meters),
        Importer("readings", None, take_readings, reader=lambda _file: AnySource(sources)),
    )
