"""Bodies that billing accepts."""

from __future__ import annotations

from aimak.languages import LANGUAGES
from marshmallow import Schema, fields, validate

_CODE = {"required": True, "validate": validate.Length(min=1, max=64)}
_TEXT = validate.Length(max=200)


class TenantSchema(Schema):
    """A municipality."""

    code = fields.String(**_CODE)
    name = fields.Dict(keys=fields.String(), values=fields.String(validate=_TEXT), required=True)
    zone = fields.String(required=True)
    languages = fields.List(fields.String(), required=True)
    is_test = fields.Boolean(load_default=False)


class PrintSchema(Schema):
    """Bills to be printed together."""

    numbers = fields.List(fields.Integer(strict=True), required=True)


class ProviderSchema(Schema):
    """A creditor."""

    code = fields.String(**_CODE)
    name = fields.Dict(keys=fields.String(), values=fields.String(validate=_TEXT), required=True)
    tax_number = fields.String(required=True, validate=validate.Length(max=32))
    regime = fields.String(required=True)
    bank_account = fields.String(required=True, validate=validate.Length(max=64))
    elqr = fields.Dict(keys=fields.String(), load_default=dict)


class QuoteSchema(Schema):
    """What one connection is like, to be priced."""

    service = fields.String(**_CODE)
    provider = fields.String(**_CODE)
    customer_class = fields.String(load_default="household")
    attributes = fields.Dict(keys=fields.String(), load_default=dict)
    date = fields.Date(load_default=None)
    quantity_thousandths = fields.Integer(
        strict=True, allow_none=True, load_default=None, validate=validate.Range(0, 10**12 - 1)
    )
    persons = fields.Integer(strict=True, allow_none=True, load_default=None, validate=validate.Range(0, 10**6))
    pensioners = fields.Integer(strict=True, load_default=0, validate=validate.Range(0, 10**6))


_REASON = fields.String(load_default="", validate=validate.Length(max=2000))
_PERIOD = validate.Regexp(r"\d{4}-(0[1-9]|1[0-2])\Z")


class RunSchema(Schema):
    """A run over a selection, to be started."""

    period = fields.String(required=True)
    selection = fields.String(required=True, validate=validate.Length(min=1, max=64))
    replaces = fields.Boolean(load_default=False)
    reason = _REASON
    accounts = fields.List(fields.String(validate=validate.Length(max=64)), load_default=list)


class CorrectionSchema(Schema):
    """A document of correction: its kind, why, on what ground, and what its kind asks for."""

    kind = fields.String(**_CODE)
    reason = _REASON
    ground = fields.String(load_default="", validate=_TEXT)
    bill = fields.String(validate=validate.Length(max=20))
    account = fields.String(validate=validate.Length(max=64))
    run = fields.Integer(strict=True)
    since = fields.String(validate=_PERIOD)
    through = fields.String(validate=_PERIOD)
    scope = fields.String(validate=validate.Length(max=64))
    to = fields.String(validate=validate.Length(max=64))
    provider = fields.String(validate=validate.Length(max=64))
    service = fields.String(validate=validate.Length(max=64))
    amount_tyiyn = fields.Integer(strict=True)
    origin = fields.String(validate=_PERIOD)
    document = fields.Integer(strict=True)
    item = fields.String(validate=validate.Length(max=64))
    quantity_thousandths = fields.Integer(strict=True)
    tariff = fields.String(validate=validate.Length(max=64))
    day = fields.Date()
    payer = fields.String(validate=validate.Length(max=64))


class ReasonSchema(Schema):
    """Why."""

    reason = _REASON


class StepSchema(Schema):
    """A step of a tariff's life, taken with one tariff or several that were decided together."""

    tariffs = fields.List(fields.String(**_CODE), required=True, validate=validate.Length(min=1, max=200))
    ground = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=2000))
    body = fields.String(load_default=None, allow_none=True, validate=_TEXT)
    number = fields.String(load_default=None, allow_none=True, validate=_TEXT)
    date = fields.Date(load_default=None, allow_none=True)
    scan = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=64))
    not_required = fields.Boolean(load_default=False)
    fitting = fields.Boolean(load_default=False)


_NUMBER = validate.Length(min=1, max=64)
_PERSONS = validate.Range(0, 10_000)


class DaySchema(Schema):
    """From which day on."""

    day = fields.Date(required=True)


class NewAccountSchema(DaySchema):
    """A new account at a premise that has one."""

    number = fields.String(required=True, data_key="as", attribute="as", validate=_NUMBER)
    holder = fields.String(validate=_TEXT)
    persons = fields.Integer(strict=True, validate=_PERSONS)
    pensioners = fields.Integer(strict=True, validate=_PERSONS)
    phone = fields.String(validate=validate.Length(max=32))
    language = fields.String(validate=validate.OneOf(LANGUAGES))
    services = fields.List(fields.String(validate=_NUMBER))


class ResidentsSchema(DaySchema):
    """How many persons live somewhere from a day on."""

    persons = fields.Integer(strict=True, required=True, validate=_PERSONS)
    pensioners = fields.Integer(strict=True, load_default=0, validate=_PERSONS)
    ground = fields.String(load_default="", validate=_TEXT)


class ChangeOfProviderSchema(DaySchema):
    """Another creditor gives a service."""

    service = fields.String(**_CODE)
    provider = fields.String(**_CODE)
    to = fields.String(**_CODE)
    account = fields.String(validate=_NUMBER)


class StreetNameSchema(DaySchema):
    """A street's new name."""

    name = fields.String(required=True, validate=_TEXT)


class SimulationSchema(Schema):
    """Which drafts to try on which months."""

    tariffs = fields.List(fields.String(**_CODE), required=True, validate=validate.Length(min=1, max=50))
    periods = fields.String(required=True, validate=validate.Length(max=40))


class DecisionSchema(Schema):
    """What becomes of a bill that was sorted out."""

    decision = fields.String(required=True, validate=validate.OneOf(("release", "correct", "exclude")))
    reason = _REASON


class RulesSchema(Schema):
    """Rules that sort bills out, with their times in thousandths where it matters."""

    rules = fields.Dict(
        keys=fields.String(), values=fields.Integer(strict=True, validate=validate.Range(0, 10**6)), required=True
    )


class ConnectionChangeSchema(DaySchema):
    """What a connection is from a day on."""

    service = fields.String(**_CODE)
    provider = fields.String(validate=_NUMBER)
    customer_class = fields.String(validate=_NUMBER)
    attributes = fields.Dict(keys=fields.String())
    ground = fields.String(load_default="", validate=_TEXT)


class BenefitSchema(DaySchema):
    """A benefit from a day on; without a category it ends."""

    category = fields.String(validate=_NUMBER)
    until = fields.Date()
    service = fields.String(validate=_NUMBER)
    ground = fields.String(load_default="", validate=_TEXT)


class OutageSchema(Schema):
    """Days without supply in some streets."""

    streets = fields.List(fields.String(validate=_TEXT), required=True, validate=validate.Length(min=1, max=500))
    service = fields.String(**_CODE)
    since = fields.Date(required=True)
    until = fields.Date(required=True)
    ground = fields.String(load_default="", validate=_TEXT)
