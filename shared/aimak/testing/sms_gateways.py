"""The contract of SMS gateways as tests: a plugin's author inherits `SmsGatewayContract` and fills in four hooks."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, ClassVar

import pytest
from aimak.clock import FixedClock
from aimak.plugins.checks import broken_contract
from aimak.plugins.sms_gateways import (
    INTERFACE_VERSION,
    DeliveryReport,
    GatewayHost,
    GatewayRequest,
    Handover,
    NotAnswered,
    NotReached,
    OutgoingSms,
    SmsGateway,
    Unreadable,
)
from marshmallow import ValidationError

INSTANT = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
FIRST_ID = 2**62 + 1
LOG = logging.getLogger("aimak.sms")
_RUBBISH: tuple[Mapping[str, str], ...] = (
    {},
    {"id": ""},
    {"id": "-1", "t": "1"},
    {"id": "1e9", "t": "1"},
    {"id": "9" * 400, "t": "1"},
    {"id": str(FIRST_ID), "t": "3"},
    {"id": str(FIRST_ID), "t": "²"},
    {"id": "' or 1=1 --", "t": "\x00"},
)


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status_code: int
    text: str = ""


@dataclass
class FakeHttp:
    """A network that answers every request with `answer`, or raises it; `requests` are the parameters it saw."""

    answer: Answer | Exception = field(default_factory=lambda: NotReached("no network here"))
    requests: list[Mapping[str, Any]] = field(default_factory=list)

    def get(self, url: str, *, params: Mapping[str, str]) -> Answer:
        """The answer that was set."""
        return self._reply({"url": url, **params})

    def post(self, url: str, *, content: bytes, headers: Mapping[str, str]) -> Answer:
        """The answer that was set."""
        return self._reply({"url": url, "content": content, "headers": headers})

    def _reply(self, request: Mapping[str, Any]) -> Answer:
        self.requests.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class FakeState:
    """A plugin's memory that ends with the test."""

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}

    def get(self, key: str) -> Any:
        """What was put under the key."""
        return json.loads(self._kept.get(key, "null"))

    def put(self, key: str, value: Any) -> None:
        """Remember what can be written as JSON."""
        self._kept[key] = json.dumps(value)


def sms(number: int = 0, **changes: Any) -> OutgoingSms:
    """A message to a made-up phone; `number` tells messages apart."""
    values: dict[str, Any] = {
        "id": FIRST_ID + number,
        "phone": f"99655500{number:04d}",
        "text": f"Нарын, эсеп 04012{number:02d}: төлөө 183.20 сом",
        "encoding": "ucs2",
        "parts": 1,
        "day": date(2026, 11, 2),
        "report_url": f"http://127.0.0.1:8470/gateways/naryn/demo/report?id={FIRST_ID + number}&key=0123456789abcdef",
    }
    return OutgoingSms(**{**values, **changes})


class SmsGatewayContract:
    """What every gateway must keep. Set `gateway` and `settings`, override the hooks that apply.

    `http` is set for a gateway that talks over HTTP, with the answer by which the other side takes a message.
    """

    gateway: ClassVar[type[SmsGateway]]
    settings: ClassVar[Mapping[str, Any]] = {}
    http: ClassVar[Answer | None] = None

    def reached(self, gateway: SmsGateway) -> list[int]:
        """Ids of the messages that got out, in order: needed where the gateway is `repeatable` and leaves a trace."""
        pytest.skip("this gateway leaves no trace to count")

    def reports(self) -> Sequence[tuple[GatewayRequest, Sequence[DeliveryReport]]]:
        """Calls as the gateway really makes them, with what they mean; empty when it makes none."""
        return ()

    @pytest.fixture
    def make(self, tmp_path: Path) -> Callable[[FakeHttp], SmsGateway]:
        """Opens the gateway on a network."""

        def opened(network: FakeHttp) -> SmsGateway:
            loaded = self.gateway.settings_schema().load(dict(self.settings))
            host = GatewayHost("naryn", FixedClock(INSTANT), network, FakeState(), tmp_path / "out", LOG)
            return self.gateway(loaded, host)

        return opened

    @pytest.fixture
    def ready(self, make: Callable[[FakeHttp], SmsGateway]) -> SmsGateway:
        """The gateway where all is well."""
        return make(FakeHttp(self.http) if self.http else FakeHttp())

    def test_is_a_sound_plugin(self) -> None:
        """Code, names in three languages, version and signatures are what the host asks for."""
        assert broken_contract("contract", self.gateway, SmsGateway, INTERFACE_VERSION) is None
        assert 1 <= self.gateway.batch_size <= 1000

    def test_refuses_an_unknown_setting(self) -> None:
        """A mistyped setting is refused, not ignored."""
        with pytest.raises(ValidationError):
            self.gateway.settings_schema().load({**self.settings, "no_such_setting": 1})

    def test_answers_for_each_message(self, ready: SmsGateway) -> None:
        """A whole batch is taken, with one answer for each message."""
        batch = [sms(number) for number in range(self.gateway.batch_size)]
        handed = ready.send(batch)
        assert sorted(answer.message_id for answer in handed) == [message.id for message in batch]
        assert {answer.handover for answer in handed} == {Handover.ACCEPTED}

    def test_takes_every_kind_of_text(self, ready: SmsGateway) -> None:
        """Latin and Cyrillic, quotes, line ends and characters beyond the BMP are taken alike."""
        texts = {"gsm7": 'a & b = "c"; 100% ^{}\\[~]|€\n', "ucs2": "Ң ө ү № « » 😀 ? & = # +"}
        batch = [sms(place, encoding=kind, text=text) for place, (kind, text) in enumerate(texts.items())]
        assert [answer.handover for answer in ready.send(batch)] == [Handover.ACCEPTED] * 2

    def test_a_repeat_reaches_the_phone_once(self, ready: SmsGateway) -> None:
        """A gateway that says it is repeatable absorbs a message that comes again under its id."""
        if not self.gateway.repeatable:
            pytest.skip("not repeatable: the host never sends again")
        ready.send([sms(1), sms(2)])
        again = ready.send([sms(2, again=True), sms(3)])
        assert [answer.handover for answer in again] == [Handover.ACCEPTED] * 2
        assert self.reached(ready) == [sms(1).id, sms(2).id, sms(3).id]

    def test_gives_up_at_once_when_away(self, make: Callable[[FakeHttp], SmsGateway]) -> None:
        """Without a connection every message is left for later after a single try."""
        network = self._network(NotReached("away"))
        handed = make(network).send([sms(number) for number in range(5)])
        assert {answer.handover for answer in handed} == {Handover.LATER}
        assert len(network.requests) == 1

    def test_a_lost_answer_is_unknown(self, make: Callable[[FakeHttp], SmsGateway]) -> None:
        """A message whose answer was lost is unknown, never accepted and never left for later."""
        network = self._network(NotAnswered("silent"))
        handed = {answer.message_id: answer.handover for answer in make(network).send([sms(0), sms(1)])}
        assert handed[sms(0).id] is Handover.UNKNOWN
        assert Handover.ACCEPTED not in handed.values()
        assert len(network.requests) == 1

    @pytest.mark.parametrize("status", [500, 502, 503])
    def test_a_broken_gateway_loses_nothing(self, make: Callable[[FakeHttp], SmsGateway], status: int) -> None:
        """An answer that says "not now" refuses no message for good."""
        handed = make(self._network(Answer(status, "busy"))).send([sms(0), sms(1)])
        assert {answer.handover for answer in handed} <= {Handover.LATER, Handover.UNKNOWN}

    def test_keeps_secrets_and_residents_out_of_the_log(
        self, make: Callable[[FakeHttp], SmsGateway], caplog: pytest.LogCaptureFixture
    ) -> None:
        """Neither phones nor texts nor the key of a report address are logged, whatever happens."""
        caplog.set_level(logging.DEBUG)
        for answer in (self.http, NotReached("away"), NotAnswered("silent"), Answer(500, "x")):
            make(FakeHttp(answer) if answer else FakeHttp()).send([sms(0)])
        for private in (sms(0).phone, sms(0).text, "0123456789abcdef"):
            assert private not in caplog.text

    def test_reads_its_own_reports(self, ready: SmsGateway) -> None:
        """Real calls are understood, and the same way each time."""
        calls = self.reports()
        if not calls:
            pytest.skip("this gateway sends no reports")
        for request, meaning in calls:
            assert ready.report(request) == list(meaning)
            assert ready.report(request) == list(meaning)

    @pytest.mark.parametrize("query", _RUBBISH)
    def test_rubbish_is_unreadable(self, ready: SmsGateway, query: Mapping[str, str]) -> None:
        """A call that makes no sense is said to be unreadable, in no other way."""
        with pytest.raises(Unreadable):
            ready.report(GatewayRequest("GET", query, b"\xff\x00<"))

    def _network(self, answer: Answer | Exception) -> FakeHttp:
        if self.http is None:
            pytest.skip("this gateway does not talk over HTTP")
        return FakeHttp(answer)
