"""Days attended of the days that the place was open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aimak.plugins.choices import only_where
from aimak.plugins.inputs import Inputs
from aimak.plugins.numbers import MAX_SCALE
from aimak.plugins.rate_components import Part, RateComponent

from aimak_billing.plugins.rate_components.attendance.schema import AttendanceSchema

MAX_DAYS = 400_000


class Attendance(RateComponent):
    """Each day attended at a price, or the price of a period for the days attended of the days open."""

    code = "attendance"
    interface_version = 1
    names = {"ky": "Катышкан күндөрү боюнча", "ru": "По дням посещения", "en": "By days attended"}
    schema = AttendanceSchema
    unit_names = {"ky": "күн", "ru": "дн.", "en": "days"}
    decimals = 0
    needs = ("days_attended", "days_open")

    def __init__(self, parameters: Mapping[str, Any]) -> None:
        super().__init__(parameters)
        self.sentences = _PER_DAY if parameters["per"] == "day" else _PER_PERIOD

    def parts(self, inputs: Inputs) -> list[Part]:
        """One part. quantity: thousandths of a day; amount: unrounded. Attended on more days than it was open: null."""
        price, days_open = self.parameters["price"], inputs["days_open"].within(1, MAX_DAYS)
        attended = inputs["days_attended"].within(0, MAX_DAYS)
        attended = only_where(attended, attended.expr <= days_open.expr, days_open)
        if self.parameters["per"] == "day":
            return [Part(attended * price.number, attended, price)]
        return [Part(price.number.finer(MAX_SCALE).portion(attended, days_open), attended)]


_PER_DAY = {
    "ky": "{days_open} күндүн {days_attended} күнү × {price} = {amount}",
    "ru": "{days_attended} из {days_open} дн. × {price} = {amount}",
    "en": "{days_attended} of {days_open} days × {price} = {amount}",
}
_PER_PERIOD = {
    "ky": "{price}, {days_open} күндүн {days_attended} күнү = {amount}",
    "ru": "{price} за {days_attended} из {days_open} дн. = {amount}",
    "en": "{price} for {days_attended} of {days_open} days = {amount}",
}
