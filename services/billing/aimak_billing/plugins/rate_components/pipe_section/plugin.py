"""Unmetered draw by act: what an open pipe of a section lets through in hours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from aimak.plugins.inputs import Inputs
from aimak.plugins.numbers import MAX_QUANTITY, Number
from aimak.plugins.rate_components import Part, RateComponent

from aimak_billing.plugins.rate_components.pipe_section.schema import PipeSectionSchema

MAX_MILLIMETRES = 3_000_000
MAX_HOURS = 10_000_000
CUBIC_METRES_AN_HOUR = Number.constant(2_827_433_388_231, 15)
"""π ÷ 4 × 10^-6 × 3600: of a pipe of 1 mm at 1 m/s."""


class PipeSection(RateComponent):
    """π ÷ 4 × diameter² × speed × hours × price."""

    code = "pipe_section"
    interface_version = 1
    names = {"ky": "Түтүктүн кесилиши боюнча", "ru": "По сечению трубы", "en": "By pipe section"}
    schema = PipeSectionSchema
    unit_names: ClassVar[Mapping[str, str]] = {"ky": "м³", "ru": "м³", "en": "m³"}
    decimals = 3
    needs = ("pipe_mm", "draw_hours")
    sentences: ClassVar[Mapping[str, str]] = {
        "ky": "{pipe_mm} мм түтүк, {draw_hours} саат, {metres_a_second} м/с: {products} = {amount}",
        "ru": "труба {pipe_mm} мм, {draw_hours} ч при {metres_a_second} м/с: {products} = {amount}",
        "en": "pipe of {pipe_mm} mm, {draw_hours} hours at {metres_a_second} m/s: {products} = {amount}",
    }

    def parts(self, inputs: Inputs) -> list[Part]:
        """One part. quantity: thousandths of a m³, as it is priced; amount: unrounded."""
        price, speed = self.parameters["price"], Number.constant(self.parameters["metres_a_second"], 3)
        diameter = inputs["pipe_mm"].within(0, MAX_MILLIMETRES)
        an_hour = diameter * diameter * speed * CUBIC_METRES_AN_HOUR
        volume = (an_hour * inputs["draw_hours"].within(0, MAX_HOURS)).rounded(3).within(0, MAX_QUANTITY - 1)
        return [Part(volume * price.number, volume, price)]
