"""Settings of one OSMP partner and the dialects they choose from."""

from __future__ import annotations

from dataclasses import dataclass

from marshmallow import Schema, fields, validate


@dataclass(frozen=True)
class Dialect:
    """Where partners differ: the tag that gives their id back, and whether a check is answered with it."""

    id_tag: str
    id_on_check: bool


DIALECTS = {
    "osmp": Dialect("osmp_txn_id", id_on_check=True),
    "pay24": Dialect("txn_id", id_on_check=False),
}

MAX_TXN_ID_DIGITS = 28


class OsmpSettings(Schema):
    """What is agreed with the partner beside zone, limits and the account's form, which the host keeps."""

    dialect = fields.String(load_default="osmp", validate=validate.OneOf(tuple(DIALECTS)))
    txn_id_digits = fields.Integer(
        load_default=20,
        strict=True,
        validate=validate.Range(1, MAX_TXN_ID_DIGITS),
        metadata={"description": "longest txn_id that is accepted: 20 in the classic protocol, 28 with Pay24"},
    )
    answer_ccy = fields.Boolean(
        load_default=False, metadata={"description": "whether an accepted pay is answered with <ccy>KGS</ccy>"}
    )
    holder_field = fields.String(load_default="FIO", validate=validate.Length(max=40))
    balance_field = fields.String(
        load_default="balance",
        validate=validate.Length(max=40),
        metadata={"description": "name of the field with what is owed, in som; less than 0 is an advance"},
    )
