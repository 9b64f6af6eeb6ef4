"""Settings of the file gateway: there are none; the folder is the host's."""

from __future__ import annotations

from marshmallow import Schema


class FileSettings(Schema):
    """No settings."""
