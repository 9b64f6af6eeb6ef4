"""A tariff version made ready: its plugins built, its components in order, every step within 128 bits."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter

import polars as pl
from aimak.plugins.formulas import MalformedFormula
from aimak.plugins.inputs import CHARGE, FLOWS, FOUND, TAX, UNROUNDED, Inputs, UnknownName, flows
from aimak.plugins.numbers import MAX_AMOUNT, MAX_PRICE, MAX_PRICE_SCALE, MAX_SCALE, BeyondBounds, Number, Price, total
from aimak.plugins.rate_components import CONNECTED, PERIOD, STRETCH, VERSION, Gap, Part, RateComponent, Told
from aimak.plugins.service_types import ServiceType, Way, fact_fields
from aimak.problems import Field, Place, Problem

from aimak_billing.domain.rating.determinants import HOST_NAMES, OF_CUSTOMER, attribute_names, column, inputs_of
from aimak_billing.domain.rating.plugins import Plugins
from aimak_billing.domain.rating.rounding import MOST, before, exact
from aimak_billing.domain.rating.winter import with_winter
from aimak_billing.domain.tariff import ONCE, TOTAL, TariffVersion, TaxRule

CHARGES = "charges"
QUANTITY = "quantity"
DAYS_HERE = "days_here"
"""How many days of the period a connection has, where it is rated by parts of them."""
VALUE = "value"
MAX_LINE_QUANTITY = 2**63 - 1


@dataclass(frozen=True)
class Line:
    """One component ready to be rated: its place in the tariff, its parts, its amount as later components have it
    (rounded to tyiyn, or in 10^-9 where the tariff rounds the total) and as it is before any rounding."""

    code: str
    index: int
    component: RateComponent
    parts: tuple[Part, ...]
    amount: Number
    unrounded: Number
    gaps: tuple[Gap, ...] = ()
    texts: tuple[str, ...] = ()
    told: Mapping[str, Told] = field(default_factory=dict)
    spread: str = VERSION

    @property
    def names(self) -> tuple[str, ...]:
        """The determinants, and earlier components, it is made of."""
        return self.amount.names

    @property
    def quantity(self) -> Number | None:
        """The billed quantity in thousandths; None where a part has none."""
        quantities = [part.quantity for part in self.parts if part.quantity is not None]
        if len(quantities) < len(self.parts):
            return None
        return _thousandths(total(quantities))


@dataclass(frozen=True)
class Prepared:
    """A version ready for columns. `lines` are in the order of calculation; `values` are no lines but stand, as
    expressions, in the lines that name them."""

    version: TariffVersion
    service: ServiceType
    ways: tuple[Way, ...]
    by_days: tuple[Number, ...]
    """The quantity of each way over some of the period's days."""
    quantity_used: bool
    lines: tuple[Line, ...]
    taxes: tuple[TaxRule, ...]
    values: tuple[Line, ...] = ()

    @property
    def totalled(self) -> bool:
        """Whether the total of the lines is rounded, not each."""
        return self.version.rounding.of == TOTAL

    @property
    def unrounded(self) -> frozenset[str]:
        """Components of which another wants the amount before any rounding."""
        wanted = {name.removeprefix(UNROUNDED) for name in self._needs if name.startswith(UNROUNDED)}
        if CHARGES in wanted:
            wanted |= {line.code for line in self.lines if line.component.kind == "charge"}
        return frozenset(wanted - {CHARGES})

    @property
    def _needs(self) -> set[str]:
        return {name for line in (*self.lines, *self.values) for name in line.component.needs}

    @property
    def charged(self) -> tuple[str, ...]:
        """Other services of which a line takes what the account is charged for them."""
        return tuple(sorted(name.removeprefix(CHARGE) for name in self._needs if name.startswith(CHARGE)))

    @property
    def way_names(self) -> tuple[str, ...]:
        """The determinants that the ways to the quantity are made of."""
        return tuple(dict.fromkeys(name for way in self.ways for name in way.quantity.names))

    def determinants(self, with_quantity: bool) -> tuple[str, ...]:
        """All determinants that must be in columns; those of the quantity only where it is wanted."""
        codes = {line.code for line in self.lines}
        names = [name for line in self.lines for name in line.names if name not in codes and name != QUANTITY]
        return tuple(dict.fromkeys([*(self.way_names if with_quantity else ()), *names]))


def prepare(
    version: TariffVersion, taxes: Sequence[TaxRule], plugins: Plugins
) -> tuple[Prepared | None, tuple[Problem, ...]]:
    """Make a version ready, or say what is wrong with it. `taxes`: the rules in force. The `path` of a problem's
    place is inside the version: "components[1]"."""
    kind = plugins.service_types.get(version.service)
    if kind is None:
        known = ", ".join(plugins.service_types.codes())
        return None, (_problem("AIM-T006", "service", service=version.service, known=known),)
    service = kind()
    taken = sorted(HOST_NAMES & set(attribute_names(service, "number")))
    if taken:
        return None, (_problem("AIM-T012", "service", name=taken[0]),)
    built, problems = _build(version, service, plugins)
    if problems:
        return None, tuple(problems)
    service = service.naming(*_named(built))
    order, problems = _order(version, built)
    if problems:
        return None, tuple(problems)
    rules = tuple(rule for rule in taxes if not rule.services or version.service in rule.services)
    shares = {rule.tax: max(each.share for each in rules if each.tax == rule.tax) for rule in rules}
    # A tax without a rule is a determinant without a value: it holds the account.
    named = {component.tax for component in built.values() if component.tax}
    problems = list(_unknown_services(version, built, plugins))
    if problems:
        return None, tuple(problems)
    charged = [name for component in built.values() for name in component.needs if name.startswith(CHARGE)]
    inputs = inputs_of(version, service, {**dict.fromkeys(named, 0), **shares}, charged)
    return _price(version, service, built, order, inputs, rules)


def _build(
    version: TariffVersion, service: ServiceType, plugins: Plugins
) -> tuple[dict[str, RateComponent], list[Problem]]:
    built: dict[str, RateComponent] = {}
    problems: list[Problem] = []
    for place, component in enumerate(version.components):
        path, kind = f"components[{place}]", plugins.rate_components.get(component.kind)
        if kind is None:
            known = ", ".join(plugins.rate_components.codes())
            problems.append(_problem("AIM-T007", f"{path}.kind", kind=component.kind, known=known))
        elif service.components is not None and component.kind not in service.components:
            problems.append(_problem("AIM-T019", f"{path}.kind", kind=component.kind, service=version.service))
        elif component.code in built or component.code in HOST_NAMES:
            problems.append(_problem("AIM-T012", f"{path}.code", name=component.code))
        else:
            built[component.code] = kind(component.parameters)
            # A line that bears the name of the attribute it counts would count itself.
            if component.code in {*built[component.code].needs} & {*attribute_names(service)}:
                problems.append(_problem("AIM-T012", f"{path}.code", name=component.code))
    return built, problems


def _unknown_services(
    version: TariffVersion, built: Mapping[str, RateComponent], plugins: Plugins
) -> Iterator[Problem]:
    """Services that a component wants the charge of and that are not there, or are the tariff's own."""
    for place, component in enumerate(version.components):
        for name in built[component.code].needs:
            service = name.removeprefix(CHARGE)
            if not name.startswith(CHARGE):
                continue
            if service == version.service:
                yield _problem("AIM-T010", f"components[{place}]", cycle=f"{service} → {service}")
            elif plugins.service_types.get(service) is None:
                known = ", ".join(plugins.service_types.codes())
                yield _problem("AIM-T006", f"components[{place}]", service=service, known=known)


def _order(version: TariffVersion, built: Mapping[str, RateComponent]) -> tuple[list[str], list[Problem]]:
    """Codes in the order of calculation: what a component needs stands before it."""
    charges = {code for code, component in built.items() if component.kind == "charge"}
    graph: dict[str, set[str]] = {}
    for code, component in built.items():
        needs = {name.removeprefix(UNROUNDED) for name in component.needs}
        graph[code] = (needs & built.keys()) | (charges if CHARGES in needs else set())
    try:
        return list(TopologicalSorter(graph).static_order()), []
    except CycleError as cycle:
        codes = list(reversed(cycle.args[1]))
        first = min(place for place, component in enumerate(version.components) if component.code in codes)
        return [], [_problem("AIM-T010", f"components[{first}]", cycle=" → ".join(codes))]


def _price(
    version: TariffVersion,
    service: ServiceType,
    built: Mapping[str, RateComponent],
    order: Sequence[str],
    inputs: Inputs,
    rules: tuple[TaxRule, ...],
) -> tuple[Prepared | None, tuple[Problem, ...]]:
    ways, by_days, problems = _ways(version, service, inputs)
    quantity = Number.determinant(QUANTITY, column(QUANTITY), *FOUND[QUANTITY])
    earlier = _Earlier({**inputs.numbers, QUANTITY: quantity})
    told = fact_fields(type(service))
    positions = {component.code: place for place, component in enumerate(version.components)}
    for code in order:
        line, found = _line(version, code, positions[code], built[code], earlier.inputs(inputs))
        problems += found
        if line is None:
            break
        earlier.add(replace(line, spread=_spread(line, built, told)))
    if not problems and not earlier.lines:
        problems.append(_problem("AIM-T211", "components"))
    if problems:
        return None, tuple(problems)
    lines = tuple(earlier.lines)
    used = any(QUANTITY in line.names for line in lines)
    values = tuple(earlier.values)
    return Prepared(version, service, tuple(ways), tuple(by_days), used, lines, rules, values), ()


@dataclass
class _Earlier:
    """What the components before have come to, as the next one has it."""

    known: dict[str, Number]
    amounts: set[str] = field(default_factory=set)
    lines: list[Line] = field(default_factory=list)
    values: list[Line] = field(default_factory=list)

    def inputs(self, inputs: Inputs) -> Inputs:
        """Everything that the next component may ask for."""
        charges = [line.code for line in self.lines if line.component.kind == "charge"]
        if charges:
            for prefix in ("", UNROUNDED):
                self._amount(f"{prefix}{CHARGES}", total([self.known[f"{prefix}{charge}"] for charge in charges]))
        return replace(inputs, numbers=self.known, amounts=frozenset(self.amounts), whole=self._whole())

    def _whole(self) -> frozenset[str]:
        """The lines that are owed whole for the period, and what is made of nothing but such lines."""
        whole: set[str] = set()
        codes = {line.code for line in self.lines}
        for line in self.lines:
            named = {name.removeprefix(UNROUNDED) for name in line.names} & codes
            flowing = any(flows(name) for name in line.names)
            if line.spread in (PERIOD, CONNECTED) or (named and named <= whole and not flowing):
                whole.add(line.code)
        return frozenset(whole)

    def add(self, line: Line) -> None:
        """Keep a component. Its texts are those of the values it names, too."""
        behind = [text for value in self.values if value.code in line.component.needs for text in value.texts]
        line = replace(line, texts=tuple(dict.fromkeys([*line.component.texts, *behind])))
        code, amount, unrounded = line.code, line.amount, line.unrounded
        if line.component.kind == VALUE:
            self.values.append(line)
            self.known[code] = total([part.amount for part in line.parts])
            return
        self.lines.append(line)
        kept = column(code) if amount.scale == 0 else exact(code)
        self._amount(code, Number.determinant(code, kept, amount.low, amount.high, amount.scale))
        finest = Number.determinant(code, before(code), unrounded.low, unrounded.high, unrounded.scale)
        self._amount(f"{UNROUNDED}{code}", finest)

    def _amount(self, name: str, number: Number) -> None:
        self.known[name] = number
        self.amounts.add(name)


def _named(built: Mapping[str, RateComponent]) -> tuple[list[str], list[str]]:
    """Numbers and texts that the components name and that neither the host nor another component has."""
    known = {*built, *HOST_NAMES, *OF_CUSTOMER}
    needs = [name for component in built.values() for name in component.needs if "." not in name]
    texts = [name for component in built.values() for name in component.texts]
    return [name for name in needs if name not in known], [name for name in texts if name not in known]


def _ways(
    version: TariffVersion, service: ServiceType, inputs: Inputs
) -> tuple[list[Way], list[Number], list[Problem]]:
    """The ways to the quantity, and what each comes to over some of the period's days."""
    try:
        # What is asked for by item has the quantity that was asked for, whatever the service is.
        asked = [Way("asked", inputs["usage"])] if version.frequency == ONCE else service.ways(inputs)
        if version.winter is not None:
            asked = with_winter(asked, version.winter, inputs)
        ways = [Way(way.code, _thousandths(way.quantity), way.when) for way in asked]
        return ways, [_by_days(way.quantity, inputs, service) for way in ways], []
    except UnknownName as unknown:
        return [], [], [_problem("AIM-T011", "service", name=str(unknown.args[0]), component=service.code)]
    except BeyondBounds:
        return [], [], [_problem("AIM-T015", "service", component=service.code)]


def _by_days(quantity: Number, inputs: Inputs, service: ServiceType) -> Number:
    """A quantity that is agreed for the period by the period's days; one that is told anew for each by the
    connection's own."""
    if FLOWS & set(quantity.names):
        return quantity
    if fact_fields(type(service)).keys() & set(quantity.names):
        return quantity.portion(inputs["days"], Number.determinant(DAYS_HERE, column(DAYS_HERE), *FOUND[DAYS_HERE]))
    return quantity.portion(inputs["days"], inputs["days_in_period"])


def _spread(line: Line, codes: Collection[str], told: Collection[str]) -> str:
    """How often a component is rated where something changes inside a period: what it says, or what follows from what
    it is made of. `told`: what is told of a connection anew for each period."""
    if line.component.spread is not None:
        return line.component.spread
    flowing = {name for name in line.names if flows(name)}
    facts = {*line.names, *line.texts} - flowing - {*codes, "days_in_period"}
    if not flowing and not set(codes) & set(line.names):
        return CONNECTED if {*told} & {*line.names} else PERIOD
    if any(name.startswith(TAX) for name in facts) or (facts and "days" in line.names):
        return STRETCH
    return VERSION


def _line(
    version: TariffVersion, code: str, index: int, component: RateComponent, inputs: Inputs
) -> tuple[Line | None, list[Problem]]:
    path = f"components[{index}]"
    unknown = [name for name in component.needs if name not in inputs.numbers]
    if unknown:
        return None, [_problem("AIM-T011", path, name=unknown[0], component=code)]
    declared = {name: inputs.numbers[name] for name in component.needs}
    try:
        given = replace(inputs, numbers=declared)
        parts = tuple(component.parts(given))
        whole = total([part.amount for part in parts])
        # Rounded from the scale that it has: the same to the last digit, and the numbers are smaller.
        amount, unrounded = settled(version, index, whole), whole.finer(MAX_SCALE)
        line = Line(code, index, component, parts, amount, unrounded.within(-MOST, MOST), tuple(component.gaps(given)))
        line = replace(line, told=component.told(given))
        if line.quantity is not None and line.quantity.high > MAX_LINE_QUANTITY:
            raise BeyondBounds(code)
        return line, []
    except UnknownName as undeclared:
        return None, [_problem("AIM-T011", path, name=str(undeclared.args[0]), component=code)]
    except MalformedFormula as wrong:
        return None, [_problem(wrong.code, path, **wrong.fields)]
    except BeyondBounds:
        return None, [_problem("AIM-T015", path, component=code)]


def settled(version: TariffVersion, index: int, unrounded: Number) -> Number:
    """A component's amount as later components have it: rounded, or where only the total is, as it is."""
    own = version.components[index].rounding
    if version.rounding.of == TOTAL:
        amount = unrounded.rounded(0, own.mode, own.unit) if own else unrounded
        return amount.finer(MAX_SCALE).within(-MOST, MOST)
    rule = own or version.rounding
    return unrounded.rounded(0, rule.mode, rule.unit).within(-MAX_AMOUNT, MAX_AMOUNT)


def _thousandths(quantity: Number) -> Number:
    return quantity.finer(3) if quantity.scale <= 3 else quantity.rounded(3)


def _problem(code: str, path: str, **fields: Field) -> Problem:
    return Problem(code, fields, Place(path=path))


def evaluate(parts: Sequence[Part], row: Mapping[str, int | str]) -> Iterator[tuple[int | None, int]]:
    """Quantity (thousandths) and unrounded amount (10^-9 tyiyn) of each part, on one row of columns."""
    frame = pl.DataFrame({name: [value] for name, value in row.items()})
    for part in parts:
        quantity = None if part.quantity is None else _one(frame, _thousandths(part.quantity))
        yield quantity, _one(frame, part.amount.finer(MAX_SCALE))


def price_on(price: Price | Number | None, row: Mapping[str, int | str]) -> Price | None:
    """The price of a part on one row of columns, with at most MAX_PRICE_SCALE decimals; None where it has none or
    none that can be written."""
    if not isinstance(price, Number):
        return price
    units = _one(pl.DataFrame({name: [value] for name, value in row.items()}), price)
    scale = price.scale
    while scale and (units % 10 == 0 or scale > MAX_PRICE_SCALE):
        units, scale = (units + 5) // 10 if units % 10 else units // 10, scale - 1
    return Price(units, scale) if 0 <= units < MAX_PRICE else None


def evaluated_number(number: Number, row: Mapping[str, int | str]) -> int:
    """A number on one row of columns, in its own scale."""
    return _one(pl.DataFrame({name: [value] for name, value in row.items()}), number)


def _one(frame: pl.DataFrame, number: Number) -> int:
    return int(frame.select(number.expr).item())
