"""Meters, and the water that goes through them: whole cubic metres in the shapes of a real town's use."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from aimak.money import half_up, share

from town_build import shapes
from town_build.dice import Dice
from town_build.model import NORM_LITRES, PERIOD_END, Account, Meter, Size

METERED_LITRES = 110
DAYS = 31
BODIES_USE = {"budget": 8_550, "other": 13_420}
WORKING = {"household": 450, "budget": 950, "other": 900}
INSTALLED = {"household": 489, "budget": 1000, "other": 978}
SEWERED = {"household": 380, "budget": 650, "other": 650}
HISTORY = (4, 5, 6, 7, 8, 9)
BAD = {"unknown": 12, "below": 14, "tenfold": 10, "missing": 74}
WET_WEIGHT = 20
LARGEST_LEVEL = 4_000
# A meter of this size carries so many cubic metres a month with ease.
SIZES = ((15, 60), (20, 150), (25, 300), (32, 600), (50, 10**9))
READERS = ("К-1", "К-2", "К-3", "К-4", "К-5", "К-6")


@dataclass(frozen=True)
class Reading:
    """One line of a readings file."""

    account: str
    serial: str
    day: date
    reading: int
    reader: str
    note: str = ""


def install(size: Size, accounts: list[Account]) -> None:
    """Give meters to the share of each class that has one; some are stopped or past their verification."""
    dice = Dice("town/meters")
    for customer_class, installed in INSTALLED.items():
        of_class = [a for a in accounts if a.customer_class == customer_class]
        able = [account for account in of_class if account.kind != "standpipe"]
        count = min(len(able), half_up(len(of_class) * installed, 1000))
        working = min(count, half_up(len(of_class) * WORKING[customer_class], 1000))
        states = dice.shuffled(["working"] * working + ["dead"] * (count - working))
        for account, state in zip(dice.sample(able, count), states, strict=True):
            account.meter = _meter(dice, account, state)


def _meter(dice: Dice, account: Account, state: str) -> Meter:
    year = dice.between(max(2016, account.opened_on.year + 1), 2025)
    installed = date(year, dice.between(1, 12), dice.between(1, 28))
    verified = date(dice.between(2027, 2032), dice.between(1, 12), 1)
    last_day = None
    if state == "dead":
        state = dice.pick(("expired", "stopped"))
        last_day = date(2026, dice.between(5, 9), 1)
        verified = last_day if state == "expired" else verified
    return Meter(
        serial=f"{year % 100}{account.place * 11 + 100_003:06d}",
        size=15,
        dials=5 if account.home else 6,
        installed_on=installed,
        initial_reading=dice.below(4),
        verified_until=verified,
        seal=f"АБ{account.place * 13 + 20_011:06d}",
        state=state,
        last_day=last_day,
    )


Use = dict[int, dict[int, int]]


def monthly(size: Size, accounts: list[Account]) -> Use:
    """Cubic metres of October by account place, and of each earlier month in proportion:
    {month: {place: m³}}. Sets every account's `monthly_use`."""
    dice = Dice("town/use")
    table = shapes.load()
    raw: Use = {month: {} for month in (*HISTORY, 10)}
    for account in accounts:
        shape = table["house" if account.kind == "standpipe" else account.kind]
        heads = account.persons if account.home else WET_WEIGHT if account.wet else 1
        level = min(LARGEST_LEVEL, shapes.draw(shape.level, dice)) * heads
        for month in raw:
            swing = shapes.draw(shape.swing, dice)
            raw[month][account.place] = level * shape.season[month] * swing // 1000 + 1
    used: Use = {month: {} for month in raw}
    groups = {
        "household": [account for account in accounts if account.home and account.metered],
        **{kind: [account for account in accounts if account.kind == kind] for kind in BODIES_USE},
    }
    for name, group in groups.items():
        litres = sum(account.persons for account in group) * METERED_LITRES * DAYS
        total = half_up(litres, 1000) if name == "household" else size.of(BODIES_USE[name])
        _scale(total, group, raw, used)
    _norm_use(accounts)
    _fit(accounts)
    return used


def _scale(total: int, group: list[Account], raw: Use, used: Use) -> None:
    if not group:
        return
    weights = [raw[10][account.place] for account in group]
    for account, cubic in zip(group, share(total, weights), strict=True):
        used[10][account.place] = account.monthly_use = cubic
        for month in HISTORY:
            used[month][account.place] = half_up(raw[month][account.place] * total, sum(weights))


def _fit(accounts: list[Account]) -> None:
    for account in accounts:
        if account.meter is not None and not account.home:
            account.meter.size = next(size for size, most in SIZES if account.monthly_use <= most)


def _norm_use(accounts: list[Account]) -> None:
    for account in accounts:
        if account.home and not account.metered:
            account.monthly_use = half_up(account.persons * NORM_LITRES[account.kind] * DAYS, 1000)


def sewer(accounts: list[Account]) -> None:
    """Flats first, then the nearest houses, until the sewered share of the class's volume is reached."""
    dice = Dice("town/sewer")
    for customer_class, target in SEWERED.items():
        of_class = [a for a in accounts if a.customer_class == customer_class and a.kind != "standpipe"]
        total = sum(a.monthly_use for a in accounts if a.customer_class == customer_class)
        reached = 0
        for account in sorted(dice.shuffled(of_class), key=lambda account: account.kind != "flat"):
            if (reached + account.monthly_use) * 1000 <= total * target:
                account.sewered = True
                reached += account.monthly_use


def readings(size: Size, accounts: list[Account], used: Use) -> tuple[list[Reading], list[Reading]]:
    """(six earlier months, the month to bill); the second with the faults that metering must find."""
    dice = Dice("town/readings")
    history: list[Reading] = []
    month: list[Reading] = []
    for account in accounts:
        meter = account.meter
        if meter is None:
            continue
        register = meter.initial_reading + account.monthly_use * _months(meter.installed_on, date(2026, 4, 1))
        for at in (*HISTORY, 10):
            register += used[at].get(account.place, account.monthly_use)
            day = date(2026, at + 1, 1) - timedelta(days=dice.weighted((4, 3, 2, 1)))
            if meter.last_day is None or day < meter.last_day:
                line = Reading(account.number, meter.serial, day, register, dice.pick(READERS))
                (month if at == 10 else history).append(line)
    regular = {a.number for a in accounts if a.home and a.metered and _used_as_usual(a, used)}
    return history, _with_faults(size, regular, history, month)


def _used_as_usual(account: Account, used: Use) -> bool:
    """October is no low month: ten times its use stands out against every month before."""
    most = max(used[month][account.place] for month in HISTORY)
    return used[10][account.place] >= 8 and 2 * used[10][account.place] >= most


def _months(start: date, end: date) -> int:
    return max(0, (end.year - start.year) * 12 + end.month - start.month)


def _with_faults(size: Size, regular: set[str], history: list[Reading], month: list[Reading]) -> list[Reading]:
    dice = Dice("town/faults")
    before = {line.serial: line.reading for line in history}
    able = [at for at, line in enumerate(month) if line.account in regular]
    counts = {fault: size.of(count) for fault, count in BAD.items()}
    places = iter(dice.shuffled(able)[: sum(counts.values())])
    faults = {next(places): fault for fault, count in counts.items() for _ in range(count)}
    result = [_faulty(dice, faults.get(at, ""), line, before.get(line.serial, 0)) for at, line in enumerate(month)]
    assert all(line.day <= PERIOD_END for line in month)
    return [line for line in result if line is not None]


def _faulty(dice: Dice, fault: str, line: Reading, last: int) -> Reading | None:
    if fault == "missing":
        return None
    if fault == "unknown":
        return replace(line, serial="9" + line.serial[1:])
    if fault == "below":
        return replace(line, reading=max(0, last - dice.between(3, 40)))
    if fault == "tenfold":
        return replace(line, reading=last + 10 * (line.reading - last), note="кайра текшерилсин")
    return line
