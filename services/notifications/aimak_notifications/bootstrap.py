"""The only place that builds notifications."""

from __future__ import annotations

from aimak.contracts import billing, payments
from aimak.http import service_app
from aimak.plugins import registry, sms_gateways
from aimak.plugins.sms_gateways import HttpClient, SmsGateway
from aimak.service import Service, Subscription
from aimak.settings import Settings

from aimak_notifications import http
from aimak_notifications.application import asking
from aimak_notifications.application.gateways import Gateways
from aimak_notifications.application.sending import Sending
from aimak_notifications.application.telling import SEND_JOB, Telling
from aimak_notifications.outside import OutsideClient, allowed_hosts
from aimak_notifications.tables import metadata

_KYRGYZSTAN = "996"


def build(
    settings: Settings,
    gateways: registry.Registry[SmsGateway] | None = None,
    client: HttpClient | None = None,
) -> Service:
    """Notifications on the databases that `settings` name. `gateways` and `client` stand in for the installed
    plugins and the network in tests."""
    found = gateways or registry.discover(
        sms_gateways.GROUP,
        SmsGateway,
        sms_gateways.INTERFACE_VERSION,
        host="aimak-notifications",  # type: ignore[type-abstract]
    )
    country_code = str(settings.get("notifications.country_code") or _KYRGYZSTAN)
    hosts = allowed_hosts(settings.get("notifications.http_hosts"))
    doors = Gateways(found, client or OutsideClient(hosts))
    telling = Telling(country_code)
    service = Service.open(
        "notifications",
        settings,
        metadata,
        read_models=("account", "service_type"),
        checks=(asking.check,),
        plugins=(found,),
    )
    service.listens(
        Subscription(billing.TenantsDefined, telling.keep_town, bulk=True),
        Subscription(billing.ServiceTypesDefined, telling.keep_service_types, bulk=True),
        Subscription(billing.AccountsDefined, telling.keep_accounts, bulk=True),
        Subscription(billing.BillsIssued, telling.take_bills, bulk=True),
        Subscription(payments.PaymentsReceived, telling.take_payments, bulk=True),
    )
    service.jobs[SEND_JOB] = Sending(doors).send
    service.web = lambda: service_app(service, *http.routes(service, doors, country_code))
    return service
