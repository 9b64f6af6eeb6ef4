"""The file gateway: one JSON line for each message, one file for each day. The demonstration and the tests read it."""

from __future__ import annotations

import fcntl
import json
import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, ClassVar

from aimak.plugins.sms_gateways import Handed, Handover, OutgoingSms, SmsGateway

from aimak_notifications.plugins.sms_gateways.file.schema import FileSettings


class FileGateway(SmsGateway):
    """Appends to `<folder>/<day>.jsonl`; a message that stands there already is not written again.

    The day is the message's own, so that an attempt after midnight finds what the one before it wrote.
    """

    code = "file"
    interface_version = 1
    names: ClassVar[Mapping[str, str]] = {"ky": "Файл", "ru": "Файл", "en": "File"}
    settings_schema = FileSettings
    batch_size = 500
    repeatable = True

    def check_settings(self) -> list[str]:
        """Whether the folder can be written to."""
        nearest = next(path for path in (self.host.folder, *self.host.folder.parents) if path.exists())
        return [] if os.access(nearest, os.W_OK) else [f"{nearest} cannot be written to"]

    def send(self, messages: Sequence[OutgoingSms]) -> list[Handed]:
        """Write and flush to the disk before saying that it is done."""
        by_day: dict[str, list[OutgoingSms]] = defaultdict(list)
        for sms in messages:
            by_day[sms.day.isoformat()].append(sms)
        self.host.folder.mkdir(parents=True, exist_ok=True)
        for day, group in by_day.items():
            _append(self.host.folder / f"{day}.jsonl", group)
        return [Handed(sms.id, Handover.ACCEPTED, ref=f"{sms.day}:{sms.id}") for sms in messages]


def _append(file: Path, messages: Sequence[OutgoingSms]) -> None:
    with file.open("a+b") as stream:
        # Several workers write the same day; the lock ends with the file.
        fcntl.flock(stream, fcntl.LOCK_EX)
        _cut_torn_line(stream)
        there = _ids(stream) if any(sms.again for sms in messages) else set()
        stream.write(b"".join(_line(sms) for sms in messages if sms.id not in there))
        stream.flush()
        os.fsync(stream.fileno())


def _cut_torn_line(stream: BinaryIO) -> None:
    """A writer that was killed may have left half a line; its message is in doubt and comes again."""
    size = stream.seek(0, os.SEEK_END)
    if size == 0:
        return
    stream.seek(size - 1)
    if stream.read(1) != b"\n":
        stream.seek(0)
        stream.truncate(stream.read().rfind(b"\n") + 1)


def _ids(stream: BinaryIO) -> set[int]:
    stream.seek(0)
    return {int(json.loads(line)["id"]) for line in stream}


def _line(sms: OutgoingSms) -> bytes:
    told = {"id": str(sms.id), "phone": sms.phone, "encoding": sms.encoding, "parts": sms.parts, "text": sms.text}
    return json.dumps(told, ensure_ascii=False).encode() + b"\n"
