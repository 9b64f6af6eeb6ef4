"""The files that the small town is founded with."""

ACCOUNTS = ("101", "102", "103")

TARIFFS = """
aimak: tariffs/1
tariffs:
  - code: water
    service: water
    provider: vodokanal
    name: {ky: "Суу", ru: "Вода", en: "Water"}
    from: 2026-01-01
    applies_to: {class: household}
    decision: {body: "made up", number: "1", date: 2025-12-01}
    legal_ground: "made up"
    without_reading: hold
    components:
      - {code: volume, kind: per_unit, price: 10.45}
      - {code: sales_tax, kind: tax, tax: sales_tax}
  - code: waste
    service: waste
    provider: tazalyk
    name: {ky: "Таштанды", ru: "Мусор", en: "Waste"}
    from: 2026-01-01
    applies_to: {class: household}
    decision: {body: "made up", number: "2", date: 2025-12-01}
    legal_ground: "made up"
    components:
      - {code: fee, kind: fixed, price: 41.00}
taxes:
  - tax: sales_tax
    name: {ky: "Салык", ru: "Налог", en: "Tax"}
    rate: 3 %
    regime: general
    from: 2026-01-01
    legal_ground: "made up"
"""
_HEADS = "account;kind;class;holder;phone;language;street;house;residents;opened_on;service;provider;attributes"
_SERVICES = ('water;vodokanal;"{""metered"":true}"', 'waste;tazalyk;"{}"')
ACCOUNT_FILE = "\n".join(
    [
        _HEADS,
        *(
            f"{account};house;household;Made Up;+99600000{account};ru;Made-up;{account};4;2020-01-01;{service}"
            for account in ACCOUNTS
            for service in _SERVICES
        ),
        "",
    ]
)
