"""Settings of the console gateway: there are none."""

from __future__ import annotations

from marshmallow import Schema


class ConsoleSettings(Schema):
    """No settings."""
