"""The console gateway: shows messages where the worker's log goes. For a developer's own town."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import ClassVar

from aimak.plugins.sms_gateways import Handed, Handover, OutgoingSms, SmsGateway

from aimak_notifications.plugins.sms_gateways.console.schema import ConsoleSettings


class ConsoleGateway(SmsGateway):
    """Prints each message to stderr as one line; nothing leaves the machine, so a repeat reaches no phone twice."""

    code = "console"
    interface_version = 1
    names: ClassVar[Mapping[str, str]] = {"ky": "Терминалдын терезеси", "ru": "Окно терминала", "en": "Terminal window"}
    settings_schema = ConsoleSettings
    repeatable = True

    def send(self, messages: Sequence[OutgoingSms]) -> list[Handed]:
        """Print; every message is accepted."""
        lines = [f"sms {sms.phone} ({sms.parts} x {sms.encoding}): {sms.text}" for sms in messages]
        print("\n".join(lines), file=sys.stderr, flush=True)
        return [Handed(sms.id, Handover.ACCEPTED) for sms in messages]
