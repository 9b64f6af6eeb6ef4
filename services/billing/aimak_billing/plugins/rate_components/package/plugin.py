"""Units included, and packages beyond them."""

from __future__ import annotations

from aimak.plugins.choices import started
from aimak.plugins.inputs import Inputs
from aimak.plugins.numbers import Number
from aimak.plugins.rate_components import Part, RateComponent
from aimak.plugins.volumes import charged_volume

from aimak_billing.plugins.rate_components.package.schema import PackageSchema


class Package(RateComponent):
    """So many units are included; beyond them each started package has one price."""

    code = "package"
    interface_version = 1
    names = {"ky": "Пакеттер боюнча", "ru": "По пакетам", "en": "By packages"}
    schema = PackageSchema
    unit_names = {"ky": "пакет", "ru": "пакет.", "en": "packages"}
    decimals = 0
    needs = ("quantity",)
    keeps_quantity = True

    def parts(self, inputs: Inputs) -> list[Part]:
        """One part. quantity: thousandths of a package; amount: unrounded."""
        volume, price = charged_volume(self.parameters, inputs), self.parameters["price"]
        beyond = (volume - Number.constant(self.parameters["included"], 3)).at_least(0)
        packages = started(beyond, self.parameters["size"])
        return [Part(packages * price.number, packages, price)]
