"""Settings of the Kannel gateway."""

from __future__ import annotations

from marshmallow import Schema, fields, validate


class KannelSettings(Schema):
    """Where Kannel's smsbox listens and who we are there."""

    url = fields.Url(required=True, schemes={"http", "https"}, require_tld=False)
    """The whole address of sendsms, e.g. http://127.0.0.1:13013/cgi-bin/sendsms."""
    username = fields.String(required=True, validate=validate.Length(1, 64))
    password = fields.String(required=True, validate=validate.Length(1, 200))
    """"secret:NAME" in what is stored."""
    sender = fields.String(required=True, validate=validate.Regexp(r"^(\+?\d{3,15}|[A-Za-z0-9 .&-]{1,11})\Z"))
    """Our short number, or a name of at most 11 Latin letters."""
    smsc = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 64))
    """Kannel's smsc-id, where it has several."""
    validity_minutes = fields.Integer(load_default=2880, strict=True, validate=validate.Range(1, 10080))
    """How long the operator tries to reach a phone that is off."""
    max_parts = fields.Integer(load_default=6, strict=True, validate=validate.Range(1, 255))
    """Kannel's max-messages: a longer text would be cut short there without a word, so it is refused here."""
