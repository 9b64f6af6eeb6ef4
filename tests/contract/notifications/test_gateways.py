"""The built-in gateways keep the contract that a stranger's gateway keeps."""

import json
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from aimak.plugins.sms_gateways import Delivery, DeliveryReport, GatewayRequest, SmsGateway
from aimak.testing.sms_gateways import FIRST_ID, Answer, FakeHttp, SmsGatewayContract, sms
from aimak_notifications.plugins.sms_gateways import kannel
from aimak_notifications.plugins.sms_gateways.console.plugin import ConsoleGateway
from aimak_notifications.plugins.sms_gateways.file.plugin import FileGateway
from aimak_notifications.plugins.sms_gateways.kannel.plugin import KannelGateway

FIXTURES = Path(kannel.__path__[0]) / "fixtures"


class TestConsole(SmsGatewayContract):
    """The console."""

    gateway = ConsoleGateway


class TestFile(SmsGatewayContract):
    """The file."""

    gateway = FileGateway

    def reached(self, gateway: SmsGateway) -> list[int]:
        """What stands in the file."""
        lines = (gateway.host.folder / "2026-11-02.jsonl").read_text().splitlines()
        return [int(json.loads(line)["id"]) for line in lines]


class TestKannel(SmsGatewayContract):
    """Kannel."""

    gateway = KannelGateway
    settings = {  # noqa: RUF012
        "url": "http://127.0.0.1:13013/cgi-bin/sendsms",
        "username": "aimak",
        "password": "told-to-nobody",
        "sender": "AIMAK",
    }
    http = Answer(202, "0: Accepted for delivery")

    def reports(self) -> Sequence[tuple[GatewayRequest, Sequence[DeliveryReport]]]:
        """The calls in the plugin's fixtures."""
        meanings = {
            "delivered.txt": DeliveryReport(FIRST_ID, Delivery.DELIVERED),
            "failed.txt": DeliveryReport(FIRST_ID, Delivery.FAILED, "9F3A", "NACK/1033/Destination unreachable"),
        }
        return [(_call(name), [meaning]) for name, meaning in meanings.items()]

    @pytest.mark.parametrize(
        ("status", "outcome"), [(202, "accepted"), (400, "refused"), (403, "later"), (404, "later"), (503, "later")]
    )
    def test_reads_the_status(self, make, status: int, outcome: str) -> None:  # type: ignore[no-untyped-def]
        """202 is taken, 400 refuses the message, and what is wrong with our account loses no message."""
        [handed] = make(FakeHttp(Answer(status, "words"))).send([sms()])
        assert handed.handover.value == outcome

    def test_refuses_what_kannel_would_cut(self, make) -> None:  # type: ignore[no-untyped-def]
        """A text of more parts than Kannel sends is refused here, since Kannel would cut it short without a word."""
        network = FakeHttp(self.http)
        handed = make(network).send([sms(0, parts=7), sms(1, parts=6)])
        assert [answer.handover.value for answer in handed] == ["refused", "accepted"]
        assert len(network.requests) == 1

    def test_says_all_that_kannel_needs(self, make) -> None:  # type: ignore[no-untyped-def]
        """The request carries charset, coding, mask and our address for reports with Kannel's own escapes."""
        network = FakeHttp(self.http)
        make(network).send([sms(0), sms(1, encoding="gsm7", text="Naryn")])
        cyrillic, latin = network.requests
        assert (cyrillic["coding"], latin["coding"]) == ("2", "0")
        assert (cyrillic["charset"], cyrillic["dlr-mask"]) == ("UTF-8", "31")
        assert cyrillic["dlr-url"] == sms(0).report_url + "&t=%d&a=%A&f=%F"
        assert "smsc" not in cyrillic


def _call(name: str) -> GatewayRequest:
    return GatewayRequest("GET", dict(parse_qsl((FIXTURES / name).read_text().strip(), keep_blank_values=True)))
