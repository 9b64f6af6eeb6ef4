"""The contract of payment partners as tests: a plugin's author inherits `PaymentPartnerContract` and fills in its
hooks.

    class TestMine(PaymentPartnerContract):
        plugin = MyPartner

        def request(self, command): ...           # the command in the partner's words
        def outcome_told(self, response): ...     # what the partner understands of an answer
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest
from aimak.plugins.checks import broken_contract
from aimak.plugins.payment_partners import (
    INTERFACE_VERSION,
    Check,
    Outcome,
    PartnerCommand,
    PartnerConfig,
    PartnerRequest,
    Pay,
    PaymentPartner,
    Refusal,
    RegistryFile,
    Result,
)
from marshmallow import ValidationError

PAID_AT = datetime(2026, 11, 23, 6, 1, 33, tzinfo=UTC)
OUR_ID = 2**62 + 20_26
_RUBBISH = (
    b"",
    b"&&&=;",
    b"%00%ff%fe",
    b"\xff\xfe\x00",
    b"command=pay",
    b"command=pay&txn_id=&account=&sum=",
    b"{" * 2_000,
    b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
    b"a=1&" * 5_000,
)
_NASTY = "7'</fields>&<script>\u0001\ufffe\U0001f4a9"


class PaymentPartnerContract:
    """What every payment partner must do, whatever its protocol."""

    plugin: ClassVar[type[PaymentPartner]]
    settings: ClassVar[Mapping[str, Any]] = {}
    """Settings under which the tests run; what the schema defaults may be left out."""
    zone: ClassVar[str] = "Asia/Bishkek"
    registry: ClassVar[bytes | None] = None
    """A sound registry of the partner; None where its protocol has none."""

    def request(self, command: PartnerCommand) -> PartnerRequest:
        """The command as the partner would send it."""
        raise NotImplementedError

    def outcome_told(self, body: bytes) -> str:
        """What the partner takes from an answer: "done", "repeat" or "give up"."""
        raise NotImplementedError

    @pytest.fixture
    def partner(self) -> PaymentPartner:
        """The plugin as the host makes it."""
        loaded = self.plugin.settings_schema().load(dict(self.settings))
        return self.plugin(PartnerConfig("demo", self.zone, loaded))

    def test_contract_is_kept(self) -> None:
        """The class is sound as the host checks it at start-up."""
        assert broken_contract("demo", self.plugin, PaymentPartner, INTERFACE_VERSION) is None

    def test_readiness_is_told_in_words(self) -> None:
        """What is missing is a list of sentences, the same when asked again."""
        assert all(isinstance(text, str) for text in self.plugin.check_ready())
        assert self.plugin.check_ready() == self.plugin.check_ready()

    def test_unknown_setting_is_refused(self) -> None:
        """A misspelt setting does not pass for the default."""
        with pytest.raises(ValidationError):
            self.plugin.settings_schema().load({**self.settings, "no_such_setting_": 1})

    @pytest.mark.parametrize("amount", [1, 10, 99, 100, 1_045, 24_550, 99_999_999])
    def test_pay_is_read_exactly(self, partner: PaymentPartner, amount: int) -> None:
        """Id, account, instant and every tyiyn arrive as the partner meant them."""
        command = Pay("1234567", "0001234567", amount, PAID_AT)
        read = partner.parse(self.request(command))
        assert isinstance(read, Pay)
        assert (read.external_id, read.account, read.amount_tyiyn) == ("1234567", "0001234567", amount)
        assert read.paid_at is None or read.paid_at == PAID_AT

    @pytest.mark.parametrize("amount", [0, 1_045])
    def test_check_is_read(self, partner: PaymentPartner, amount: int) -> None:
        """A check arrives as it was meant, without a sum too."""
        read = partner.parse(self.request(Check("1234568", "0001234567", amount)))
        assert read == Check("1234568", "0001234567", amount)

    def test_repeat_gives_the_same_command(self, partner: PaymentPartner) -> None:
        """The same bytes are the same command."""
        request = self.request(Pay("1", "7", 100, PAID_AT))
        assert partner.parse(request) == partner.parse(request)

    def test_leading_zeros_are_kept(self, partner: PaymentPartner) -> None:
        """An account number is text."""
        read = partner.parse(self.request(Check("1", "007", 0)))
        assert isinstance(read, Check) and read.account == "007"

    @pytest.mark.parametrize("method", ["GET", "POST", "PUT", "BREW"])
    @pytest.mark.parametrize("rubbish", _RUBBISH)
    def test_rubbish_is_a_refusal(self, partner: PaymentPartner, method: str, rubbish: bytes) -> None:
        """Whatever the bytes: a refusal with an answer, never an exception, never a payment."""
        read = partner.parse(PartnerRequest(method, query=rubbish, body=rubbish))
        assert isinstance(read, Refusal) and read.outcome.final
        assert self.outcome_told(partner.render(Result(read.outcome, read)).body) == "give up"

    @pytest.mark.parametrize("outcome", list(Outcome))
    def test_every_outcome_has_an_answer(self, partner: PaymentPartner, outcome: Outcome) -> None:
        """The partner takes a payment as done, asks again or gives up, as the outcome says."""
        accepted = outcome is Outcome.ACCEPTED
        command = Pay("1234567", "0001234567", 1_045, PAID_AT)
        response = partner.render(Result(outcome, command, "comment", OUR_ID if accepted else None))
        wanted = "done" if accepted else "give up" if outcome.final else "repeat"
        assert self.outcome_told(response.body) == wanted
        assert response.status in (200, 201, 202) or not accepted

    def test_same_result_same_bytes(self, partner: PaymentPartner) -> None:
        """An answer follows from the result alone."""
        result = Result(Outcome.ACCEPTED, Pay("1", "7", 100, PAID_AT), "OK", OUR_ID)
        assert partner.render(result) == partner.render(replace(result))

    def test_our_id_is_told(self, partner: PaymentPartner) -> None:
        """An accepted payment is answered with our id of it, whole."""
        result = Result(Outcome.ACCEPTED, Pay("1", "7", 100, PAID_AT), "OK", OUR_ID)
        assert str(OUR_ID).encode() in partner.render(result).body

    def test_check_shows_holder_and_balance(self, partner: PaymentPartner) -> None:
        """An accepted check shows the masked holder and what is owed."""
        body = partner.render(
            Result(Outcome.ACCEPTED, Check("1", "7", 0), "OK", None, "А***в Б.", 15_217)
        ).body.decode()
        assert "А***в Б." in body and "152.17" in body

    def test_nothing_of_the_request_is_markup(self, partner: PaymentPartner) -> None:
        """What the partner or a name brings is escaped, and the answer can still be read."""
        result = Result(Outcome.ACCEPTED, Check(_NASTY, _NASTY, 0), _NASTY, None, _NASTY, 1)
        body = partner.render(result).body
        assert b"<script>" not in body
        assert self.outcome_told(body) == "done"

    def test_sound_registry_is_read(self, partner: PaymentPartner) -> None:
        """Lines and totals of the partner's own sample agree; reading it again gives the same."""
        if self.registry is None:
            assert partner.read_registry(b"").problems
            return
        file = partner.read_registry(self.registry)
        assert file.lines and not file.problems
        assert file.declared_count in (None, len(file.lines))
        assert file.declared_tyiyn in (None, sum(line.amount_tyiyn for line in file.lines))
        assert all(line.amount_tyiyn > 0 and line.paid_at.tzinfo for line in file.lines)
        assert partner.read_registry(self.registry) == file

    @pytest.mark.parametrize("rubbish", [*_RUBBISH, b"\x00" * 100, "Итого\t1\t2".encode("cp1251")])
    def test_rubbish_registry_is_listed_as_faulty(self, partner: PaymentPartner, rubbish: bytes) -> None:
        """A file that is no registry has problems and no exception."""
        file = partner.read_registry(rubbish)
        assert isinstance(file, RegistryFile) and file.problems
